//! The statement: what happened on an account, and how it stands, in one view for page, file and API.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::calendar::{BillingZone, days_overdue};
use crate::currency::Currency;
use crate::ledger::{Entry, EntryKind, Leg};
use crate::money::{Balance, Money, MoneyError};
use crate::text::InvoiceNumber;

/// Days overdue at which an ageing bucket ends, inclusive; the first is what is not overdue, after the last all older.
pub const AGEING_EDGES_DAYS: [u32; 5] = [0, 30, 60, 90, 120];

/// How an account stands in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStanding {
    /// The currency.
    pub currency: Currency,
    /// Open amounts.
    pub open: Money,
    /// The part of it that is overdue.
    pub overdue: Money,
    /// The part of it that is on its way.
    pub pending: Money,
    /// The part of it that is contested.
    pub disputed: Money,
    /// Money of the customer that covers no invoice yet.
    pub unapplied: Money,
    /// Open amounts by days overdue.
    pub ageing: Vec<AgeingBucket>,
}

/// Open amounts that are overdue by a range of days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeingBucket {
    /// The fewest days; zero for what is not overdue.
    pub from_days: u32,
    /// The most days; none in the last bucket.
    pub to_days: Option<u32>,
    /// How much.
    pub amount: Money,
}

/// What is kept of an account: sums in minor units per currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSums {
    /// Open amounts.
    pub open: BTreeMap<Currency, i64>,
    /// Open amounts by due day.
    pub open_by_due: BTreeMap<(Currency, Date), i64>,
    /// Unapplied cash.
    pub unapplied: BTreeMap<Currency, i64>,
    /// Pending amounts.
    pub pending: BTreeMap<Currency, i64>,
    /// Disputed amounts.
    pub disputed: BTreeMap<Currency, i64>,
}

impl AccountSums {
    /// Every currency the account has had anything in.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut all: Vec<Currency> = [&self.open, &self.unapplied, &self.pending, &self.disputed]
            .into_iter()
            .flat_map(|sums| sums.keys().copied())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Open less unapplied.
    pub fn balance(&self, currency: Currency) -> Result<Balance, MoneyError> {
        Balance::new(at(&self.open, currency) - at(&self.unapplied, currency), currency)
    }

    /// How the account stands on a day, per currency.
    pub fn standing(&self, today: Date) -> Result<Vec<AccountStanding>, MoneyError> {
        self.currencies().into_iter().map(|currency| self.standing_in(currency, today)).collect()
    }

    fn standing_in(&self, currency: Currency, today: Date) -> Result<AccountStanding, MoneyError> {
        let mut minors = [0_i64; AGEING_EDGES_DAYS.len() + 1];
        for ((_, due_on), minor) in self.open_by_due.iter().filter(|((theirs, _), _)| *theirs == currency) {
            let days = days_overdue(*due_on, today);
            let place = AGEING_EDGES_DAYS.iter().position(|edge| days <= *edge).unwrap_or(AGEING_EDGES_DAYS.len());
            if let Some(sum) = minors.get_mut(place) {
                *sum += minor;
            }
        }
        let ageing = minors.iter().enumerate().map(|(place, minor)| {
            Ok(AgeingBucket {
                from_days: place
                    .checked_sub(1)
                    .and_then(|before| AGEING_EDGES_DAYS.get(before))
                    .map_or(0, |edge| edge + 1),
                to_days: AGEING_EDGES_DAYS.get(place).copied(),
                amount: Money::new(*minor, currency)?,
            })
        });
        let ageing = ageing.collect::<Result<Vec<_>, MoneyError>>()?;
        let overdue = Money::sum(currency, ageing.iter().skip(1).map(|bucket| bucket.amount))?;
        Ok(AccountStanding {
            currency,
            open: Money::new(at(&self.open, currency), currency)?,
            overdue,
            pending: Money::new(at(&self.pending, currency), currency)?,
            disputed: Money::new(at(&self.disputed, currency), currency)?,
            unapplied: Money::new(at(&self.unapplied, currency), currency)?,
            ageing,
        })
    }
}

fn at(sums: &BTreeMap<Currency, i64>, currency: Currency) -> i64 {
    sums.get(&currency).copied().unwrap_or(0)
}

/// What happened on an account in one currency over a period, with the balance before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The currency.
    pub currency: Currency,
    /// The balance before the first line.
    pub opening: Balance,
    /// What happened, oldest first.
    pub lines: Vec<StatementLine>,
    /// The balance after the last line.
    pub closing: Balance,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The civil date in the billing zone.
    pub on: Date,
    /// What.
    pub kind: EntryKind,
    /// The invoices it touched, and by how much.
    pub invoices: Vec<(InvoiceNumber, Balance)>,
    /// By how much unapplied cash changed the balance.
    pub unapplied: Balance,
    /// By how much the balance changed.
    pub change: Balance,
    /// The balance after it.
    pub balance: Balance,
}

/// Makes the statements of an account, one per currency, from its entries since `from` (oldest first, none missing) and its
/// sums now. Entries after `to` are undone, not shown.
pub fn statements(
    sums: &AccountSums,
    entries: &[Entry],
    from: Date,
    to: Date,
    zone: &BillingZone,
) -> Result<Vec<Statement>, MoneyError> {
    sums.currencies()
        .into_iter()
        .map(|currency| {
            let ours: Vec<&Entry> = entries.iter().filter(|entry| entry.currency == currency).collect();
            let within = |entry: &&&Entry| (from..=to).contains(&zone.date_at(entry.posted_at));
            let since = sum(currency, ours.iter().filter(|entry| zone.date_at(entry.posted_at) >= from).copied())?;
            let opening = sums.balance(currency)?.checked_add(since.reversed())?;
            let mut balance = opening;
            let mut lines = Vec::new();
            for entry in ours.iter().filter(within) {
                balance = balance.checked_add(entry.change()?)?;
                lines.push(line(entry, balance, zone)?);
            }
            Ok(Statement { currency, opening, lines, closing: balance })
        })
        .collect()
}

fn sum<'a>(currency: Currency, entries: impl Iterator<Item = &'a Entry>) -> Result<Balance, MoneyError> {
    let mut total = Balance::zero(currency);
    for entry in entries {
        total = total.checked_add(entry.change()?)?;
    }
    Ok(total)
}

fn line(entry: &Entry, balance: Balance, zone: &BillingZone) -> Result<StatementLine, MoneyError> {
    let mut invoices = Vec::new();
    let mut unapplied = Balance::zero(entry.currency);
    for leg in &entry.legs {
        match leg {
            Leg::Invoice { number, change, .. } => invoices.push((number.clone(), *change)),
            Leg::Unapplied { change } => unapplied = unapplied.checked_add(*change)?,
        }
    }
    Ok(StatementLine {
        on: zone.date_at(entry.posted_at),
        kind: entry.kind.clone(),
        invoices,
        unapplied,
        change: entry.change()?,
        balance,
    })
}
