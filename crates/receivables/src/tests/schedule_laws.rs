//! Schedules: an invoice that is due on several days, covered and uncovered in any order, day by day the same as its ledger.

use expect_test::expect;
use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::select;

use super::books::{Books, invoice_id, money};
use super::cases;
use super::story::{check, report};
use crate::invoice::{Due, Schedule};
use crate::{Currency, Money, payment};

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR).unwrap()
}

#[test]
fn what_covers_an_invoice_covers_its_first_day_first() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01 40.00, 2026-04-01 35.00, 2026-05-01 25.00
            A is open: 100.00 open
            ledger: A of 2026-03-01 40.00, A of 2026-04-01 35.00, A of 2026-05-01 25.00
            facts: invoice.issued
        pay P: A 50.00
            P is started: 50.00 asked
            A is open: 100.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 50.00 asked
        P: checkout completed paid 50.00
            P is settled: 50.00 asked, 50.00 received
            A is partly_paid: 50.00 open
            ledger: A of 2026-03-01 -40.00, A of 2026-04-01 -10.00
            facts: payment.settled, invoice.partly_paid
        credit N 49.60: A 49.60
            N has 0.00 unapplied
            A is partly_paid: 0.40 open
            ledger: A of 2026-04-01 -25.00, A of 2026-05-01 -24.60
            facts: credit_note.issued, invoice.partly_paid
        write-off A
            A is paid: 0.00 open, 0.40 written off
            ledger: A of 2026-05-01 -0.40
            facts: invoice.written_off
        take-back A
            A is partly_paid: 0.40 open
            ledger: A of 2026-05-01 0.40
            facts: invoice.write_off_reversed
        refund P: R 20.00
            P is settled: 50.00 asked, 50.00 received
        P: refund 20.00 done for R
            P is settled: 50.00 asked, 50.00 received, 20.00 refunded
            A is partly_paid: 20.40 open
            ledger: A of 2026-05-01 20.00
            facts: payment.refunded, invoice.reopened
    "#]]);
}

#[test]
fn money_that_finds_its_invoices_goes_to_what_is_due_first() {
    check(&expect![[r#"
        invoice A 100.00 due 2026-03-01 40.00, 2026-12-01 60.00
            A is open: 100.00 open
            ledger: A of 2026-03-01 40.00, A of 2026-12-01 60.00
            facts: invoice.issued
        invoice B 70.00 due 2026-04-01
            B is open: 70.00 open
            ledger: B 70.00
            facts: invoice.issued
        invoice D 10.00 due 2026-05-01
            D is open: 10.00 open
            ledger: D 10.00
            facts: invoice.issued
        pay P: D 10.00
            P is started: 10.00 asked
            D is open: 10.00 open, checkout of P
            facts: payment.started
        open P
            P is started: 10.00 asked
        P: checkout completed paid 95.00
            P is settled: 10.00 asked, 95.00 received, 85.00 unapplied, unfinished
            D is paid: 0.00 open
            ledger: D -10.00, unapplied -85.00
            facts: invoice.paid
            then
            P is settled: 10.00 asked, 95.00 received
            A is partly_paid: 60.00 open
            B is partly_paid: 25.00 open
            ledger: A of 2026-03-01 -40.00, B -45.00, unapplied 85.00
            facts: payment.settled, invoice.partly_paid, invoice.partly_paid
        pay Q: A 10.00
            Q is started: 10.00 asked
            A is partly_paid: 60.00 open, checkout of Q
            facts: payment.started
        open Q
            Q is started: 10.00 asked
        Q: checkout completed paid 75.00
            Q is settled: 10.00 asked, 75.00 received, 65.00 unapplied, unfinished
            A is partly_paid: 50.00 open
            ledger: A of 2026-12-01 -10.00, unapplied -65.00
            facts: invoice.partly_paid
            then
            Q is settled: 10.00 asked, 75.00 received
            A is partly_paid: 10.00 open
            B is paid: 0.00 open
            ledger: A of 2026-12-01 -40.00, B -25.00, unapplied 65.00
            facts: payment.settled, invoice.partly_paid, invoice.paid
    "#]]);
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn what_is_open_by_day_is_what_the_days_demand_less_what_is_covered(
        amounts in prop::collection::vec(1_i64..1_000, 1..60),
        covered in 0_i64..70_000,
    ) {
        let total = eur(amounts.iter().sum());
        let day = |place: usize| date(2026, 1, 1).saturating_add(jiff::Span::new().weeks(i64::try_from(place).unwrap()));
        let days: Vec<Due> =
            amounts.iter().enumerate().map(|(place, minor)| Due { on: day(place), amount: eur(*minor) }).collect();
        let schedule = Schedule::new(&days, total).unwrap();
        prop_assert_eq!(Schedule::of_days(&days), Some(schedule.clone()));
        let open = schedule.open(eur(covered));
        prop_assert_eq!(open.total(Currency::EUR), total.less(eur(covered)));
        let open_days: Vec<Due> = open.days().to_vec();
        // Only the first of the open days may be covered in part, and none after it is covered.
        for (place, due) in open_days.iter().enumerate() {
            let demanded = days[days.len() - open_days.len() + place];
            prop_assert_eq!(demanded.on, due.on);
            prop_assert!(due.amount == demanded.amount || place == 0 && due.amount.minor() < demanded.amount.minor());
        }
        // To cover in two parts is to cover at once.
        let half = eur(covered / 2);
        prop_assert_eq!(schedule.open(half).less(eur(covered - covered / 2)), open);
    }

    /// `Books` proves after each commit that legs, sums and places are those of the days.
    #[test]
    fn covered_and_uncovered_in_any_order_the_books_agree_day_by_day(
        steps in prop::collection::vec((select(vec!["credit", "unapply", "write off", "take back"]), 1_i64..4_000), 1..12),
    ) {
        let mut books = Books::new();
        let days = [(1, 2_500), (2, 5_000), (3, 2_500)];
        let days = days.map(|(month, minor)| Due { on: date(2026, month + 2, 1), amount: eur(minor) });
        books.issue_due("A", &days);
        books.issue("B", money("30.00"), date(2026, 4, 1));
        for (place, (step, minor)) in steps.into_iter().enumerate() {
            let note = format!("N{place}");
            match step {
                "credit" => {
                    let part = eur(minor).min(books.invoices[&invoice_id("A")].balance.open());
                    if !part.is_zero() {
                        books.credit(&note, eur(minor), &[("A", part)]).unwrap();
                    }
                }
                "unapply" => books.unapply_some_credit("A", minor),
                other => drop(books.write_off(if other == "write off" { "write-off" } else { "take-back" }, "A")),
            }
        }
    }
}

#[test]
fn one_step_moves_no_more_days_than_the_sums_take() {
    let mut books = Books::new();
    let days: Vec<Due> = (0..60)
        .map(|place| Due { on: date(2026, 3, 1).saturating_add(jiff::Span::new().weeks(place)), amount: eur(100) })
        .collect();
    let names = ["A", "B", "D", "E", "F", "G"];
    for name in names {
        books.issue_due(name, &days);
    }
    let parts: Vec<(&str, Money)> = names.iter().map(|name| (*name, money("60.00"))).collect();
    books.start("P", &parts).unwrap();
    let decided = books.hear("P", &[report("P", "intent received 360.00")]).unwrap();
    let mut most = decided.decision.entries.iter().map(|entry| entry.legs.len()).sum::<usize>();
    for step in books.finish("P") {
        most = most.max(step.entries.iter().map(|entry| entry.legs.len()).sum());
    }
    assert!(most <= crate::allocation::DUE_DAYS_PER_STEP && most > 200, "{most} days in one step");
    assert!(books.invoices.values().all(|invoice| invoice.balance.open().is_zero()));
    assert_eq!(payment::remainder(&books.fresh("P")), money("0.00"));
}
