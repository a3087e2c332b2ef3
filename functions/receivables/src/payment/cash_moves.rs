//! What an operator does with the money of a payment: applies what is unapplied, takes an allocation back, moves it.
//!
//! Each needs the payment on fresh standings. What an operator takes back is remembered, so that it is not proposed again.

use jiff::Timestamp;

use super::{ALLOCATIONS_PER_PAYMENT_MAX, Payment, fold};
use crate::allocation::{self, ALLOCATIONS_PER_STEP};
use crate::decision::Decision;
use crate::ids::InvoiceId;
use crate::invoice::Invoice;
use crate::money::Money;
use crate::refusal::Refusal;

/// Applies unapplied cash to invoices of the account.
pub fn apply(was: &Payment, parts: &[(Invoice, Money)], now: Timestamp) -> Result<(Payment, Decision), Refusal> {
    finished(was)?;
    let mut payment = was.clone();
    allocation::apply(&mut payment.allocations, was.unapplied, &was.customer, parts, &was.sent_back_by_choice())?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX || parts.len() > ALLOCATIONS_PER_STEP {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_STEP });
    }
    Ok(fold::changed(was, payment, now))
}

/// Takes an allocation back, or a part of it; what it covered is unapplied.
pub fn unapply(
    was: &Payment,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(Payment, Decision), Refusal> {
    finished(was)?;
    let mut payment = was.clone();
    allocation::unapply(&mut payment.allocations, invoice, amount, &was.sent_back_by_choice())?;
    Ok(fold::changed(was, payment, now))
}

/// Moves an allocation, or a part of it, to another invoice of the account.
pub fn move_cash(
    was: &Payment,
    from: &InvoiceId,
    to: &Invoice,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(Payment, Decision), Refusal> {
    finished(was)?;
    let mut payment = was.clone();
    let aside = was.sent_back_by_choice();
    let moved = allocation::unapply(&mut payment.allocations, from, amount, &aside)?;
    allocation::apply(&mut payment.allocations, moved, &was.customer, &[(to.clone(), moved)], &aside)?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
    }
    let (payment, decision) = fold::changed(was, payment, now);
    // What went back is missing from the last invoices, and what is freed before them is theirs first.
    let first = was
        .allocations
        .iter()
        .zip(&payment.allocations)
        .find(|(before, after)| before.invoice != to.id && before.applied.checked_sub(after.applied).is_err());
    match first {
        Some((_, other)) => Err(Refusal::GoesElsewhereFirst { number: other.number.clone() }),
        None => Ok((payment, decision)),
    }
}

fn finished(payment: &Payment) -> Result<(), Refusal> {
    if payment.unfinished { Err(Refusal::Unfinished) } else { Ok(()) }
}
