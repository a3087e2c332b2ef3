//! What every function does before its first request: configuration, clock, ids, logging, clients, and how errors are told
//! over HTTP.
//!
//! There is no rule of the business here. The receiver of webhooks uses it without the feature `operations`, and so carries
//! neither Stripe's requests nor the post.

pub mod aws;
pub mod config;
#[cfg(feature = "operations")]
pub mod http;
pub mod minter;
pub mod process;
#[cfg(feature = "requests")]
pub mod requests;
#[cfg(feature = "operations")]
mod state;
pub mod telemetry;

pub use minter::Minter;
#[cfg(feature = "operations")]
pub use state::{StartError, State};
