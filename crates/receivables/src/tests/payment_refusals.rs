//! What a payment is refused for, each rule once.

use std::fmt::Write;

use expect_test::expect;
use jiff::civil::date;

use super::books::{issue, money, now, payment_id, request};
use super::story::refused;
use crate::invoice::{Hold, HoldKind, HolderId};
use crate::money::MINOR_MAX;
use crate::payment::{self, ALLOCATIONS_PER_PAYMENT_MAX, ChargeRule, OnlinePayable, Payment, Request};
use crate::{CustomerId, InvoiceHead, Money, Refusal};

fn invoice(name: &str, gross: &str) -> InvoiceHead {
    issue(name, money(gross), date(2026, 3, 1)).0
}

fn start(parts: Vec<(InvoiceHead, Money)>) -> Result<Payment, Refusal> {
    Ok(payment::start(&request("P", parts), now())?.0)
}

fn with(mut invoice: InvoiceHead, change: impl FnOnce(&mut InvoiceHead)) -> InvoiceHead {
    change(&mut invoice);
    invoice
}

/// So many invoices, each to be paid in full.
/// With a part of it held by the payment Q.
fn held(invoice: InvoiceHead, kind: HoldKind, amount: &str) -> InvoiceHead {
    let hold = Hold { kind, amount: money(amount), until: None };
    with(invoice, |invoice| drop(invoice.balance.holds.0.insert(HolderId::from(&payment_id("Q")), hold)))
}

fn many(count: usize, gross: &str) -> Vec<(InvoiceHead, Money)> {
    (0..count).map(|place| (invoice(&place.to_string(), gross), money(gross))).collect()
}

#[test]
fn each_rule_refuses_with_its_code_and_field() {
    let a = || invoice("A", "100.00");
    let b = || invoice("B", "50.00");
    let stranger = CustomerId::from_ulid("00000000000000000000000STR").unwrap();
    let largest = format!("{}.00", MINOR_MAX / 100);
    let table = [
        ("nothing", vec![]),
        ("A in full", vec![(a(), money("100.00"))]),
        ("A 0.50, the least", vec![(a(), money("0.50"))]),
        ("A 0.49", vec![(a(), money("0.49"))]),
        ("A 99.50, leaving the least", vec![(a(), money("99.50"))]),
        ("A 99.51", vec![(a(), money("99.51"))]),
        ("A 100.00, B 0.00", vec![(a(), money("100.00")), (b(), money("0.00"))]),
        ("A 100.00, B 50.01", vec![(a(), money("100.00")), (b(), money("50.01"))]),
        ("A twice", vec![(a(), money("10.00")), (b(), money("10.00")), (a(), money("10.00"))]),
        (
            "B of another customer",
            vec![(a(), money("10.00")), (with(b(), |b| b.customer = stranger.clone()), money("10.00"))],
        ),
        ("B in dollars", vec![(a(), money("10.00")), (invoice("B", "50.00 USD"), money("10.00 USD"))]),
        ("dollars for A", vec![(a(), money("10.00 USD"))]),
        ("A is paid", vec![(with(a(), |a| a.balance.applied = money("100.00")), money("10.00"))]),
        ("A is on its way", vec![(held(a(), HoldKind::Pending, "100.00"), money("10.00"))]),
        ("60.00 of A is on its way", vec![(held(a(), HoldKind::Pending, "60.00"), money("40.01"))]),
        ("60.00 of A is contested", vec![(held(a(), HoldKind::Dispute, "60.00"), money("40.01"))]),
        ("60.00 of A is held in a way that is not known", {
            vec![(held(a(), HoldKind::Unknown("novelty".to_owned()), "60.00"), money("40.01"))]
        }),
        ("60.00 of A is promised", vec![(held(a(), HoldKind::Promise, "60.00"), money("100.00"))]),
        ("A has a checkout open", vec![(held(a(), HoldKind::Page, "10.00"), money("10.00"))]),
        ("as many as may be", many(ALLOCATIONS_PER_PAYMENT_MAX, "1.00")),
        ("one more", many(ALLOCATIONS_PER_PAYMENT_MAX + 1, "1.00")),
        ("more than can be booked", many(2, &largest)),
    ];
    let mut seen = String::new();
    for (command, parts) in table {
        let outcome = match start(parts) {
            Ok(payment) => format!("{:?} asked", payment.amount()),
            Err(refusal) => refused(&refusal),
        };
        writeln!(seen, "{command}: {outcome}").unwrap();
    }
    expect![[r#"
        nothing: refused: nothing_to_pay at allocations
        A in full: 100.00 EUR asked
        A 0.50, the least: 0.50 EUR asked
        A 0.49: refused: below_minimum at allocations
        A 99.50, leaving the least: 99.50 EUR asked
        A 99.51: refused: leaves_too_little at allocations[0].amount
        A 100.00, B 0.00: refused: nothing_to_pay at allocations
        A 100.00, B 50.01: refused: more_than_payable at allocations[1].amount
        A twice: refused: invoice_twice at allocations[2].invoice
        B of another customer: refused: other_customer at allocations[1].invoice
        B in dollars: refused: other_currency at allocations[1].invoice
        dollars for A: refused: other_currency at allocations[0].invoice
        A is paid: refused: already_paid at nothing in particular
        A is on its way: refused: payment_on_its_way at nothing in particular
        60.00 of A is on its way: refused: more_than_payable at allocations[0].amount
        60.00 of A is contested: refused: more_than_payable at allocations[0].amount
        60.00 of A is held in a way that is not known: refused: more_than_payable at allocations[0].amount
        60.00 of A is promised: 100.00 EUR asked
        A has a checkout open: refused: checkout_open at nothing in particular
        as many as may be: 1000.00 EUR asked
        one more: refused: too_many_allocations at allocations
        more than can be booked: refused: amount at allocations
    "#]]
    .assert_eq(&seen);
}

#[test]
fn what_the_provider_never_charges_may_be_left() {
    let dinars = |text: &str| money(&format!("{text} KWD"));
    let rule = ChargeRule { minimum: dinars("0.050"), step: dinars("0.010") };
    let mut seen = String::new();
    for (gross, part) in [
        ("1.234", "1.234"),
        ("1.234", "1.230"),
        ("1.234", "1.115"),
        ("1.234", "1.190"),
        ("1.234", "1.180"),
        ("1.234", "0.040"),
        ("0.054", "0.050"),
        ("0.044", "0.040"),
        ("0.004", "0.004"),
    ] {
        let asked =
            Request { rule, ..request("P", vec![(issue("A", dinars(gross), date(2026, 3, 1)).0, dinars(part))]) };
        let outcome = payment::start(&asked, now());
        let outcome = outcome
            .map_or_else(|refusal| refused(&refusal.into()), |(payment, _)| format!("{:?} asked", payment.amount()));
        let most =
            OnlinePayable::of_amount(dinars(gross), Some(rule)).most().map_or("nothing".to_owned(), Money::to_plain);
        let remainder = rule.remainder_of(dinars(gross)).to_plain();
        writeln!(seen, "{part} of {gross}, at most {most}, remainder {remainder}: {outcome}").unwrap();
    }
    expect![[r#"
        1.234 of 1.234, at most 1.230, remainder 0.004: refused: amount at allocations[0].amount
        1.230 of 1.234, at most 1.230, remainder 0.004: 1.230 KWD asked
        1.115 of 1.234, at most 1.230, remainder 0.004: refused: amount at allocations[0].amount
        1.190 of 1.234, at most 1.230, remainder 0.004: refused: leaves_too_little at allocations[0].amount
        1.180 of 1.234, at most 1.230, remainder 0.004: 1.180 KWD asked
        0.040 of 1.234, at most 1.230, remainder 0.004: refused: below_minimum at allocations
        0.050 of 0.054, at most 0.050, remainder 0.004: 0.050 KWD asked
        0.040 of 0.044, at most nothing, remainder 0.004: refused: below_minimum at allocations
        0.004 of 0.004, at most nothing, remainder 0.004: refused: below_minimum at allocations
    "#]]
    .assert_eq(&seen);
}

#[test]
fn a_payment_claims_each_invoices_one_checkout() {
    let payment =
        start(vec![(invoice("A", "100.00"), money("60.00")), (invoice("B", "50.00"), money("50.00"))]).unwrap();
    for allocation in payment.allocations() {
        assert!(allocation.page, "{}", allocation.number);
    }
    let asked: Vec<_> = payment.allocations().iter().map(|known| (known.invoice.clone(), known.intended)).collect();
    assert!(payment.asks_for(&asked));
    let reversed: Vec<_> = asked.iter().rev().cloned().collect();
    assert!(!payment.asks_for(&reversed), "the payer's order is part of what is asked");
    assert!(!payment.asks_for(&asked[..1]));
}

#[test]
fn a_page_that_is_known_is_closed_before_its_payment_is_given_up() {
    let started = start(vec![(invoice("A", "100.00"), money("100.00"))]).unwrap();
    let (opened, _) = started.opened(super::books::checkout_of("P"), now()).unwrap();
    assert!(payment::abandon(&started, now()).is_some(), "nobody can pay it");
    assert!(payment::abandon(&opened, now()).is_none(), "somebody may be paying it");
}
