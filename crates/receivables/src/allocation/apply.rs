//! What an operator does with the money of a source: applies it to invoices, and takes it off them again.

use super::{Allocation, SetAside, by_due_day};
use crate::currency::Currency;
use crate::ids::{CustomerId, InvoiceId};
use crate::invoice::{HolderId, InvoiceHead, OpenDays};
use crate::money::Money;

/// The money of the source is still being placed, a step at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payment is still being applied; try again in a moment")]
pub struct Unfinished;

impl Unfinished {
    /// The stable word for programs.
    pub const CODE: &'static str = "unfinished";
}

/// Why money was not applied to invoices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApplyRefusal {
    /// No invoice is named.
    #[error("expected at least one allocation")]
    NothingToApply,
    /// Too many invoices.
    #[error("expected at most {max} allocations in one payment")]
    TooManyAllocations {
        /// The most invoices there may be.
        max: usize,
    },
    /// The invoices are due on too many days.
    #[error("expected invoices with at most {max} open due days in all")]
    TooManyDueDays {
        /// The most due days there may be.
        max: usize,
    },
    /// One invoice is named twice.
    #[error("expected each invoice at most once")]
    InvoiceTwice {
        /// The path of the invoice: `allocations[1].invoice`.
        field: String,
    },
    /// An invoice of another customer or business.
    #[error("expected invoices of one customer")]
    OtherCustomer {
        /// The path of the invoice.
        field: String,
    },
    /// An invoice, or an amount for it, in another currency.
    #[error("expected invoices in {expected}")]
    OtherCurrency {
        /// The path of the invoice.
        field: String,
        /// The currency of the source.
        expected: Currency,
    },
    /// Nothing, or more than is unapplied.
    #[error("expected more than nothing and at most {unapplied:?}, which is what is unapplied")]
    MoreThanUnapplied {
        /// The path of the amount: `allocations[1].amount`.
        field: String,
        /// What is unapplied, less the parts named before.
        unapplied: Money,
    },
    /// More than is open on an invoice.
    #[error("expected at most {open:?}, which is what is open on the invoice")]
    MoreThanOpen {
        /// The path of the amount.
        field: String,
        /// What is open on the invoice.
        open: Money,
    },
    /// No money of the payment has come.
    #[error("no money of the payment has come")]
    NothingReceived,
    /// The payment is still being applied.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

impl ApplyRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NothingToApply | Self::TooManyAllocations { .. } | Self::TooManyDueDays { .. } => Some("allocations"),
            Self::InvoiceTwice { field }
            | Self::OtherCustomer { field }
            | Self::OtherCurrency { field, .. }
            | Self::MoreThanUnapplied { field, .. }
            | Self::MoreThanOpen { field, .. } => Some(field),
            Self::NothingReceived | Self::Unfinished(_) => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingToApply => "nothing_to_pay",
            Self::TooManyAllocations { .. } => "too_many_allocations",
            Self::TooManyDueDays { .. } => "too_many_due_days",
            Self::InvoiceTwice { .. } => "invoice_twice",
            Self::OtherCustomer { .. } => "other_customer",
            Self::OtherCurrency { .. } => "other_currency",
            Self::MoreThanUnapplied { .. } => "more_than_unapplied",
            Self::MoreThanOpen { .. } => "more_than_open",
            Self::NothingReceived => "nothing_received",
            Self::Unfinished(_) => Unfinished::CODE,
        }
    }
}

/// Why an allocation was not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnapplyRefusal {
    /// Nothing of the source is applied to the invoice.
    #[error("expected an invoice to which something of it is applied")]
    NotAllocated,
    /// Nothing, or more than is applied to the invoice.
    #[error("expected more than nothing and at most {applied:?}, which is what is applied to the invoice")]
    MoreThanApplied {
        /// What is applied to the invoice.
        applied: Money,
    },
    /// The payment is still being applied.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

impl UnapplyRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NotAllocated => Some("invoice"),
            Self::MoreThanApplied { .. } => Some("amount"),
            Self::Unfinished(_) => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotAllocated => "not_allocated",
            Self::MoreThanApplied { .. } => "more_than_applied",
            Self::Unfinished(_) => Unfinished::CODE,
        }
    }
}

/// How much of what is unapplied of a source may be proposed for an invoice, by due day: nothing where an operator has taken it
/// back.
pub fn proposable(allocations: &[Allocation], invoice: &InvoiceHead) -> OpenDays {
    let withdrawn = |allocation: &Allocation| allocation.withdrawn_by_operator && allocation.invoice == invoice.id;
    if allocations.iter().any(withdrawn) { OpenDays::default() } else { invoice.payable_days() }
}

/// What of a source an operator may still place, and on which of the open invoices it would go: what is due first comes first.
pub fn proposals(allocations: &[Allocation], unapplied: Money, open: &[InvoiceHead]) -> Vec<(InvoiceHead, Money)> {
    let of_currency = open.iter().filter(|invoice| invoice.currency() == unapplied.currency());
    let rooms: Vec<(&InvoiceHead, OpenDays)> =
        of_currency.map(|invoice| (invoice, proposable(allocations, invoice))).collect();
    let mut left = unapplied;
    let mut found: Vec<(InvoiceHead, Money)> = Vec::new();
    for (invoice, due) in by_due_day(&rooms) {
        let part = due.amount.min(left);
        if part.is_zero() {
            break;
        }
        match found.iter_mut().find(|(known, _)| known.id == invoice.id) {
            Some((_, sum)) => *sum = sum.checked_add(part).unwrap_or(*sum),
            None => found.push((invoice.clone(), part)),
        }
        left = left.less(part);
    }
    found
}

/// An operator applies what is unapplied of a source to invoices, beyond what they have of it. `aside` was sent back of single
/// allocations by choice, and takes from what they may have; `own` is the source, where it can hold anything.
pub(crate) fn apply(
    allocations: &mut Vec<Allocation>,
    unapplied: Money,
    customer: &CustomerId,
    parts: &[(InvoiceHead, Money)],
    aside: &SetAside,
    own: Option<&HolderId>,
) -> Result<(), ApplyRefusal> {
    let currency = unapplied.currency();
    let mut left = unapplied;
    if parts.is_empty() {
        return Err(ApplyRefusal::NothingToApply);
    }
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let field = |name: &str| format!("allocations[{place}].{name}");
        if parts.iter().take(place).any(|(other, _)| other.id == invoice.id) {
            return Err(ApplyRefusal::InvoiceTwice { field: field("invoice") });
        }
        if invoice.customer != *customer {
            return Err(ApplyRefusal::OtherCustomer { field: field("invoice") });
        }
        if invoice.currency() != currency || part.currency() != currency {
            return Err(ApplyRefusal::OtherCurrency { field: field("invoice"), expected: currency });
        }
        if part.is_zero() || left.checked_sub(*part).is_err() {
            return Err(ApplyRefusal::MoreThanUnapplied { field: field("amount"), unapplied: left });
        }
        let open = invoice.balance.open();
        if open.checked_sub(*part).is_err() {
            return Err(ApplyRefusal::MoreThanOpen { field: field("amount"), open });
        }
        left = left.less(*part);
        match allocations.iter_mut().find(|allocation| allocation.invoice == invoice.id) {
            Some(known) => {
                known.ceiling = known.ceiling_beside(known.applied.checked_add(*part).unwrap_or(known.ceiling), aside);
                known.intended = known.ceiling;
                known.withdrawn_by_operator = false;
                known.refresh_from(invoice, own);
            }
            None => allocations.push(Allocation::of(invoice, *part)),
        }
    }
    Ok(())
}

/// An operator takes an allocation back, all of it or a part. Says how much.
pub(crate) fn unapply(
    allocations: &mut [Allocation],
    invoice: &InvoiceId,
    amount: Option<Money>,
    aside: &SetAside,
) -> Result<Money, UnapplyRefusal> {
    let known = allocations.iter_mut().find(|allocation| allocation.invoice == *invoice);
    let known = known.filter(|allocation| !allocation.applied.is_zero()).ok_or(UnapplyRefusal::NotAllocated)?;
    let amount = amount.unwrap_or(known.applied);
    if amount.is_zero() || known.applied.checked_sub(amount).is_err() {
        return Err(UnapplyRefusal::MoreThanApplied { applied: known.applied });
    }
    known.ceiling = known.ceiling_beside(known.applied.less(amount), aside);
    known.withdrawn_by_operator = true;
    Ok(amount)
}
