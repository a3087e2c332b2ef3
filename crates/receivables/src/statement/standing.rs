//! How an account stands: the sums that are kept of it, and what they say on a day.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::civil::Date;

use crate::calendar::days_overdue;
use crate::currency::Currency;
use crate::ledger::{Entry, Leg, LegAccount};
use crate::money::{Balance, Money, MoneyError};

/// Days overdue at which an ageing bucket ends where nothing else is said.
pub const AGEING_EDGES_DAYS: [u32; 5] = [0, 30, 60, 90, 120];
/// Edges at most.
pub const AGEING_EDGES_MAX: usize = 8;
/// The last day at which a bucket may end.
pub const AGEING_EDGE_DAYS_MAX: u32 = 3_660;

/// Days overdue at which the ageing buckets end, inclusive: the first is zero, what is not overdue; after the last comes all
/// that is older.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgeingEdges(Vec<u32>);

/// Why days are no edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected 1 to 8 rising whole numbers of days to 3660 with commas between, the first 0, such as 0,30,60,90,120"
)]
pub struct EdgesError;

impl Default for AgeingEdges {
    fn default() -> Self {
        Self(AGEING_EDGES_DAYS.to_vec())
    }
}

impl AgeingEdges {
    /// Edges at these days: 1 to 8, the first zero, each later than the one before.
    pub fn new(days: &[u32]) -> Result<Self, EdgesError> {
        let good = (1..=AGEING_EDGES_MAX).contains(&days.len())
            && days.first() == Some(&0)
            && days.is_sorted_by(|one, next| one < next)
            && days.iter().all(|day| *day <= AGEING_EDGE_DAYS_MAX);
        if good { Ok(Self(days.to_vec())) } else { Err(EdgesError) }
    }

    /// The days overdue at which a bucket ends, rising.
    pub fn days(&self) -> &[u32] {
        &self.0
    }
}

impl FromStr for AgeingEdges {
    type Err = EdgesError;

    fn from_str(text: &str) -> Result<Self, EdgesError> {
        let day = |text: &str| {
            let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if plain { text.parse::<u32>().map_err(|_| EdgesError) } else { Err(EdgesError) }
        };
        Self::new(&text.split(',').map(day).collect::<Result<Vec<_>, _>>()?)
    }
}

/// How an account stands in one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountStanding {
    /// The one currency of all its amounts.
    pub currency: Currency,
    /// What is open on all its invoices.
    pub open: Money,
    /// The part of it that is overdue.
    pub overdue: Money,
    /// The part of it that is on its way.
    pub pending: Money,
    /// The part of it that is contested.
    pub disputed: Money,
    /// The part of it that a refund took, and of which nobody has said yet whether it is owed again.
    pub questioned: Money,
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
    /// What is open of the invoices that are so many days overdue.
    pub amount: Money,
}

/// What is kept of an account: sums in minor units per currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AccountSums {
    /// Open amounts, in minor units.
    pub open: BTreeMap<Currency, i64>,
    /// Open amounts by due day.
    pub open_by_due: BTreeMap<(Currency, Date), i64>,
    /// Unapplied cash, in minor units.
    pub unapplied: BTreeMap<Currency, i64>,
    /// Pending amounts, in minor units.
    pub pending: BTreeMap<Currency, i64>,
    /// Disputed amounts, in minor units.
    pub disputed: BTreeMap<Currency, i64>,
    /// Amounts in question, in minor units.
    pub questioned: BTreeMap<Currency, i64>,
}

impl AccountSums {
    /// Every currency the account has had anything in.
    pub fn currencies(&self) -> Vec<Currency> {
        let mut all: Vec<Currency> = [&self.open, &self.unapplied, &self.pending, &self.disputed, &self.questioned]
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

    /// The sums as they were before these entries, the newest of the account. What was pending, disputed or in question then is in
    /// no ledger, so nothing is.
    #[must_use]
    pub fn before<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut then =
            Self { pending: BTreeMap::new(), disputed: BTreeMap::new(), questioned: BTreeMap::new(), ..self.clone() };
        for Leg { account, change, .. } in entries.into_iter().flat_map(|entry| &entry.legs) {
            let (currency, minor) = (change.currency(), change.minor());
            match account {
                LegAccount::Invoice { due_on, .. } => {
                    *then.open.entry(currency).or_default() -= minor;
                    *then.open_by_due.entry((currency, *due_on)).or_default() -= minor;
                }
                // Unapplied cash is kept as an amount, and lowers the balance.
                LegAccount::Unapplied => *then.unapplied.entry(currency).or_default() += minor,
                LegAccount::Contra(_) => {}
            }
        }
        then
    }

    /// How the account stands on a day, per currency.
    pub fn standing(&self, on: Date, edges: &AgeingEdges) -> Result<Vec<AccountStanding>, MoneyError> {
        self.currencies().into_iter().map(|currency| self.standing_in(currency, on, edges)).collect()
    }

    /// How the account stands on a day in one currency.
    pub fn standing_in(
        &self,
        currency: Currency,
        on: Date,
        edges: &AgeingEdges,
    ) -> Result<AccountStanding, MoneyError> {
        let ageing = self.ageing(currency, on, edges.days())?;
        let overdue = Money::sum(currency, ageing.iter().skip(1).map(|bucket| bucket.amount))?;
        Ok(AccountStanding {
            currency,
            open: Money::new(at(&self.open, currency), currency)?,
            overdue,
            pending: Money::new(at(&self.pending, currency), currency)?,
            disputed: Money::new(at(&self.disputed, currency), currency)?,
            questioned: Money::new(at(&self.questioned, currency), currency)?,
            unapplied: Money::new(at(&self.unapplied, currency), currency)?,
            ageing,
        })
    }

    fn ageing(&self, currency: Currency, on: Date, edges: &[u32]) -> Result<Vec<AgeingBucket>, MoneyError> {
        let mut minors = vec![0_i64; edges.len() + 1];
        for ((_, due_on), minor) in self.open_by_due.iter().filter(|((theirs, _), _)| *theirs == currency) {
            let days = days_overdue(*due_on, on);
            let place = edges.iter().position(|edge| days <= *edge).unwrap_or(edges.len());
            if let Some(sum) = minors.get_mut(place) {
                *sum += minor;
            }
        }
        let buckets = minors.iter().enumerate().map(|(place, minor)| {
            Ok(AgeingBucket {
                from_days: place.checked_sub(1).and_then(|before| edges.get(before)).map_or(0, |edge| edge + 1),
                to_days: edges.get(place).copied(),
                amount: Money::new(*minor, currency)?,
            })
        });
        buckets.collect()
    }
}

fn at(sums: &BTreeMap<Currency, i64>, currency: Currency) -> i64 {
    sums.get(&currency).copied().unwrap_or(0)
}
