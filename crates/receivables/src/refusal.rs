//! What the books refuse, one variant per rule.

use jiff::civil::Date;

use crate::currency::Currency;
use crate::ids::PaymentId;
use crate::money::{Money, MoneyError};
use crate::text::InvoiceNumber;

/// Why a command was refused. The text is for the business's developer; pages word it for the customer themselves.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The due date lies before the date of issue.
    #[error("expected a due date on or after the date of issue")]
    DueBeforeIssue,
    /// No line, or too many.
    #[error("expected 1 to {max} lines")]
    LineCount {
        /// The most there may be.
        max: usize,
    },
    /// A quantity of nothing or of too many digits.
    #[error("expected a quantity greater than zero with at most 6 decimals")]
    Quantity {
        /// Where.
        field: String,
    },
    /// A tax rate out of range.
    #[error("expected a tax rate in percent, 0 to 100, with at most 6 decimals")]
    TaxRate {
        /// Where.
        field: String,
    },
    /// An amount that cannot be.
    #[error("{cause}")]
    Amount {
        /// Where.
        field: String,
        /// Why.
        cause: MoneyError,
    },
    /// The number or external id stands for an invoice with other content: an issued invoice is immutable.
    #[error("invoice {number} was issued already with other content; an issued invoice is immutable")]
    InvoiceImmutable {
        /// Its number.
        number: InvoiceNumber,
    },
    /// The number is another invoice's.
    #[error("expected a number that no other invoice has")]
    NumberTaken,
    /// The external id is another's.
    #[error("expected an external_id that no other has")]
    ExternalIdTaken,
    /// A payment of nothing.
    #[error("expected at least one allocation")]
    NothingToPay,
    /// Too many allocations.
    #[error("expected at most {max} allocations in one payment")]
    TooManyAllocations {
        /// The most there may be.
        max: usize,
    },
    /// One invoice named twice.
    #[error("expected each invoice at most once")]
    InvoiceTwice {
        /// Where.
        field: String,
    },
    /// An invoice of another customer or business.
    #[error("expected invoices of one customer")]
    OtherCustomer {
        /// Where.
        field: String,
    },
    /// An invoice of another currency.
    #[error("expected invoices in {expected}")]
    OtherCurrency {
        /// Where.
        field: String,
        /// What the payment is in.
        expected: Currency,
    },
    /// More than may be paid on an invoice now.
    #[error("expected at most {payable:?}, which is what can be paid on the invoice now")]
    MoreThanPayable {
        /// Where.
        field: String,
        /// The most that may be paid.
        payable: Money,
    },
    /// Less than the provider takes.
    #[error("expected at least {minimum:?}, the smallest amount that the payment provider takes")]
    BelowMinimum {
        /// The least that may be paid.
        minimum: Money,
    },
    /// A part that would leave less open than the provider takes, which nobody could pay then.
    #[error("expected all of {payable:?}, or a part that leaves at least {minimum:?} to pay")]
    LeavesTooLittle {
        /// Where.
        field: String,
        /// What may be paid in all.
        payable: Money,
        /// The least that may be left.
        minimum: Money,
    },
    /// Nothing is open on the invoice.
    #[error("the invoice is paid")]
    AlreadyPaid,
    /// A payment covers all that is open, and is on its way.
    #[error("a payment of the whole open amount is on its way")]
    PaymentOnItsWay,
    /// Another checkout of the invoice is open; it is closed first, so that nobody pays twice.
    #[error("another checkout of the invoice is open")]
    CheckoutOpen {
        /// The payment it belongs to.
        payment: PaymentId,
    },
    /// More than is unapplied.
    #[error("expected more than nothing and at most {unapplied:?}, which is what is unapplied")]
    MoreThanUnapplied {
        /// Where.
        field: String,
        /// The most there is.
        unapplied: Money,
    },
    /// More than is open on an invoice.
    #[error("expected at most {open:?}, which is what is open on the invoice")]
    MoreThanOpen {
        /// Where.
        field: String,
        /// The most it takes.
        open: Money,
    },
    /// More than is applied to the invoice.
    #[error("expected more than nothing and at most {applied:?}, which is what is applied to the invoice")]
    MoreThanApplied {
        /// The most there is.
        applied: Money,
    },
    /// Nothing of it is applied to the invoice.
    #[error("expected an invoice to which something of it is applied")]
    NotAllocated,
    /// What would be freed covers another invoice first.
    #[error(
        "the money goes to invoice {number} first, which has less of it than was meant for it: take that back before"
    )]
    GoesElsewhereFirst {
        /// The other invoice.
        number: InvoiceNumber,
    },
    /// More than can be sent back.
    #[error("expected more than nothing and at most {refundable:?}, which is what can still be sent back")]
    MoreThanRefundable {
        /// The most there is.
        refundable: Money,
    },
    /// Too many refunds.
    #[error("expected at most {max} refunds of one payment")]
    TooManyRefunds {
        /// The most there may be.
        max: usize,
    },
    /// No money has come.
    #[error("no money of the payment has come, so none can be sent back")]
    NothingReceived,
    /// The payment is being worked off.
    #[error("the payment is still being applied; try again in a moment")]
    Unfinished,
    /// A credit note of nothing.
    #[error("expected an amount greater than zero")]
    NothingToCredit,
    /// More is open than the business tolerates.
    #[error("expected an open amount of at most {tolerance:?}, the business's tolerance; {open:?} is open")]
    MoreThanTolerated {
        /// What is open.
        open: Money,
        /// What is tolerated.
        tolerance: Money,
    },
    /// Nothing of the invoice was written off.
    #[error("nothing of the invoice is written off")]
    NothingWrittenOff,
    /// Whoever pays on a page of ours says whose payment it is.
    #[error("expected a payment that was not made on a page of this portal")]
    PaidHere,
    /// It is that customer's already.
    #[error("expected another customer than the one whose it is")]
    SameCustomer,
    /// Nothing of it is unapplied.
    #[error("expected a payment of which something is unapplied")]
    NothingUnapplied,
    /// Something of it belongs to an invoice.
    #[error(
        "expected a payment of which nothing is applied or charged back; invoice {number} has some: unapply it first"
    )]
    StillAllocated {
        /// The invoice.
        number: InvoiceNumber,
    },
    /// No such review is open.
    #[error("expected the name of an open review of the payment")]
    NoSuchReview,
    /// A day that has passed.
    #[error("expected a day on or after {today}")]
    DayPassed {
        /// Where.
        field: String,
        /// The day it is.
        today: Date,
    },
}

impl Refusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::DueBeforeIssue => Some("due_on"),
            Self::LineCount { .. } => Some("lines"),
            Self::InvoiceImmutable { .. } | Self::NumberTaken => Some("number"),
            Self::ExternalIdTaken => Some("external_id"),
            Self::NothingToPay | Self::TooManyAllocations { .. } | Self::BelowMinimum { .. } => Some("allocations"),
            Self::AlreadyPaid
            | Self::PaymentOnItsWay
            | Self::CheckoutOpen { .. }
            | Self::NothingReceived
            | Self::Unfinished
            | Self::TooManyRefunds { .. }
            | Self::MoreThanTolerated { .. }
            | Self::NothingWrittenOff
            | Self::PaidHere
            | Self::NothingUnapplied
            | Self::StillAllocated { .. }
            | Self::NoSuchReview => None,
            Self::SameCustomer => Some("customer"),
            Self::NotAllocated | Self::GoesElsewhereFirst { .. } => Some("invoice"),
            Self::MoreThanApplied { .. } | Self::MoreThanRefundable { .. } | Self::NothingToCredit => Some("amount"),
            Self::Quantity { field }
            | Self::TaxRate { field }
            | Self::Amount { field, .. }
            | Self::InvoiceTwice { field }
            | Self::OtherCustomer { field }
            | Self::OtherCurrency { field, .. }
            | Self::MoreThanPayable { field, .. }
            | Self::LeavesTooLittle { field, .. }
            | Self::MoreThanUnapplied { field, .. }
            | Self::MoreThanOpen { field, .. }
            | Self::DayPassed { field, .. } => Some(field),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DueBeforeIssue => "due_before_issue",
            Self::LineCount { .. } => "line_count",
            Self::Quantity { .. } => "quantity",
            Self::TaxRate { .. } => "tax_rate",
            Self::Amount { .. } => "amount",
            Self::InvoiceImmutable { .. } => "invoice_immutable",
            Self::NumberTaken => "number_taken",
            Self::ExternalIdTaken => "external_id_taken",
            Self::NothingToPay => "nothing_to_pay",
            Self::TooManyAllocations { .. } => "too_many_allocations",
            Self::InvoiceTwice { .. } => "invoice_twice",
            Self::OtherCustomer { .. } => "other_customer",
            Self::OtherCurrency { .. } => "other_currency",
            Self::MoreThanPayable { .. } => "more_than_payable",
            Self::BelowMinimum { .. } => "below_minimum",
            Self::LeavesTooLittle { .. } => "leaves_too_little",
            Self::AlreadyPaid => "already_paid",
            Self::PaymentOnItsWay => "payment_on_its_way",
            Self::CheckoutOpen { .. } => "checkout_open",
            Self::DayPassed { .. } => "day_passed",
            Self::MoreThanUnapplied { .. } => "more_than_unapplied",
            Self::MoreThanOpen { .. } => "more_than_open",
            Self::MoreThanApplied { .. } => "more_than_applied",
            Self::NotAllocated => "not_allocated",
            Self::GoesElsewhereFirst { .. } => "goes_elsewhere_first",
            Self::MoreThanRefundable { .. } => "more_than_refundable",
            Self::TooManyRefunds { .. } => "too_many_refunds",
            Self::NothingReceived => "nothing_received",
            Self::Unfinished => "unfinished",
            Self::NothingToCredit => "nothing_to_credit",
            Self::MoreThanTolerated { .. } => "more_than_tolerated",
            Self::NothingWrittenOff => "nothing_written_off",
            Self::PaidHere => "paid_here",
            Self::SameCustomer => "same_customer",
            Self::NothingUnapplied => "nothing_unapplied",
            Self::StillAllocated { .. } => "still_allocated",
            Self::NoSuchReview => "no_such_review",
        }
    }
}
