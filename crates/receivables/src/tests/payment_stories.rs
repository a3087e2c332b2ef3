//! Payments, as stories: who asked for what, what the provider said, and what the books made of it.

use std::fmt::Write;

use expect_test::expect;

use super::story::check;
use crate::payment::{Announcement, State, Transition, transition};

#[test]
fn the_state_table() {
    let mut table = format!("{:13}", "from \\ to");
    for to in State::ALL {
        write!(table, "{:13}", to.as_str()).unwrap();
    }
    for from in State::ALL {
        table = format!("{}\n{:13}", table.trim_end(), from.as_str());
        for to in State::ALL {
            write!(table, "{:13}", word(transition(from, to))).unwrap();
        }
    }
    expect![[r#"
        from \ to    started      needs_action processing   settled      failed       cancelled
        started      there        needs_action processing   settled      failed       cancelled
        needs_action -            there        processing   settled      failed       cancelled
        processing   -            -            there        settled      failed       cancelled
        settled      -            -            -            there        -            -
        failed       -            -            processing   settled      there        cancelled
        cancelled    -            -            processing   settled      -            there
    "#]]
    .assert_eq(&format!("{}\n", table.trim_end()));
}

fn word(transition: Transition) -> &'static str {
    match transition {
        Transition::Announce(Announcement::NeedsAction) => "needs_action",
        Transition::Announce(Announcement::Processing) => "processing",
        Transition::Announce(Announcement::Settled) => "settled",
        Transition::Announce(Announcement::Failed) => "failed",
        Transition::Announce(Announcement::Cancelled) => "cancelled",
        Transition::AlreadyThere => "there",
        Transition::Ignored => "-",
    }
}

#[test]
fn a_payment_in_full() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 100.00 asked
        P: checkout completed paid 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
    "#]]);
}

#[test]
fn a_payment_in_part_and_one_of_the_rest() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: checkout completed paid 60.00
            P is settled: 60.00 asked, 60.00 received
            A is partly_paid: 40.00 open
            ledger: A -60.00
            facts: payment.settled, invoice.partly_paid
        pay Q: A 50.00
            refused: more_than_payable at allocations[0].amount
        pay Q: A 40.00
            Q is started: 40.00 asked
            A is partly_paid: 40.00 open, checkout of Q
            facts: payment.started
        Q: intent received 40.00
            Q is settled: 40.00 asked, 40.00 received
            A is paid: 0.00 open
            ledger: A -40.00
            facts: payment.settled, invoice.paid
        pay R: A 1.00
            refused: already_paid at nothing in particular
    "#]]);
}

#[test]
fn one_payment_covers_invoices_in_the_payers_order() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 50.00 due 2026-02-01
            B is open: 50.00 open
            ledger: B 50.00
            facts: invoice.issued
        invoice C 30.00 due 2026-01-15
            C is open: 30.00 open
            ledger: C 30.00
            facts: invoice.issued
        pay P: C 30.00, A 60.00, B 50.00
            P is started: 140.00 asked
            C is open: 30.00 open, checkout of P
            A is open: 100.00 open, checkout of P
            B is open: 50.00 open, checkout of P
            facts: payment.started
        P: intent received 75.00
            P is settled: 140.00 asked, 75.00 received
            C is paid: 0.00 open
            A is partly_paid: 55.00 open
            B is open: 50.00 open
            ledger: C -30.00, A -45.00
            facts: payment.settled, invoice.paid, invoice.partly_paid
        P: intent received 140.00
            P is settled: 140.00 asked, 140.00 received
            A is partly_paid: 40.00 open
            B is paid: 0.00 open
            ledger: A -15.00, B -50.00
            facts: invoice.partly_paid, invoice.paid
        P: intent received 150.00
            P is settled: 140.00 asked, 150.00 received, 10.00 unapplied, unfinished
            ledger: unapplied -10.00
            then
            P is settled: 140.00 asked, 150.00 received
            A is partly_paid: 30.00 open
            ledger: A -10.00, unapplied 10.00
            facts: invoice.partly_paid
    "#]]);
}

#[test]
fn one_thing_said_twice_or_of_two_objects_moves_nothing_twice() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 60.00 asked
        open P
            nothing new
        P: intent received 60.00
            P is settled: 60.00 asked, 60.00 received
            A is partly_paid: 40.00 open
            ledger: A -60.00
            facts: payment.settled, invoice.partly_paid
        P: intent received 60.00
            nothing new
        P: checkout completed paid 60.00
            P is settled: 60.00 asked, 60.00 received
        P: checkout completed paid 60.00 + intent received 60.00 + checkout completed unpaid
            nothing new
        P: checkout completed unpaid + intent received 10.00
            nothing new
    "#]]);
}

#[test]
fn money_through_a_second_intent_is_other_money() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: checkout completed paid 60.00
            P is settled: 60.00 asked, 60.00 received
            A is partly_paid: 40.00 open
            ledger: A -60.00
            facts: payment.settled, invoice.partly_paid
        P: intent2 received 60.00
            P is settled: 60.00 asked, 120.00 received, 60.00 unapplied, unfinished
            ledger: unapplied -60.00
            then
            P is settled: 60.00 asked, 120.00 received, 20.00 unapplied
            A is paid: 0.00 open
            ledger: A -40.00, unapplied 40.00
            facts: payment.unapplied, invoice.paid
    "#]]);
}

#[test]
fn a_bank_debit_that_succeeds() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 100.00 due 2026-03-01
            B is open: 100.00 open
            ledger: B 100.00
            facts: invoice.issued
        pay P: A 100.00, B 60.00
            P is started: 160.00 asked
            A is open: 100.00 open, checkout of P
            B is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 160.00 asked
        P: checkout completed unpaid
            P is processing: 160.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            B is open: 100.00 open, 60.00 pending, 40.00 payable
            facts: payment.processing
        pay Q: A 10.00
            refused: payment_on_its_way at nothing in particular
        pay Q: B 50.00
            refused: more_than_payable at allocations[0].amount
        pay Q: B 40.00
            Q is started: 40.00 asked
            B is open: 100.00 open, 60.00 pending, 40.00 payable, checkout of Q
            facts: payment.started
        P: intent processing py_1
            P is processing: 160.00 asked
        P: checkout later paid 160.00
            decided again, another came first
            P is settled: 160.00 asked, 160.00 received
            A is paid: 0.00 open
            B is partly_paid: 40.00 open, checkout of Q
            ledger: A -100.00, B -60.00
            facts: payment.settled, invoice.paid, invoice.partly_paid
        Q: checkout completed paid 40.00
            decided again, another came first
            Q is settled: 40.00 asked, 40.00 received
            B is paid: 0.00 open
            ledger: B -40.00
            facts: payment.settled, invoice.paid
    "#]]);
}

#[test]
fn a_bank_debit_that_fails() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 60.00
            P is started: 60.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 60.00 asked
        P: intent processing py_1
            P is processing: 60.00 asked
            A is open: 100.00 open, 60.00 pending, 40.00 payable
            facts: payment.processing
        P: checkout completed unpaid
            P is processing: 60.00 asked
        P: checkout failed later
            P is failed: 60.00 asked
            A is open: 100.00 open
            facts: payment.failed
        P: intent failed py_1
            P is failed: 60.00 asked
        P: checkout completed unpaid
            nothing new
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
    "#]]);
}

#[test]
fn a_bank_debit_that_fails_is_heard_of_through_its_intent_alone() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 100.00 asked
        P: checkout completed unpaid
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: intent processing py_1
            P is processing: 100.00 asked
        P: intent failed py_1
            P is failed: 100.00 asked
            A is open: 100.00 open
            facts: payment.failed
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        Q: checkout completed unpaid
            Q is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        Q: intent processing py_2
            Q is processing: 100.00 asked
        Q: intent cancelled
            Q is cancelled: 100.00 asked
            A is open: 100.00 open
            facts: payment.cancelled
    "#]]);
}

#[test]
fn a_bank_debit_that_fails_is_heard_of_through_its_page_alone() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 100.00 asked
        P: intent processing py_1
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: checkout failed later
            P is failed: 100.00 asked
            A is open: 100.00 open
            facts: payment.failed
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        invoice B 100.00 due 2026-03-01
            B is open: 100.00 open
            ledger: B 100.00
            facts: invoice.issued
        pay Q: B 100.00
            Q is started: 100.00 asked
            B is open: 100.00 open, checkout of Q
            facts: payment.started
        open Q
            Q is started: 100.00 asked
        Q: checkout failed later
            Q is failed: 100.00 asked
            B is open: 100.00 open
            facts: payment.failed
    "#]]);
}

#[test]
fn a_decline_on_an_open_page_is_not_the_end() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 100.00 asked
        P: intent failed ch_1
            P is started: 100.00 asked
        P: intent needs action
            P is needs_action: 100.00 asked
            facts: payment.needs_action
        P: intent failed ch_2
            P is needs_action: 100.00 asked
        pay Q: A 100.00
            refused: checkout_open at nothing in particular
        P: intent succeeded ch_3 + intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: checkout completed paid 100.00
            P is settled: 100.00 asked, 100.00 received
    "#]]);
}

#[test]
fn a_decline_without_a_page_is_the_end_until_money_comes() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: intent failed ch_1
            P is failed: 100.00 asked
            A is open: 100.00 open
            facts: payment.failed
        P: intent succeeded ch_2
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
    "#]]);
}

#[test]
fn failure_after_success_changes_nothing() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: checkout completed paid 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        P: intent failed ch_1
            P is settled: 100.00 asked, 100.00 received
        P: checkout failed later
            P is settled: 100.00 asked, 100.00 received
        P: checkout expired
            P is settled: 100.00 asked, 100.00 received
        P: intent cancelled
            P is settled: 100.00 asked, 100.00 received
    "#]]);
}

#[test]
fn a_page_that_expires_lets_go_and_late_money_is_taken() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 100.00 asked
        P: checkout expired
            P is cancelled: 100.00 asked
            A is open: 100.00 open
            facts: payment.cancelled
        pay Q: A 70.00
            Q is started: 70.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        P: intent received 100.00
            decided again, another came first
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open, checkout of Q
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        Q: checkout completed paid 70.00
            decided again, another came first
            Q is settled: 70.00 asked, 70.00 received, 70.00 unapplied, unfinished
            A is paid: 0.00 open
            ledger: unapplied -70.00
            then
            Q is settled: 70.00 asked, 70.00 received, 70.00 unapplied
            facts: payment.settled
    "#]]);
}

#[test]
fn money_that_comes_after_another_payment_covered_the_invoice_is_unapplied() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        invoice B 30.00 due 2026-03-01
            B is open: 30.00 open
            ledger: B 30.00
            facts: invoice.issued
        pay P: A 100.00, B 30.00
            P is started: 130.00 asked
            A is open: 100.00 open, checkout of P
            B is open: 30.00 open, checkout of P
            facts: payment.started
        P: checkout expired
            P is cancelled: 130.00 asked
            A is open: 100.00 open
            B is open: 30.00 open
            facts: payment.cancelled
        pay Q: A 80.00
            Q is started: 80.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        Q: checkout completed paid 80.00
            Q is settled: 80.00 asked, 80.00 received
            A is partly_paid: 20.00 open
            ledger: A -80.00
            facts: payment.settled, invoice.partly_paid
        P: checkout completed paid 130.00
            decided again, another came first
            P is settled: 130.00 asked, 130.00 received, 80.00 unapplied, unfinished
            A is paid: 0.00 open
            B is paid: 0.00 open
            ledger: A -20.00, B -30.00, unapplied -80.00
            facts: invoice.paid, invoice.paid
            then
            P is settled: 130.00 asked, 130.00 received, 80.00 unapplied
            facts: payment.settled
        P: intent received 130.00
            P is settled: 130.00 asked, 130.00 received, 80.00 unapplied
    "#]]);
}

/// What is on its way to an invoice is said as it is, also where it is more than is open; then nothing more can be paid.
#[test]
fn money_on_its_way_twice() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: checkout expired
            P is cancelled: 100.00 asked
            A is open: 100.00 open
            facts: payment.cancelled
        pay Q: A 100.00
            Q is started: 100.00 asked
            A is open: 100.00 open, checkout of Q
            facts: payment.started
        Q: checkout completed unpaid
            Q is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: intent processing py_1
            decided again, another came first
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        pay R: A 1.00
            refused: already_paid at nothing in particular
        Q: checkout failed later
            decided again, another came first
            Q is failed: 100.00 asked
            A is paid: 0.00 open
            facts: payment.failed
    "#]]);
}

#[test]
fn money_in_another_currency_is_kept_aside() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        P: checkout completed paid 108.00 USD
            P is settled: 100.00 asked, review: other_currency#USD.10800, 108.00 USD in suspense
            A is open: 100.00 open
            facts: payment.in_suspense
        P: intent received 108.00 USD
            P is settled: 100.00 asked, review: other_currency#USD.10800, 108.00 USD in suspense
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received, review: other_currency#USD.10800, 108.00 USD in suspense
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
    "#]]);
}

#[test]
fn each_currency_is_counted_in_its_own_units() {
    check(&expect![[r#"
        invoice A 15000 JPY due 2026-03-01
            A is open: 15000 open
            ledger: A 15000
            facts: invoice.issued
        invoice B 1.250 KWD due 2026-03-01
            B is open: 1.250 open
            ledger: B 1.250
            facts: invoice.issued
        pay P: A 15000 JPY, B 1.250 KWD
            refused: other_currency at allocations[1].invoice
        pay P: A 14000 JPY
            P is started: 14000 asked
            A is open: 15000 open, checkout of P
            facts: payment.started
        P: checkout completed paid 14000 JPY
            P is settled: 14000 asked, 14000 received
            A is partly_paid: 1000 open
            ledger: A -14000
            facts: payment.settled, invoice.partly_paid
        pay Q: B 1.250 KWD
            Q is started: 1.250 asked
            B is open: 1.250 open, checkout of Q
            facts: payment.started
        Q: checkout completed paid 1.250 KWD
            Q is settled: 1.250 asked, 1.250 received
            B is paid: 0.000 open
            ledger: B -1.250
            facts: payment.settled, invoice.paid
    "#]]);
}

#[test]
fn what_the_provider_refuses_of_a_page_is_put_before_a_person() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01
            A is open: 100.00 open
            ledger: A 100.00
            facts: invoice.issued
        pay P: A 100.00
            P is started: 100.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        turn-away P: customer cus_1
            P is started: 100.00 asked, review: customer_refused#cus_1
        turn-away P: customer cus_1
            refused: no_such_review at nothing in particular
        turn-away P: address
            P is started: 100.00 asked, review: customer_refused#cus_1, review: email_refused#pay_0000000000000000000000000P
        turn-away P: for currency_not_supported
            P is started: 100.00 asked, review: customer_refused#cus_1, review: email_refused#pay_0000000000000000000000000P, review: page_refused#currency_not_supported
        close P: customer_refused#cus_1
            P is started: 100.00 asked, review: email_refused#pay_0000000000000000000000000P, review: page_refused#currency_not_supported
        open P
            P is started: 100.00 asked, review: email_refused#pay_0000000000000000000000000P, review: page_refused#currency_not_supported
        turn-away P: customer cus_2
            refused: no_such_review at nothing in particular
        P: intent received 100.00
            P is settled: 100.00 asked, 100.00 received, review: email_refused#pay_0000000000000000000000000P, review: page_refused#currency_not_supported
            A is paid: 0.00 open
            ledger: A -100.00
            facts: payment.settled, invoice.paid
        close P: email_refused#pay_0000000000000000000000000P
            P is settled: 100.00 asked, 100.00 received, review: page_refused#currency_not_supported
    "#]]);
}
