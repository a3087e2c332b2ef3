//! Facts: what happened, named in the past tense and announced once.

use jiff::Timestamp;
use jiff::civil::Date;

mod fields;

pub use fields::{FactFields, MissingField};

use crate::ids::{CreditNoteId, InvoiceId, OutgoingPaymentId, PaymentId};
use crate::invoice::Schedule;
use crate::money::Money;
use crate::text::InvoiceNumber;
use crate::write_off::kind::WriteOffKind;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name; the same happening always has the same.
    pub id: FactId,
    /// The instant of the decision that made it happen.
    pub at: Timestamp,
    /// What happened, and to which document.
    pub kind: FactKind,
}

/// The name of a fact: `{source}.{version of the source}.{place}`. It is derived, so that a repeated commit announces nothing
/// new.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FactId(pub String);

/// What happened, and to which document: with the amounts, so that nobody who hears of it needs to read more. The customer is that of
/// the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// The business told us of a customer.
    CustomerRegistered,
    /// An invoice was issued.
    InvoiceIssued {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// The civil date printed on it.
        issued_on: Date,
        /// What it demands.
        gross: Money,
        /// What of it is due when.
        schedule: Schedule,
    },
    /// Some of an invoice was covered.
    InvoicePartlyPaid {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// How much more of it is covered.
        applied: Money,
        /// What is still open.
        open: Money,
    },
    /// All of an invoice is covered.
    InvoicePaid {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// How much more of it is covered: what was still open.
        applied: Money,
    },
    /// What was covered of an invoice is open again.
    InvoiceReopened {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// How much is not covered any more.
        reopened: Money,
        /// What is open then.
        open: Money,
    },
    /// What was open of an invoice is not expected any more.
    InvoiceWrittenOff {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// How much is not expected any more.
        written_off: Money,
        /// What is still open: nothing, unless it is a part of a bad debt.
        open: Money,
        /// Whether it is a small rest or a bad debt.
        kind: WriteOffKind,
    },
    /// What was written off of an invoice is expected again.
    WriteOffReversed {
        /// The invoice that it is about.
        invoice: InvoiceId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// How much is expected again.
        reopened: Money,
        /// What is open then.
        open: Money,
    },
    /// A payment was started.
    PaymentStarted {
        /// The payment that it is about.
        payment: PaymentId,
        /// What the payer is to pay.
        amount: Money,
    },
    /// The payer must do something, such as authenticate.
    PaymentNeedsAction {
        /// The payment that it is about.
        payment: PaymentId,
        /// What the payer is to pay.
        amount: Money,
    },
    /// A payment is on its way.
    PaymentProcessing {
        /// The payment that it is about.
        payment: PaymentId,
        /// What is to come.
        amount: Money,
    },
    /// The funds of a payment have become ours.
    PaymentSettled {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much arrived, in the currency of the payment.
        received: Money,
    },
    /// A payment failed.
    PaymentFailed {
        /// The payment that it is about.
        payment: PaymentId,
        /// What was to come.
        amount: Money,
        /// Why the last attempt was declined, in the provider's word.
        decline: Option<String>,
    },
    /// A payment was given up.
    PaymentCancelled {
        /// The payment that it is about.
        payment: PaymentId,
        /// What was to come.
        amount: Money,
    },
    /// Money arrived in a currency that is not the payment's: someone must look.
    PaymentInSuspense {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much arrived, in its own currency.
        received: Money,
    },
    /// The payer's bank returned money of a payment after it had come.
    PaymentReturned {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much the bank returned now.
        amount: Money,
        /// How much of it in all, by now.
        returned: Money,
    },
    /// Money of a payment went back to the payer.
    PaymentRefunded {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it went back now.
        amount: Money,
        /// How much of it in all, by now.
        refunded: Money,
    },
    /// A refund did not arrive, and the money is ours again.
    PaymentRefundFailed {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it is ours again now.
        amount: Money,
        /// How much of it is refunded in all, by now.
        refunded: Money,
    },
    /// Money of a payment that was announced before covers nothing any more, or came once more: it waits for an invoice of its account.
    PaymentUnapplied {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it covers no invoice.
        unapplied: Money,
    },
    /// The issuer took money of a payment back.
    PaymentChargedBack {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it the issuer took now.
        amount: Money,
        /// How much of it in all, by now.
        charged_back: Money,
    },
    /// The issuer gave money of a payment back to us.
    PaymentReinstated {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it the issuer gave back now.
        amount: Money,
        /// How much of it is charged back in all, by now.
        charged_back: Money,
    },
    /// A credit note was issued.
    CreditNoteIssued {
        /// The credit note that it is about.
        credit_note: CreditNoteId,
        /// The number printed on it.
        number: InvoiceNumber,
        /// The civil date printed on it.
        issued_on: Date,
        /// How much it reduces what is owed.
        amount: Money,
    },
    /// Credit of the account was paid out by the business's bank.
    CreditPaidOut {
        /// The outgoing payment.
        outgoing_payment: OutgoingPaymentId,
        /// How much was paid out.
        amount: Money,
    },
    /// An outgoing payment was not made after all, or came back: the credit is the account's again.
    CreditPayoutReversed {
        /// The outgoing payment.
        outgoing_payment: OutgoingPaymentId,
        /// How much is credit again.
        amount: Money,
    },
}

impl Fact {
    /// The fact in place `place` of the version `version` of `source`.
    pub fn new(source: &str, version: u64, place: usize, at: Timestamp, kind: FactKind) -> Self {
        Self { id: FactId(format!("{source}.{version}.{place}")), at, kind }
    }
}

impl FactKind {
    /// The name subscribers know it by.
    pub fn name(&self) -> &'static str {
        match self {
            Self::CustomerRegistered => "customer.registered",
            Self::InvoiceIssued { .. } => "invoice.issued",
            Self::InvoicePartlyPaid { .. } => "invoice.partly_paid",
            Self::InvoicePaid { .. } => "invoice.paid",
            Self::InvoiceReopened { .. } => "invoice.reopened",
            Self::InvoiceWrittenOff { .. } => "invoice.written_off",
            Self::WriteOffReversed { .. } => "invoice.write_off_reversed",
            Self::PaymentStarted { .. } => "payment.started",
            Self::PaymentNeedsAction { .. } => "payment.needs_action",
            Self::PaymentProcessing { .. } => "payment.processing",
            Self::PaymentSettled { .. } => "payment.settled",
            Self::PaymentFailed { .. } => "payment.failed",
            Self::PaymentCancelled { .. } => "payment.cancelled",
            Self::PaymentInSuspense { .. } => "payment.in_suspense",
            Self::PaymentReturned { .. } => "payment.returned",
            Self::PaymentRefunded { .. } => "payment.refunded",
            Self::PaymentRefundFailed { .. } => "payment.refund_failed",
            Self::PaymentUnapplied { .. } => "payment.unapplied",
            Self::PaymentChargedBack { .. } => "payment.charged_back",
            Self::PaymentReinstated { .. } => "payment.reinstated",
            Self::CreditNoteIssued { .. } => "credit_note.issued",
            Self::CreditPaidOut { .. } => "credit.paid_out",
            Self::CreditPayoutReversed { .. } => "credit.payout_reversed",
        }
    }
}
