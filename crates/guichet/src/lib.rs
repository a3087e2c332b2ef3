//! The whole product in one process, for a laptop and for tests.
//!
//! It hosts the very handlers that run on Lambda, and what AWS and Stripe would be to them: DynamoDB over a file, the
//! delivery of its streams, a timer, a mailbox that speaks SES, and a sandbox that speaks Stripe's HTTP and signs its
//! webhooks. The product cannot tell: it talks to all of them through its own clients. Nothing here is in any Lambda.

mod api_key;
mod background;
mod clients;
pub mod commands;
mod data_folder;
mod demo;
mod dev_routes;
mod error;
mod exposure;
mod first_business;
mod folder_lock;
mod local_only;
mod options;
mod process;

pub use api_key::ApiKeyError;
pub use data_folder::STORED_FORM;
pub use error::LocalError;
pub use exposure::ExposureError;
pub use options::{Options, Reach, StreamHandler, StripeAccount};
pub use process::Local;
