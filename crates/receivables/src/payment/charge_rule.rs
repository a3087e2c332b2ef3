//! What the provider can charge in a currency.
//!
//! A dinar has thousandths, and the provider moves hundredths: the last thousandths of an invoice can be demanded, and never
//! be charged. Such a remainder below the step is nobody's fault and holds nothing up: a payment may leave it.

use crate::money::{Money, MoneyError};

/// The amounts that a provider can charge in a currency: multiples of the step, from the minimum up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargeRule {
    /// The least that it charges; a multiple of the step.
    pub minimum: Money,
    /// What every amount is a multiple of.
    pub step: Money,
}

impl ChargeRule {
    /// What is left of an amount when all multiples of the step are taken off it: nobody can ever charge that.
    pub fn remainder_of(&self, amount: Money) -> Money {
        let over = amount.minor().checked_rem(self.step.minor()).unwrap_or_default();
        Money::new(over, amount.currency()).unwrap_or(Money::zero(amount.currency()))
    }

    /// Refuses an amount that is no multiple of the step: it has more decimals than the provider charges.
    pub fn check_step(&self, amount: Money) -> Result<(), MoneyError> {
        if self.remainder_of(amount).is_zero() {
            return Ok(());
        }
        let coarser = self.step.minor().checked_ilog10().unwrap_or_default();
        Err(MoneyError::TooPrecise(self.step.currency().exponent().saturating_sub(coarser)))
    }
}
