//! Hosted pages.

use super::{Cash, ObjectId};

/// What is known of a checkout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckoutState {
    /// The intent behind it, once there is one.
    pub intent: Option<ObjectId>,
    /// The payer finished the page.
    pub completed: bool,
    /// It closed unpaid.
    pub expired: bool,
    /// It was finished, and later the money did not come.
    pub failed: bool,
    /// The money that came.
    pub received: Cash,
}

impl CheckoutState {
    pub(super) fn merge(&mut self, other: &Self) {
        self.intent = self.intent.clone().max(other.intent.clone());
        self.completed |= other.completed;
        self.expired |= other.expired;
        self.failed |= other.failed;
        self.received.merge(&other.received);
    }
}
