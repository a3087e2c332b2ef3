//! The data folder that a command works on.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use clock::Clock;
use function_runtime::IdGenerator;

use crate::options::{Options, Reach};
use crate::process::Local;

/// Where `guichet run` listens by default, and so the origin of links that other commands print.
const PORT: u16 = 3000;

#[derive(Args, Clone)]
pub(super) struct FolderArguments {
    /// The folder that holds everything: tables, mail, secrets. Only its owner can read it.
    #[arg(long, value_name = "FOLDER", default_value = ".guichet")]
    pub(super) data: PathBuf,
}

impl FolderArguments {
    /// Opens the folder for one command, beside a process that serves it or without one.
    pub(super) async fn open(&self) -> Result<Local, Box<dyn std::error::Error>> {
        Ok(Local::open(options(&self.data)).await?)
    }
}

/// The options of a command that only works on the folder.
pub(super) fn options(data: &Path) -> Options {
    Options {
        address: SocketAddr::from(([127, 0, 0, 1], PORT)),
        data: data.to_owned(),
        ephemeral: false,
        empty: true,
        reach: Reach::ThisMachine,
        api_key: None,
        stripe: None,
        clock: Clock::system(),
        ids: IdGenerator::system(),
        automatic: true,
        table_interceptor: None,
        first_pause: None,
        stream_handler: None,
    }
}
