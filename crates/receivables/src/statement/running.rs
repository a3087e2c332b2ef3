//! A statement that is read from its beginning, entry after entry: however long it is, only its balances are kept in mind.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::csv::COLUMNS_OF_LINES;
use super::{StatementLine, line};
use crate::csv::Cell;
use crate::currency::Currency;
use crate::ledger::Entry;
use crate::money::{Balance, MoneyError};

/// The balances of an account after the entries so far, in each currency that it has used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunningBalances(BTreeMap<Currency, Balance>);

impl RunningBalances {
    /// The balances from which to go on.
    pub fn of(balances: impl IntoIterator<Item = Balance>) -> Self {
        Self(balances.into_iter().map(|balance| (balance.currency(), balance)).collect())
    }

    /// The balances, by currency.
    pub fn balances(&self) -> impl Iterator<Item = Balance> {
        self.0.values().copied()
    }

    /// Takes in the next entry.
    pub fn pass(&mut self, entry: &Entry) -> Result<Balance, MoneyError> {
        let balance = self.0.entry(entry.currency).or_insert(Balance::zero(entry.currency));
        *balance = balance.checked_add(entry.change()?)?;
        Ok(*balance)
    }

    /// Takes in the next entry, and makes the line of it.
    pub fn line(&mut self, entry: &Entry) -> Result<StatementLine, MoneyError> {
        line(entry, self.pass(entry)?)
    }
}

impl StatementLine {
    /// The line as a row of the file.
    pub fn cells(&self) -> [Cell<'_>; COLUMNS_OF_LINES.len()] {
        let numbers: Cell<'_> = self.numbers().join(" ").into();
        cells(self.on, self.kind.as_str(), numbers, self.balance.currency(), Some(self.change), self.balance)
    }
}

/// A balance as a row of the file.
pub fn balance_cells(on: Date, kind: &'static str, balance: Balance) -> [Cell<'static>; COLUMNS_OF_LINES.len()] {
    cells(on, kind, Cell::Empty, balance.currency(), None, balance)
}

fn cells<'a>(
    on: Date,
    kind: &'a str,
    invoices: Cell<'a>,
    currency: Currency,
    change: Option<Balance>,
    balance: Balance,
) -> [Cell<'a>; COLUMNS_OF_LINES.len()] {
    [on.into(), kind.into(), invoices, currency.code().to_owned().into(), change.into(), balance.into()]
}
