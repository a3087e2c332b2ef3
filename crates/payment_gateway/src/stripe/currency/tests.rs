use proptest::prelude::*;

use super::*;

fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

fn money(text: &str, code: &str) -> Money {
    Money::parse(text, currency(code)).unwrap()
}

#[test]
fn each_class_of_currency_is_written_as_stripe_writes_it() {
    for (amount, code, number) in [
        ("120.50", "EUR", 12_050),
        ("6000", "JPY", 6_000),
        ("60", "JPY", 60),
        ("500", "KRW", 500),
        ("500", "ISK", 50_000),
        ("5", "UGX", 500),
        ("12.00", "MGA", 12),
        ("5.120", "KWD", 5_120),
        ("10.45", "HUF", 1_045),
        ("800.45", "TWD", 80_045),
        ("7", "XOF", 7),
    ] {
        assert_eq!(to_stripe(money(amount, code)), Ok(number), "{amount} {code}");
        assert_eq!(from_stripe(number, currency(code)), Ok(money(amount, code)), "{number} {code}");
    }
}

#[test]
fn what_stripe_cannot_write_is_refused_with_the_step() {
    assert_eq!(to_stripe(money("5.124", "KWD")), Err(CurrencyRule::TooFine(money("0.010", "KWD"))));
    assert_eq!(to_stripe(money("12.50", "MGA")), Err(CurrencyRule::TooFine(money("1.00", "MGA"))));
    assert_eq!(to_stripe(money("1.000", "IQD")), Err(CurrencyRule::NotAtStripe(currency("IQD"))));
    assert_eq!(CurrencyRule::TooFine(money("0.010", "KWD")).to_string(), "expected a multiple of 0.010 KWD");
}

#[test]
fn what_came_is_taken_unless_it_has_no_meaning() {
    assert_eq!(from_stripe(5_124, currency("KWD")), Ok(money("5.124", "KWD")));
    assert_eq!(from_stripe(550, currency("ISK")), Err(CurrencyRule::NoAmount(currency("ISK"))));
    assert_eq!(from_stripe(-1, currency("EUR")), Err(CurrencyRule::NoAmount(currency("EUR"))));
    assert_eq!(from_stripe(i64::MAX, currency("MGA")), Err(CurrencyRule::NoAmount(currency("MGA"))));
    assert_eq!(from_stripe(1_000, currency("LYD")), Err(CurrencyRule::NotAtStripe(currency("LYD"))));
}

#[test]
fn every_currency_of_the_tables_exists_and_has_the_digits_they_assume() {
    for (list, exponent) in [(TIMES_A_HUNDRED, 0), (WHOLE_AT_STRIPE, 2), (THOUSANDTHS, 3), (NOT_AT_STRIPE, 3)] {
        for code in list.split(' ') {
            assert_eq!(currency(code).exponent(), exponent, "{code}");
        }
    }
    let special: Vec<&str> = [THOUSANDTHS, NOT_AT_STRIPE].iter().flat_map(|list| list.split(' ')).collect();
    for currency in Currency::all() {
        assert_eq!(currency.exponent() == 3, special.contains(&currency.code()), "{currency}: a rule is missing");
    }
    for (code, _) in MINIMUMS {
        assert!(code.parse::<Currency>().is_ok(), "{code}");
    }
}

#[test]
fn the_least_is_an_amount_that_can_be_charged() {
    for (code, least) in [
        ("USD", "0.50"),
        ("EUR", "0.50"),
        ("GBP", "0.30"),
        ("JPY", "50"),
        ("CAD", "0.50"),
        ("HUF", "175.00"),
        ("ISK", "1"),
        ("KWD", "0.010"),
        ("MGA", "1.00"),
    ] {
        assert_eq!(minimum(currency(code)), money(least, code));
    }
    for currency in Currency::all() {
        assert!(!minimum(currency).is_zero(), "{currency}");
        if !matches!(writing(currency), Writing::Absent) {
            assert!(to_stripe(minimum(currency)).is_ok(), "{currency}");
        }
    }
}

proptest! {
    #[test]
    fn every_amount_that_can_be_written_comes_back_the_same(minor in 0..=receivables::money::MINOR_MAX) {
        for currency in Currency::all() {
            let amount = Money::new(minor, currency).unwrap();
            match to_stripe(amount) {
                Ok(number) => prop_assert_eq!(from_stripe(number, currency), Ok(amount)),
                Err(CurrencyRule::TooFine(step)) => prop_assert!(minor % step.minor() != 0),
                Err(CurrencyRule::NotAtStripe(refused)) => prop_assert_eq!(refused, currency),
                Err(CurrencyRule::NoAmount(_)) => prop_assert!(false, "{} is too large for Stripe's number", minor),
            }
        }
    }

    #[test]
    fn every_number_that_is_an_amount_goes_back_the_same(number in any::<i64>().prop_map(|n| n % 10_000_000)) {
        for currency in Currency::all() {
            if let Ok(amount) = from_stripe(number, currency) {
                match to_stripe(amount) {
                    Ok(back) => prop_assert_eq!(back, number),
                    Err(rule) => prop_assert!(matches!(rule, CurrencyRule::TooFine(_)) && currency.exponent() == 3),
                }
            }
        }
    }
}

#[test]
fn a_signed_sum_keeps_its_sign_and_its_rules() {
    let sum = |number, code: &str| balance_from_stripe(number, code.parse().unwrap()).map(receivables::Balance::minor);
    assert_eq!(sum(-4_510, "EUR"), Ok(-4_510));
    assert_eq!(sum(0, "EUR"), Ok(0));
    assert_eq!(sum(-50_000, "ISK"), Ok(-500));
    assert!(sum(-50, "ISK").is_err());
    assert!(sum(i64::MIN, "EUR").is_err());
    assert!(sum(1, "IQD").is_err());
}
