//! The whole product in one process, for a laptop and for tests.
//!
//! It hosts the very handlers that run on Lambda, and what AWS and Stripe would be to them: DynamoDB over a file, the
//! delivery of its streams, a timer, a mailbox that speaks SES, and a sandbox that speaks Stripe's HTTP and signs its
//! webhooks. The product cannot tell: it talks to all of them through its own clients. Nothing here is in any Lambda.

pub mod cli;
mod demo;
mod dev;
mod held;
mod keep;
mod serve;
mod work;

pub use serve::{Local, LocalError, Options, StripeAccount};
pub use work::StreamHandler;
