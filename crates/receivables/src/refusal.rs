//! Every refusal of the books: the sum of what each command refuses for.
//!
//! A command returns its own refusal, with only the rules that it can meet; this is for callers that pass on whatever they
//! are told, such as the API.

use crate::allocation::{ApplyRefusal, UnapplyRefusal};
use crate::money::AmountRefusal;
use crate::outgoing_payment::OutgoingPaymentRefusal;
use crate::payment::{HandOverRefusal, MoveRefusal, RefundRefusal, ReviewRefusal, StartRefusal};
use crate::saved_method::MethodRefusal;
use crate::write_off::WriteOffRefusal;
use crate::{credit_note, customer, invoice, pay_link};

/// Why a command was refused. The text is for the business's developer; pages word it for the customer themselves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub enum Refusal {
    /// An amount that the caller itself finds impossible before it asks the books.
    Amount(#[from] AmountRefusal),
    /// A customer is not registered.
    Register(#[from] customer::RegisterRefusal),
    /// An invoice is not issued.
    Issue(#[from] invoice::IssueRefusal),
    /// A pay link is not issued.
    Link(#[from] pay_link::LinkRefusal),
    /// A payment is not started.
    Start(#[from] StartRefusal),
    /// A saved method is not charged.
    Method(#[from] MethodRefusal),
    /// Money is not applied.
    Apply(#[from] ApplyRefusal),
    /// An allocation is not taken back.
    Unapply(#[from] UnapplyRefusal),
    /// Money is not moved to another invoice.
    Move(#[from] MoveRefusal),
    /// A payment is not handed to another account.
    HandOver(#[from] HandOverRefusal),
    /// A refund is not ordered.
    Refund(#[from] RefundRefusal),
    /// A review is not closed.
    Review(#[from] ReviewRefusal),
    /// A credit note is not issued.
    Credit(#[from] credit_note::IssueRefusal),
    /// Credit is not paid out, or an outgoing payment not reversed.
    OutgoingPayment(#[from] OutgoingPaymentRefusal),
    /// An amount is not written off, or a write-off not taken back.
    WriteOff(#[from] WriteOffRefusal),
}

impl Refusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Amount(refusal) => Some(&refusal.field),
            Self::Register(refusal) => refusal.field(),
            Self::Issue(refusal) => refusal.field(),
            Self::Link(refusal) => refusal.field(),
            Self::Start(refusal) => refusal.field(),
            Self::Method(_) => Some(MethodRefusal::FIELD),
            Self::Apply(refusal) => refusal.field(),
            Self::Unapply(refusal) => refusal.field(),
            Self::Move(refusal) => refusal.field(),
            Self::HandOver(refusal) => refusal.field(),
            Self::Refund(refusal) => refusal.field(),
            Self::Credit(refusal) => refusal.field(),
            Self::OutgoingPayment(refusal) => refusal.field(),
            Self::WriteOff(refusal) => refusal.field(),
            Self::Review(_) => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Amount(_) => AmountRefusal::CODE,
            Self::Register(refusal) => refusal.code(),
            Self::Issue(refusal) => refusal.code(),
            Self::Link(refusal) => refusal.code(),
            Self::Start(refusal) => refusal.code(),
            Self::Method(refusal) => refusal.code(),
            Self::Apply(refusal) => refusal.code(),
            Self::Unapply(refusal) => refusal.code(),
            Self::Move(refusal) => refusal.code(),
            Self::HandOver(refusal) => refusal.code(),
            Self::Refund(refusal) => refusal.code(),
            Self::Review(refusal) => refusal.code(),
            Self::Credit(refusal) => refusal.code(),
            Self::OutgoingPayment(refusal) => refusal.code(),
            Self::WriteOff(refusal) => refusal.code(),
        }
    }
}
