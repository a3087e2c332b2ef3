//! Write-offs: an operator stops expecting a small open amount.
//!
//! How small is the business's choice per currency, and nothing unless it chose; the books allow no more than
//! [`tolerance_max`]. A write-off has its own line in the ledger, and can be taken back.

use jiff::Timestamp;

use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::PaymentId;
use crate::invoice::{HoldKind, InvoiceChange, InvoiceHead, Standing};
use crate::ledger::{Contra, EntryDay, EntryKind};
use crate::money::Money;

/// Why an amount was not written off, or a write-off not taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteOffRefusal {
    /// Nothing is open on the invoice.
    #[error("the invoice is paid")]
    AlreadyPaid,
    /// A payment of it is on its way.
    #[error("a payment of the whole open amount is on its way")]
    PaymentOnItsWay,
    /// A checkout of the invoice is open, and somebody may just be paying it.
    #[error("another checkout of the invoice is open")]
    CheckoutOpen {
        /// The payment that the checkout belongs to.
        payment: PaymentId,
    },
    /// More is open than the business tolerates.
    #[error("expected an open amount of at most {tolerance:?}, the business's tolerance; {open:?} is open")]
    MoreThanTolerated {
        /// What is open on the invoice.
        open: Money,
        /// The tolerance, less what was written off of the invoice before.
        tolerance: Money,
    },
    /// There is no write-off to take back.
    #[error("nothing of the invoice is written off")]
    NothingWrittenOff,
}

impl WriteOffRefusal {
    /// A stable word for programs. No field of the command is ever at fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPaid => "already_paid",
            Self::PaymentOnItsWay => "payment_on_its_way",
            Self::CheckoutOpen { .. } => "checkout_open",
            Self::MoreThanTolerated { .. } => "more_than_tolerated",
            Self::NothingWrittenOff => "nothing_written_off",
        }
    }
}

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
pub fn write_off(
    before: &InvoiceHead,
    tolerance: Money,
    now: Timestamp,
) -> Result<(InvoiceHead, Decision), WriteOffRefusal> {
    let open = before.balance.open();
    let tolerance = tolerance.min(tolerance_max(before.currency()));
    if open.is_zero() {
        return Err(WriteOffRefusal::AlreadyPaid);
    }
    if before.balance.holds.0.values().any(|hold| hold.kind == HoldKind::Pending) {
        return Err(WriteOffRefusal::PaymentOnItsWay);
    }
    if let Some(payment) = before.balance.holds.page() {
        return Err(WriteOffRefusal::CheckoutOpen { payment });
    }
    // What was written off before counts: in small steps no more is tolerated than at once.
    let left = tolerance.less(before.balance.written_off);
    if left.checked_sub(open).is_err() {
        return Err(WriteOffRefusal::MoreThanTolerated { open, tolerance: left });
    }
    let written_off = before.balance.written_off.checked_add(open).unwrap_or(open);
    Ok(decide(before, written_off, EntryKind::InvoiceWrittenOff, now))
}

/// Takes a write-off back: the amount is expected again.
pub fn take_back(before: &InvoiceHead, now: Timestamp) -> Result<(InvoiceHead, Decision), WriteOffRefusal> {
    if before.balance.written_off.is_zero() {
        return Err(WriteOffRefusal::NothingWrittenOff);
    }
    Ok(decide(before, Money::zero(before.currency()), EntryKind::WriteOffReversed, now))
}

fn decide(before: &InvoiceHead, written_off: Money, kind: EntryKind, now: Timestamp) -> (InvoiceHead, Decision) {
    let covered = before.balance.applied.checked_add(written_off).unwrap_or(before.balance.gross);
    let unchanged = InvoiceChange::of(before);
    let change = InvoiceChange {
        after: Standing { open: before.schedule.open(covered), ..unchanged.after },
        written_off: Some((before.balance.written_off, written_off)),
        ..unchanged
    };
    let (invoice, number) = (before.id.clone(), before.number.clone());
    let (was_open, open) = (change.open_before(), change.open_after());
    let fact = if open.is_zero() {
        FactKind::InvoiceWrittenOff { invoice, number, written_off: was_open }
    } else {
        FactKind::WriteOffReversed { invoice, number, reopened: open.less(was_open), open }
    };
    let legs = change.legs(Contra::WriteOff).collect();
    let (after, version) = (before.changed_by(&change), change.version_after());
    let decision = Decision::new(before.business.clone(), before.customer.clone(), now)
        .with_change(Change::InvoiceChanged(Box::new(change)))
        .with_entry(before.id.as_str(), version, EntryDay::Decided, kind, legs)
        .with_facts(before.id.as_str(), version, [fact]);
    (after, decision)
}
