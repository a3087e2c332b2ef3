//! Saved methods that are charged while their owner is away: what they hold, and what becomes of them.

use expect_test::expect;
use jiff::civil::date;

use super::books::{Books, money, payment_id};
use super::story::check;
use crate::currency::Currency;
use crate::payment::{self, DeclineReason, State, StoredPayment};
use crate::provider_object::ObjectId;
use crate::saved_method::{MethodEnd, MethodLook, MethodRefusal, MethodState};

#[test]
fn a_charge_speaks_for_its_invoice_from_the_start_and_settles() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        charge P: A 60.00
            P is started: 60.00 asked
            A is open: 100.00 open, 60.00 pending, 40.00 payable
            facts: payment.started
        pay Q: A 100.00
            refused: more_than_payable at allocations[0].amount
        pay Q: A 40.00
            Q is started: 40.00 asked
            A is open: 100.00 open, 60.00 pending, 40.00 payable, checkout of Q
            facts: payment.started
        charge R: A 40.00
            refused: checkout_open at nothing in particular
        give-up P: abandoned
            refused: no_such_review at nothing in particular
        P: intent received 60.00
            decided again, another came first
            P is settled: 60.00 asked, 60.00 received
            A is partly_paid: 40.00 open, checkout of Q
            ledger: A -60.00
            facts: payment.settled, invoice.partly_paid
        give-up P: not-made
            refused: no_such_review at nothing in particular
    "#]]);
}

#[test]
fn a_decline_lets_the_invoice_go_and_money_that_comes_all_the_same_is_taken() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        charge P: A 100.00
            P is started: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.started
        decline P: insufficient_funds try_later
            P is failed: 100.00 asked
            A is open: 100.00 open
            facts: payment.failed
        decline P: barred use_another_method
            refused: no_such_review at nothing in particular
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        P: intent received 100.00
            decided again, another came first
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open, checkout of Q
            ledger: A -100.00
            facts: payment.settled, invoice.paid
    "#]]);
}

#[test]
fn a_charge_that_needs_its_owner_has_failed_also_where_it_was_then_given_up() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        charge P: A 100.00
            P is started: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.started
        decline P: authentication_required ask_the_customer
            P is failed: 100.00 asked
            A is open: 100.00 open
            facts: payment.failed
        P: intent cancelled
            P is failed: 100.00 asked
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        give-up P: asked Q
            P is failed: 100.00 asked
        give-up P: asked R
            refused: no_such_review at nothing in particular
    "#]]);
}

#[test]
fn a_charge_that_was_never_made_is_cancelled_once_that_is_known() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        charge P: A 100.00
            P is started: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.started
        give-up P: abandoned
            refused: no_such_review at nothing in particular
        give-up P: not-made
            P is cancelled: 100.00 asked
            A is open: 100.00 open
            facts: payment.cancelled
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
    "#]]);
}

#[test]
fn a_charge_whose_claims_are_not_complete_was_never_requested_and_may_be_abandoned() {
    let mut books = Books::new();
    let names: Vec<String> = (0..50).map(|number| format!("A{number}")).collect();
    for name in &names {
        books.issue(name, money("1.00"), date(2026, 3, 1));
    }
    let parts: Vec<(&str, crate::Money)> = names.iter().map(|name| (name.as_str(), money("1.00"))).collect();
    books.charge("P", &parts).unwrap();
    let whole = books.payments[&payment_id("P")].clone();
    assert!(!whole.is_being_claimed() && payment::abandon(&whole, books.now).is_none());
    let part = StoredPayment { unfinished: true, ..whole.into_stored() }.restore().unwrap();
    let (given_up, _) = payment::abandon(&part, books.now).unwrap();
    assert_eq!(given_up.state(), State::Cancelled);
}

fn look(good_until: &str) -> MethodLook {
    MethodLook { good_until: Some(good_until.parse().unwrap()), brand: None, last4: None }
}

#[test]
fn a_method_is_charged_only_with_consent_while_it_lives_and_again_once_it_is_renewed() {
    let customer: ObjectId = "cus_1".parse().unwrap();
    let good = MethodState {
        customer: Some(customer),
        attached: true,
        off_session: true,
        look: Some(look("2026-05-31")),
        ..MethodState::default()
    };
    let ended = |reason| Some(good.ended_by(reason));
    let renewed = MethodState { look: Some(look("2030-05-31")), ..good.clone() };
    let table: Vec<(&str, MethodState, Option<MethodEnd>, Option<MethodRefusal>)> = vec![
        ("good", good.clone(), None, None),
        ("without consent", MethodState { off_session: false, ..good.clone() }, None, Some(MethodRefusal::NoConsent)),
        ("removed", MethodState { detached: true, ..good.clone() }, None, Some(MethodRefusal::Removed)),
        ("mandate", MethodState { mandate_ended: true, ..good.clone() }, None, Some(MethodRefusal::MandateEnded)),
        ("nobody's", MethodState { customer: None, ..good.clone() }, None, Some(MethodRefusal::NotOfCustomer)),
        ("barred", good.clone(), ended(DeclineReason::Barred), Some(MethodRefusal::Declined(DeclineReason::Barred))),
        (
            "barred and renewed",
            renewed.clone(),
            ended(DeclineReason::Barred),
            Some(MethodRefusal::Declined(DeclineReason::Barred)),
        ),
        ("expired", good.clone(), ended(DeclineReason::Expired), Some(MethodRefusal::Declined(DeclineReason::Expired))),
        ("expired and renewed", renewed, ended(DeclineReason::Expired), None),
    ];
    for (name, state, end, refused) in table {
        assert_eq!(state.check_chargeable(end.as_ref()).err(), refused, "{name}");
    }
    assert_eq!(MethodRefusal::OtherCurrency(Currency::EUR).code(), "payment_method_currency");
}
