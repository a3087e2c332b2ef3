//! Starting a payment: what a payer may ask for, and the claim of each invoice's one live checkout.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{ALLOCATIONS_PER_PAYMENT_MAX, ChargeRule, OnlinePayable, Payment, Request, State, poll_delay};
use crate::allocation::{ALLOCATIONS_PER_STEP, Allocation};
use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::{Fact, FactKind};
use crate::ids::CustomerId;
use crate::invoice::{Invoice, InvoiceBalance};
use crate::money::{Money, MoneyError};
use crate::refusal::Refusal;

/// Starts a payment: its record, and the claim of each invoice's one live checkout. What one transaction cannot carry is
/// claimed by the next ones, in order; until the last of them is committed the payment cannot be paid.
pub fn start(request: &Request, now: Timestamp) -> Result<(Payment, Vec<Decision>), Refusal> {
    let (first, _) = request.parts.first().ok_or(Refusal::NothingToPay)?;
    let (customer, currency) = (first.customer.clone(), first.currency());
    check_parts(&request.parts, &customer, currency)?;
    let amount = Money::sum(currency, request.parts.iter().map(|(_, part)| *part)).map_err(too_large)?;
    let ChargeRule { minimum, .. } = request.rule;
    if amount.checked_sub(minimum).is_err() {
        return Err(Refusal::BelowMinimum { minimum });
    }
    check_charges(&request.parts, request.rule)?;
    let mut payment = first_form(request, amount, now)?;
    let mut decisions = Vec::with_capacity(request.parts.len().div_ceil(ALLOCATIONS_PER_STEP));
    for parts in request.parts.chunks(ALLOCATIONS_PER_STEP) {
        let before = payment.clone();
        payment.version += 1;
        let mut changes: Vec<Change> =
            parts.iter().map(|(invoice, part)| claim(&mut payment, invoice, *part)).collect();
        payment.unfinished = payment.allocations.len() < request.parts.len();
        let first = before.allocations.is_empty();
        let facts = if first {
            changes.push(Change::PaymentStarted(Box::new(payment.clone())));
            vec![Fact::new(payment.id.as_str(), 1, 0, now, FactKind::PaymentStarted { payment: payment.id.clone() })]
        } else {
            changes.push(Change::PaymentChanged { before: Box::new(before), after: Box::new(payment.clone()) });
            Vec::new()
        };
        decisions.push(Decision {
            business: payment.business.clone(),
            customer: payment.customer.clone(),
            at: now,
            changes,
            entry: None,
            handed_to: None,
            facts,
        });
    }
    Ok((payment, decisions))
}

fn first_form(request: &Request, amount: Money, now: Timestamp) -> Result<Payment, Refusal> {
    let (first, _) = request.parts.first().ok_or(Refusal::NothingToPay)?;
    let whose = (first.business.clone(), first.customer.clone());
    let blank = Payment::blank(request.id.clone(), whose, (request.origin.clone(), request.locale), amount, now);
    Ok(Payment { next_poll_at: poll_delay(State::Started, now, now), ..blank })
}

/// The payment takes the invoice's one live checkout.
fn claim(payment: &mut Payment, invoice: &Invoice, part: Money) -> Change {
    let before = invoice.balance.clone();
    let after =
        InvoiceBalance { live_checkout: Some(payment.id.clone()), version: before.version + 1, ..before.clone() };
    payment.allocations.push(Allocation { balance: after.clone(), ..Allocation::of(invoice, part) });
    Change::InvoiceBalanceChanged { invoice: invoice.id.clone(), due_on: invoice.due_on, before, after }
}

fn check_parts(parts: &[(Invoice, Money)], customer: &CustomerId, currency: Currency) -> Result<(), Refusal> {
    if parts.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
    }
    let mut named = BTreeSet::new();
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let field = |name: &str| format!("allocations[{place}].{name}");
        if !named.insert(&invoice.id) {
            return Err(Refusal::InvoiceTwice { field: field("invoice") });
        }
        if invoice.customer != *customer {
            return Err(Refusal::OtherCustomer { field: field("invoice") });
        }
        if invoice.currency() != currency || part.currency() != currency {
            return Err(Refusal::OtherCurrency { field: field("invoice"), expected: currency });
        }
        let balance = &invoice.balance;
        if balance.open().is_zero() {
            return Err(Refusal::AlreadyPaid);
        }
        if balance.payable().is_zero() {
            return Err(Refusal::PaymentOnItsWay);
        }
        if let Some(payment) = &balance.live_checkout {
            return Err(Refusal::CheckoutOpen { payment: payment.clone() });
        }
        if part.is_zero() {
            return Err(Refusal::NothingToPay);
        }
        if balance.payable().checked_sub(*part).is_err() {
            return Err(Refusal::MoreThanPayable { field: field("amount"), payable: balance.payable() });
        }
    }
    Ok(())
}

/// Each part is a multiple of what the provider charges, and what it leaves open is nothing, enough to be paid another time, or
/// so little that no payment could take it.
fn check_charges(parts: &[(Invoice, Money)], rule: ChargeRule) -> Result<(), Refusal> {
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let field = || format!("allocations[{place}].amount");
        let online = OnlinePayable::of(&invoice.balance, Some(rule));
        if let Some(payable) = online.most().filter(|_| online.strands_the_rest(*part)) {
            return Err(Refusal::LeavesTooLittle { field: field(), payable, minimum: rule.minimum });
        }
        rule.check_step(*part).map_err(|cause| Refusal::Amount { field: field(), cause })?;
    }
    Ok(())
}

fn too_large(cause: MoneyError) -> Refusal {
    Refusal::Amount { field: "allocations".to_owned(), cause }
}
