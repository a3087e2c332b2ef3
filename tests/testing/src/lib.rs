//! The test kit: a whole Guichet in one process with a clock that stands still, and the actions of a tester.
//!
//! Everything is real: the handlers, the tables, the streams, the sandbox's signed webhooks, the mail. Only time stands still
//! until a test moves it, and a test can count the calls to the tables, lose them, and end a function in the middle of its work.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on ends"
)]

mod capacity;
pub mod hostile;
pub mod interceptor;
mod invocations;
pub mod lambda;
pub mod programs;
pub mod raw_http;
mod stripe_front;
mod world;

pub use interceptor::Calls;
pub use invocations::{Ending, Invocations};
pub use stripe_front::StripeFront;
pub use world::{Answer, World};

/// Stripe, by its name in keys and addresses.
pub fn stripe() -> receivables::Provider {
    payment_gateway::stripe::NAME.parse().expect("a provider's name")
}
