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
    allocation::apply(&mut payment.allocations, was.unapplied, &was.customer, parts)?;
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
    allocation::unapply(&mut payment.allocations, invoice, amount)?;
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
    let moved = allocation::unapply(&mut payment.allocations, from, amount)?;
    allocation::apply(&mut payment.allocations, moved, &was.customer, &[(to.clone(), moved)])?;
    if payment.allocations.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
    }
    Ok(fold::changed(was, payment, now))
}

fn finished(payment: &Payment) -> Result<(), Refusal> {
    if payment.unfinished { Err(Refusal::Unfinished) } else { Ok(()) }
}
