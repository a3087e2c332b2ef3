//! What a fact tells, field by field, and the fact that such fields make.

use jiff::civil::Date;

use super::FactKind;
use crate::ids::{CreditNoteId, InvoiceId, OutgoingPaymentId, PaymentId};
use crate::invoice::Schedule;
use crate::money::Money;
use crate::text::InvoiceNumber;
use crate::write_off::kind::WriteOffKind;

/// What a fact tells, field by field: the form in which it is stored and published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactFields {
    /// The invoice that it is about.
    pub invoice: Option<InvoiceId>,
    /// The payment that it is about.
    pub payment: Option<PaymentId>,
    /// The credit note that it is about.
    pub credit_note: Option<CreditNoteId>,
    /// The outgoing payment that it is about.
    pub outgoing_payment: Option<OutgoingPaymentId>,
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
    /// Whether a small rest or a bad debt is written off.
    pub write_off: Option<WriteOffKind>,
    /// What of the invoice is due when.
    pub schedule: Option<Schedule>,
    /// Why the last attempt was declined, in the provider's word.
    pub decline: Option<String>,
}

impl FactKind {
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
            Self::InvoicePaid { invoice, number, applied: amount } => {
                of_invoice(invoice, number, amount, Money::zero(amount.currency()))
            }
            Self::InvoiceWrittenOff { invoice, number, written_off, open, kind } => {
                FactFields { write_off: Some(*kind), ..of_invoice(invoice, number, written_off, *open) }
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
            Self::CreditPaidOut { outgoing_payment, amount }
            | Self::CreditPayoutReversed { outgoing_payment, amount } => FactFields {
                outgoing_payment: Some(outgoing_payment.clone()),
                amount: Some(*amount),
                ..FactFields::default()
            },
        }
    }

    /// The kind of a name, with what it tells. `Ok(None)` where no kind has the name, an error where a field is missing that the kind
    /// has.
    pub fn named(name: &str, told: FactFields) -> Result<Option<Self>, MissingField> {
        if name.starts_with("payment.") {
            return Self::named_of_payment(name, told);
        }
        let FactFields {
            invoice,
            credit_note,
            outgoing_payment,
            number,
            issued_on,
            amount,
            open,
            write_off,
            schedule,
            payment: _,
            total: _,
            decline: _,
        } = told;
        let invoice = || invoice.ok_or(MissingField("invoice"));
        let outgoing_payment = || outgoing_payment.ok_or(MissingField("outgoing_payment"));
        let number = || number.ok_or(MissingField("number"));
        let issued_on = || issued_on.ok_or(MissingField("issued_on"));
        let amount = || amount.ok_or(MissingField("amount"));
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
            "invoice.written_off" => Self::InvoiceWrittenOff {
                invoice: invoice()?,
                number: number()?,
                written_off: amount()?,
                open: open()?,
                kind: write_off.ok_or(MissingField("write_off"))?,
            },
            "invoice.write_off_reversed" => {
                Self::WriteOffReversed { invoice: invoice()?, number: number()?, reopened: amount()?, open: open()? }
            }
            "credit_note.issued" => Self::CreditNoteIssued {
                credit_note: credit_note.ok_or(MissingField("credit_note"))?,
                number: number()?,
                issued_on: issued_on()?,
                amount: amount()?,
            },
            "credit.paid_out" => Self::CreditPaidOut { outgoing_payment: outgoing_payment()?, amount: amount()? },
            "credit.payout_reversed" => {
                Self::CreditPayoutReversed { outgoing_payment: outgoing_payment()?, amount: amount()? }
            }
            _ => return Ok(None),
        }))
    }

    /// The kinds that are of a payment.
    fn named_of_payment(name: &str, told: FactFields) -> Result<Option<Self>, MissingField> {
        let FactFields { payment, amount, total, decline, .. } = told;
        let payment = || payment.ok_or(MissingField("payment"));
        let amount = || amount.ok_or(MissingField("amount"));
        let total = || total.ok_or(MissingField("total"));
        Ok(Some(match name {
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
            _ => return Ok(None),
        }))
    }
}

/// A fact lacks a field that its kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a fact without its {0}")]
pub struct MissingField(pub &'static str);
