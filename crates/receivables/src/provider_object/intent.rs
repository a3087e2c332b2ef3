//! Intents: the provider's own record of one payment, with its attempts.

use std::collections::BTreeMap;

use super::Cash;

/// Attempts remembered of one intent. A provider allows far fewer; more than this are not told apart.
pub const ATTEMPTS_PER_INTENT_MAX: usize = 50;

/// What is known of an intent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is reported on its own, in any order, and only ever becomes true"
)]
pub struct IntentState {
    /// The money that came.
    pub received: Cash,
    /// The payer was asked to act, such as to authenticate.
    pub action_required: bool,
    /// An attempt was once on its way.
    pub processing_seen: bool,
    /// It was given up.
    pub cancelled: bool,
    /// The money comes by a bank transfer, which its customer makes of their own accord.
    pub by_transfer: bool,
    /// How much of it was sent back in all, in the provider's own sum: a check on the refunds reported, and all there is where
    /// an old API version speaks of none.
    pub refunded: Cash,
    /// How much of a transfer has arrived at the provider that does not make the whole amount yet.
    pub funded: Cash,
    /// Each attempt, by the provider's id of it.
    pub attempts: BTreeMap<String, Attempt>,
}

/// One attempt to take the money.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// How far it came.
    pub rank: AttemptRank,
    /// Why it was declined, in the provider's word.
    pub decline: Option<String>,
    /// It was said to have succeeded and to have failed: a debit that the bank returned after the money had come.
    pub returned: bool,
}

impl Attempt {
    /// What is known of an attempt that came so far.
    pub fn new(rank: AttemptRank, decline: Option<String>) -> Self {
        Self { rank, decline, returned: false }
    }

    /// Takes in another statement about the same attempt: the later stage holds, and a stated reason before none.
    pub fn merge(&mut self, other: &Self) {
        use AttemptRank::{Failed, Succeeded};
        let both = matches!((self.rank, other.rank), (Failed, Succeeded) | (Succeeded, Failed));
        let returned = self.returned || other.returned || both;
        *self = Self { returned, ..self.clone().max(other.clone()) };
    }
}

/// How far an attempt came. The later supersedes the earlier, whatever the order in which they are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptRank {
    /// On its way.
    Pending,
    /// Declined or returned.
    Failed,
    /// The money came.
    Succeeded,
}

impl IntentState {
    pub(super) fn merge(&mut self, other: &Self) {
        self.received.merge(&other.received);
        self.refunded.merge(&other.refunded);
        self.funded.merge(&other.funded);
        self.action_required |= other.action_required;
        // An attempt on its way says so itself; it is noted before a later word on the attempt covers it up.
        let on_its_way = [&*self, other].iter().any(|fact| fact.has_attempt(AttemptRank::Pending));
        self.processing_seen |= other.processing_seen || on_its_way;
        self.cancelled |= other.cancelled;
        self.by_transfer |= other.by_transfer;
        for (id, attempt) in &other.attempts {
            match self.attempts.get_mut(id) {
                Some(known) => known.merge(attempt),
                None => {
                    self.attempts.insert(id.clone(), attempt.clone());
                }
            }
        }
        // The smallest ids are kept, whatever the order of arrival, so that merging stays commutative.
        while self.attempts.len() > ATTEMPTS_PER_INTENT_MAX {
            self.attempts.pop_last();
        }
    }

    pub(super) fn has_attempt(&self, rank: AttemptRank) -> bool {
        self.attempts.values().any(|attempt| attempt.rank == rank)
    }

    /// Whether money is on its way: also where an attempt succeeded and how much came is not said yet.
    pub(super) fn is_pending(&self) -> bool {
        let unsaid = self.received.is_empty() && self.has_attempt(AttemptRank::Succeeded);
        !self.cancelled && (unsaid || self.has_attempt(AttemptRank::Pending))
    }

    /// Whether the money that came has gone back to the bank: the attempt by which it came was returned, and no other has succeeded.
    /// At most one attempt of an intent has taken money at a time.
    pub(super) fn is_returned(&self) -> bool {
        let holds = |attempt: &Attempt| attempt.rank == AttemptRank::Succeeded && !attempt.returned;
        self.attempts.values().any(|attempt| attempt.returned) && !self.attempts.values().any(holds)
    }

    /// Whether no money is to be expected any more: given up, or once on its way and every attempt failed.
    pub(super) fn has_ended(&self) -> bool {
        let all_failed = self.attempts.values().all(|attempt| attempt.rank == AttemptRank::Failed || attempt.returned);
        self.cancelled || (self.processing_seen && !self.attempts.is_empty() && all_failed)
    }
}
