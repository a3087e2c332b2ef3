//! Money: what is read is what was written, and no unit is lost.

use std::fmt::Write;

use expect_test::expect;
use proptest::prelude::*;
use proptest::sample::select;

use super::cases;
use crate::money::MINOR_MAX;
use crate::{Balance, Currency, Language, Locale, Money, MoneyError};

fn minor() -> impl Strategy<Value = i64> {
    prop_oneof![0..=200_i64, 0..=MINOR_MAX, Just(MINOR_MAX), Just(MINOR_MAX - 1)]
}

fn amount() -> impl Strategy<Value = Money> {
    (minor(), select(Currency::all())).prop_map(|(minor, currency)| Money::new(minor, currency).unwrap())
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn what_is_printed_reads_back(amount in amount()) {
        let currency = amount.currency();
        prop_assert_eq!(Money::parse(&amount.to_plain(), currency), Ok(amount));
        for locale in Locale::ALL {
            let shown = locale.amount_field(amount);
            prop_assert_eq!(locale.parse_amount(&shown, currency), Ok(amount), "{} in {}", shown, locale);
            let foreign = if locale.language() == Language::French { '.' } else { ',' };
            prop_assert!(!shown.contains(foreign), "{} in {}", shown, locale);
        }
    }

    /// Where the sign stands alone, an amount copied from a page can be typed into the field as it is.
    #[test]
    fn what_a_page_shows_reads_back(minor in minor(), code in select(vec!["EUR", "GBP", "JPY"])) {
        let amount = Money::new(minor, code.parse().unwrap()).unwrap();
        for locale in Locale::ALL {
            let shown = locale.money(amount);
            prop_assert_eq!(locale.parse_amount(&shown, amount.currency()), Ok(amount), "{} in {}", shown, locale);
        }
    }

    #[test]
    fn reading_never_makes_money_of_what_is_no_number(text in "[-+.,0-9e٣ ]{0,8}") {
        let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.') && text.matches('.').count() <= 1;
        let well_formed = plain && text.starts_with(|c: char| c.is_ascii_digit()) && !text.ends_with('.');
        let fine = text.split_once('.').is_none_or(|(_, fraction)| fraction.len() <= 2);
        prop_assert_eq!(Money::parse(&text, Currency::EUR).is_ok(), well_formed && fine, "{:?}", text);
    }

    #[test]
    fn a_split_is_even_and_loses_nothing(amount in amount(), parts in 1..=50_usize) {
        let shares = amount.split(parts).unwrap();
        prop_assert_eq!(shares.len(), parts);
        prop_assert_eq!(shares.iter().map(|share| share.minor()).sum::<i64>(), amount.minor());
        prop_assert!(shares.is_sorted_by(|one, next| one.minor() >= next.minor()), "the larger come first: {:?}", shares);
        prop_assert!(shares[0].minor() - shares[parts - 1].minor() <= 1, "{:?}", shares);
    }

    #[test]
    fn an_allocation_is_in_proportion_and_loses_nothing(
        amount in amount(),
        weights in prop::collection::vec(prop_oneof![Just(0), 1..=9_u32, any::<u32>()], 1..=20),
    ) {
        let whole: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
        prop_assume!(whole > 0);
        let shares = amount.allocate(&weights).unwrap();
        prop_assert_eq!(shares.iter().map(|share| share.minor()).sum::<i64>(), amount.minor());
        for (share, weight) in shares.iter().zip(&weights) {
            let exact = i128::from(amount.minor()) * i128::from(*weight);
            let off = i128::from(share.minor()) * whole - exact;
            prop_assert!(off.abs() < whole, "{:?} is a unit or more off its share", share);
            prop_assert!(*weight > 0 || share.is_zero(), "weight 0 got {:?}", share);
        }
        for (place, (share, weight)) in shares.iter().zip(&weights).enumerate() {
            let equals = shares.iter().zip(&weights).skip(place).filter(|(_, other)| *other == weight);
            let mut equals = equals.map(|(later, _)| later.minor());
            prop_assert!(equals.all(|later| share.minor() >= later), "the earlier of equals comes first");
        }
    }

    #[test]
    fn sums_and_differences_are_exact_or_refused(one in amount(), other in minor()) {
        let other = Money::new(other, one.currency()).unwrap();
        match one.checked_add(other) {
            Ok(sum) => prop_assert_eq!(sum.checked_sub(other), Ok(one)),
            Err(error) => {
                prop_assert_eq!(error, MoneyError::TooLarge);
                prop_assert!(one.minor() + other.minor() > MINOR_MAX);
            }
        }
        match one.checked_sub(other) {
            Ok(difference) => prop_assert_eq!(difference.checked_add(other), Ok(one)),
            Err(error) => {
                prop_assert_eq!(error, MoneyError::Negative);
                prop_assert!(one.minor() < other.minor());
            }
        }
        prop_assert_eq!(one.less(other).minor() + one.min(other).minor(), one.minor());
    }

    #[test]
    fn a_balance_turned_twice_is_itself(amount in amount()) {
        let (owed, in_favour) = (Balance::owed(amount), Balance::in_favour(amount));
        prop_assert_eq!(owed.reversed(), in_favour);
        prop_assert_eq!(in_favour.magnitude(), amount);
        prop_assert!(owed.checked_add(in_favour).unwrap().is_zero());
    }
}

#[test]
fn amounts_that_cannot_be_are_refused_with_a_reason() {
    let mut seen = String::new();
    let long = "9".repeat(40);
    let taken = ["0", "120.5", "007.10", "1000000000000.00"];
    let too_large = ["1000000000000.01", "92233720368547758.07", &long];
    let no_numbers =
        ["", ".", ".5", "5.", "-1", "-0.01", "+1", "1e3", "1,5", "1 000", "1_000", "0x10", "٣", "１", "NaN", "1.2.3"];
    let euros =
        [&taken[..], &too_large, &no_numbers, &["1.234", "1.000"]].concat().into_iter().map(|text| (text, "EUR"));
    let yen = ["500", "100000000000000", "100000000000001", "1.0"].map(|text| (text, "JPY"));
    let dinars = ["1.234", "1.2345"].map(|text| (text, "KWD"));
    for (text, code) in euros.chain(yen).chain(dinars) {
        let read = match Money::parse(text, code.parse().unwrap()) {
            Ok(amount) => format!("{amount:?}"),
            Err(error) => error.to_string(),
        };
        writeln!(seen, "{code} {text:?}: {read}").unwrap();
    }
    expect![[r#"
        EUR "0": 0.00 EUR
        EUR "120.5": 120.50 EUR
        EUR "007.10": 7.10 EUR
        EUR "1000000000000.00": 1000000000000.00 EUR
        EUR "1000000000000.01": the amount is larger than can be booked
        EUR "92233720368547758.07": the amount is larger than can be booked
        EUR "9999999999999999999999999999999999999999": the amount is larger than can be booked
        EUR "": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR ".": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR ".5": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "5.": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "-1": expected an amount of zero or more
        EUR "-0.01": expected an amount of zero or more
        EUR "+1": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "1e3": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "1,5": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "1 000": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "1_000": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "0x10": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "٣": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "１": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "NaN": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "1.2.3": expected a decimal number such as 120.50, without spaces, signs or thousands separators
        EUR "1.234": expected at most 2 digits after the decimal point
        EUR "1.000": expected at most 2 digits after the decimal point
        JPY "500": 500 JPY
        JPY "100000000000000": 100000000000000 JPY
        JPY "100000000000001": the amount is larger than can be booked
        JPY "1.0": expected at most 0 digits after the decimal point
        KWD "1.234": 1.234 KWD
        KWD "1.2345": expected at most 3 digits after the decimal point
    "#]]
    .assert_eq(&seen);
}

#[test]
fn operations_say_when_they_cannot() {
    let eur = |minor| Money::new(minor, Currency::EUR).unwrap();
    let usd = Money::new(1, Currency::USD).unwrap();
    let other_currency = MoneyError::OtherCurrency(Currency::EUR, Currency::USD);
    assert_eq!(Money::new(-1, Currency::EUR), Err(MoneyError::Negative));
    assert_eq!(Money::new(i64::MIN, Currency::EUR), Err(MoneyError::Negative));
    assert_eq!(Money::new(MINOR_MAX + 1, Currency::EUR), Err(MoneyError::TooLarge));
    assert_eq!(Money::new(i64::MAX, Currency::EUR), Err(MoneyError::TooLarge));
    assert_eq!(eur(1).checked_add(usd), Err(other_currency));
    assert_eq!(eur(1).checked_sub(usd), Err(other_currency));
    assert_eq!(Money::sum(Currency::EUR, [eur(1), usd]), Err(other_currency));
    assert_eq!(Balance::owed(eur(1)).checked_add(Balance::owed(usd)), Err(other_currency));
    assert_eq!(eur(1).checked_sub(eur(2)), Err(MoneyError::Negative));
    assert_eq!(eur(MINOR_MAX).checked_add(eur(1)), Err(MoneyError::TooLarge));
    assert_eq!(eur(MINOR_MAX).times_round_half_up(rust_decimal::Decimal::TWO), Err(MoneyError::TooLarge));
    assert_eq!(eur(2).times_round_half_up(rust_decimal::Decimal::MAX), Err(MoneyError::TooLarge));
    assert_eq!(eur(1).times_round_half_up(rust_decimal::Decimal::NEGATIVE_ONE), Err(MoneyError::Negative));
    assert_eq!(Balance::new(i64::MIN, Currency::EUR), Err(MoneyError::TooLarge));
    assert_eq!(eur(100).split(0), Err(MoneyError::NoShares));
    assert_eq!(eur(100).allocate(&[]), Err(MoneyError::NoShares));
    assert_eq!(eur(100).allocate(&[0, 0]), Err(MoneyError::NoShares));
}

#[test]
fn the_earlier_of_equals_gets_the_odd_unit() {
    let shares = |minor, weights: &[u32]| {
        let shares = Money::new(minor, Currency::EUR).unwrap().allocate(weights).unwrap();
        shares.into_iter().map(Money::minor).collect::<Vec<i64>>()
    };
    assert_eq!(shares(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(shares(101, &[1, 1, 1]), [34, 34, 33]);
    assert_eq!(shares(5, &[3, 7]), [2, 3]);
    assert_eq!(shares(1, &[1, 2]), [0, 1]);
    assert_eq!(shares(1, &[0, 1]), [0, 1]);
    assert_eq!(shares(MINOR_MAX, &[u32::MAX, 0]), [MINOR_MAX, 0]);
}
