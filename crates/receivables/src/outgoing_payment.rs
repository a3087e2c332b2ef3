//! Outgoing payments: credit of an account that the business sends the customer by its bank.
//!
//! Credit is what covers no invoice: of credit notes, which no provider can send back, and of payments. An outgoing payment takes
//! it from the oldest, of credit notes first, and each source remembers how much of it is paid out. Nothing is taken of what a person
//! left on the account on purpose, what is only proposed, and what is about to be sent back by the provider. It can be reversed, as
//! where the bank sends it back.

use jiff::Timestamp;
use jiff::civil::Date;

mod record;

pub use record::{Credit, pay_out, reverse, split};

use crate::ids::{BusinessId, CreditNoteId, CustomerId, OutgoingPaymentId, PaymentId};
use crate::money::Money;
use crate::text::{Description, Reference};

/// Payments and credit notes of which one outgoing payment can take: each is a few items of its transaction.
pub const SOURCES_PER_OUTGOING_PAYMENT_MAX: usize = 20;

/// Credit that the business sends a customer by its bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingPayment {
    /// Our id, unique over all businesses.
    pub id: OutgoingPaymentId,
    /// The business that it belongs to.
    pub business: BusinessId,
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// How much is sent.
    pub amount: Money,
    /// What gives it: 1 to [`SOURCES_PER_OUTGOING_PAYMENT_MAX`].
    pub parts: Vec<CreditPart>,
    /// The civil date on which the business's bank sends it.
    pub sent_on: Date,
    /// What stands on the transfer.
    pub reference: Option<Reference>,
    /// The reason given for it.
    pub reason: Description,
    /// The instant at which it was recorded here.
    pub recorded_at: Timestamp,
    /// The instant at which it was reversed.
    pub reversed_at: Option<Timestamp>,
    /// Rises by one with each change; a change is written only over the version that it was decided on.
    pub version: u64,
}

/// What one source gives to an outgoing payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditPart {
    /// The payment or credit note.
    pub source: CreditSource,
    /// How much of it.
    pub amount: Money,
}

/// What credit is a part of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CreditSource {
    /// A credit note.
    CreditNote(CreditNoteId),
    /// A payment.
    Payment(PaymentId),
}

impl CreditSource {
    /// The id.
    pub fn as_str(&self) -> &str {
        match self {
            Self::CreditNote(id) => id.as_str(),
            Self::Payment(id) => id.as_str(),
        }
    }

    /// The source of an id.
    pub fn named(id: &str) -> Option<Self> {
        let note = id.parse().map(Self::CreditNote);
        note.or_else(|_| id.parse().map(Self::Payment)).ok()
    }
}

/// What the business sends.
#[derive(Clone, Debug)]
pub struct OutgoingPaymentDraft {
    /// How much.
    pub amount: Money,
    /// The civil date on which its bank sends it.
    pub sent_on: Date,
    /// What stands on the transfer.
    pub reference: Option<Reference>,
    /// The reason given for it.
    pub reason: Description,
}

/// Why credit was not paid out, or an outgoing payment not reversed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutgoingPaymentRefusal {
    /// Nothing, or more than is unapplied.
    #[error("expected more than nothing and at most {available:?}, the credit that is free to be paid out")]
    MoreThanUnapplied {
        /// What can be paid out.
        available: Money,
    },
    /// Nothing, or more than the provider can send back of the payments.
    #[error(
        "expected more than nothing and at most {available:?}, which the provider can send back of the payments; credit of credit notes can only be sent by the bank"
    )]
    MoreThanProviderCan {
        /// What can be sent back.
        available: Money,
    },
    /// More sources than one outgoing payment takes of.
    #[error("expected at most {available:?}, which is what the {max} oldest of them give; pay out the rest after it")]
    TooManySources {
        /// The most sources there may be.
        max: usize,
        /// What they give.
        available: Money,
    },
    /// It was reversed before.
    #[error("the outgoing payment is reversed")]
    AlreadyReversed,
}

impl OutgoingPaymentRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::MoreThanUnapplied { .. } | Self::MoreThanProviderCan { .. } | Self::TooManySources { .. } => {
                Some("amount")
            }
            Self::AlreadyReversed => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MoreThanUnapplied { .. } => "more_than_unapplied",
            Self::MoreThanProviderCan { .. } => "more_than_refundable",
            Self::TooManySources { .. } => "too_many_sources",
            Self::AlreadyReversed => "already_reversed",
        }
    }
}
