//! What a provider says of its objects, merged one way only.
//!
//! A provider's events come twice, late, out of order, or not at all. So each object of the provider (a checkout, an intent)
//! has one [`ObjectState`], and every field of it can only move one way: amounts to the larger, ranks to the higher, flags to
//! true. Merging is therefore commutative, associative and idempotent, and the order of events cannot matter.
//!
//! Two things are taken on trust, because no provider does otherwise: an id names an object of one kind, and the intent behind
//! a checkout never becomes another.
//!
//! There is no provider's vocabulary here; `payment_gateway` translates.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::{BusinessId, PaymentId};

mod cash;
mod chargeback;
mod checkout;
mod concern;
mod fold;
mod intent;
mod moves;
mod refund;

pub use cash::Cash;
pub use chargeback::{ChargebackStage, ChargebackState};
pub use checkout::CheckoutState;
pub use concern::{ConcernKind, ConcernState};
pub use fold::{FoldedState, ProviderState};
pub use intent::{ATTEMPTS_PER_INTENT_MAX, Attempt, AttemptRank, IntentState};
pub(crate) use moves::Course;
pub use moves::{MOVES_MAX, Move, Moves, Share};
pub use refund::{RefundRank, RefundState};

/// Characters of a provider's object id.
pub const OBJECT_ID_CHARS_MAX: usize = 255;

/// Letters of a provider's name.
const PROVIDER_LETTERS_MAX: usize = 16;

/// A payment service, by the name that stands for it in keys and addresses, such as `stripe`: 1 to 16 lower-case letters.
///
/// Which providers there are is no matter of the books: `payment_gateway` knows, and gives each its name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Provider {
    /// The name, and zeros behind it.
    letters: [u8; PROVIDER_LETTERS_MAX],
}

/// Why a text is not a provider's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the name of a payment provider: 1 to 16 lower-case letters")]
pub struct ProviderError;

impl Provider {
    /// The name.
    pub fn as_str(&self) -> &str {
        let name = self.letters.split(|letter| *letter == 0).next().unwrap_or_default();
        std::str::from_utf8(name).unwrap_or_default()
    }
}

impl std::str::FromStr for Provider {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        let mut letters = [0; PROVIDER_LETTERS_MAX];
        let place = letters.get_mut(..text.len()).ok_or(ProviderError)?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(ProviderError);
        }
        place.copy_from_slice(text.as_bytes());
        Ok(Self { letters })
    }
}

impl TryFrom<String> for Provider {
    type Error = ProviderError;

    fn try_from(text: String) -> Result<Self, ProviderError> {
        text.parse()
    }
}

impl From<Provider> for String {
    fn from(provider: Provider) -> Self {
        provider.as_str().to_owned()
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
    /// The provider's text of the id.
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
    /// The provider's id of the object.
    pub object: ObjectId,
    /// The object that carries the money this one is about: the intent of a checkout, refund or chargeback, or the charge of
    /// one that has no intent. None where the object carries the money itself, or does not say.
    pub of: Option<ObjectId>,
    /// The business named in the object's metadata, where it names one.
    pub business: Option<BusinessId>,
    /// The payment named in the object's metadata, where it names one.
    pub payment: Option<PaymentId>,
    /// The provider's customer it names, where it names one.
    pub customer: Option<ObjectId>,
    /// The invoice named in the object's metadata, by its id or number, where it names one.
    pub invoice: Option<String>,
    /// What is said of it.
    pub state: ObjectState,
}

impl Report {
    /// What is said of an object that does not say whose it is.
    pub fn new(object: ObjectId, state: ObjectState) -> Self {
        Self { object, of: None, business: None, payment: None, customer: None, invoice: None, state }
    }

    /// The object under which everything about the same money is found: what carries the money, else the object itself.
    pub fn anchor(&self) -> &ObjectId {
        self.of.as_ref().unwrap_or(&self.object)
    }
}

/// Everything known of one object of a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectState {
    /// A hosted page on which the payer pays.
    Checkout(CheckoutState),
    /// The provider's own record of one payment, with its attempts.
    Intent(IntentState),
    /// Money that is sent back to the payer.
    Refund(RefundState),
    /// Money that the issuer takes back, or asks about.
    Chargeback(ChargebackState),
    /// A doubt of the provider's about a payment.
    Concern(ConcernState),
}

impl ObjectState {
    /// The word in keys: facts of different kinds never meet.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Checkout(_) => "checkout",
            Self::Intent(_) => "intent",
            Self::Refund(_) => "refund",
            Self::Chargeback(_) => "chargeback",
            Self::Concern(_) => "concern",
        }
    }

    /// The hosted page, if it is one.
    pub fn checkout(&self) -> Option<&CheckoutState> {
        match self {
            Self::Checkout(checkout) => Some(checkout),
            Self::Intent(_) | Self::Refund(_) | Self::Chargeback(_) | Self::Concern(_) => None,
        }
    }

    /// The provider's record of a payment, if it is one.
    pub fn intent(&self) -> Option<&IntentState> {
        match self {
            Self::Intent(intent) => Some(intent),
            Self::Checkout(_) | Self::Refund(_) | Self::Chargeback(_) | Self::Concern(_) => None,
        }
    }

    /// The refund, if it is one.
    pub fn refund(&self) -> Option<&RefundState> {
        match self {
            Self::Refund(refund) => Some(refund),
            Self::Checkout(_) | Self::Intent(_) | Self::Chargeback(_) | Self::Concern(_) => None,
        }
    }

    /// The chargeback or inquiry, if it is one.
    pub fn chargeback(&self) -> Option<&ChargebackState> {
        match self {
            Self::Chargeback(chargeback) => Some(chargeback),
            Self::Checkout(_) | Self::Intent(_) | Self::Refund(_) | Self::Concern(_) => None,
        }
    }

    /// The money that came by it; `None` where no money can come by an object of its kind.
    pub fn received(&self) -> Option<&Cash> {
        match self {
            Self::Checkout(checkout) => Some(&checkout.received),
            Self::Intent(intent) => Some(&intent.received),
            Self::Refund(_) | Self::Chargeback(_) | Self::Concern(_) => None,
        }
    }

    /// Takes in another statement about the same object. Says whether anything was news.
    pub fn merge(&mut self, other: &Self) -> bool {
        let before = self.clone();
        match (&mut *self, other) {
            (Self::Checkout(known), Self::Checkout(other)) => known.merge(other),
            (Self::Intent(known), Self::Intent(other)) => known.merge(other),
            (Self::Refund(known), Self::Refund(other)) => known.merge(other),
            (Self::Chargeback(known), Self::Chargeback(other)) => known.merge(other),
            (Self::Concern(known), Self::Concern(other)) => known.merge(other),
            (
                Self::Checkout(_) | Self::Intent(_) | Self::Refund(_) | Self::Chargeback(_) | Self::Concern(_),
                Self::Checkout(_) | Self::Intent(_) | Self::Refund(_) | Self::Chargeback(_) | Self::Concern(_),
            ) => {}
        }
        *self != before
    }
}
