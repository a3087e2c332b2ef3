//! What follows for the customer when a payment or a setup is confirmed.

use super::test_numbers::Decline;

/// What the customer is to be shown.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    Completed,
    AuthenticationNeeded,
    Declined(Decline),
    AuthenticationFailed,
}
