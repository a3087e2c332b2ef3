//! Write-offs: an operator stops expecting a small open amount.
//!
//! How small is the business's choice per currency, and nothing unless it chose; the books allow no more than
//! [`tolerance_max`]. A write-off has its own line in the ledger, and can be taken back.

use jiff::Timestamp;

use crate::allocation::balance_fact;
use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::Fact;
use crate::invoice::{Invoice, InvoiceBalance};
use crate::ledger::{Entry, EntryKind, Leg};
use crate::money::{Balance, Money};
use crate::refusal::Refusal;

/// The most that may be tolerated in a currency: one of its units, or about as much as a dollar where a unit is much less or
/// much more.
pub fn tolerance_max(currency: Currency) -> Money {
    let minor = match (currency.code(), currency.exponent()) {
        // A dinar or a rial of these is worth 1.4 to 3.3 dollars.
        ("BHD" | "JOD" | "KWD" | "OMR", _) => 300,
        (_, 0) => 100,
        (_, exponent) => 10_i64.pow(exponent),
    };
    Money::new(minor, currency).unwrap_or(Money::zero(currency))
}

/// Writes off what is open of an invoice, where it is within the tolerance and nobody is just paying it.
pub fn write_off(before: &Invoice, tolerance: Money, now: Timestamp) -> Result<(Invoice, Decision), Refusal> {
    let open = before.balance.open();
    let tolerance = tolerance.min(tolerance_max(before.currency()));
    if open.is_zero() {
        return Err(Refusal::AlreadyPaid);
    }
    if !before.balance.pending.is_zero() {
        return Err(Refusal::PaymentOnItsWay);
    }
    if let Some(payment) = &before.balance.live_checkout {
        return Err(Refusal::CheckoutOpen { payment: payment.clone() });
    }
    // What was written off before counts: in small steps no more is tolerated than at once.
    let left = tolerance.less(before.balance.written_off);
    if left.checked_sub(open).is_err() {
        return Err(Refusal::MoreThanTolerated { open, tolerance: left });
    }
    let written_off = before.balance.written_off.checked_add(open).unwrap_or(open);
    Ok(decide(before, written_off, EntryKind::InvoiceWrittenOff, now))
}

/// Takes a write-off back: the amount is expected again.
pub fn take_back(before: &Invoice, now: Timestamp) -> Result<(Invoice, Decision), Refusal> {
    if before.balance.written_off.is_zero() {
        return Err(Refusal::NothingWrittenOff);
    }
    Ok(decide(before, Money::zero(before.currency()), EntryKind::WriteOffReversed, now))
}

fn decide(before: &Invoice, written_off: Money, kind: EntryKind, now: Timestamp) -> (Invoice, Decision) {
    let balance = InvoiceBalance { written_off, version: before.balance.version + 1, ..before.balance.clone() };
    let change = balance.open().minor() - before.balance.open().minor();
    let leg = Leg::Invoice {
        invoice: before.id.clone(),
        number: before.number.clone(),
        due_on: before.due_on,
        change: Balance::new(change, before.currency()).unwrap_or(Balance::zero(before.currency())),
    };
    let fact = balance_fact(&before.id, &before.balance, &balance);
    let decision = Decision {
        business: before.business.clone(),
        customer: before.customer.clone(),
        at: now,
        changes: vec![Change::InvoiceBalanceChanged {
            invoice: before.id.clone(),
            due_on: before.due_on,
            before: before.balance.clone(),
            after: balance.clone(),
        }],
        entry: Some(Entry {
            source: before.id.to_string(),
            sequence: balance.version,
            posted_at: now,
            kind,
            currency: before.currency(),
            legs: vec![leg],
        }),
        handed_to: None,
        facts: vec![Fact::new(before.id.as_str(), balance.version, 0, now, fact)],
    };
    (Invoice { balance, ..before.clone() }, decision)
}
