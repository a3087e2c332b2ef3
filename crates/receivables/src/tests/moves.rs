//! Moves of a chargeback's money: added up, whatever their number and sign, and never counted.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use proptest::sample::select;

use super::books::money;
use super::cases;
use super::story::{moves, told_lines};
use crate::provider_object::{Cash, ChargebackState, Course, Move, Moves, Share};
use crate::{Balance, Currency, Money};

/// `100.00 opened`, `100.00 then 40.00 lost`, or `40.00 lost` where nothing was heard before; and behind a colon its moves.
fn chargeback(said: &str) -> ChargebackState {
    let (words, listed) = said.split_once(": ").unwrap_or((said, ""));
    let (amounts, word) = words.rsplit_once(' ').unwrap();
    let cash = |text: &str| Cash::of(money(&text.replace('_', " ")));
    let (amount, lost_on) = match amounts.split_once(" then ") {
        Some((amount, lost_on)) => (cash(amount), cash(lost_on)),
        None if word == "lost" => (Cash::default(), cash(amounts)),
        None => (cash(amounts), Cash::default()),
    };
    let moves = moves(listed);
    ChargebackState {
        amount,
        lost_on,
        formal: true,
        won: word == "won",
        lost: word == "lost",
        moves,
        ..Default::default()
    }
}

/// What is out, what a person has to explain, and what each move is to the books.
fn check(table: &Expect) {
    let mut told = String::new();
    for said in told_lines(table) {
        let fact = chargeback(said);
        let disputed = fact.disputed().amounts().next().unwrap();
        let out = if fact.is_out() { format!("{disputed:?} out") } else { "back".to_owned() };
        let uneven = fact.uneven().map_or(String::new(), |amount| format!(", {amount:?} to explain"));
        writeln!(told, "{said}\n    {out}{uneven}").unwrap();
        let amounts = fact.amounts_in(disputed.currency());
        for (_, share) in fact.moves.shares(amounts.whole, amounts.last, Course::Goes) {
            writeln!(told, "    {}", words(&share)).unwrap();
        }
    }
    table.assert_eq(&told);
}

fn words(share: &Share) -> String {
    let parts = [
        (share.entered, "entered"),
        (share.exchange, "of exchange"),
        (share.fee, "of fees"),
        (share.unexplained, "unexplained"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(amount, _)| !amount.is_zero())
        .map(|(amount, word)| format!("{amount:?} {word}"))
        .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

#[test]
fn what_is_out_is_what_is_gone_by_the_sum() {
    check(&expect![[r#"
        100.00 opened: -100.00
            100.00 EUR out
            -100.00 EUR entered
        100.00 lost: -100.00 0.35
            100.00 EUR out
            -100.00 EUR entered
            0.35 EUR of exchange
        100.00 won: -100.00 -0.35 100.00
            back
            -100.00 EUR entered
            -0.35 EUR of exchange
            100.00 EUR entered
        100.00 then 40.00 lost: -100.00 60.00
            40.00 EUR out
            -100.00 EUR entered
            60.00 EUR entered
        100.00 then 40.00 lost: -100.00 60.00 0.20
            40.00 EUR out
            -100.00 EUR entered
            60.00 EUR entered
            0.20 EUR of exchange
        100.00 then 40.00 lost: -100.00 100.00 -40.00
            40.00 EUR out
            -100.00 EUR entered
            100.00 EUR entered
            -40.00 EUR entered
        100.00 lost: -100.00 100.00 -100.00
            100.00 EUR out
            -100.00 EUR entered
            100.00 EUR entered
            -100.00 EUR entered
        100.00 opened: -50.00 -50.00
            100.00 EUR out
            -100.00 EUR entered, 50.00 EUR unexplained
            -50.00 EUR unexplained
        100.00 won: -100.00
            back, 100.00 EUR to explain
            -100.00 EUR entered
        100.00 won: -100.00 99.20
            back
            -100.00 EUR entered
            100.00 EUR entered, -0.80 EUR of exchange
        0.01 lost: -0.01
            0.01 EUR out
            -0.01 EUR entered
    "#]]);
}

#[test]
fn moves_in_another_currency_stand_for_the_amount_in_proportion() {
    check(&expect![[r#"
        100.00_USD opened: -92.15
            100.00 USD out
            -100.00 USD entered
        100.00_USD opened: -92.15 -0.35
            100.00 USD out
            -100.00 USD entered
            -0.35 EUR of exchange
        100.00_USD won: -92.15 -0.35 92.80
            back
            -100.00 USD entered
            -0.35 EUR of exchange
            100.00 USD entered, 0.30 EUR of exchange
        100.00_USD then 40.00_USD lost: -92.15 55.20
            40.00 USD out
            -100.00 USD entered
            60.00 USD entered, -0.09 EUR of exchange
        100.00_USD lost: -92.15 93.00 -91.80
            100.00 USD out
            -100.00 USD entered
            100.00 USD entered, 0.85 EUR of exchange
            -100.00 USD entered, 0.35 EUR of exchange
        100.00_USD won: -92.15 100.00_USD
            back
            -100.00 USD entered
            100.00 USD entered
        40.00_USD lost: -92.15@0.9215 55.20@0.92
            40.00 USD out
            -100.00 USD entered
            60.00 USD entered, -0.09 EUR of exchange
        40.00_USD lost: -92.15 55.20
            back, 40.00 USD to explain
            -40.00 USD entered
            40.00 USD entered, -36.95 EUR unexplained
        4000_JPY lost: -61.20@0.00612 36.60@0.0061
            4000 JPY out
            -10000 JPY entered
            6000 JPY entered, -0.12 EUR of exchange
        10000_JPY lost: -61.20 0.20
            10000 JPY out
            -10000 JPY entered
            0.20 EUR of exchange
    "#]]);
}

#[test]
fn what_adds_up_to_neither_is_for_a_person_to_explain() {
    check(&expect![[r#"
        100.00 opened: -100.00 60.00
            back, 40.00 EUR to explain
            -100.00 EUR entered
            100.00 EUR entered, -40.00 EUR unexplained
        100.00 opened: -100.00 40.00
            100.00 EUR out, 40.00 EUR to explain
            -100.00 EUR entered
            40.00 EUR unexplained
        100.00 opened: -100.00 60.00 40.00
            back
            -100.00 EUR entered
            100.00 EUR entered, -40.00 EUR unexplained
            40.00 EUR unexplained
        100.00 opened: -115.00
            100.00 EUR out, 15.00 EUR to explain
            -100.00 EUR entered, -15.00 EUR unexplained
        100.00 won: -100.00 40.00
            100.00 EUR out, 100.00 EUR to explain
            -100.00 EUR entered
            40.00 EUR unexplained
        100.00 lost: -100.00 100.00
            back, 100.00 EUR to explain
            -100.00 EUR entered
            100.00 EUR entered
        100.00 lost: 100.00
            back, 100.00 EUR to explain
            100.00 EUR unexplained
        100.00 then 40.00 lost: -100.00
            40.00 EUR out, 60.00 EUR to explain
            -40.00 EUR entered, -60.00 EUR unexplained
        100.00_USD opened: -92.15 55.68
            back, 36.47 EUR to explain
            -100.00 USD entered
            100.00 USD entered, -36.47 EUR unexplained
    "#]]);
}

#[test]
fn a_fee_that_is_given_back_among_the_money_is_a_fee() {
    check(&expect![[r#"
        100.00 won: -100.00/15.00 100.00/-15.00
            back
            -100.00 EUR entered
            100.00 EUR entered
        100.00 won: -100.00/15.00 115.00
            back
            -100.00 EUR entered
            100.00 EUR entered, 15.00 EUR of fees
        100.00 won: -100.00/15.00 99.70 15.00
            back
            -100.00 EUR entered
            100.00 EUR entered, -0.30 EUR of exchange
            15.00 EUR of fees
        100.00 lost: -100.00/15.00 0.00/-15.00
            100.00 EUR out
            -100.00 EUR entered
            nothing
        100.00 opened: -100.00/15.00 20.00
            100.00 EUR out
            -100.00 EUR entered
            5.00 EUR of exchange, 15.00 EUR of fees
        1000.00 won: -1000.00/15.00 1015.00
            back
            -1000.00 EUR entered
            1000.00 EUR entered, 15.00 EUR of fees
    "#]]);
}

/// Some moves in a currency, of sizes that meet each other.
fn some_moves(currency: Currency) -> impl Strategy<Value = Moves> {
    let amount = select(vec![-10_000, -9_965, -6_000, -35, 35, 4_000, 6_000, 9_280, 10_000, 11_500_i64]);
    let one = (amount, select(vec![0, 0, 1_500, -1_500_i64]), 0..5_i64);
    prop::collection::vec(one, 1..=8).prop_map(move |listed| {
        let mut moves = Moves::default();
        for (place, (amount, fee, second)) in listed.into_iter().enumerate() {
            let balance = |minor| Balance::new(minor, currency).unwrap();
            let at = Some(jiff::Timestamp::from_second(second).unwrap());
            moves.note(format!("txn_{place}"), Move { amount: balance(amount), fee: balance(fee), at, rate: None });
        }
        moves
    })
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

proptest! {
    #![proptest_config(cases(512))]

    /// Each unit of each move has a place, and what the ledger has entered of all of them is the amount or nothing.
    #[test]
    fn every_unit_of_a_move_has_a_place(
        moves in some_moves(Currency::EUR),
        (whole, last) in (select(vec![0, 1, 6_000, 10_000_i64]), select(vec![0, 4_000, 10_000_i64])),
        course in select(vec![Course::Goes, Course::Comes]),
    ) {
        let shares = moves.shares(eur(whole), eur(last), course);
        for (id, share) in &shares {
            let (_, moved) = moves.iter().find(|(known, _)| known == id).unwrap();
            let parts = [share.entered, share.exchange, share.fee, share.unexplained];
            prop_assert_eq!(parts.iter().map(|part| part.minor()).sum::<i64>(), moved.amount.minor());
        }
        let entered: i64 = shares.iter().map(|(_, share)| share.entered.minor()).sum();
        let sign = if course == Course::Goes { -1 } else { 1 };
        prop_assert!(entered == 0 || entered == sign * last, "{entered}");
    }

    /// In another currency each unit goes through the exchange, of which the rest is named.
    #[test]
    fn what_is_named_beside_an_exchange_is_the_sum_of_its_causes(moves in some_moves(Currency::USD)) {
        let shares = moves.shares(eur(10_000), eur(10_000), Course::Goes);
        let entered: i64 = shares.iter().map(|(_, share)| share.entered.minor()).sum();
        prop_assert!(entered == 0 || entered == -10_000);
        prop_assert!(shares.iter().all(|(_, share)| share.entered.currency() == Currency::EUR));
        prop_assert!(shares.iter().all(|(_, share)| share.unexplained.currency() == Currency::USD));
    }
}
