//! What a provider says of its objects, merged one way only.
//!
//! A provider's events come twice, late, out of order, or not at all. So each object of the provider (a checkout, an intent)
//! has one [`ObjectFact`], and every field of it can only move one way: amounts to the larger, ranks to the higher, flags to
//! true. Merging is therefore commutative, associative and idempotent, and the order of events cannot matter.
//!
//! Two things are taken on trust, because no provider does otherwise: an id names an object of one kind, and the intent behind
//! a checkout never becomes another.
//!
//! There is no provider's vocabulary here; `stripe_gateway` translates.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::ids::{BusinessId, PaymentId};
use crate::money::{MINOR_MAX, Money};

/// Attempts remembered of one intent. A provider allows far fewer; more than this are not told apart.
pub const ATTEMPTS_PER_INTENT_MAX: usize = 50;
/// Characters of a provider's object id.
pub const OBJECT_ID_CHARS_MAX: usize = 255;

/// A payment service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Provider {
    /// Stripe.
    Stripe,
}

impl Provider {
    /// The word in keys and addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
        }
    }
}

/// A provider's id of one of its objects.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ObjectId(String);

/// Why a text is not a provider's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a provider's id of 1 to 255 letters, digits, - and _")]
pub struct ObjectIdError;

impl ObjectId {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ObjectId {
    type Err = ObjectIdError;

    fn from_str(text: &str) -> Result<Self, ObjectIdError> {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if (1..=OBJECT_ID_CHARS_MAX).contains(&text.len()) && text.bytes().all(good) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ObjectIdError)
        }
    }
}

impl TryFrom<String> for ObjectId {
    type Error = ObjectIdError;

    fn try_from(text: String) -> Result<Self, ObjectIdError> {
        text.parse()
    }
}

impl From<ObjectId> for String {
    fn from(id: ObjectId) -> Self {
        id.0
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One statement of a provider about one of its objects, and whose it says the object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The object.
    pub object: ObjectId,
    /// The business named in the object's metadata, where it names one.
    pub business: Option<BusinessId>,
    /// The payment named in the object's metadata, where it names one.
    pub payment: Option<PaymentId>,
    /// What is said of it.
    pub fact: ObjectFact,
}

/// Everything known of one object of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectFact {
    /// A hosted page on which the payer pays.
    Checkout(CheckoutFact),
    /// The provider's own record of one payment, with its attempts.
    Intent(IntentFact),
}

/// What is known of a checkout.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckoutFact {
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

/// What is known of an intent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IntentFact {
    /// The money that came.
    pub received: Cash,
    /// The payer was asked to act, such as to authenticate.
    pub action_required: bool,
    /// An attempt was once on its way.
    pub processing_seen: bool,
    /// It was given up.
    pub cancelled: bool,
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
}

/// How far an attempt came. The later supersedes the earlier, whatever the order in which they are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AttemptRank {
    /// On its way.
    Pending,
    /// Declined or returned.
    Failed,
    /// The money came.
    Succeeded,
}

/// Money received, per currency: there is normally one, and the other would be a mistake that someone must look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cash(BTreeMap<Currency, i64>);

impl Cash {
    /// This much.
    pub fn of(amount: Money) -> Self {
        let mut cash = Self::default();
        cash.raise(amount);
        cash
    }

    /// At least this much of the amount's currency has been received.
    pub fn raise(&mut self, amount: Money) {
        if !amount.is_zero() {
            let held = self.0.entry(amount.currency()).or_insert(0);
            *held = (*held).max(amount.minor());
        }
    }

    /// How much of a currency.
    pub fn in_currency(&self, currency: Currency) -> Money {
        let minor = self.0.get(&currency).copied().unwrap_or(0).min(MINOR_MAX);
        Money::new(minor, currency).unwrap_or(Money::zero(currency))
    }

    /// Each currency's amount.
    pub fn amounts(&self) -> impl Iterator<Item = Money> + '_ {
        self.0.keys().map(|currency| self.in_currency(*currency))
    }

    /// Whether nothing was received.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn merge(&mut self, other: &Self) {
        for amount in other.amounts() {
            self.raise(amount);
        }
    }

    fn add(&mut self, other: &Self) {
        for (currency, minor) in &other.0 {
            let held = self.0.entry(*currency).or_insert(0);
            *held = held.saturating_add(*minor);
        }
    }
}

impl ObjectFact {
    /// The word in keys: facts of different kinds never meet.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Checkout(_) => "checkout",
            Self::Intent(_) => "intent",
        }
    }

    /// Takes in another statement about the same object. Says whether anything was news.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = self.clone();
        match (&mut *self, other) {
            (Self::Checkout(known), Self::Checkout(said)) => known.merge(said),
            (Self::Intent(known), Self::Intent(said)) => known.merge(said),
            (Self::Checkout(_), Self::Intent(_)) | (Self::Intent(_), Self::Checkout(_)) => {}
        }
        *self != before
    }

    fn is_failed_checkout_of(&self, intent: &ObjectId) -> bool {
        matches!(self, Self::Checkout(checkout) if checkout.failed && checkout.intent.as_ref() == Some(intent))
    }
}

impl CheckoutFact {
    fn merge(&mut self, said: &Self) {
        self.intent = self.intent.clone().max(said.intent.clone());
        self.completed |= said.completed;
        self.expired |= said.expired;
        self.failed |= said.failed;
        self.received.merge(&said.received);
    }
}

impl IntentFact {
    fn merge(&mut self, said: &Self) {
        self.received.merge(&said.received);
        self.action_required |= said.action_required;
        // An attempt on its way says so itself; it is noted before a later word on the attempt covers it up.
        let on_its_way = [&*self, said].iter().any(|fact| fact.has_attempt(AttemptRank::Pending));
        self.processing_seen |= said.processing_seen || on_its_way;
        self.cancelled |= said.cancelled;
        for (id, attempt) in &said.attempts {
            match self.attempts.get_mut(id) {
                Some(known) => *known = known.clone().max(attempt.clone()),
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

    fn has_attempt(&self, rank: AttemptRank) -> bool {
        self.attempts.values().any(|attempt| attempt.rank == rank)
    }

    /// Whether money is on its way: also where an attempt succeeded and how much came is not said yet.
    fn is_pending(&self) -> bool {
        let unsaid = self.received.is_empty() && self.has_attempt(AttemptRank::Succeeded);
        !self.cancelled && (unsaid || self.has_attempt(AttemptRank::Pending))
    }

    /// Whether no money is to be expected any more: given up, or once on its way and every attempt failed.
    fn has_ended(&self) -> bool {
        let all_failed = self.attempts.values().all(|attempt| attempt.rank == AttemptRank::Failed);
        self.cancelled || (self.processing_seen && !self.attempts.is_empty() && all_failed)
    }
}

/// All that a provider has said of one payment, by object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts(pub BTreeMap<ObjectId, ObjectFact>);

impl Facts {
    /// Takes in a report. Says whether anything was news.
    pub fn hear(&mut self, report: &Report) -> bool {
        match self.0.entry(report.object.clone()) {
            Entry::Occupied(mut known) => known.get_mut().merge(&report.fact),
            Entry::Vacant(place) => {
                // Merged with itself it is within its limits, as it would be after a second hearing.
                place.insert(report.fact.clone()).merge(&report.fact);
                true
            }
        }
    }

    /// What all of it together says.
    pub fn fold(&self) -> Heard {
        let mut heard = Heard::default();
        let mut by_intent: BTreeMap<&ObjectId, Cash> = BTreeMap::new();
        let mut unlinked = Cash::default();
        for (id, fact) in &self.0 {
            match fact {
                ObjectFact::Checkout(checkout) => {
                    let behind = checkout.intent.as_ref().and_then(|intent| self.0.get(intent));
                    let ended = matches!(behind, Some(ObjectFact::Intent(intent)) if intent.has_ended());
                    heard.hear_checkout(checkout, ended);
                    match &checkout.intent {
                        Some(intent) => by_intent.entry(intent).or_default().merge(&checkout.received),
                        None => unlinked.merge(&checkout.received),
                    }
                }
                ObjectFact::Intent(intent) => {
                    let failed = self.0.values().any(|fact| fact.is_failed_checkout_of(id));
                    heard.hear_intent(intent, failed);
                    by_intent.entry(id).or_default().merge(&intent.received);
                }
            }
        }
        // A checkout and its intent speak of the same money; different intents of different money. A checkout whose intent
        // is not known yet may be any of them, so the larger counts.
        for cash in by_intent.values() {
            heard.received.add(cash);
        }
        heard.received.merge(&unlinked);
        heard
    }
}

/// What all the facts of a payment say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is heard on its own, and all are weighed in one place, `payment::hear`"
)]
pub struct Heard {
    /// The money that came.
    pub received: Cash,
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
    /// Why the last attempt known was declined, in the provider's word.
    pub decline: Option<String>,
}

impl Heard {
    /// A finished page waits for its money until it, or the intent behind it, says that none will come: either may be heard of
    /// late or never.
    fn hear_checkout(&mut self, checkout: &CheckoutFact, intent_ended: bool) {
        let waiting = checkout.completed && checkout.received.is_empty();
        self.pending |= waiting && !checkout.failed && !checkout.expired && !intent_ended;
        self.completed |= checkout.completed || checkout.failed;
        self.failed |= checkout.failed;
        self.over |= checkout.expired;
    }

    /// An attempt is on its way until it, or the page on which it was made, says that it failed.
    fn hear_intent(&mut self, intent: &IntentFact, checkout_failed: bool) {
        self.pending |= intent.is_pending() && !checkout_failed;
        self.failed |= intent.has_attempt(AttemptRank::Failed);
        self.action_required |= intent.action_required;
        self.completed |= intent.processing_seen;
        self.over |= intent.cancelled;
        let mut declines = intent.attempts.values().filter_map(|attempt| attempt.decline.clone());
        self.decline = self.decline.take().or_else(|| declines.next_back());
    }
}
