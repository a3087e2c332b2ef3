//! The whole product in one process, for a laptop and for tests.
//!
//! It hosts the very handlers that run on Lambda, and what AWS and Stripe would be to them: DynamoDB over a file, the
//! delivery of its streams, a timer, a mailbox that speaks SES, and a sandbox that speaks Stripe's HTTP and signs its
//! webhooks. The product cannot tell: it talks to all of them through its own clients. Nothing here is in any Lambda.

mod background;
pub mod commands;
mod data_folder;
mod demo;
mod dev_routes;
mod folder_lock;
mod process;

pub use background::StreamHandler;
pub use process::{Local, LocalError, Options, StripeAccount};
