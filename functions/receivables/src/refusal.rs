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
            Self::AlreadyPaid | Self::PaymentOnItsWay | Self::CheckoutOpen { .. } => None,
            Self::Quantity { field }
            | Self::TaxRate { field }
            | Self::Amount { field, .. }
            | Self::InvoiceTwice { field }
            | Self::OtherCustomer { field }
            | Self::OtherCurrency { field, .. }
            | Self::MoreThanPayable { field, .. }
            | Self::LeavesTooLittle { field, .. }
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
        }
    }
}
