//! The ledger of an account: what happened, appended and never changed.
//!
//! An entry is one thing that moved amounts, with a leg for every invoice it touched and one for unapplied cash. The sum of
//! all legs of an account is its balance: open amounts less unapplied cash.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::currency::Currency;
use crate::ids::{InvoiceId, PaymentId};
use crate::money::{Balance, MoneyError};
use crate::text::InvoiceNumber;

/// One thing that moved amounts on an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The id of what it came from. With `sequence` it names the entry: the same thing is never entered twice.
    pub source: String,
    /// The version of the source that this entry made.
    pub sequence: u64,
    /// When it was entered.
    pub posted_at: Timestamp,
    /// What happened.
    pub kind: EntryKind,
    /// The currency of every leg.
    pub currency: Currency,
    /// What moved, at most one leg per invoice and one for unapplied cash.
    pub legs: Vec<Leg>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// An invoice was issued.
    InvoiceIssued,
    /// Money of a payment arrived and was applied.
    PaymentApplied(PaymentId),
    /// Money of a payment went back, and what it had covered is open again.
    PaymentReversed(PaymentId),
}

/// A part of an entry. A positive change is owed, a negative one is in the customer's favour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leg {
    /// The open amount of an invoice changed.
    Invoice {
        /// Which.
        invoice: InvoiceId,
        /// Its number, so that a statement needs no other read.
        number: InvoiceNumber,
        /// When it is due, by which ageing is kept.
        due_on: Date,
        /// By how much the open amount changed.
        change: Balance,
    },
    /// The unapplied cash of the account changed: negative where more is unapplied.
    Unapplied {
        /// By how much the balance changed.
        change: Balance,
    },
}

impl Leg {
    /// By how much the account's balance changed.
    pub fn change(&self) -> Balance {
        match self {
            Self::Invoice { change, .. } | Self::Unapplied { change } => *change,
        }
    }
}

impl Entry {
    /// By how much the account's balance changed in all.
    pub fn change(&self) -> Result<Balance, MoneyError> {
        self.legs.iter().try_fold(Balance::zero(self.currency), |sum, leg| sum.checked_add(leg.change()))
    }

    /// The key under which it is stored, in the order of entry: `{posted_at}#{source}#{sequence}`.
    pub fn key(&self) -> String {
        format!("{:.3}#{}#{:06}", self.posted_at, self.source, self.sequence)
    }
}
