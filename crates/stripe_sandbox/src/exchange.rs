//! Payments converted to the business's own currency: a fixed table of rates, and the fees.
//!
//! The business settles in euros. A currency without a rate settles in itself, as it does at Stripe for a business with a bank
//! account in that currency.

use serde_json::Number;

use super::money;

const SETTLEMENT_CURRENCY: &str = "eur";

/// Millionths of a euro for one unit of a currency.
const RATES: &[(&str, i64)] = &[
    ("aud", 605_000),
    ("cad", 675_000),
    ("chf", 1_045_000),
    ("czk", 40_000),
    ("dkk", 134_000),
    ("gbp", 1_172_500),
    ("hkd", 118_200),
    ("huf", 2_525),
    ("inr", 10_950),
    ("jpy", 6_120),
    ("nok", 86_500),
    ("nzd", 555_000),
    ("pln", 231_500),
    ("ron", 201_000),
    ("sek", 87_400),
    ("sgd", 690_000),
    ("usd", 921_500),
];

const FEE_BASIS_POINTS: i128 = 150;
const FEE_FIXED_CENTS: i64 = 25;
const DISPUTE_FEE_CENTS: i64 = 1_500;
const INSTANT_PAYOUT_BASIS_POINTS: i128 = 100;

/// An amount in the currency of settlement.
#[derive(Clone, Debug)]
pub(super) struct SettlementAmount {
    pub(super) amount: i64,
    pub(super) currency: String,
    /// The rate from the payment's currency, if the two differ.
    pub(super) rate: Option<Number>,
}

/// Converts an amount, which may be negative.
pub(super) fn settle(amount: i64, currency: &str) -> SettlementAmount {
    let Some((_, rate)) = RATES.iter().find(|(code, _)| *code == currency) else {
        return SettlementAmount { amount, currency: currency.to_owned(), rate: None };
    };
    let cents = i128::from(amount) * i128::from(*rate) * 100;
    let text = format!("{}.{:06}", rate / 1_000_000, rate % 1_000_000);
    SettlementAmount {
        amount: rounded(cents, 1_000_000 * ten_to(money::decimals(currency))),
        currency: SETTLEMENT_CURRENCY.to_owned(),
        rate: text.parse().ok(),
    }
}

/// Stripe's fee for a charge: 1.5 % and a quarter of a unit, in whole steps of the currency.
pub(super) fn charge_fee(amount: i64, currency: &str) -> i64 {
    let fee =
        rounded(i128::from(amount) * FEE_BASIS_POINTS, 10_000).saturating_add(from_cents(FEE_FIXED_CENTS, currency));
    in_steps(fee, currency)
}

/// Stripe's fee for a dispute: fifteen units.
pub(super) fn dispute_fee(currency: &str) -> i64 {
    from_cents(DISPUTE_FEE_CENTS, currency)
}

/// Stripe's fee for a payout that is made at once: a hundredth, in the currency of the payout.
pub(super) fn instant_payout_fee(amount: i64, currency: &str) -> i64 {
    let fee = rounded(i128::from(amount) * INSTANT_PAYOUT_BASIS_POINTS, 10_000);
    in_steps(fee, currency)
}

/// An amount that Stripe can write: it has krónur without decimals, and yet counts them in hundredths.
fn in_steps(amount: i64, currency: &str) -> i64 {
    let step = money::step(currency);
    rounded(i128::from(amount), i128::from(step)).saturating_mul(step)
}

fn from_cents(cents: i64, currency: &str) -> i64 {
    rounded(i128::from(cents) * ten_to(money::decimals(currency)), 100)
}

fn ten_to(decimals: usize) -> i128 {
    (0..decimals).fold(1, |power, _| power * 10)
}

/// The quotient, rounded half away from zero so that a refund mirrors its payment.
fn rounded(dividend: i128, divisor: i128) -> i64 {
    let magnitude = (dividend.abs() * 2 + divisor) / (divisor * 2);
    i64::try_from(magnitude * dividend.signum()).unwrap_or_default()
}
