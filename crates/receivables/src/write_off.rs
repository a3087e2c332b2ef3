//! Write-offs: an operator stops expecting a small open amount.
//!
//! How small is the business's choice per currency, and nothing unless it chose; the books allow no more than
//! [`tolerance_max`]. A write-off has its own line in the ledger, and can be taken back.

use jiff::Timestamp;

use crate::allocation::standing_fact;
use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::Fact;
use crate::invoice::{Invoice, Standing};
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
pub fn write_off(was: &Invoice, tolerance: Money, now: Timestamp) -> Result<(Invoice, Decision), Refusal> {
    let open = was.standing.open();
    let tolerance = tolerance.at_most(tolerance_max(was.currency()));
    if open.is_zero() {
        return Err(Refusal::AlreadyPaid);
    }
    if !was.standing.pending.is_zero() {
        return Err(Refusal::PaymentOnItsWay);
    }
    if let Some(payment) = &was.standing.live_checkout {
        return Err(Refusal::CheckoutOpen { payment: payment.clone() });
    }
    // What was written off before counts: in small steps no more is tolerated than at once.
    let left = tolerance.less(was.standing.written_off);
    if left.checked_sub(open).is_err() {
        return Err(Refusal::MoreThanTolerated { open, tolerance: left });
    }
    let written_off = was.standing.written_off.checked_add(open).unwrap_or(open);
    Ok(decide(was, written_off, EntryKind::InvoiceWrittenOff, now))
}

/// Takes a write-off back: the amount is expected again.
pub fn take_back(was: &Invoice, now: Timestamp) -> Result<(Invoice, Decision), Refusal> {
    if was.standing.written_off.is_zero() {
        return Err(Refusal::NothingWrittenOff);
    }
    Ok(decide(was, Money::zero(was.currency()), EntryKind::WriteOffReversed, now))
}

fn decide(was: &Invoice, written_off: Money, kind: EntryKind, now: Timestamp) -> (Invoice, Decision) {
    let standing = Standing { written_off, version: was.standing.version + 1, ..was.standing.clone() };
    let change = standing.open().minor() - was.standing.open().minor();
    let leg = Leg::Invoice {
        invoice: was.id.clone(),
        number: was.number.clone(),
        due_on: was.due_on,
        change: Balance::new(change, was.currency()).unwrap_or(Balance::zero(was.currency())),
    };
    let fact = standing_fact(&was.id, &was.standing, &standing);
    let decision = Decision {
        business: was.business.clone(),
        customer: was.customer.clone(),
        at: now,
        changes: vec![Change::InvoiceStanding {
            invoice: was.id.clone(),
            due_on: was.due_on,
            was: was.standing.clone(),
            now: standing.clone(),
        }],
        entry: Some(Entry {
            source: was.id.to_string(),
            sequence: standing.version,
            posted_at: now,
            kind,
            currency: was.currency(),
            legs: vec![leg],
        }),
        handed_to: None,
        facts: vec![Fact::new(was.id.as_str(), standing.version, 0, now, fact)],
    };
    (Invoice { standing, ..was.clone() }, decision)
}
