//! What of an invoice can be paid online: the one rule for page, API and the start of a payment.
//!
//! It says what a payer may pay of one invoice by itself. An open checkout does not count: whoever starts another payment
//! gets the open one closed first. In one payment with other invoices a part below the minimum may be paid too, since the
//! provider charges the sum; so [`super::start`] holds the sum against the minimum, and each part against the rest of this.

use super::ChargeRule;
use crate::invoice::InvoiceBalance;
use crate::money::Money;

/// What of an invoice can be paid online now. Whatever is payable, there is an amount to pay or something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnlinePayable {
    /// Nothing is payable: the invoice is paid, or a payment of it is on its way.
    Nothing,
    /// The provider does not charge in the currency of the invoice.
    CurrencyNotCharged {
        /// What is payable in another way.
        payable: Money,
    },
    /// What is payable is less than the step of what the provider charges, so that nobody can ever charge it.
    UnchargeableRemainder {
        /// What is payable.
        payable: Money,
    },
    /// What is payable is less than the provider charges.
    BelowMinimum {
        /// What is payable.
        payable: Money,
        /// The least that the provider charges.
        minimum: Money,
    },
    /// From the rule's minimum up to `most`, in the rule's steps.
    UpTo {
        /// The most that can be paid.
        most: Money,
        /// What is payable and remains even when the most is paid, because the provider charges whole steps only; mostly
        /// zero.
        remainder: Money,
        /// What the provider charges in the currency.
        rule: ChargeRule,
    },
}

impl OnlinePayable {
    /// What of an invoice can be paid online, by what the provider charges in its currency, if it does.
    pub fn of(balance: &InvoiceBalance, rule: Option<ChargeRule>) -> Self {
        Self::of_amount(balance.payable(), rule)
    }

    /// What of a payable amount can be paid online.
    pub fn of_amount(payable: Money, rule: Option<ChargeRule>) -> Self {
        if payable.is_zero() {
            return Self::Nothing;
        }
        let Some(rule) = rule else { return Self::CurrencyNotCharged { payable } };
        let remainder = rule.remainder_of(payable);
        let most = payable.less(remainder);
        if most.is_zero() {
            Self::UnchargeableRemainder { payable }
        } else if most.checked_sub(rule.minimum).is_err() {
            Self::BelowMinimum { payable, minimum: rule.minimum }
        } else {
            Self::UpTo { most, remainder, rule }
        }
    }

    /// The most that can be paid by itself; `None` where nothing can.
    pub fn most(&self) -> Option<Money> {
        match self {
            Self::UpTo { most, .. } => Some(*most),
            Self::Nothing
            | Self::CurrencyNotCharged { .. }
            | Self::UnchargeableRemainder { .. }
            | Self::BelowMinimum { .. } => None,
        }
    }

    /// Whether a part of it would leave an amount that the provider does not charge, where one that it charges is there
    /// now. What is less than a step may stay.
    pub fn strands_the_rest(&self, part: Money) -> bool {
        match self {
            Self::UpTo { most, remainder, rule } => {
                let payable = most.checked_add(*remainder).unwrap_or(*most);
                matches!(Self::of_amount(payable.less(part), Some(*rule)), Self::BelowMinimum { .. })
            }
            // What was too small from the start may be paid in any way together with others.
            Self::Nothing
            | Self::CurrencyNotCharged { .. }
            | Self::UnchargeableRemainder { .. }
            | Self::BelowMinimum { .. } => false,
        }
    }

    /// Whether so much can be paid by itself.
    pub fn takes(&self, amount: Money) -> bool {
        match self {
            Self::UpTo { most, rule, .. } => {
                most.checked_sub(amount).is_ok()
                    && amount.checked_sub(rule.minimum).is_ok()
                    && rule.check_step(amount).is_ok()
                    && !self.strands_the_rest(amount)
            }
            Self::Nothing
            | Self::CurrencyNotCharged { .. }
            | Self::UnchargeableRemainder { .. }
            | Self::BelowMinimum { .. } => false,
        }
    }
}
