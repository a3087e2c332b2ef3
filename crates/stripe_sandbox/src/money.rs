//! Which currencies and amounts can be charged, and how an amount is shown.
//!
//! Amounts are in Stripe's units, which are not always ISO 4217's: ISK and UGX have no minor unit and are sent times a
//! hundred; three-decimal currencies end in 0. Minimums are those Stripe publishes; other currencies have none here.

use super::api_error::ApiError;

/// Stripe's own limit: eight digits.
const AMOUNT_MAX: i64 = 99_999_999;

const CURRENCIES: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd bob brl bsd bwp byn bzd \
    cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr \
    ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn \
    myr mzn nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd \
    std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw";

const ZERO_DECIMAL: &str = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf";
const THREE_DECIMAL: &str = "bhd jod kwd omr tnd";
const SENT_TIMES_A_HUNDRED: &str = "isk ugx";

const MINIMUMS: &[(&str, i64)] = &[
    ("aed", 200),
    ("aud", 50),
    ("bgn", 100),
    ("brl", 50),
    ("cad", 50),
    ("chf", 50),
    ("czk", 1_500),
    ("dkk", 250),
    ("eur", 50),
    ("gbp", 30),
    ("hkd", 400),
    ("huf", 17_500),
    ("inr", 50),
    ("jpy", 50),
    ("mxn", 1_000),
    ("myr", 200),
    ("nok", 300),
    ("nzd", 50),
    ("pln", 200),
    ("ron", 200),
    ("sek", 300),
    ("sgd", 50),
    ("thb", 1_000),
    ("usd", 50),
];

/// The currency in lower case, if Stripe takes it.
pub(super) fn currency(text: &str, param: &str) -> Result<String, ApiError> {
    let currency = text.to_ascii_lowercase();
    if listed(CURRENCIES, &currency) {
        Ok(currency)
    } else {
        Err(ApiError::invalid(param, format!("Invalid currency: {text}")))
    }
}

/// Refuses an amount Stripe would not charge.
pub(super) fn check_charge(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    let minimum = MINIMUMS.iter().find(|(code, _)| *code == currency).map_or(1, |(_, minimum)| *minimum);
    if amount < minimum {
        let message = format!("The total must be at least {} {currency}", plain(minimum, currency));
        return Err(ApiError::coded("amount_too_small", param, message));
    }
    if amount > AMOUNT_MAX {
        let message = format!("The total must be no more than {} {currency}", plain(AMOUNT_MAX, currency));
        return Err(ApiError::coded("amount_too_large", param, message));
    }
    check_step(amount, currency, param)
}

/// The smallest amount that the currency's notes and cards can move; every amount is a multiple of it.
pub(super) fn step(currency: &str) -> i64 {
    if listed(SENT_TIMES_A_HUNDRED, currency) {
        100
    } else if listed(THREE_DECIMAL, currency) {
        10
    } else {
        1
    }
}

/// Refuses an amount that is not a multiple of the currency's step.
pub(super) fn check_step(amount: i64, currency: &str, param: &str) -> Result<(), ApiError> {
    let step = step(currency);
    if amount.rem_euclid(step) == 0 {
        return Ok(());
    }
    let message = format!("Amounts in {currency} must be divisible by {step}: {amount}");
    Err(ApiError::coded("invalid_charge_amount", param, message))
}

/// An amount for people: `1 234,50 EUR` in French, `EUR 1,234.50` in English.
pub(super) fn shown(amount: i64, currency: &str, french: bool) -> String {
    let (whole, fraction) = parts(amount, currency);
    let (group, point) = if french { ("\u{202f}", ",") } else { (",", ".") };
    let mut figure = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            figure.push_str(group);
        }
        figure.push(digit);
    }
    if !fraction.is_empty() {
        figure.push_str(point);
        figure.push_str(&fraction);
    }
    let code = currency.to_ascii_uppercase();
    if french { format!("{figure}\u{a0}{code}") } else { format!("{code}\u{a0}{figure}") }
}

pub(super) fn plain(amount: i64, currency: &str) -> String {
    let (whole, fraction) = parts(amount, currency);
    if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") }
}

/// The digits before and after the decimal point. Amounts here are never negative.
fn parts(amount: i64, currency: &str) -> (String, String) {
    if listed(SENT_TIMES_A_HUNDRED, currency) {
        return ((amount / 100).to_string(), String::new());
    }
    let decimals = decimals(currency);
    let digits = format!("{amount:0>width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    (whole.to_owned(), fraction.to_owned())
}

/// The digits of an amount, as Stripe sends it, that are after the decimal point.
pub(super) fn decimals(currency: &str) -> usize {
    if listed(ZERO_DECIMAL, currency) {
        0
    } else if listed(THREE_DECIMAL, currency) {
        3
    } else {
        2
    }
}

fn listed(list: &str, currency: &str) -> bool {
    list.split_ascii_whitespace().any(|code| code == currency)
}
