//! What all the facts of a payment say together.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use super::{AttemptRank, Cash, CheckoutState, IntentState, ObjectId, ObjectState, Report};
use crate::currency::Currency;
use crate::money::Money;

/// All that a provider has said of one payment, by object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProviderState(pub BTreeMap<ObjectId, ObjectState>);

impl ProviderState {
    /// Takes in a report. Says whether anything was news.
    pub fn merge(&mut self, report: &Report) -> bool {
        match self.0.entry(report.object.clone()) {
            Entry::Occupied(mut known) => known.get_mut().merge(&report.state),
            Entry::Vacant(place) => {
                // Merged with itself it is within its limits, as it would be if it were reported twice.
                place.insert(report.state.clone()).merge(&report.state);
                true
            }
        }
    }

    /// Every name by which the provider may speak of this money: its objects, the intents behind its pages, and the attempts
    /// that succeeded.
    pub fn names(&self) -> BTreeSet<ObjectId> {
        let mut names: BTreeSet<ObjectId> = self.0.keys().cloned().collect();
        for fact in self.0.values() {
            match fact {
                ObjectState::Checkout(checkout) => names.extend(checkout.intent.clone()),
                ObjectState::Intent(intent) => {
                    let came = intent.attempts.iter().filter(|(_, attempt)| attempt.rank == AttemptRank::Succeeded);
                    names.extend(came.filter_map(|(id, _)| id.parse::<ObjectId>().ok()));
                }
                ObjectState::Refund(_) | ObjectState::Chargeback(_) | ObjectState::Concern(_) => {}
            }
        }
        names
    }

    /// What all of it together says.
    pub fn fold(&self) -> FoldedState {
        let mut folded = FoldedState::default();
        let mut by_intent: BTreeMap<&ObjectId, Cash> = BTreeMap::new();
        let mut unlinked = Cash::default();
        let (mut known, mut summed) = (Cash::default(), Cash::default());
        for (id, fact) in &self.0 {
            match fact {
                ObjectState::Checkout(checkout) => {
                    let behind = checkout.intent.as_ref().and_then(|intent| self.0.get(intent));
                    let ended = matches!(behind, Some(ObjectState::Intent(intent)) if intent.has_ended());
                    folded.add_checkout(checkout, ended);
                    match &checkout.intent {
                        Some(intent) => by_intent.entry(intent).or_default().merge(&checkout.received),
                        None => unlinked.merge(&checkout.received),
                    }
                }
                ObjectState::Intent(intent) => {
                    let failed = self.0.values().any(|fact| fact.is_failed_checkout_of(id));
                    folded.add_intent(intent, failed);
                    by_intent.entry(id).or_default().merge(&intent.received);
                    summed.add(&intent.refunded);
                }
                ObjectState::Refund(refund) => {
                    known.add(&refund.amount);
                    if refund.stands() {
                        folded.refunded.add(&refund.amount);
                    }
                }
                ObjectState::Chargeback(chargeback) => {
                    if chargeback.is_out() {
                        folded.charged_back.add(chargeback.disputed());
                    }
                }
                ObjectState::Concern(_) => {}
            }
        }
        // A checkout and its intent speak of the same money; different intents of different money. A checkout whose intent
        // is not known yet may be any of them, so the larger counts.
        for cash in by_intent.values() {
            folded.received.add(cash);
        }
        folded.received.merge(&unlinked);
        let returned = |(id, cash): (&&ObjectId, &Cash)| {
            let intent = self.0.get(*id).and_then(ObjectState::intent);
            intent.is_some_and(IntentState::is_returned).then(|| cash.clone())
        };
        by_intent.iter().filter_map(returned).for_each(|cash| folded.returned.add(&cash));
        folded.returned = folded.returned.beyond(&folded.charged_back);
        folded.received = folded.received.beyond(&folded.returned);
        // The provider's own sum counts every refund, also one that failed later. What of it no refund accounts for was sent
        // back by one that was not reported to us.
        folded.refunds_unreported = summed.beyond(&known);
        folded.refunded.add(&folded.refunds_unreported);
        folded
    }
}

impl ObjectState {
    fn is_failed_checkout_of(&self, intent: &ObjectId) -> bool {
        matches!(self, Self::Checkout(checkout) if checkout.failed && checkout.intent.as_ref() == Some(intent))
    }
}

/// What all the facts of a payment say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is reported on its own, and all are weighed in one place, `payment::apply_reports`"
)]
pub struct FoldedState {
    /// The money that came, before anything of it was refunded or charged back.
    pub received: Cash,
    /// What came and was returned by the payer's bank after it had succeeded. It is not among what came any more. What a chargeback
    /// tells of is not among it.
    pub returned: Cash,
    /// What of it was sent back to the payer, or is on its way there.
    pub refunded: Cash,
    /// What of that the provider counts, and has reported no refund for.
    pub refunds_unreported: Cash,
    /// What of it the issuer holds.
    pub charged_back: Cash,
    /// What of a transfer has arrived at the provider, before it is whole.
    pub funded: Cash,
    /// An attempt is on its way.
    pub pending: bool,
    /// The payer was asked to act.
    pub action_required: bool,
    /// The payer finished the page, or an attempt was on its way once.
    pub completed: bool,
    /// An attempt failed.
    pub failed: bool,
    /// It closed unpaid or was given up.
    pub over: bool,
    /// The money comes by a bank transfer.
    pub by_transfer: bool,
    /// Why the last attempt known was declined, in the provider's word.
    pub decline: Option<String>,
}

impl FoldedState {
    /// Whether money came, also where all of it was returned later.
    pub fn has_come(&self) -> bool {
        !self.received.is_empty() || !self.returned.is_empty()
    }

    /// What is ours of the money that came: received, less what went back.
    pub fn cash(&self, currency: Currency) -> Money {
        let back = self.refunded.in_currency(currency).minor() + self.charged_back.in_currency(currency).minor();
        let left = self.received.in_currency(currency).minor().saturating_sub(back).max(0);
        Money::new(left, currency).unwrap_or(Money::zero(currency))
    }

    /// What went back beyond what had come: the payer was refunded and charged back as well, or the money itself was not folded
    /// of yet.
    pub fn overdrawn(&self, currency: Currency) -> Money {
        let back = self.refunded.in_currency(currency).minor() + self.charged_back.in_currency(currency).minor();
        let beyond = back.saturating_sub(self.received.in_currency(currency).minor()).max(0);
        Money::new(beyond, currency).unwrap_or(Money::zero(currency))
    }

    /// A finished page waits for its money until it, or the intent behind it, says that none will come: either may be reported
    /// late or never.
    fn add_checkout(&mut self, checkout: &CheckoutState, intent_ended: bool) {
        let waiting = checkout.completed && checkout.received.is_empty();
        self.pending |= waiting && !checkout.failed && !checkout.expired && !intent_ended;
        self.completed |= checkout.completed || checkout.failed;
        self.failed |= checkout.failed;
        self.over |= checkout.expired;
    }

    /// An attempt is on its way until it, or the page on which it was made, says that it failed.
    fn add_intent(&mut self, intent: &IntentState, checkout_failed: bool) {
        self.pending |= intent.is_pending() && !checkout_failed;
        self.failed |= intent.has_attempt(AttemptRank::Failed);
        self.action_required |= intent.action_required;
        self.completed |= intent.processing_seen;
        self.over |= intent.cancelled;
        self.by_transfer |= intent.by_transfer;
        self.funded.add(&intent.funded);
        let mut declines = intent.attempts.values().filter_map(|attempt| attempt.decline.clone());
        self.decline = self.decline.take().or_else(|| declines.next_back());
    }
}
