//! What every function does before its first request: configuration, clock, ids, logging, clients, and the mapping of errors to
//! HTTP.
//!
//! There is no rule of the business here. The receiver of webhooks uses it without the feature `operations`, and so includes
//! neither Stripe's requests nor the mailer.

#[cfg(feature = "operations")]
mod app_state;
pub mod aws;
pub mod config;
#[cfg(feature = "operations")]
pub mod http;
pub mod id_generator;
#[cfg(feature = "requests")]
pub mod lambda_http;
pub mod lambda_main;
pub mod telemetry;

#[cfg(feature = "operations")]
pub use app_state::{AppState, StartError};
pub use id_generator::IdGenerator;
