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
    pub(super) fn merge(&mut self, said: &Self) {
        self.intent = self.intent.clone().max(said.intent.clone());
        self.completed |= said.completed;
        self.expired |= said.expired;
        self.failed |= said.failed;
        self.received.merge(&said.received);
    }
}
