//! Amounts per currency that only ever rise.

use std::collections::BTreeMap;

use crate::currency::Currency;
use crate::money::{MINOR_MAX, Money};

/// Money received, per currency: there is normally one, and the other would be a mistake that someone must look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cash(BTreeMap<Currency, i64>);

impl Cash {
    /// The amount, and nothing in other currencies.
    pub fn of(amount: Money) -> Self {
        let mut cash = Self::default();
        cash.raise(amount);
        cash
    }

    /// At least this much of the amount's currency has been received.
    pub fn raise(&mut self, amount: Money) {
        if !amount.is_zero() {
            let minor_sum = self.0.entry(amount.currency()).or_insert(0);
            *minor_sum = (*minor_sum).max(amount.minor());
        }
    }

    /// How much of a currency.
    pub fn in_currency(&self, currency: Currency) -> Money {
        let minor = self.0.get(&currency).copied().unwrap_or(0).min(MINOR_MAX);
        Money::new(minor, currency).unwrap_or(Money::zero(currency))
    }

    /// Each currency's amount.
    pub fn amounts(&self) -> impl Iterator<Item = Money> + '_ {
        self.0.keys().map(|currency| self.in_currency(*currency))
    }

    /// Whether nothing was received.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for amount in other.amounts() {
            self.raise(amount);
        }
    }

    /// This much more, as it is other money.
    pub(super) fn add(&mut self, other: &Self) {
        for (currency, minor) in &other.0 {
            let minor_sum = self.0.entry(*currency).or_insert(0);
            *minor_sum = minor_sum.saturating_add(*minor);
        }
    }

    /// What of this goes beyond another sum, per currency.
    pub(super) fn beyond(&self, other: &Self) -> Self {
        let more = self
            .0
            .iter()
            .map(|(currency, minor)| (*currency, minor.saturating_sub(other.0.get(currency).copied().unwrap_or(0))));
        Self(more.filter(|(_, minor)| *minor > 0).collect())
    }
}
