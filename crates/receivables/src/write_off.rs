//! Write-offs: an operator stops expecting an open amount.
//!
//! There are two kinds. A small rest is not worth asking for: how small is the business's choice per currency, and nothing unless it
//! chose; the books allow no more than [`tolerance_max`]. A bad debt is what a customer will not or cannot pay, of whatever amount, or
//! a part of it. Each has its own account, and both can be taken back, in whole or as far as money came after all.

use jiff::Timestamp;

pub mod kind;

pub use kind::WriteOffKind;

use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::PaymentId;
use crate::invoice::{HoldKind, InvoiceChange, InvoiceHead, Standing};
use crate::ledger::{Contra, EntryDay, EntryKind, Leg};
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
    /// Nothing, or more of a bad debt than is open.
    #[error("expected more than nothing and at most {open:?}, which is what is open on the invoice")]
    MoreThanOpen {
        /// What is open on the invoice.
        open: Money,
    },
    /// Nothing, or more than is written off.
    #[error("expected more than nothing and at most {written_off:?}, which is what is written off of the invoice")]
    MoreThanWrittenOff {
        /// What is written off of the invoice.
        written_off: Money,
    },
    /// There is no write-off to take back.
    #[error("nothing of the invoice is written off")]
    NothingWrittenOff,
}

impl WriteOffRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::MoreThanOpen { .. } | Self::MoreThanWrittenOff { .. } => Some("amount"),
            Self::AlreadyPaid
            | Self::PaymentOnItsWay
            | Self::CheckoutOpen { .. }
            | Self::MoreThanTolerated { .. }
            | Self::NothingWrittenOff => None,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyPaid => "already_paid",
            Self::PaymentOnItsWay => "payment_on_its_way",
            Self::CheckoutOpen { .. } => "checkout_open",
            Self::MoreThanTolerated { .. } => "more_than_tolerated",
            Self::MoreThanOpen { .. } => "more_than_open",
            Self::MoreThanWrittenOff { .. } => "more_than_written_off",
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
    nobody_is_paying(before)?;
    // What was written off before as a rest counts: in small steps no more is tolerated than at once.
    let left = tolerance.less(before.balance.written_off.less(before.balance.bad_debt));
    if left.checked_sub(open).is_err() {
        return Err(WriteOffRefusal::MoreThanTolerated { open, tolerance: left });
    }
    Ok(written_off(before, WriteOffKind::Rest, open, now))
}

/// Writes off a bad debt: what is open of an invoice, or a part of it, where nobody is just paying it.
pub fn write_off_bad_debt(
    before: &InvoiceHead,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(InvoiceHead, Decision), WriteOffRefusal> {
    let open = before.balance.open();
    nobody_is_paying(before)?;
    let amount = amount.unwrap_or(open);
    if amount.is_zero() || open.checked_sub(amount).is_err() {
        return Err(WriteOffRefusal::MoreThanOpen { open });
    }
    Ok(written_off(before, WriteOffKind::BadDebt, amount, now))
}

/// Takes a write-off back, or a part of it, as where some of a bad debt is recovered: the amount is expected again. Of both kinds the
/// bad debt comes first.
pub fn take_back(
    before: &InvoiceHead,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(InvoiceHead, Decision), WriteOffRefusal> {
    let (written_off, bad_debt) = (before.balance.written_off, before.balance.bad_debt);
    if written_off.is_zero() {
        return Err(WriteOffRefusal::NothingWrittenOff);
    }
    let amount = amount.unwrap_or(written_off);
    if amount.is_zero() || written_off.checked_sub(amount).is_err() {
        return Err(WriteOffRefusal::MoreThanWrittenOff { written_off });
    }
    let of_bad_debt = amount.min(bad_debt);
    let first = before.schedule.open(before.balance.covered().less(of_bad_debt));
    let change = changed(before, written_off.less(amount), bad_debt.less(of_bad_debt));
    let legs = change.legs_between(&change.before.open, &first, Contra::BadDebt);
    let legs = legs.chain(change.legs_between(&first, &change.after.open, Contra::WriteOff)).collect();
    let (invoice, number, open) = (before.id.clone(), before.number.clone(), change.open_after());
    let fact = FactKind::WriteOffReversed { invoice, number, reopened: amount, open };
    Ok(decide(before, change, EntryKind::WriteOffReversed, legs, fact, now))
}

fn nobody_is_paying(invoice: &InvoiceHead) -> Result<(), WriteOffRefusal> {
    if invoice.balance.open().is_zero() {
        return Err(WriteOffRefusal::AlreadyPaid);
    }
    if invoice.balance.holds.0.values().any(|hold| hold.kind == HoldKind::Pending) {
        return Err(WriteOffRefusal::PaymentOnItsWay);
    }
    match invoice.balance.holds.page() {
        Some(payment) => Err(WriteOffRefusal::CheckoutOpen { payment }),
        None => Ok(()),
    }
}

fn written_off(before: &InvoiceHead, kind: WriteOffKind, amount: Money, now: Timestamp) -> (InvoiceHead, Decision) {
    let more = |sum: Money| sum.checked_add(amount).unwrap_or(sum);
    let bad_debt = before.balance.bad_debt;
    let (bad_debt, caption, contra) = match kind {
        WriteOffKind::Rest => (bad_debt, EntryKind::InvoiceWrittenOff, Contra::WriteOff),
        WriteOffKind::BadDebt => (more(bad_debt), EntryKind::BadDebtWrittenOff, Contra::BadDebt),
    };
    let change = changed(before, more(before.balance.written_off), bad_debt);
    let legs = change.legs(contra).collect();
    let (invoice, number, open) = (before.id.clone(), before.number.clone(), change.open_after());
    let fact = FactKind::InvoiceWrittenOff { invoice, number, written_off: amount, open, kind };
    decide(before, change, caption, legs, fact, now)
}

/// The change to these sums. What is written off covers the first days.
fn changed(before: &InvoiceHead, written_off: Money, bad_debt: Money) -> InvoiceChange {
    let balance = &before.balance;
    let covered = balance.applied.checked_add(written_off).unwrap_or(balance.gross);
    let unchanged = InvoiceChange::of(before);
    InvoiceChange {
        after: Standing { open: before.schedule.open(covered), ..unchanged.after },
        written_off: Some((balance.written_off, written_off)),
        bad_debt: (balance.bad_debt != bad_debt).then_some((balance.bad_debt, bad_debt)),
        ..unchanged
    }
}

fn decide(
    before: &InvoiceHead,
    change: InvoiceChange,
    kind: EntryKind,
    legs: Vec<Leg>,
    fact: FactKind,
    now: Timestamp,
) -> (InvoiceHead, Decision) {
    let (after, version) = (before.changed_by(&change), change.version_after());
    let decision = Decision::new(before.business.clone(), before.customer.clone(), now)
        .with_change(Change::InvoiceChanged(Box::new(change)))
        .with_entry(before.id.as_str(), version, EntryDay::Decided, kind, legs)
        .with_facts(before.id.as_str(), version, [fact]);
    (after, decision)
}
