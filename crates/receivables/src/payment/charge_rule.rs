//! What the provider can charge in a currency, and what of an open amount that leaves to nobody.
//!
//! A dinar has thousandths, and the provider moves hundredths: the last thousandths of an invoice can be demanded, and never
//! be charged. What is less than the step is nobody's fault and holds nothing up: a payment may leave it.

use crate::money::Money;

/// The amounts that a provider can charge in a currency: multiples of the step, from the least up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChargeRule {
    /// The least that it takes; a multiple of the step.
    pub minimum: Money,
    /// What every amount is a multiple of.
    pub step: Money,
}

impl ChargeRule {
    /// The most that can be charged of an amount: its greatest multiple of the step, or nothing where that is too little.
    pub fn most_of(&self, payable: Money) -> Money {
        let most = payable.less(self.crumbs_of(payable));
        if most.checked_sub(self.minimum).is_ok() { most } else { Money::zero(payable.currency()) }
    }

    /// What is left of an amount when all multiples of the step are taken off it: nobody can ever charge that.
    pub fn crumbs_of(&self, amount: Money) -> Money {
        let over = amount.minor().checked_rem(self.step.minor()).unwrap_or_default();
        Money::new(over, amount.currency()).unwrap_or(Money::zero(amount.currency()))
    }

    /// Whether an amount is all crumbs: more than nothing, and less than the step.
    pub fn is_crumbs(&self, amount: Money) -> bool {
        !amount.is_zero() && self.crumbs_of(amount) == amount
    }

    /// Whether so much may be left open: nothing, what can be charged another time, or what could not be charged anyhow.
    pub fn may_leave(&self, rest: Money) -> bool {
        rest.is_zero() || self.is_crumbs(rest) || !self.most_of(rest).is_zero()
    }
}
