//! The journal: each source comes to nothing in each currency, and what stands on the clearing account is what lies at the
//! provider.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use jiff::civil::date;

use super::books::{Books, money, now, payment_id, zone};
use super::story::{moves, report};
use crate::journal::{JournalLine, Known, known_of, of_entry, of_transaction, stands_alone, was_unidentified};
use crate::payout::BalanceTransaction;
use crate::{Balance, Currency};

fn transaction(kind: &str, gross: i64, fee: i64) -> BalanceTransaction {
    let eur = |minor| Balance::new(minor, Currency::EUR).unwrap();
    BalanceTransaction {
        id: "txn_1".parse().unwrap(),
        kind: kind.to_owned(),
        source: None,
        gross: eur(gross),
        fee: eur(fee),
        net: eur(gross - fee),
        exchange_rate: None,
        at: "2026-03-02T23:30:00Z".parse().unwrap(),
    }
}

/// `charge of pi_P 100.00/1.75`: of one source the movements so far, as in a story.
fn transactions(said: &[&str]) -> Vec<BalanceTransaction> {
    let mut all = Vec::new();
    for line in said {
        let (kind, rest) = line.split_once(" of ").unwrap();
        let (source, amounts) = rest.split_once(' ').unwrap();
        let moved = moves(amounts);
        for (id, moved) in moved.iter().filter(|(_, moved)| !moved.amount.is_zero()) {
            let net = moved.amount.checked_add(moved.fee.reversed()).unwrap();
            all.push(BalanceTransaction {
                id: if source.starts_with("dp_") { id.to_owned() } else { format!("{id}_{source}") }.parse().unwrap(),
                kind: kind.to_owned(),
                source: (source != "nothing").then(|| source.parse().unwrap()),
                gross: moved.amount,
                fee: moved.fee,
                net,
                exchange_rate: None,
                at: moved.at.unwrap(),
            });
        }
    }
    all
}

fn sums<'a>(lines: impl IntoIterator<Item = &'a JournalLine>) -> BTreeMap<(&'static str, Currency), i64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        *sums.entry((line.account.as_str(), line.amount.currency())).or_insert(0) += line.amount.minor();
    }
    sums.retain(|_, sum| *sum != 0);
    sums
}

/// The accounts after an invoice of 100.00 in a currency, what was reported of its payment, and what moved at the provider.
fn check(currency: &str, reported: &[&str], moved: &[&str], expected: &Expect) {
    let mut books = Books::new();
    books.issue("A", money(&format!("100.00 {currency}")), date(2026, 3, 1));
    books.start("P", &[("A", money(&format!("100.00 {currency}")))]).unwrap();
    for words in reported {
        books.hear("P", &[report("P", words)]);
        books.finish("P");
    }
    let payment = &books.payments[&payment_id("P")];
    let all = transactions(moved);
    let mut lines: Vec<JournalLine> =
        books.entries.iter().flat_map(|entry| of_entry(entry, &zone()).unwrap()).collect();
    for one in &all {
        let others = if stands_alone(payment, one) { Vec::new() } else { all.clone() };
        let of_it = of_transaction(one, known_of(payment, one, &others), &zone());
        assert!(sums_in_each_currency(&of_it).values().all(|sum| *sum == 0), "{of_it:?}");
        lines.extend(of_it);
    }
    let mut there: BTreeMap<Currency, i64> = BTreeMap::new();
    for one in &all {
        *there.entry(one.net.currency()).or_default() += one.net.minor();
    }
    there.retain(|_, sum| *sum != 0);
    let clearing: BTreeMap<Currency, i64> = sums(&lines)
        .into_iter()
        .filter(|((account, _), _)| *account == "clearing")
        .map(|((_, currency), sum)| (currency, sum))
        .collect();
    assert_eq!(clearing, there, "what is to be paid out");
    let rest = sums(&lines).into_iter().filter(|((account, _), _)| *account != "clearing");
    let rest: Vec<String> = rest
        .map(|((account, currency), sum)| {
            format!("{account} {} {currency}\n", Balance::new(sum, currency).unwrap().to_plain())
        })
        .collect();
    expected.assert_eq(&rest.concat());
}

fn sums_in_each_currency(lines: &[JournalLine]) -> BTreeMap<Currency, i64> {
    let mut sums = BTreeMap::new();
    for line in lines {
        *sums.entry(line.amount.currency()).or_insert(0) += line.amount.minor();
    }
    sums
}

const CAME: &str = "intent received 100.00";
const CHARGE: &str = "charge of pi_P 100.00/1.75";

#[test]
fn what_is_beside_a_chargeback_is_gained_or_lost_by_exchange() {
    let lost = ["chargeback1 100.00 opened moved -100.00", "chargeback1 100.00 lost moved -100.00 0.35"];
    check(
        "EUR",
        &[CAME, lost[0], lost[1]],
        &[CHARGE, "adjustment of dp_P1 -100.00/15.00 0.35"],
        &expect![[r#"
        exchange -0.35 EUR
        invoiced -100.00 EUR
        provider_fees 16.75 EUR
        receivable 100.00 EUR
    "#]],
    );
    let won = ["chargeback1 100.00 opened moved -100.00 -0.35", "chargeback1 100.00 won moved -100.00 -0.35 100.00"];
    check(
        "EUR",
        &[CAME, won[0], won[1]],
        &[CHARGE, "adjustment of dp_P1 -100.00/15.00 -0.35 100.00"],
        &expect![[r#"
        exchange 0.35 EUR
        invoiced -100.00 EUR
        provider_fees 16.75 EUR
    "#]],
    );
    let part = ["chargeback1 100.00 opened moved -100.00", "chargeback1 40.00 lost moved -100.00 60.00"];
    check(
        "EUR",
        &[CAME, part[0], part[1]],
        &[CHARGE, "adjustment of dp_P1 -100.00/15.00 60.00"],
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 16.75 EUR
        receivable 40.00 EUR
    "#]],
    );
}

#[test]
fn a_dispute_fee_that_is_given_back_is_a_fee_however_it_is_said() {
    let won = "chargeback1 100.00 won moved -100.00 100.00";
    check(
        "EUR",
        &[CAME, won],
        &[CHARGE, "adjustment of dp_P1 -100.00/15.00 100.00/-15.00"],
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 1.75 EUR
    "#]],
    );
    let won = "chargeback1 100.00 won moved -100.00/15.00 115.00";
    check(
        "EUR",
        &[CAME, won],
        &[CHARGE, "adjustment of dp_P1 -100.00/15.00 115.00"],
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 1.75 EUR
    "#]],
    );
    let won = "chargeback1 100.00 won moved -100.00/15.00 100.00";
    let apart = "adjustment_fee of dp_P1x 15.00";
    check(
        "EUR",
        &[CAME, won],
        &[CHARGE, "adjustment of dp_P1 -100.00/15.00 100.00", apart],
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 1.75 EUR
    "#]],
    );
}

#[test]
fn what_adds_up_to_nothing_known_waits_in_suspense() {
    let open = "chargeback1 100.00 opened moved -100.00 60.00";
    check(
        "EUR",
        &[CAME, open],
        &[CHARGE, "adjustment of dp_P1 -100.00 60.00"],
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 1.75 EUR
        suspense 40.00 EUR
    "#]],
    );
    let even = "chargeback1 100.00 opened moved -100.00 60.00 40.00";
    check(
        "EUR",
        &[CAME, even],
        &[CHARGE, "adjustment of dp_P1 -100.00 60.00 40.00"],
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 1.75 EUR
    "#]],
    );
    // The payer was refunded and charged back as well: the payment had the money once.
    let twice = ["refund1 100.00 done", "chargeback1 100.00 opened moved -100.00"];
    let moved = [CHARGE, "refund of re_P1 -100.00", "adjustment of dp_P1 -100.00/15.00"];
    check(
        "EUR",
        &[CAME, twice[0], twice[1]],
        &moved,
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 16.75 EUR
        receivable 100.00 EUR
        suspense 100.00 EUR
    "#]],
    );
    // The bank returned a debit, and no chargeback says so.
    check(
        "EUR",
        &["intent succeeded py_1", CAME, "intent failed py_1"],
        &[CHARGE, "payment_failure_refund of pi_P 0.00 -100.00"],
        &expect![[r#"
            invoiced -100.00 EUR
            provider_fees 1.75 EUR
            receivable 100.00 EUR
        "#]],
    );
    // It is tried again, and comes.
    check(
        "EUR",
        &["intent succeeded py1", CAME, "intent failed py1", "intent succeeded py2"],
        &["charge of py1 100.00/1.75", "payment_failure_refund of py1 0.00 -100.00", "charge of py2 100.00/1.75"],
        &expect![[r#"
            invoiced -100.00 EUR
            provider_fees 3.50 EUR
        "#]],
    );
}

#[test]
fn what_went_in_another_currency_is_entered_once_however_often_it_moved() {
    let (came, charge) = ("intent received 100.00_USD", "charge of pi_P 92.15/1.63");
    let lost = "chargeback1 100.00_USD lost moved -92.15 0.35";
    check(
        "USD",
        &[came, lost],
        &[charge, "adjustment of dp_P1 -92.15/15.00 0.35"],
        &expect![[r#"
        exchange -0.35 EUR
        invoiced -100.00 USD
        provider_fees 16.63 EUR
        receivable 100.00 USD
    "#]],
    );
    let won = "chargeback1 100.00_USD won moved -92.15 -0.35 92.80";
    check(
        "USD",
        &[came, won],
        &[charge, "adjustment of dp_P1 -92.15/15.00 -0.35 92.80"],
        &expect![[r#"
        exchange -92.45 EUR
        exchange 100.00 USD
        invoiced -100.00 USD
        provider_fees 16.63 EUR
    "#]],
    );
    let refunds = ["refund1 30.00_USD done", "refund2 50.00_USD done", "refund2 50.00_USD failed"];
    let moved = [charge, "refund of re_P1 -27.65 0.05", "refund of re_P2 -46.08 45.90"];
    check(
        "USD",
        &[came, refunds[0], refunds[1], refunds[2]],
        &moved,
        &expect![[r#"
        exchange -64.37 EUR
        exchange 70.00 USD
        invoiced -100.00 USD
        provider_fees 1.63 EUR
        receivable 30.00 USD
    "#]],
    );
    // Words only, from a version that lists no moves.
    let words = ["chargeback1 100.00_USD withdrawn", "chargeback1 100.00_USD lost"];
    check(
        "USD",
        &[came, words[0], words[1]],
        &[charge, "adjustment of dp_P1 -92.15/15.00 0.35"],
        &expect![[r#"
        exchange -0.35 EUR
        invoiced -100.00 USD
        provider_fees 16.63 EUR
        receivable 100.00 USD
    "#]],
    );
}

#[test]
fn a_refund_with_its_fee_and_fees_of_the_providers_own_are_fees() {
    let refund = "refund1 40.00 done";
    let moved = [CHARGE, "refund of re_P1 -40.00/-0.70", "stripe_fee of nothing -3.00", "tax_fee of pi_P 0.00 -0.63"];
    check(
        "EUR",
        &[CAME, refund],
        &moved,
        &expect![[r#"
        invoiced -100.00 EUR
        provider_fees 4.68 EUR
        receivable 40.00 EUR
    "#]],
    );
    let (came, charge) = ("intent received 100.00_USD", "charge of pi_P 92.15/1.63");
    check(
        "USD",
        &[came],
        &[charge, "stripe_fx_fee of pi_P 0.00 -0.92"],
        &expect![[r#"
        exchange -92.15 EUR
        exchange 100.00 USD
        invoiced -100.00 USD
        provider_fees 2.55 EUR
    "#]],
    );
}

#[test]
fn a_payout_takes_to_the_bank_what_it_says_and_its_fee_is_a_fee() {
    let lines = of_transaction(&transaction("payout", -9_000, 90), Known::Unidentified, &zone());
    let said = sums(&lines);
    let eur = Currency::EUR;
    assert_eq!(
        said,
        BTreeMap::from([(("bank", eur), 9_000), (("clearing", eur), -9_090), (("provider_fees", eur), 90)])
    );
    let back = of_transaction(&transaction("payout_failure", 9_000, 0), Known::Unidentified, &zone());
    assert_eq!(sums(&back), BTreeMap::from([(("bank", eur), -9_000), (("clearing", eur), 9_000)]));
    assert!(back.iter().all(|line| line.on == date(2026, 3, 3)), "the day in the billing zone");
}

#[test]
fn a_fee_was_nobodys_at_no_time() {
    let mut books = Books::new();
    books.issue("A", money("100.00"), date(2026, 3, 1));
    books.start("P", &[("A", money("100.00"))]).unwrap();
    let stored = books.payments[&payment_id("P")].clone().into_stored();
    let started_at = now() + jiff::SignedDuration::from_hours(24 * 30);
    let stored = crate::payment::StoredPayment { origin: crate::payment::Origin::Provider, started_at, ..stored };
    let payment = stored.restore().unwrap();
    assert!(was_unidentified(&payment, &transaction("charge", 10_000, 175)));
    assert!(!was_unidentified(&payment, &transaction("stripe_fee", -300, 0)));
}

/// Every type of Stripe's balance transactions, as its API of 2026 lists them.
const KINDS: [&str; 52] = [
    "adjustment",
    "advance",
    "advance_funding",
    "anticipation_repayment",
    "application_fee",
    "application_fee_refund",
    "charge",
    "climate_order_purchase",
    "climate_order_refund",
    "connect_collection_transfer",
    "contribution",
    "fee_credit_funding",
    "inbound_transfer",
    "inbound_transfer_reversal",
    "issuing_authorization_hold",
    "issuing_authorization_release",
    "issuing_dispute",
    "issuing_dispute_provisional_credit",
    "issuing_dispute_provisional_credit_reversal",
    "issuing_transaction",
    "obligation_outbound",
    "obligation_reversal_inbound",
    "payment",
    "payment_failure_refund",
    "payment_network_reserve_hold",
    "payment_network_reserve_release",
    "payment_refund",
    "payment_reversal",
    "payment_unreconciled",
    "payout",
    "payout_cancel",
    "payout_failure",
    "payout_minimum_balance_hold",
    "payout_minimum_balance_release",
    "refund",
    "refund_failure",
    "reserve_hold",
    "reserve_release",
    "reserve_transaction",
    "reserved_funds",
    "stripe_balance_payment_debit",
    "stripe_balance_payment_debit_reversal",
    "stripe_fee",
    "stripe_fx_fee",
    "tax_fee",
    "tax_fund",
    "topup",
    "topup_reversal",
    "transfer",
    "transfer_cancel",
    "transfer_failure",
    "transfer_refund",
];

#[test]
fn every_kind_of_movement_has_its_account_or_waits_in_suspense() {
    let mut table = Vec::new();
    for kind in KINDS {
        for source in [None, Some("du_1")] {
            let movement =
                BalanceTransaction { source: source.map(|id| id.parse().unwrap()), ..transaction(kind, -1_000, 30) };
            let lines = of_transaction(&movement, Known::Unidentified, &zone());
            let account = lines.iter().find(|line| line.amount.minor() >= 1_000).unwrap().account.as_str();
            assert_eq!(sums(&lines)[&("clearing", Currency::EUR)], -1_030, "{kind}");
            let by_source = if source.is_some() { " of an object" } else { "" };
            if source.is_none() || kind == "adjustment" {
                table.push(format!("{kind}{by_source}: {account}\n"));
            }
        }
    }
    expect![[r#"
        adjustment: suspense
        adjustment of an object: unidentified
        advance: provider_loans
        advance_funding: provider_loans
        anticipation_repayment: provider_loans
        application_fee: transfers
        application_fee_refund: transfers
        charge: unidentified
        climate_order_purchase: contributions
        climate_order_refund: contributions
        connect_collection_transfer: transfers
        contribution: contributions
        fee_credit_funding: suspense
        inbound_transfer: suspense
        inbound_transfer_reversal: suspense
        issuing_authorization_hold: suspense
        issuing_authorization_release: suspense
        issuing_dispute: suspense
        issuing_dispute_provisional_credit: suspense
        issuing_dispute_provisional_credit_reversal: suspense
        issuing_transaction: suspense
        obligation_outbound: suspense
        obligation_reversal_inbound: suspense
        payment: unidentified
        payment_failure_refund: unidentified
        payment_network_reserve_hold: provider_reserve
        payment_network_reserve_release: provider_reserve
        payment_refund: unidentified
        payment_reversal: unidentified
        payment_unreconciled: unidentified
        payout: bank
        payout_cancel: bank
        payout_failure: bank
        payout_minimum_balance_hold: provider_reserve
        payout_minimum_balance_release: provider_reserve
        refund: unidentified
        refund_failure: unidentified
        reserve_hold: provider_reserve
        reserve_release: provider_reserve
        reserve_transaction: provider_reserve
        reserved_funds: provider_reserve
        stripe_balance_payment_debit: suspense
        stripe_balance_payment_debit_reversal: suspense
        stripe_fee: provider_fees
        stripe_fx_fee: provider_fees
        tax_fee: provider_fees
        tax_fund: suspense
        topup: bank
        topup_reversal: bank
        transfer: transfers
        transfer_cancel: transfers
        transfer_failure: transfers
        transfer_refund: transfers
    "#]]
    .assert_eq(&table.concat());
}
