//! Credit that is paid out: by the business's bank, and by the provider.

use expect_test::expect;

use super::books::{Books, money, payment_id};
use super::story::check;
use crate::{Money, Refusal};

#[test]
fn credit_of_notes_goes_first_and_what_went_is_not_there_again() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 60.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, unfinished
            A is paid: 0.00 open
            ledger: A -60.00, unapplied -40.00
            facts: invoice.paid
            then
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied
            facts: payment.settled
        credit N 50.00
            N has 50.00 unapplied
            ledger: unapplied -50.00
            facts: credit_note.issued
        pay-out X 90.01
            refused: more_than_unapplied at amount
        pay-out X 0.00
            refused: more_than_unapplied at amount
        pay-out X 70.00
            N has 50.00 paid out, 0.00 unapplied
            P has 20.00 paid out, 20.00 unapplied
            ledger: unapplied 70.00
            facts: credit.paid_out
        pay-out Y 20.01
            refused: more_than_unapplied at amount
        pay-out Y 20.00
            P has 40.00 paid out, 0.00 unapplied
            ledger: unapplied 20.00
            facts: credit.paid_out
        invoice B 30.00 due 2026-03-01
            B is open: 30.00 open
            ledger: B 30.00
            facts: invoice.issued
        reverse X
            N has 0.00 paid out, 50.00 unapplied
            P has 20.00 paid out, 20.00 unapplied
            ledger: unapplied -70.00
            facts: payment.unapplied, credit.payout_reversed
        reverse X
            refused: already_reversed at nothing in particular
        P: refund1 60.00 done
            P is settled: 60.00 asked, 100.00 received, 60.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 40.00 open, 40.00 in question, 0.00 payable
            ledger: A 40.00, unapplied 20.00
            facts: payment.refunded, invoice.reopened
        reverse Y
            P has 0.00 paid out, 0.00 unapplied
            A is partly_paid: 20.00 open, 20.00 in question, 0.00 payable
            ledger: unapplied -20.00
            ledger: A -20.00, unapplied 20.00
            facts: invoice.partly_paid, credit.payout_reversed
    "#]]);
}

#[test]
fn what_a_person_left_or_is_going_out_is_not_paid_out() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 60.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, unfinished
            A is paid: 0.00 open
            ledger: A -60.00, unapplied -40.00
            facts: invoice.paid
            then
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied
            facts: payment.settled
        refund P: R 15.00
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied
        unapply P: A 20.00
            P is settled: 60.00 asked, 100.00 received, 60.00 unapplied
            A is partly_paid: 20.00 open
            ledger: A 20.00, unapplied -20.00
            facts: invoice.reopened
        pay-out X 25.01
            refused: more_than_unapplied at amount
        pay-out X 25.00
            P has 25.00 paid out, 35.00 unapplied
            ledger: unapplied 25.00
            facts: credit.paid_out
        refund P: S 20.00
            P is settled: 60.00 asked, 100.00 received, 35.00 unapplied
        P: refund1 15.00 done for R
            P is settled: 60.00 asked, 100.00 received, 15.00 refunded, 20.00 unapplied
            ledger: unapplied 15.00
            facts: payment.refunded
        P: refund2 20.00 done for S
            P is settled: 60.00 asked, 100.00 received, 35.00 refunded
            ledger: unapplied 20.00
            facts: payment.refunded
    "#]]);
}

#[test]
fn what_the_issuer_takes_back_though_it_was_paid_out_is_overdrawn_and_stays_taken_when_it_is_reversed() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01
            A is open: 60.00 open
            ledger: A 60.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 60.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, unfinished
            A is paid: 0.00 open
            ledger: A -60.00, unapplied -40.00
            facts: invoice.paid
            then
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied
            facts: payment.settled
        pay-out X 40.00
            P has 40.00 paid out, 0.00 unapplied
            ledger: unapplied 40.00
            facts: credit.paid_out
        P: chargeback1 100.00 withdrawn
            P is settled: 60.00 asked, 100.00 received, 60.00 charged back, review: overdrawn#EUR.4000, review: chargeback#dp_P1
            A is open: 60.00 open, 60.00 charged back
            ledger: A 60.00
            facts: payment.charged_back, invoice.reopened
        reverse X
            P has 0.00 paid out, 0.00 unapplied
            ledger: unapplied -40.00
            ledger: unapplied 40.00
            facts: payment.charged_back, credit.payout_reversed
        P: chargeback1 100.00 reinstated
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, unfinished, review: chargeback#dp_P1
            A is paid: 0.00 open
            ledger: A -60.00, unapplied -40.00
            facts: payment.reinstated, invoice.paid
            then
            P is settled: 60.00 asked, 100.00 received, 40.00 unapplied, review: chargeback#dp_P1
            facts: payment.unapplied
    "#]]);
}

#[test]
fn the_provider_sends_back_what_is_free_and_no_more() {
    let mut books = Books::new();
    books.issue("A", money("10.00"), jiff::civil::date(2026, 3, 1));
    books.start("P", &[("A", money("10.00"))]).unwrap();
    books.hear("P", &[super::story::report("P", "intent received 25.00")]);
    books.finish("P");
    let refused = |refused: Result<crate::Decision, Refusal>| refused.unwrap_err().code();
    assert_eq!(refused(books.refund_credit(&[("P", "R", money("15.01"))])), "more_than_refundable");
    assert_eq!(refused(books.refund_credit(&[("P", "R", Money::zero(crate::Currency::EUR))])), "more_than_refundable");
    let decision = books.refund_credit(&[("P", "R", money("15.00"))]).unwrap();
    assert!(decision.entries.is_empty(), "nothing moves before the provider has sent it");
    let payment = &books.payments[&payment_id("P")];
    assert_eq!((payment.free(), payment.refunds().len()), (Money::zero(crate::Currency::EUR), 1));
    assert_eq!(refused(books.pay_out("X", money("0.01"))), "more_than_unapplied");
    books.hear("P", &[super::story::report("P", "refund1 15.00 done for R")]);
    assert_eq!(books.payments[&payment_id("P")].unapplied(), Money::zero(crate::Currency::EUR));
}
