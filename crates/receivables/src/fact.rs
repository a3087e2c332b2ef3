//! Facts: what happened, named in the past tense and announced once.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::ids::{CreditNoteId, InvoiceId, PaymentId};
use crate::invoice::Schedule;
use crate::money::Money;
use crate::text::InvoiceNumber;

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
        /// How much is not expected any more: what was still open.
        written_off: Money,
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
}

impl Fact {
    /// The fact in place `place` of the version `version` of `source`.
    pub fn new(source: &str, version: u64, place: usize, at: Timestamp, kind: FactKind) -> Self {
        Self { id: FactId(format!("{source}.{version}.{place}")), at, kind }
    }
}

/// What a fact tells, field by field: the form in which it is stored and published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactFields {
    /// The invoice that it is about.
    pub invoice: Option<InvoiceId>,
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
    /// The credit note that it is about.
    pub credit_note: Option<CreditNoteId>,
    /// The number of the invoice or credit note.
    pub number: Option<InvoiceNumber>,
    /// The date of the invoice or credit note.
    pub issued_on: Option<Date>,
    /// The amount that is announced: what was demanded, covered, opened again, came or went back now.
    pub amount: Option<Money>,
    /// Of money that goes back: how much of the payment is back in all, by now.
    pub total: Option<Money>,
    /// What is open of the invoice then.
    pub open: Option<Money>,
    /// What of the invoice is due when.
    pub schedule: Option<Schedule>,
    /// Why the last attempt was declined, in the provider's word.
    pub decline: Option<String>,
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
        }
    }

    /// All that it tells, field by field.
    pub fn fields(&self) -> FactFields {
        let of_invoice = |invoice: &InvoiceId, number: &InvoiceNumber, amount: &Money, open: Money| FactFields {
            invoice: Some(invoice.clone()),
            number: Some(number.clone()),
            amount: Some(*amount),
            open: Some(open),
            ..FactFields::default()
        };
        let of_payment = |payment: &PaymentId, amount: &Money| FactFields {
            payment: Some(payment.clone()),
            amount: Some(*amount),
            ..FactFields::default()
        };
        match self {
            Self::CustomerRegistered => FactFields::default(),
            Self::InvoiceIssued { invoice, number, issued_on, gross, schedule } => FactFields {
                issued_on: Some(*issued_on),
                schedule: Some(schedule.clone()),
                ..of_invoice(invoice, number, gross, *gross)
            },
            Self::InvoicePaid { invoice, number, applied: amount }
            | Self::InvoiceWrittenOff { invoice, number, written_off: amount } => {
                of_invoice(invoice, number, amount, Money::zero(amount.currency()))
            }
            Self::InvoicePartlyPaid { invoice, number, applied: amount, open }
            | Self::InvoiceReopened { invoice, number, reopened: amount, open }
            | Self::WriteOffReversed { invoice, number, reopened: amount, open } => {
                of_invoice(invoice, number, amount, *open)
            }
            Self::PaymentFailed { payment, amount, decline } => {
                FactFields { decline: decline.clone(), ..of_payment(payment, amount) }
            }
            Self::PaymentStarted { payment, amount }
            | Self::PaymentNeedsAction { payment, amount }
            | Self::PaymentProcessing { payment, amount }
            | Self::PaymentSettled { payment, received: amount }
            | Self::PaymentCancelled { payment, amount }
            | Self::PaymentInSuspense { payment, received: amount }
            | Self::PaymentUnapplied { payment, unapplied: amount } => of_payment(payment, amount),
            Self::PaymentReturned { payment, amount, returned: total }
            | Self::PaymentRefunded { payment, amount, refunded: total }
            | Self::PaymentRefundFailed { payment, amount, refunded: total }
            | Self::PaymentChargedBack { payment, amount, charged_back: total }
            | Self::PaymentReinstated { payment, amount, charged_back: total } => {
                FactFields { total: Some(*total), ..of_payment(payment, amount) }
            }
            Self::CreditNoteIssued { credit_note, number, issued_on, amount } => FactFields {
                credit_note: Some(credit_note.clone()),
                number: Some(number.clone()),
                issued_on: Some(*issued_on),
                amount: Some(*amount),
                ..FactFields::default()
            },
        }
    }

    /// The kind of a name, with what it tells. `Ok(None)` where no kind has the name, an error where a field is missing that the kind
    /// has.
    pub fn named(name: &str, told: FactFields) -> Result<Option<Self>, MissingField> {
        let FactFields { invoice, payment, credit_note, number, issued_on, amount, total, open, schedule, decline } =
            told;
        let invoice = || invoice.ok_or(MissingField("invoice"));
        let payment = || payment.ok_or(MissingField("payment"));
        let number = || number.ok_or(MissingField("number"));
        let issued_on = || issued_on.ok_or(MissingField("issued_on"));
        let amount = || amount.ok_or(MissingField("amount"));
        let total = || total.ok_or(MissingField("total"));
        let open = || open.ok_or(MissingField("open"));
        Ok(Some(match name {
            "customer.registered" => Self::CustomerRegistered,
            "invoice.issued" => Self::InvoiceIssued {
                invoice: invoice()?,
                number: number()?,
                issued_on: issued_on()?,
                gross: amount()?,
                schedule: schedule.ok_or(MissingField("schedule"))?,
            },
            "invoice.partly_paid" => {
                Self::InvoicePartlyPaid { invoice: invoice()?, number: number()?, applied: amount()?, open: open()? }
            }
            "invoice.paid" => Self::InvoicePaid { invoice: invoice()?, number: number()?, applied: amount()? },
            "invoice.reopened" => {
                Self::InvoiceReopened { invoice: invoice()?, number: number()?, reopened: amount()?, open: open()? }
            }
            "invoice.written_off" => {
                Self::InvoiceWrittenOff { invoice: invoice()?, number: number()?, written_off: amount()? }
            }
            "invoice.write_off_reversed" => {
                Self::WriteOffReversed { invoice: invoice()?, number: number()?, reopened: amount()?, open: open()? }
            }
            "payment.started" => Self::PaymentStarted { payment: payment()?, amount: amount()? },
            "payment.needs_action" => Self::PaymentNeedsAction { payment: payment()?, amount: amount()? },
            "payment.processing" => Self::PaymentProcessing { payment: payment()?, amount: amount()? },
            "payment.settled" => Self::PaymentSettled { payment: payment()?, received: amount()? },
            "payment.failed" => Self::PaymentFailed { payment: payment()?, amount: amount()?, decline },
            "payment.cancelled" => Self::PaymentCancelled { payment: payment()?, amount: amount()? },
            "payment.in_suspense" => Self::PaymentInSuspense { payment: payment()?, received: amount()? },
            "payment.returned" => Self::PaymentReturned { payment: payment()?, amount: amount()?, returned: total()? },
            "payment.refunded" => Self::PaymentRefunded { payment: payment()?, amount: amount()?, refunded: total()? },
            "payment.refund_failed" => {
                Self::PaymentRefundFailed { payment: payment()?, amount: amount()?, refunded: total()? }
            }
            "payment.unapplied" => Self::PaymentUnapplied { payment: payment()?, unapplied: amount()? },
            "payment.charged_back" => {
                Self::PaymentChargedBack { payment: payment()?, amount: amount()?, charged_back: total()? }
            }
            "payment.reinstated" => {
                Self::PaymentReinstated { payment: payment()?, amount: amount()?, charged_back: total()? }
            }
            "credit_note.issued" => Self::CreditNoteIssued {
                credit_note: credit_note.ok_or(MissingField("credit_note"))?,
                number: number()?,
                issued_on: issued_on()?,
                amount: amount()?,
            },
            _ => return Ok(None),
        }))
    }
}

/// A fact lacks a field that its kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fact without its {0}")]
pub struct MissingField(pub &'static str);
