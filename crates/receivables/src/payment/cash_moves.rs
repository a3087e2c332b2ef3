//! What an operator does with the money of a payment: applies what is unapplied, takes an allocation back, moves it, hands the
//! payment to the account it was meant for.
//!
//! Each needs the payment on fresh standings. What an operator takes back is remembered, so that it is not proposed again.

use jiff::Timestamp;

use super::{ALLOCATIONS_PER_PAYMENT_MAX, Origin, Payment, fold};
use crate::allocation::{
    self, ALLOCATIONS_PER_STEP, Allocation, ApplyRefusal, ITEMS_PER_STEP, UnapplyRefusal, Unfinished,
};
use crate::customer::Customer;
use crate::decision::{Change, Decision};
use crate::ids::InvoiceId;
use crate::invoice::{HolderId, InvoiceHead};
use crate::ledger::{Contra, EntryDay, EntryKind, Leg, LegAccount};
use crate::money::{Balance, Money};
use crate::text::InvoiceNumber;

/// Why money was not moved from one invoice to another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    /// It cannot be taken off the first invoice.
    #[error(transparent)]
    Unapply(#[from] UnapplyRefusal),
    /// It cannot be applied to the other invoice.
    #[error(transparent)]
    Apply(#[from] ApplyRefusal),
    /// What would be freed covers another invoice first.
    #[error(
        "the money goes to invoice {number} first, which has less of it than was meant for it: take that back before"
    )]
    GoesElsewhereFirst {
        /// The number of the other invoice.
        number: InvoiceNumber,
    },
    /// The payment is still being applied.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

impl MoveRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Unapply(refusal) => refusal.field(),
            Self::Apply(refusal) => refusal.field(),
            Self::GoesElsewhereFirst { .. } => Some("invoice"),
            Self::Unfinished(_) => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unapply(refusal) => refusal.code(),
            Self::Apply(refusal) => refusal.code(),
            Self::GoesElsewhereFirst { .. } => "goes_elsewhere_first",
            Self::Unfinished(_) => Unfinished::CODE,
        }
    }
}

/// Why a payment was not handed to another account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandOverRefusal {
    /// Whoever pays on a page of ours says whose payment it is.
    #[error("expected a payment that was not made on a page of this portal")]
    PaidHere,
    /// It is that customer's already.
    #[error("expected another customer than the one whose it is")]
    SameCustomer,
    /// Something of it belongs to an invoice.
    #[error(
        "expected a payment of which nothing is applied, charged back or in question; invoice {number} has some: unapply it first, or say what its refund means"
    )]
    StillAllocated {
        /// The number of the invoice.
        number: InvoiceNumber,
    },
    /// Something of it was paid out to the customer whose it is.
    #[error("expected a payment of which nothing was paid out; reverse the outgoing payment first")]
    PaidOut,
    /// Nothing of it is unapplied.
    #[error("expected a payment of which something is unapplied")]
    NothingUnapplied,
    /// It has more allocations than one transaction can take away.
    #[error("expected at most {max} allocations in one payment")]
    TooManyAllocations {
        /// The most allocations there may be.
        max: usize,
    },
    /// The payment is still being applied.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
}

impl HandOverRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::SameCustomer => Some("customer"),
            Self::TooManyAllocations { .. } => Some("allocations"),
            Self::PaidHere
            | Self::StillAllocated { .. }
            | Self::PaidOut
            | Self::NothingUnapplied
            | Self::Unfinished(_) => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PaidHere => "paid_here",
            Self::SameCustomer => "same_customer",
            Self::StillAllocated { .. } => "still_allocated",
            Self::PaidOut => "paid_out",
            Self::NothingUnapplied => "nothing_unapplied",
            Self::TooManyAllocations { .. } => "too_many_allocations",
            Self::Unfinished(_) => Unfinished::CODE,
        }
    }
}

/// Applies unapplied cash to invoices of the account. What is about to be sent back is not applied.
pub fn apply(
    before: &Payment,
    parts: &[(InvoiceHead, Money)],
    now: Timestamp,
) -> Result<(Payment, Decision), ApplyRefusal> {
    finished(before)?;
    let mut payment = Payment { proposed: false, ..before.clone() };
    allocation::apply(
        &mut payment.allocations,
        before.cash.unapplied.less(before.going_out()),
        &before.customer,
        parts,
        &before.set_aside(),
        Some(&HolderId::from(&before.id)),
    )?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX || parts.len() > ALLOCATIONS_PER_STEP {
        return Err(ApplyRefusal::TooManyAllocations { max: ALLOCATIONS_PER_STEP });
    }
    Ok(fold::changed(before, payment, now))
}

/// Takes an allocation back, or a part of it; what it covered is unapplied.
pub fn unapply(
    before: &Payment,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(Payment, Decision), UnapplyRefusal> {
    finished(before)?;
    let mut payment = before.clone();
    let freed = allocation::unapply(&mut payment.allocations, invoice, amount, &before.set_aside())?;
    payment.cash.kept = before.cash.kept.checked_add(freed).unwrap_or(before.cash.kept);
    Ok(fold::changed(before, payment, now))
}

/// Moves an allocation, or a part of it, to another invoice of the account.
pub fn move_cash(
    before: &Payment,
    from: &InvoiceId,
    to: &InvoiceHead,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(Payment, Decision), MoveRefusal> {
    finished(before)?;
    let mut payment = before.clone();
    let (aside, own) = (before.set_aside(), HolderId::from(&before.id));
    let moved = allocation::unapply(&mut payment.allocations, from, amount, &aside)?;
    allocation::apply(&mut payment.allocations, moved, &before.customer, &[(to.clone(), moved)], &aside, Some(&own))?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(ApplyRefusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX }.into());
    }
    let (payment, decision) = fold::changed(before, payment, now);
    // What went back is missing from the last invoices, and what is freed before them is theirs first.
    let first = before
        .allocations
        .iter()
        .zip(&payment.allocations)
        .find(|(before, after)| before.invoice != to.id && before.applied.checked_sub(after.applied).is_err());
    match first {
        Some((_, other)) => Err(MoveRefusal::GoesElsewhereFirst { number: other.number.clone() }),
        None => Ok((payment, decision)),
    }
}

/// Hands a payment that was not made here to the account it was meant for: it was put on another's by mistake. Nothing of it may
/// be on invoices any more. It stays unapplied on its new account, and what later becomes of it is that account's.
pub fn hand_over(before: &Payment, to: &Customer, now: Timestamp) -> Result<(Payment, Decision), HandOverRefusal> {
    finished(before)?;
    if before.origin != Origin::Provider {
        return Err(HandOverRefusal::PaidHere);
    }
    if before.customer == to.id {
        return Err(HandOverRefusal::SameCustomer);
    }
    let of_it = |part: &&Allocation| {
        [part.applied, part.pending, part.charged_back, part.questioned].iter().any(|amount| !amount.is_zero())
    };
    if let Some(part) = before.allocations.iter().find(of_it) {
        return Err(HandOverRefusal::StillAllocated { number: part.number.clone() });
    }
    if !before.cash.paid_out.is_zero() {
        return Err(HandOverRefusal::PaidOut);
    }
    if before.cash.unapplied.is_zero() {
        return Err(HandOverRefusal::NothingUnapplied);
    }
    if before.allocations.len() > ITEMS_PER_STEP {
        return Err(HandOverRefusal::TooManyAllocations { max: ITEMS_PER_STEP });
    }
    let mut payment = before.clone();
    payment.customer = to.id.clone();
    payment.locale = to.profile.locale.unwrap_or(before.locale);
    payment.cash.kept = before.cash.unapplied;
    payment.proposed = false;
    payment.version = before.version + 1;
    // Invoices of the old account are not the new one's to see, nor to be covered by what may come back to the payment.
    payment.allocations = Vec::new();
    let leg = |change: Balance| Leg { account: LegAccount::Unapplied, change, contra: Contra::Unapplied };
    let kind = EntryKind::PaymentHandedOver(before.id.clone());
    let (source, version) = (before.id.as_str(), payment.version);
    let (leaves, enters) = (leg(Balance::owed(before.cash.unapplied)), leg(Balance::in_favour(before.cash.unapplied)));
    let decision = Decision::new(before.business.clone(), before.customer.clone(), now)
        .with_change(Change::PaymentChanged { before: Box::new(before.clone()), after: Box::new(payment.clone()) })
        .with_entry(source, version, EntryDay::Decided, kind.clone(), vec![leaves])
        .handed_to(to.id.clone(), source, version, kind, vec![enters]);
    Ok((payment, decision))
}

fn finished(payment: &Payment) -> Result<(), Unfinished> {
    if payment.unfinished { Err(Unfinished) } else { Ok(()) }
}
