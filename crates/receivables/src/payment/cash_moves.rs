//! What an operator does with the money of a payment: applies what is unapplied, takes an allocation back, moves it, hands the
//! payment to the account it was meant for.
//!
//! Each needs the payment on fresh standings. What an operator takes back is remembered, so that it is not proposed again.

use jiff::Timestamp;

use super::{ALLOCATIONS_PER_PAYMENT_MAX, Origin, Payment, fold};
use crate::allocation::{self, ALLOCATIONS_PER_STEP, Allocation, ITEMS_PER_STEP};
use crate::customer::Customer;
use crate::decision::{Change, Decision, HandedTo};
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::ledger::{Entry, EntryKind, Leg};
use crate::money::{Balance, Money};
use crate::refusal::Refusal;

/// Applies unapplied cash to invoices of the account.
pub fn apply(before: &Payment, parts: &[(Invoice, Money)], now: Timestamp) -> Result<(Payment, Decision), Refusal> {
    finished(before)?;
    let mut payment = before.clone();
    allocation::apply(
        &mut payment.allocations,
        before.unapplied,
        &before.customer,
        parts,
        &before.sent_back_by_choice(),
    )?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX || parts.len() > ALLOCATIONS_PER_STEP {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_STEP });
    }
    Ok(fold::changed(before, payment, now))
}

/// Takes an allocation back, or a part of it; what it covered is unapplied.
pub fn unapply(
    before: &Payment,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(Payment, Decision), Refusal> {
    finished(before)?;
    let mut payment = before.clone();
    allocation::unapply(&mut payment.allocations, invoice, amount, &before.sent_back_by_choice())?;
    Ok(fold::changed(before, payment, now))
}

/// Moves an allocation, or a part of it, to another invoice of the account.
pub fn move_cash(
    before: &Payment,
    from: &InvoiceId,
    to: &Invoice,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(Payment, Decision), Refusal> {
    finished(before)?;
    let mut payment = before.clone();
    let aside = before.sent_back_by_choice();
    let moved = allocation::unapply(&mut payment.allocations, from, amount, &aside)?;
    allocation::apply(&mut payment.allocations, moved, &before.customer, &[(to.clone(), moved)], &aside)?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
    }
    let (payment, decision) = fold::changed(before, payment, now);
    // What went back is missing from the last invoices, and what is freed before them is theirs first.
    let first = before
        .allocations
        .iter()
        .zip(&payment.allocations)
        .find(|(before, after)| before.invoice != to.id && before.applied.checked_sub(after.applied).is_err());
    match first {
        Some((_, other)) => Err(Refusal::GoesElsewhereFirst { number: other.number.clone() }),
        None => Ok((payment, decision)),
    }
}

/// Hands a payment that was not made here to the account it was meant for: it was put on another's by mistake. Nothing of it may
/// be on invoices any more. It stays unapplied on its new account, and what later becomes of it is that account's.
pub fn hand_over(before: &Payment, to: &Customer, now: Timestamp) -> Result<(Payment, Decision), Refusal> {
    finished(before)?;
    if before.origin != Origin::Provider {
        return Err(Refusal::PaidHere);
    }
    if before.customer == to.id {
        return Err(Refusal::SameCustomer);
    }
    let of_it =
        |part: &&Allocation| [part.applied, part.pending, part.charged_back].iter().any(|amount| !amount.is_zero());
    if let Some(part) = before.allocations.iter().find(of_it) {
        return Err(Refusal::StillAllocated { number: part.number.clone() });
    }
    if before.unapplied.is_zero() {
        return Err(Refusal::NothingUnapplied);
    }
    if before.allocations.len() > ITEMS_PER_STEP {
        return Err(Refusal::TooManyAllocations { max: ITEMS_PER_STEP });
    }
    let mut payment = before.clone();
    payment.customer = to.id.clone();
    payment.locale = to.profile.locale.unwrap_or(before.locale);
    // An entry is named by the version it makes, and there are two.
    payment.version = before.version + 2;
    // Invoices of the old account are not the new one's to see, nor to be covered by what may come back to the payment.
    payment.allocations = Vec::new();
    let entry = |version: u64, change: Balance| Entry {
        source: before.id.to_string(),
        sequence: version,
        posted_at: now,
        kind: EntryKind::PaymentHandedOver(before.id.clone()),
        currency: before.currency(),
        legs: vec![Leg::Unapplied { change }],
    };
    let decision = Decision {
        business: before.business.clone(),
        customer: before.customer.clone(),
        at: now,
        changes: vec![Change::PaymentChanged { before: Box::new(before.clone()), after: Box::new(payment.clone()) }],
        entry: Some(entry(before.version + 1, Balance::owed(before.unapplied))),
        handed_to: Some(HandedTo {
            customer: to.id.clone(),
            entry: entry(before.version + 2, Balance::in_favour(before.unapplied)),
        }),
        facts: Vec::new(),
    };
    Ok((payment, decision))
}

fn finished(payment: &Payment) -> Result<(), Refusal> {
    if payment.unfinished { Err(Refusal::Unfinished) } else { Ok(()) }
}
