//! What can go wrong with the process as a whole.

use std::net::SocketAddr;
use std::path::PathBuf;

use local_aws::table::TableError;
use store::StoreError;
use stripe_sandbox::SandboxError;

use crate::api_key::ApiKeyError;
use crate::exposure::ExposureError;

/// Why the process could not start or end.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    #[error("the API key is not usable: {0}")]
    ApiKey(#[from] ApiKeyError),
    #[error(transparent)]
    Exposure(#[from] ExposureError),
    #[error(
        "the clock of the data folder {} was moved ahead for the sandbox, which a real Stripe account cannot follow: \
         give this account another folder with --data",
        .folder.display()
    )]
    ClockMoved { folder: PathBuf },
    #[error("cannot listen on {address}: {cause}")]
    Listen { address: SocketAddr, cause: std::io::Error },
    #[error(
        "the data folder {} is in use by another guichet ({by}): stop that one, or give this one another folder with --data",
        .folder.display()
    )]
    InUse {
        folder: PathBuf,
        /// What the other process wrote about itself into the lock file.
        by: String,
    },
    #[error("the data folder cannot be used: {0}")]
    Folder(#[from] std::io::Error),
    #[error(transparent)]
    Table(#[from] TableError),
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(transparent)]
    Start(#[from] function_runtime::StartError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Operation(#[from] operations::OperationError),
    #[error("the demo's customers and invoices could not be made: {0}")]
    Demo(String),
}
