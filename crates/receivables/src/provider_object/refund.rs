//! Refunds: money that is sent back to the payer.

use super::Cash;
use crate::ids::RefundId;

/// What is known of a refund.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefundState {
    /// Our own order that it carries out, where it names one.
    pub order: Option<RefundId>,
    /// How much is sent back.
    pub amount: Cash,
    /// How far it came.
    pub rank: RefundRank,
    /// Why it failed, in the provider's word.
    pub failure: Option<String>,
}

/// How far a refund came. A bank may send back what was reported as done, so that failing comes last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefundRank {
    /// On its way. The money has left us.
    #[default]
    Pending,
    /// It arrived.
    Succeeded,
    /// It did not arrive, and the money is ours again.
    Failed,
}

impl RefundState {
    pub(super) fn merge(&mut self, other: &Self) {
        self.order = self.order.clone().max(other.order.clone());
        self.amount.merge(&other.amount);
        self.rank = self.rank.max(other.rank);
        self.failure = self.failure.clone().max(other.failure.clone());
    }

    /// Whether the money is with the payer, or on its way there.
    pub fn stands(&self) -> bool {
        self.rank != RefundRank::Failed
    }
}
