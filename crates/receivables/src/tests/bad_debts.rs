//! Bad debts: what a customer will not or cannot pay, written off whole or in part, and recovered.

use expect_test::expect;

use super::story::check;

#[test]
fn a_bad_debt_is_written_off_whole_or_in_part_and_recovered_as_far_as_money_comes() {
    check(&expect![[r#"
        invoice A 500.00 due 2026-03-01
            A is open: 500.00 open
            ledger: A 500.00
            facts: invoice.issued
        invoice B 0.30 due 2026-03-01
            B is open: 0.30 open
            ledger: B 0.30
            facts: invoice.issued
        bad-debt A 0.00
            refused: more_than_open at amount
        bad-debt A 500.01
            refused: more_than_open at amount
        write-off A
            refused: more_than_tolerated at nothing in particular
        bad-debt A 120.00
            A is open: 380.00 open, 120.00 written off, 120.00 bad debt
            ledger: A -120.00
            facts: invoice.written_off
        bad-debt A
            A is written_off: 0.00 open, 500.00 written off, 500.00 bad debt
            ledger: A -380.00
            facts: invoice.written_off
        bad-debt A
            refused: already_paid at nothing in particular
        take-back A 380.01
            A is open: 380.01 open, 119.99 written off, 119.99 bad debt
            ledger: A 380.01
            facts: invoice.write_off_reversed
        take-back A 500.01
            refused: more_than_written_off at amount
        take-back A 0.00
            refused: more_than_written_off at amount
        take-back A 80.00
            A is open: 460.01 open, 39.99 written off, 39.99 bad debt
            ledger: A 80.00
            facts: invoice.write_off_reversed
        pay P: A 80.00
            P is started: 80.00 asked
            A is open: 460.01 open, 39.99 written off, 39.99 bad debt, checkout of P
            facts: payment.started
        P: intent received 80.00
            P is settled: 80.00 asked, 80.00 received
            A is partly_paid: 380.01 open, 39.99 written off, 39.99 bad debt
            ledger: A -80.00
            facts: payment.settled, invoice.partly_paid
        take-back A
            A is partly_paid: 420.00 open
            ledger: A 39.99
            facts: invoice.write_off_reversed
        write-off B
            B is paid: 0.00 open, 0.30 written off
            ledger: B -0.30
            facts: invoice.written_off
        take-back B
            B is open: 0.30 open
            ledger: B 0.30
            facts: invoice.write_off_reversed
        bad-debt B
            B is written_off: 0.00 open, 0.30 written off, 0.30 bad debt
            ledger: B -0.30
            facts: invoice.written_off
    "#]]);
}

#[test]
fn of_both_kinds_the_bad_debt_is_taken_back_first_and_the_tolerance_counts_rests_alone() {
    check(&expect![[r#"
        invoice A 60.00 due 2026-03-01 10.00, 2026-04-01 50.00
            A is open: 60.00 open
            ledger: A of 2026-03-01 10.00, A of 2026-04-01 50.00
            facts: invoice.issued
        bad-debt A 59.60
            A is open: 0.40 open, 59.60 written off, 59.60 bad debt
            ledger: A of 2026-03-01 -10.00, A of 2026-04-01 -49.60
            facts: invoice.written_off
        write-off A
            A is written_off: 0.00 open, 60.00 written off, 59.60 bad debt
            ledger: A of 2026-04-01 -0.40
            facts: invoice.written_off
        take-back A 59.80
            A is open: 59.80 open, 0.20 written off
            ledger: A of 2026-03-01 9.60, A of 2026-04-01 50.00, A of 2026-03-01 0.20
            facts: invoice.write_off_reversed
        write-off A
            refused: more_than_tolerated at nothing in particular
        bad-debt A 59.70
            A is open: 0.10 open, 59.90 written off, 59.70 bad debt
            ledger: A of 2026-03-01 -9.80, A of 2026-04-01 -49.90
            facts: invoice.written_off
        write-off A
            A is written_off: 0.00 open, 60.00 written off, 59.70 bad debt
            ledger: A of 2026-04-01 -0.10
            facts: invoice.written_off
        take-back A
            A is open: 60.00 open
            ledger: A of 2026-03-01 9.70, A of 2026-04-01 50.00, A of 2026-03-01 0.30
            facts: invoice.write_off_reversed
    "#]]);
}

#[test]
fn nobody_is_just_paying_what_is_written_off_and_money_that_comes_all_the_same_is_kept() {
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
        bad-debt A
            refused: checkout_open at nothing in particular
        P: intent processing ch1
            P is processing: 100.00 asked
            A is processing: 100.00 open, 100.00 pending, 0.00 payable
            facts: payment.processing
        bad-debt A
            refused: payment_on_its_way at nothing in particular
        P: intent received 40.00
            P is settled: 100.00 asked, 40.00 received
            A is partly_paid: 60.00 open
            ledger: A -40.00
            facts: payment.settled, invoice.partly_paid
        bad-debt A
            A is written_off: 0.00 open, 60.00 written off, 60.00 bad debt
            ledger: A -60.00
            facts: invoice.written_off
        P: intent received 100.00
            decided again, another came first
            P is settled: 100.00 asked, 100.00 received, 60.00 unapplied, unfinished
            ledger: unapplied -60.00
            then
            P is settled: 100.00 asked, 100.00 received, 60.00 unapplied
            facts: payment.unapplied
        take-back A 60.00
            A is partly_paid: 60.00 open
            ledger: A 60.00
            facts: invoice.write_off_reversed
    "#]]);
}
