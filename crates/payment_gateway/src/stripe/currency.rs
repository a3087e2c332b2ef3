//! Stripe's minor units, which are not always those of ISO 4217, and Stripe's minimum amounts.
//!
//! | currencies | ISO digits | Stripe's number | here |
//! |---|---|---|---|
//! | `BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF` | 0 | whole units | the same |
//! | `ISK UGX` | 0 | hundredths, always ending in 00 (both were once two-decimal) | times 100 |
//! | `MGA` | 2 by ISO's list, though a fifth of an ariary is the real unit | whole units | divided by 100; a fraction is refused |
//! | `BHD JOD KWD OMR TND` | 3 | thousandths, the last always 0 | the same; another last digit is refused |
//! | `IQD LYD` | 3 | not among the three-decimal ones, and not offered | refused both ways: either reading would be a guess |
//! | all others, `HUF` and `TWD` with them | 2 | hundredths | the same |
//!
//! `HUF` and `TWD` are whole-numbered at Stripe for payouts only, never for charges. Older pages of Stripe list `UGX` among the
//! whole-numbered currencies and among the special cases; the special case is the later rule.
//!
//! Inwards, the last digit of a dinar is not insisted on: money that came is never refused for being finer than expected. A
//! number that has no meaning in the currency (half a króna) is refused, and its event goes to quarantine.
//!
//! Source: <https://docs.stripe.com/currencies>, with its sections on zero-decimal, three-decimal and special currencies and
//! on minimum charge amounts.

use receivables::payment::ChargeRule;
use receivables::{Balance, Currency, Money, MoneyError};

/// ISO has no digits, Stripe has two.
const TIMES_A_HUNDRED: &str = "ISK UGX";
/// ISO has two digits, Stripe has none.
const WHOLE_AT_STRIPE: &str = "MGA";
/// Three digits for both, of which Stripe wants the last to be zero.
const THOUSANDTHS: &str = "BHD JOD KWD OMR TND";
/// Three digits by ISO, unknown to Stripe.
const NOT_AT_STRIPE: &str = "IQD LYD";

/// The minimum where the charge is settled in the same currency, in minor units of ISO 4217.
const MINIMUMS: &[(&str, i64)] = &[
    ("AED", 200),
    ("ARS", 50),
    ("AUD", 50),
    ("BGN", 100),
    ("BRL", 50),
    ("CAD", 50),
    ("CHF", 50),
    ("COP", 50),
    ("CZK", 1_500),
    ("DKK", 250),
    ("EUR", 50),
    ("GBP", 30),
    ("HKD", 400),
    ("HUF", 17_500),
    ("IDR", 50),
    ("ILS", 50),
    ("INR", 50),
    ("JPY", 50),
    ("KRW", 50),
    ("MXN", 1_000),
    ("MYR", 200),
    ("NOK", 300),
    ("NZD", 50),
    ("PHP", 50),
    ("PLN", 200),
    ("RON", 200),
    ("RUB", 50),
    ("SEK", 300),
    ("SGD", 50),
    ("THB", 1_000),
    ("USD", 50),
    ("ZAR", 50),
];

/// Bank debits, which are in the currencies of their scheme (<https://docs.stripe.com/payments/bank-debits>). Every other kind is in any.
const CURRENCIES_OF_DEBITS: &[(&str, &[&str])] = &[
    ("acss_debit", &["CAD", "USD"]),
    ("au_becs_debit", &["AUD"]),
    ("bacs_debit", &["GBP"]),
    ("nz_bank_account", &["NZD"]),
    ("sepa_debit", &["EUR"]),
    ("us_bank_account", &["USD"]),
];

/// Whether a kind of saved method can be charged in a currency.
pub(crate) fn charges_in(kind: Option<&str>, currency: Currency) -> bool {
    let debit = CURRENCIES_OF_DEBITS.iter().find(|(known, _)| Some(*known) == kind);
    charge_rule(currency).is_some() && debit.is_none_or(|(_, currencies)| currencies.contains(&currency.code()))
}

/// Why Stripe cannot take an amount, or a number of Stripe's is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CurrencyRule {
    /// Stripe has no rule for the currency.
    #[error("Stripe does not take {0}")]
    NotAtStripe(Currency),
    /// The amount is finer than Stripe's unit.
    #[error("expected a multiple of {} {}", .0.to_plain(), .0.currency())]
    TooFine(Money),
    /// Stripe's number is negative, too large, or no amount of the currency.
    #[error("Stripe's number is no amount of {0}")]
    NoAmount(Currency),
}

/// How Stripe writes a currency.
#[derive(Clone, Copy)]
enum Writing {
    Same,
    /// A hundred times ISO's number.
    TimesAHundred,
    /// A hundredth of ISO's number.
    Whole,
    /// As ISO does, ending in zero.
    EndingInZero,
    /// Stripe does not take the currency.
    Absent,
}

fn writing(currency: Currency) -> Writing {
    let listed = |list: &str| list.split(' ').any(|code| code == currency.code());
    if listed(TIMES_A_HUNDRED) {
        Writing::TimesAHundred
    } else if listed(WHOLE_AT_STRIPE) {
        Writing::Whole
    } else if listed(THOUSANDTHS) {
        Writing::EndingInZero
    } else if listed(NOT_AT_STRIPE) {
        Writing::Absent
    } else {
        Writing::Same
    }
}

/// The number by which Stripe writes an amount.
pub fn to_stripe(amount: Money) -> Result<i64, CurrencyRule> {
    let (minor, currency) = (amount.minor(), amount.currency());
    let step = smallest(currency);
    if minor % step.minor() != 0 {
        return Err(CurrencyRule::TooFine(step));
    }
    match writing(currency) {
        Writing::Same | Writing::EndingInZero => Ok(minor),
        Writing::TimesAHundred => minor.checked_mul(100).ok_or(CurrencyRule::NoAmount(currency)),
        Writing::Whole => Ok(minor / 100),
        Writing::Absent => Err(CurrencyRule::NotAtStripe(currency)),
    }
}

/// The amount that a number of Stripe's means.
pub fn from_stripe(number: i64, currency: Currency) -> Result<Money, CurrencyRule> {
    let no_amount = CurrencyRule::NoAmount(currency);
    let minor = match writing(currency) {
        Writing::Same | Writing::EndingInZero => number,
        Writing::TimesAHundred if number % 100 == 0 => number / 100,
        Writing::TimesAHundred => return Err(no_amount),
        Writing::Whole => number.checked_mul(100).ok_or(no_amount)?,
        Writing::Absent => return Err(CurrencyRule::NotAtStripe(currency)),
    };
    Money::new(minor, currency).map_err(|_: MoneyError| no_amount)
}

/// The sum that a signed number of Stripe's means, such as a payout's.
pub fn balance_from_stripe(number: i64, currency: Currency) -> Result<Balance, CurrencyRule> {
    let size = number.checked_abs().ok_or(CurrencyRule::NoAmount(currency))?;
    let sum = Balance::owed(from_stripe(size, currency)?);
    Ok(if number < 0 { sum.reversed() } else { sum })
}

/// What can be charged in a currency; `None` where Stripe does not take it.
pub fn charge_rule(currency: Currency) -> Option<ChargeRule> {
    match writing(currency) {
        Writing::Absent => None,
        Writing::Same | Writing::TimesAHundred | Writing::Whole | Writing::EndingInZero => {
            Some(ChargeRule { minimum: minimum(currency), step: smallest(currency) })
        }
    }
}

/// The least that can be charged.
///
/// Stripe's minimum belongs to the currency of the bank account that receives the money, and we know only the currency of the
/// charge: where the two differ, Stripe converts and may demand more. For a currency without a published minimum it is the
/// smallest amount that Stripe can write; Stripe itself refuses what is too little.
pub fn minimum(currency: Currency) -> Money {
    let published = MINIMUMS.iter().find(|(code, _)| *code == currency.code());
    published.and_then(|(_, minor)| Money::new(*minor, currency).ok()).unwrap_or(smallest(currency))
}

/// The smallest amount that Stripe can write, of which every other is a multiple.
fn smallest(currency: Currency) -> Money {
    let minor = match writing(currency) {
        Writing::Same | Writing::TimesAHundred | Writing::Absent => 1,
        Writing::EndingInZero => 10,
        Writing::Whole => 100,
    };
    Money::new(minor, currency).unwrap_or(Money::zero(currency))
}

#[cfg(feature = "requests")]
impl From<CurrencyRule> for crate::request_error::OrderError {
    fn from(rule: CurrencyRule) -> Self {
        match rule {
            CurrencyRule::NotAtStripe(currency) => Self::CurrencyNotTaken { provider: "Stripe", currency },
            CurrencyRule::TooFine(step) => Self::TooFine { step },
            CurrencyRule::NoAmount(currency) => Self::TooLarge { provider: "Stripe", currency },
        }
    }
}

#[cfg(test)]
mod tests;
