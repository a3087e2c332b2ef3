//! Money that goes back, comes back, is moved, credited or written off.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

use expect_test::expect;

use super::books::{Books, money};
use super::story::check;
use crate::provider_object::{Cash, IntentState, ObjectState, RefundState};

#[test]
fn a_refund_takes_what_is_unapplied_first_and_then_the_last_allocation_backwards() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 50.00 due 2026-03-02
            B is open: 50.00 open
            ledger: B 50.00
            facts: invoice.issued
        pay P: A 100.00, B 50.00
            P is started: 150.00 asked
            A is open: 100.00 open, checkout of P
            B is open: 50.00 open, checkout of P
            facts: payment.started
        P: intent received 170.00
            P is settled: 150.00 asked, 170.00 received, 20.00 unapplied, unfinished
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -100.00, B -50.00, unapplied -20.00
            facts: invoice.paid, invoice.paid
            then
            P is settled: 150.00 asked, 170.00 received, 20.00 unapplied
            facts: payment.settled
        P: refund1 30.00 pending
            P is settled: 150.00 asked, 170.00 received, 30.00 refunded, review: provider_refund#re_P1
            B is partly_paid: 10.00 open, 10.00 in question, 0.00 payable
            ledger: B 10.00, unapplied 20.00
            facts: payment.refunded, invoice.reopened
        P: refund1 30.00 done
            P is settled: 150.00 asked, 170.00 received, 30.00 refunded, review: provider_refund#re_P1
        P: refund1 30.00 failed
            P is settled: 150.00 asked, 170.00 received, 20.00 unapplied, unfinished, review: refund_failed#re_P1
            B is paid: 0.00 open
            ledger: B -10.00, unapplied -20.00
            facts: payment.refund_failed, invoice.paid
            then
            P is settled: 150.00 asked, 170.00 received, 20.00 unapplied, review: refund_failed#re_P1
            facts: payment.unapplied
        P: refund2 170.00 done
            P is settled: 150.00 asked, 170.00 received, 170.00 refunded, review: refund_failed#re_P1, review: provider_refund#re_P2
            A is open: 100.00 open, 100.00 in question, 0.00 payable
            B is open: 50.00 open, 50.00 in question, 0.00 payable
            ledger: A 100.00, B 50.00, unapplied 20.00
            facts: payment.refunded, invoice.reopened, invoice.reopened
    "#]]);
}

#[test]
fn a_refund_heard_before_its_payment_waits_for_the_money() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: refund1 30.00 done
            P is started: 100.00 asked, review: overdrawn#EUR.3000
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received, 30.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 30.00 open, 30.00 in question, 0.00 payable
            ledger: A -70.00
            facts: payment.settled, payment.refunded, invoice.partly_paid
    "#]]);
}

#[test]
fn the_providers_own_sum_stands_in_for_refunds_that_were_not_heard_of() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00 + intent refunded 40.00
            P is settled: 100.00 asked, 100.00 received, 40.00 refunded, review: provider_refund#pi_P
            A is partly_paid: 40.00 open, 40.00 in question, 0.00 payable
            ledger: A -60.00
            facts: payment.settled, payment.refunded, invoice.partly_paid
        P: refund1 40.00 done
            P is settled: 100.00 asked, 100.00 received, 40.00 refunded, review: provider_refund#re_P1
        P: refund1 40.00 failed
            P is settled: 100.00 asked, 100.00 received, review: refund_failed#re_P1
            A is paid: 0.00 open
            ledger: A -40.00
            facts: payment.refund_failed, invoice.paid
        P: refund2 10.00 done
            P is settled: 100.00 asked, 100.00 received, 10.00 refunded, review: refund_failed#re_P1, review: provider_refund#re_P2
            A is partly_paid: 10.00 open, 10.00 in question, 0.00 payable
            ledger: A 10.00
            facts: payment.refunded, invoice.reopened
        P: intent refunded 60.00
            P is settled: 100.00 asked, 100.00 received, 20.00 refunded, review: refund_failed#re_P1, review: provider_refund#re_P2, review: provider_refund#pi_P
            A is partly_paid: 20.00 open, 20.00 in question, 0.00 payable
            ledger: A 10.00
            facts: payment.refunded, invoice.reopened
    "#]]);
}

#[test]
fn a_refund_of_one_allocation_leaves_the_others_alone() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 50.00 due 2026-03-02
            B is open: 50.00 open
            ledger: B 50.00
            facts: invoice.issued
        pay P: A 100.00, B 50.00
            P is started: 150.00 asked
            A is open: 100.00 open, checkout of P
            B is open: 50.00 open, checkout of P
            facts: payment.started
        P: intent received 150.00
            P is settled: 150.00 asked, 150.00 received
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -100.00, B -50.00
            facts: payment.settled, invoice.paid, invoice.paid
        refund P: R 120.00 of A
            refused: more_than_refundable at amount
        refund P: R 60.00 of A
            P is settled: 150.00 asked, 150.00 received
        refund P: S 60.00 of A
            refused: more_than_refundable at amount
        refund P: S 95.00
            refused: more_than_refundable at amount
        P: refund1 60.00 pending for R
            P is settled: 150.00 asked, 150.00 received, 60.00 refunded
            A is partly_paid: 60.00 open
            ledger: A 60.00
            facts: payment.refunded, invoice.reopened
        P: refund1 60.00 failed for R
            P is settled: 150.00 asked, 150.00 received, review: refund_failed#re_P1
            A is paid: 0.00 open
            ledger: A -60.00
            facts: payment.refund_failed, invoice.paid
    "#]]);
}

#[test]
fn a_refund_that_the_provider_will_not_make_is_put_before_a_person() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        refund P: R 10.00
            refused: nothing_received at nothing in particular
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        refund P: R 10.00
            P is settled: 100.00 asked, 100.00 received
        refuse P: R
            P is settled: 100.00 asked, 100.00 received, review: refund_refused#rfd_0000000000000000000000000R
    "#]]);
}

#[test]
fn a_chargeback_reopens_the_invoice_and_a_reinstatement_closes_it() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 asked
            P is settled: 100.00 asked, 100.00 received, review: inquiry#dp_P1
        P: chargeback1 100.00 opened
            P is settled: 100.00 asked, 100.00 received, review: chargeback#dp_P1
        P: chargeback1 100.00 withdrawn
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 100.00 reinstated + chargeback1 100.00 won
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.reinstated, invoice.paid
    "#]]);
}

#[test]
fn a_chargeback_out_of_order_comes_to_the_same() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: chargeback1 100.00 reinstated
            P is started: 100.00 asked, review: chargeback#dp_P1
        P: chargeback1 100.00 withdrawn
            P is started: 100.00 asked, review: chargeback#dp_P1
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received, review: chargeback#dp_P1
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 won
            P is settled: 100.00 asked, 100.00 received
    "#]]);
}

#[test]
fn a_chargeback_that_is_lost_with_a_little_back_is_lost() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 opened moved -100.00
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 100.00 lost moved -100.00 0.35
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back
    "#]]);
}

#[test]
fn a_chargeback_that_is_won_with_a_little_less_is_won() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 opened moved -100.00 -0.35
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 100.00 won moved -100.00 -0.35 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.reinstated, invoice.paid
    "#]]);
}

#[test]
fn of_a_chargeback_that_is_settled_on_a_part_the_part_is_open() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 opened moved -100.00
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 40.00 lost moved -100.00 60.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back
            A is partly_paid: 40.00 open, 40.00 charged back
            ledger: A -60.00
            facts: payment.reinstated, invoice.partly_paid
        P: chargeback1 100.00 opened moved -100.00
            nothing new
    "#]]);
}

#[test]
fn a_chargeback_heard_backwards_comes_to_the_same() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 40.00 lost moved -100.00 60.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back
            A is partly_paid: 40.00 open, 40.00 charged back
            ledger: A 40.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 100.00 reinstated moved -100.00 60.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back
        P: chargeback1 100.00 withdrawn moved -100.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back
    "#]]);
}

#[test]
fn a_sum_that_is_neither_out_nor_back_is_put_before_a_person() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 opened moved -100.00 60.00
            P is settled: 100.00 asked, 100.00 received, review: chargeback#dp_P1, review: uneven_chargeback#dp_P1.EUR.4000
        close P: uneven_chargeback#dp_P1.EUR.4000
            P is settled: 100.00 asked, 100.00 received, review: chargeback#dp_P1
        P: chargeback1 100.00 opened moved -100.00 60.00 -5.00
            P is settled: 100.00 asked, 100.00 received, review: chargeback#dp_P1, review: uneven_chargeback#dp_P1.EUR.4500
        P: chargeback1 100.00 won moved -100.00 60.00 -5.00 45.00
            P is settled: 100.00 asked, 100.00 received
    "#]]);
}

#[test]
fn what_the_money_says_against_the_decision_is_put_before_a_person() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 opened moved -100.00
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 100.00 won moved -100.00
            P is settled: 100.00 asked, 100.00 received, review: uneven_chargeback#dp_P1.EUR.10000
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.reinstated, invoice.paid
        P: chargeback1 100.00 won moved -100.00 100.00
            P is settled: 100.00 asked, 100.00 received
        P: chargeback2 50.00 lost
            P is settled: 100.00 asked, 100.00 received, 50.00 charged back
            A is partly_paid: 50.00 open, 50.00 charged back
            ledger: A 50.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback2 50.00 reinstated
            P is settled: 100.00 asked, 100.00 received, review: uneven_chargeback#dp_P2.EUR.5000
            A is paid: 0.00 open
            ledger: A -50.00
            facts: payment.reinstated, invoice.paid
    "#]]);
}

#[test]
fn a_chargeback_that_was_won_may_be_lost_on_a_part_after_all() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 opened moved -100.00
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
        P: chargeback1 100.00 won moved -100.00 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.reinstated, invoice.paid
        P: chargeback1 40.00 lost moved -100.00 100.00 -40.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back
            A is partly_paid: 40.00 open, 40.00 charged back
            ledger: A 40.00
            facts: payment.charged_back, invoice.reopened
    "#]]);
}

#[test]
fn a_debit_that_is_returned_after_it_succeeded_is_a_chargeback_lost_from_the_start() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: checkout completed unpaid
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 100.00 lost
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back
            A is open: 100.00 open, 100.00 charged back
            ledger: A 100.00
            facts: payment.charged_back, invoice.reopened
    "#]]);
}

#[test]
fn a_refund_and_a_chargeback_of_the_same_money_are_put_before_a_person() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: refund1 100.00 done
            P is settled: 100.00 asked, 100.00 received, 100.00 refunded, review: provider_refund#re_P1
            A is open: 100.00 open, 100.00 in question, 0.00 payable
            ledger: A 100.00
            facts: payment.refunded, invoice.reopened
        P: chargeback1 100.00 withdrawn
            P is settled: 100.00 asked, 100.00 received, 100.00 refunded, review: overdrawn#EUR.10000, review: chargeback#dp_P1, review: provider_refund#re_P1
        P: chargeback1 100.00 won
            P is settled: 100.00 asked, 100.00 received, 100.00 refunded, review: provider_refund#re_P1
    "#]]);
}

#[test]
fn what_an_invoice_cannot_take_goes_to_the_oldest_due() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-03
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 60.00 due 2026-03-02
            B is open: 60.00 open
            ledger: B 60.00
            facts: invoice.issued
        invoice C 70.00 due 2026-03-01
            C is open: 70.00 open
            ledger: C 70.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent cancelled
            P is cancelled: 100.00 asked
            A is open: 100.00 open
            facts: payment.cancelled
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        Q: intent received 100.00
            Q is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: intent received 100.00
            decided again, another came first
            P is settled: 100.00 asked, 100.00 received, 100.00 unapplied, unfinished
            ledger: unapplied -100.00
            then
            P is settled: 100.00 asked, 100.00 received
            C is paid: 0.00 open
            B is partly_paid: 30.00 open
            ledger: C -70.00, B -30.00, unapplied 100.00
            facts: payment.settled, invoice.paid, invoice.partly_paid
        P: refund1 80.00 done
            P is settled: 100.00 asked, 100.00 received, 80.00 refunded, review: provider_refund#re_P1
            C is partly_paid: 50.00 open, 50.00 in question, 0.00 payable
            B is open: 60.00 open, 30.00 in question, 30.00 payable
            ledger: C 50.00, B 30.00
            facts: payment.refunded, invoice.reopened, invoice.reopened
    "#]]);
}

#[test]
fn what_an_operator_moves_stays_where_it_was_put() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 60.00 due 2026-03-02
            B is open: 60.00 open
            ledger: B 60.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        unapply P: A 30.00
            P is settled: 100.00 asked, 100.00 received, 30.00 unapplied
            A is partly_paid: 30.00 open
            ledger: A 30.00, unapplied -30.00
            facts: invoice.reopened
        apply P: B 40.00
            refused: more_than_unapplied at allocations[0].amount
        apply P: B 20.00
            P is settled: 100.00 asked, 100.00 received, 10.00 unapplied
            B is partly_paid: 40.00 open
            ledger: B -20.00, unapplied 20.00
            facts: invoice.partly_paid
        move P: A to B 15.00
            P is settled: 100.00 asked, 100.00 received, 10.00 unapplied
            A is partly_paid: 45.00 open
            B is partly_paid: 25.00 open
            ledger: A 15.00, B -15.00
            facts: invoice.reopened, invoice.partly_paid
        move P: A to B 90.00
            refused: more_than_applied at amount
        unapply P: B
            P is settled: 100.00 asked, 100.00 received, 45.00 unapplied
            B is open: 60.00 open
            ledger: B 35.00, unapplied -35.00
            facts: invoice.reopened
        P: refund1 50.00 done
            P is settled: 100.00 asked, 100.00 received, 50.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 50.00 open, 5.00 in question, 45.00 payable
            ledger: A 5.00, unapplied 45.00
            facts: payment.refunded, invoice.reopened
        P: refund1 50.00 failed
            P is settled: 100.00 asked, 100.00 received, 45.00 unapplied, review: refund_failed#re_P1
            A is partly_paid: 45.00 open
            ledger: A -5.00, unapplied -45.00
            facts: payment.refund_failed, invoice.partly_paid
    "#]]);
}

#[test]
fn a_credit_note_covers_several_invoices_and_what_is_left_is_kept() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 60.00 due 2026-03-02
            B is open: 60.00 open
            ledger: B 60.00
            facts: invoice.issued
        credit N 130.00: A 100.00, B 10.00
            N has 20.00 unapplied
            A is paid: 0.00 open
            B is partly_paid: 50.00 open
            ledger: A -100.00, B -10.00, unapplied -20.00
            facts: credit_note.issued, invoice.paid, invoice.partly_paid
        recredit N: B 30.00
            refused: more_than_unapplied at allocations[0].amount
        recredit N: B 15.00
            N has 5.00 unapplied
            B is partly_paid: 35.00 open
            ledger: B -15.00, unapplied 15.00
            facts: invoice.partly_paid
        pay P: B 35.00
            P is started: 35.00 asked
            B is partly_paid: 35.00 open, checkout of P
            facts: payment.started
        P: intent received 35.00
            P is settled: 35.00 asked, 35.00 received
            B is paid: 0.00 open
            ledger: B -35.00
            facts: payment.settled, invoice.paid
        write-off B
            refused: already_paid at nothing in particular
    "#]]);
}

#[test]
fn a_small_rest_is_written_off_within_the_tolerance_and_taken_back() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        write-off A
            refused: more_than_tolerated at nothing in particular
        take-back A
            refused: nothing_written_off at nothing in particular
        pay P: A 99.50
            P is started: 99.50 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 99.60
            P is settled: 99.50 asked, 99.60 received, 0.10 unapplied, unfinished
            A is partly_paid: 0.50 open
            ledger: A -99.50, unapplied -0.10
            facts: invoice.partly_paid
            then
            P is settled: 99.50 asked, 99.60 received
            A is partly_paid: 0.40 open
            ledger: A -0.10, unapplied 0.10
            facts: payment.settled, invoice.partly_paid
        write-off A
            A is paid: 0.00 open, 0.40 written off
            ledger: A -0.40
            facts: invoice.written_off
        P: refund1 99.60 done
            decided again, another came first
            P is settled: 99.50 asked, 99.60 received, 99.60 refunded, review: provider_refund#re_P1
            A is open: 99.60 open, 99.60 in question, 0.40 written off, 0.00 payable
            ledger: A 99.60
            facts: payment.refunded, invoice.reopened
        take-back A
            A is open: 100.00 open, 99.60 in question, 0.40 payable
            ledger: A 0.40
            facts: invoice.write_off_reversed
    "#]]);
}

/// The number of transactions in which a payment of a thousand invoices is settled, and taken back.
#[test]
fn a_thousand_invoices_take_24_steps_each_of_which_verifies() {
    let mut books = Books { vast: true, ..Books::new() };
    let names: Vec<String> = (0..1000).map(|number| format!("A{number:03}")).collect();
    for name in &names {
        books.issue(name, money("10.00"), jiff::civil::date(2026, 3, 1));
    }
    let parts: Vec<_> = names.iter().map(|name| (name.as_str(), money("10.00"))).collect();
    books.start("P", &parts).unwrap();
    let said = |fact| crate::Report::new("pi_P".parse().unwrap(), fact);
    let came = IntentState { received: Cash::of(money("10000.00")), ..IntentState::default() };
    books.hear("P", &[said(ObjectState::Intent(came))]).unwrap();
    assert_eq!(1 + books.finish("P").len(), 24);
    assert!(books.invoices.values().all(|invoice| invoice.balance.open().is_zero()));
    let back = RefundState { amount: Cash::of(money("9995.00")), ..RefundState::default() };
    let refund = crate::Report::new("re_P".parse().unwrap(), ObjectState::Refund(back));
    books.hear("P", &[refund]).unwrap();
    assert_eq!(1 + books.finish("P").len(), 24);
    let covered = books.invoices.values().filter(|invoice| !invoice.balance.applied.is_zero()).count();
    assert_eq!(covered, 1, "five euros of the first are left");
}

#[test]
fn what_an_operator_takes_back_after_a_refund_is_taken_back_whole() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 100.00 due 2026-03-02
            B is open: 100.00 open
            ledger: B 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: refund1 40.00 done
            P is settled: 100.00 asked, 100.00 received, 40.00 refunded, review: provider_refund#re_P1
            A is partly_paid: 40.00 open, 40.00 in question, 0.00 payable
            ledger: A 40.00
            facts: payment.refunded, invoice.reopened
        unapply P: A 30.00
            P is settled: 100.00 asked, 100.00 received, 40.00 refunded, 30.00 unapplied
            A is partly_paid: 70.00 open
            ledger: A 30.00, unapplied -30.00
            facts: invoice.reopened
        move P: A to B
            P is settled: 100.00 asked, 100.00 received, 40.00 refunded, 30.00 unapplied
            A is open: 100.00 open
            B is partly_paid: 70.00 open
            ledger: A 30.00, B -30.00
            facts: invoice.reopened, invoice.partly_paid
        unapply P: B
            P is settled: 100.00 asked, 100.00 received, 40.00 refunded, 60.00 unapplied
            B is open: 100.00 open
            ledger: B 30.00, unapplied -30.00
            facts: invoice.reopened
    "#]]);
}

#[test]
fn what_an_operator_applies_beside_a_refund_of_the_allocation_adds_to_it() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 20.00 due 2026-03-02
            B is open: 20.00 open
            ledger: B 20.00
            facts: invoice.issued
        pay P: A 100.00, B 20.00
            P is started: 120.00 asked
            A is open: 100.00 open, checkout of P
            B is open: 20.00 open, checkout of P
            facts: payment.started
        P: intent received 120.00
            P is settled: 120.00 asked, 120.00 received
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -100.00, B -20.00
            facts: payment.settled, invoice.paid, invoice.paid
        unapply P: B
            P is settled: 120.00 asked, 120.00 received, 20.00 unapplied
            B is open: 20.00 open
            ledger: B 20.00, unapplied -20.00
            facts: invoice.reopened
        refund P: R 40.00 of A
            P is settled: 120.00 asked, 120.00 received, 20.00 unapplied
        P: refund1 40.00 done for R
            P is settled: 120.00 asked, 120.00 received, 40.00 refunded, 20.00 unapplied
            A is partly_paid: 40.00 open
            ledger: A 40.00
            facts: payment.refunded, invoice.reopened
        apply P: A 20.00
            P is settled: 120.00 asked, 120.00 received, 40.00 refunded
            A is partly_paid: 20.00 open
            ledger: A -20.00, unapplied 20.00
            facts: invoice.partly_paid
        unapply P: A 10.00
            P is settled: 120.00 asked, 120.00 received, 40.00 refunded, 10.00 unapplied
            A is partly_paid: 30.00 open
            ledger: A 10.00, unapplied -10.00
            facts: invoice.reopened
    "#]]);
}

#[test]
fn what_is_freed_before_an_invoice_that_lacks_some_is_that_invoices_first() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 100.00 due 2026-03-02
            B is open: 100.00 open
            ledger: B 100.00
            facts: invoice.issued
        invoice C 100.00 due 2026-03-03
            C is open: 100.00 open
            ledger: C 100.00
            facts: invoice.issued
        pay P: A 100.00, B 100.00
            P is started: 200.00 asked
            A is open: 100.00 open, checkout of P
            B is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 200.00
            P is settled: 200.00 asked, 200.00 received
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -100.00, B -100.00
            facts: payment.settled, invoice.paid, invoice.paid
        P: refund1 50.00 done
            P is settled: 200.00 asked, 200.00 received, 50.00 refunded, review: provider_refund#re_P1
            B is partly_paid: 50.00 open, 50.00 in question, 0.00 payable
            ledger: B 50.00
            facts: payment.refunded, invoice.reopened
        move P: A to C
            refused: goes_elsewhere_first at invoice
        unapply P: B
            P is settled: 200.00 asked, 200.00 received, 50.00 refunded, 50.00 unapplied
            B is open: 100.00 open
            ledger: B 50.00, unapplied -50.00
            facts: invoice.reopened
        move P: A to C
            P is settled: 200.00 asked, 200.00 received, 50.00 refunded, 50.00 unapplied
            A is open: 100.00 open
            C is paid: 0.00 open
            ledger: A 100.00, C -100.00
            facts: invoice.reopened, invoice.paid
    "#]]);
}

#[test]
fn what_comes_back_of_a_chargeback_goes_on_where_an_operator_has_moved_the_rest() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 100.00 due 2026-03-02
            B is open: 100.00 open
            ledger: B 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 40.00 withdrawn
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back, review: chargeback#dp_P1
            A is partly_paid: 40.00 open, 40.00 charged back
            ledger: A 40.00
            facts: payment.charged_back, invoice.reopened
        unapply P: A 30.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back, 30.00 unapplied, review: chargeback#dp_P1
            A is partly_paid: 70.00 open
            ledger: A 30.00, unapplied -30.00
            facts: invoice.reopened
        apply P: B 30.00
            P is settled: 100.00 asked, 100.00 received, 40.00 charged back, review: chargeback#dp_P1
            B is partly_paid: 70.00 open
            ledger: B -30.00, unapplied 30.00
            facts: invoice.partly_paid
        P: chargeback1 40.00 won + chargeback1 40.00 reinstated
            P is settled: 100.00 asked, 100.00 received, 40.00 unapplied, unfinished
            ledger: unapplied -40.00
            facts: payment.reinstated
            then
            P is settled: 100.00 asked, 100.00 received
            B is partly_paid: 30.00 open
            ledger: B -40.00, unapplied 40.00
            facts: invoice.partly_paid
    "#]]);
}

#[test]
fn a_chargeback_in_another_currency_is_for_a_person_to_look_at() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: chargeback1 108.00_USD withdrawn
            P is settled: 100.00 asked, 100.00 received, review: other_currency#overdrawn.USD.10800, review: chargeback#dp_P1
        P: chargeback1 108.00_USD lost
            P is settled: 100.00 asked, 100.00 received, review: other_currency#overdrawn.USD.10800
    "#]]);
}

#[test]
fn what_comes_again_after_a_person_has_looked_is_looked_at_again() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 50.00_USD
            P is settled: 100.00 asked, review: other_currency#USD.5000, 50.00 USD in suspense
            A is open: 100.00 open
            facts: payment.in_suspense
        close P: other_currency#USD.5000
            P is settled: 100.00 asked, 50.00 USD in suspense
        P: refund1 50.00_USD done
            P is settled: 100.00 asked
            facts: payment.refunded
        P: refund1 50.00_USD failed
            P is settled: 100.00 asked, review: other_currency#USD.5000, review: refund_failed#re_P1, 50.00 USD in suspense
            facts: payment.in_suspense, payment.refund_failed
    "#]]);
}

#[test]
fn small_steps_write_off_no_more_than_one() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 99.50
            P is started: 99.50 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 99.50
            P is settled: 99.50 asked, 99.50 received
            A is partly_paid: 0.50 open
            ledger: A -99.50
            facts: payment.settled, invoice.partly_paid
        write-off A
            A is paid: 0.00 open, 0.50 written off
            ledger: A -0.50
            facts: invoice.written_off
        unapply P: A 0.60
            P is settled: 99.50 asked, 99.50 received, 0.60 unapplied
            A is partly_paid: 0.60 open, 0.50 written off
            ledger: A 0.60, unapplied -0.60
            facts: invoice.reopened
        write-off A
            refused: more_than_tolerated at nothing in particular
        take-back A
            A is partly_paid: 1.10 open
            ledger: A 0.50
            facts: invoice.write_off_reversed
    "#]]);
}

#[test]
fn a_lump_sum_for_more_invoices_than_a_transaction_carries_finds_them_all() {
    let mut books = Books::new();
    books.vast = true;
    for number in 0..120 {
        books.issue(&format!("N{number}"), money("10.00"), "2026-03-01".parse().unwrap());
    }
    books.issue("A", money("10.00"), "2026-02-01".parse().unwrap());
    books.start("P", &[("A", money("10.00"))]).unwrap();
    let received = IntentState { received: Cash::of(money("1100.00")), ..IntentState::default() };
    books.hear("P", &[crate::Report::new("pi_P".parse().unwrap(), ObjectState::Intent(received))]);
    let steps = books.finish("P").len();
    let payment = books.fresh("P");
    let covered = books.invoices.values().filter(|invoice| invoice.balance.open().is_zero()).count();
    assert_eq!((covered, payment.unapplied(), payment.unfinished()), (110, money("0.00"), false));
    assert!(steps <= 6, "{steps} steps");
}

#[test]
fn a_debit_that_is_returned_without_a_chargeback_is_looked_at() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent succeeded py_1
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: intent failed py_1
            P is settled: 100.00 asked, review: debit_returned#pi_P
            A is open: 100.00 open
            ledger: A 100.00
            facts: payment.returned, invoice.reopened
        P: intent failed py_1
            nothing new
    "#]]);
}

#[test]
fn what_an_operator_left_on_the_account_stays_there_when_it_went_and_came_again() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 60.00 due 2026-03-02
            B is open: 60.00 open
            ledger: B 60.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        unapply P: A 100.00
            P is settled: 100.00 asked, 100.00 received, 100.00 unapplied
            A is open: 100.00 open
            ledger: A 100.00, unapplied -100.00
            facts: invoice.reopened
        P: chargeback1 100.00 withdrawn
            P is settled: 100.00 asked, 100.00 received, 100.00 charged back, review: chargeback#dp_P1
            ledger: unapplied 100.00
            facts: payment.charged_back
        P: chargeback1 100.00 won
            P is settled: 100.00 asked, 100.00 received, 100.00 unapplied
            ledger: unapplied -100.00
            facts: payment.reinstated
    "#]]);
}
