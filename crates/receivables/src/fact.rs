//! Facts: what happened, named in the past tense and announced once.

use jiff::Timestamp;

use crate::ids::{CreditNoteId, InvoiceId, PaymentId};
use crate::money::Money;

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

/// What happened, and to which document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FactKind {
    /// The business told us of a customer.
    CustomerRegistered,
    /// An invoice was issued.
    InvoiceIssued {
        /// The invoice that it is about.
        invoice: InvoiceId,
    },
    /// Some of an invoice was covered.
    InvoicePartlyPaid {
        /// The invoice that it is about.
        invoice: InvoiceId,
    },
    /// All of an invoice is covered.
    InvoicePaid {
        /// The invoice that it is about.
        invoice: InvoiceId,
    },
    /// An invoice that was covered is open again.
    InvoiceReopened {
        /// The invoice that it is about.
        invoice: InvoiceId,
    },
    /// A payment was started.
    PaymentStarted {
        /// The payment that it is about.
        payment: PaymentId,
    },
    /// The payer must do something, such as authenticate.
    PaymentNeedsAction {
        /// The payment that it is about.
        payment: PaymentId,
    },
    /// A payment is on its way.
    PaymentProcessing {
        /// The payment that it is about.
        payment: PaymentId,
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
    },
    /// A payment was given up.
    PaymentCancelled {
        /// The payment that it is about.
        payment: PaymentId,
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
        /// How much of it in all, by now.
        returned: Money,
    },
    /// Money of a payment went back to the payer.
    PaymentRefunded {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it in all, by now.
        refunded: Money,
    },
    /// A refund did not arrive, and the money is ours again.
    PaymentRefundFailed {
        /// The payment that it is about.
        payment: PaymentId,
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
        /// How much of it in all, by now.
        charged_back: Money,
    },
    /// The issuer gave money of a payment back to us.
    PaymentReinstated {
        /// The payment that it is about.
        payment: PaymentId,
        /// How much of it is charged back in all, by now.
        charged_back: Money,
    },
    /// A credit note was issued.
    CreditNoteIssued {
        /// The credit note that it is about.
        credit_note: CreditNoteId,
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
        }
    }

    /// The payment it is about.
    pub fn payment(&self) -> Option<&PaymentId> {
        match self {
            Self::PaymentStarted { payment }
            | Self::PaymentNeedsAction { payment }
            | Self::PaymentProcessing { payment }
            | Self::PaymentSettled { payment, .. }
            | Self::PaymentFailed { payment }
            | Self::PaymentCancelled { payment }
            | Self::PaymentInSuspense { payment, .. }
            | Self::PaymentReturned { payment, .. }
            | Self::PaymentRefunded { payment, .. }
            | Self::PaymentRefundFailed { payment, .. }
            | Self::PaymentUnapplied { payment, .. }
            | Self::PaymentChargedBack { payment, .. }
            | Self::PaymentReinstated { payment, .. } => Some(payment),
            Self::CustomerRegistered
            | Self::InvoiceIssued { .. }
            | Self::InvoicePartlyPaid { .. }
            | Self::InvoicePaid { .. }
            | Self::InvoiceReopened { .. }
            | Self::CreditNoteIssued { .. } => None,
        }
    }

    /// The invoice it is about.
    pub fn invoice(&self) -> Option<&InvoiceId> {
        match self {
            Self::InvoiceIssued { invoice }
            | Self::InvoicePartlyPaid { invoice }
            | Self::InvoicePaid { invoice }
            | Self::InvoiceReopened { invoice } => Some(invoice),
            Self::CustomerRegistered
            | Self::PaymentStarted { .. }
            | Self::PaymentNeedsAction { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentSettled { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentCancelled { .. }
            | Self::PaymentInSuspense { .. }
            | Self::PaymentReturned { .. }
            | Self::PaymentRefunded { .. }
            | Self::PaymentRefundFailed { .. }
            | Self::PaymentUnapplied { .. }
            | Self::PaymentChargedBack { .. }
            | Self::PaymentReinstated { .. }
            | Self::CreditNoteIssued { .. } => None,
        }
    }

    /// The credit note it is about.
    pub fn credit_note(&self) -> Option<&CreditNoteId> {
        match self {
            Self::CreditNoteIssued { credit_note } => Some(credit_note),
            Self::CustomerRegistered
            | Self::InvoiceIssued { .. }
            | Self::InvoicePartlyPaid { .. }
            | Self::InvoicePaid { .. }
            | Self::InvoiceReopened { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentNeedsAction { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentSettled { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentCancelled { .. }
            | Self::PaymentInSuspense { .. }
            | Self::PaymentReturned { .. }
            | Self::PaymentRefunded { .. }
            | Self::PaymentRefundFailed { .. }
            | Self::PaymentUnapplied { .. }
            | Self::PaymentChargedBack { .. }
            | Self::PaymentReinstated { .. } => None,
        }
    }

    /// The amount that is announced with it: what came, or what of it went back in all.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Self::PaymentSettled { received: amount, .. }
            | Self::PaymentInSuspense { received: amount, .. }
            | Self::PaymentReturned { returned: amount, .. }
            | Self::PaymentRefunded { refunded: amount, .. }
            | Self::PaymentRefundFailed { refunded: amount, .. }
            | Self::PaymentUnapplied { unapplied: amount, .. }
            | Self::PaymentChargedBack { charged_back: amount, .. }
            | Self::PaymentReinstated { charged_back: amount, .. } => Some(*amount),
            Self::CustomerRegistered
            | Self::InvoiceIssued { .. }
            | Self::InvoicePartlyPaid { .. }
            | Self::InvoicePaid { .. }
            | Self::InvoiceReopened { .. }
            | Self::PaymentStarted { .. }
            | Self::PaymentNeedsAction { .. }
            | Self::PaymentProcessing { .. }
            | Self::PaymentFailed { .. }
            | Self::PaymentCancelled { .. }
            | Self::CreditNoteIssued { .. } => None,
        }
    }
}
