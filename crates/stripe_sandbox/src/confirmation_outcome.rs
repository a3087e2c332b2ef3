//! What the customer sees after confirming a payment or a setup.

use super::test_numbers::Decline;

/// The page that the customer is shown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Completed,
    AuthenticationNeeded,
    Declined(Decline),
    AuthenticationFailed,
}
