//! Statements and ageing: nothing falls between two periods or two buckets.

use std::fmt::Write;

use expect_test::expect;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::books::{Books, add, invoice_id, money, payment_id};
use super::cases;
use crate::ledger::{Entry, EntryKind, Leg};
use crate::statement::{AGEING_EDGES_DAYS, AccountSums, Statement, statements};
use crate::{Balance, BillingZone, Currency};

const ZONES: [&str; 4] = ["Europe/Paris", "America/Toronto", "Pacific/Kiritimati", "Pacific/Honolulu"];
const TODAY: Date = date(2026, 3, 29);

fn due(days_ago: i64) -> Date {
    TODAY.saturating_sub(Span::new().days(days_ago))
}

/// The sums of an account with these open amounts, by how many days ago each was due.
fn owing(amounts: &[(i64, i64)]) -> AccountSums {
    let mut sums = AccountSums::default();
    for (days_ago, minor) in amounts {
        add(&mut sums.open, [(Currency::EUR, *minor)]);
        add(&mut sums.open_by_due, [((Currency::EUR, due(*days_ago)), *minor)]);
    }
    sums
}

#[test]
fn ageing_edges_are_inclusive_and_today_is_not_overdue() {
    let mut seen = String::new();
    for days_ago in [-400, -1, 0, 1, 30, 31, 60, 61, 90, 91, 120, 121, 4_000] {
        let standing = &owing(&[(days_ago, 100)]).standing(TODAY).unwrap()[0];
        let filled: Vec<String> = standing
            .ageing
            .iter()
            .filter(|bucket| !bucket.amount.is_zero())
            .map(|bucket| {
                let to = bucket.to_days.map_or("all older".to_owned(), |days| days.to_string());
                format!("{} to {to}", bucket.from_days)
            })
            .collect();
        let overdue = if standing.overdue.is_zero() { "" } else { ", overdue" };
        writeln!(seen, "due {days_ago} days ago: {}{overdue}", filled.join(" and ")).unwrap();
    }
    expect![[r#"
        due -400 days ago: 0 to 0
        due -1 days ago: 0 to 0
        due 0 days ago: 0 to 0
        due 1 days ago: 1 to 30, overdue
        due 30 days ago: 1 to 30, overdue
        due 31 days ago: 31 to 60, overdue
        due 60 days ago: 31 to 60, overdue
        due 61 days ago: 61 to 90, overdue
        due 90 days ago: 61 to 90, overdue
        due 91 days ago: 91 to 120, overdue
        due 120 days ago: 91 to 120, overdue
        due 121 days ago: 121 to all older, overdue
        due 4000 days ago: 121 to all older, overdue
    "#]]
    .assert_eq(&seen);
}

#[test]
fn an_account_stands_in_each_currency_by_itself() {
    let mut books = Books::new();
    books.issue("A", money("100.00"), due(10));
    books.issue("B", money("50.00"), due(0));
    books.issue("D", money("9.00 USD"), due(100));
    books.start("P", &[("A", money("100.00"))]).unwrap();
    let mut seen = String::new();
    for standing in books.sums.standing(TODAY).unwrap() {
        let ageing: Vec<String> = standing.ageing.iter().map(|bucket| bucket.amount.to_plain()).collect();
        let balance = books.sums.balance(standing.currency).unwrap();
        let (open, overdue) = (standing.open, standing.overdue);
        writeln!(seen, "{open:?} open, {overdue:?} overdue, balance {balance:?}: {}", ageing.join(" ")).unwrap();
    }
    expect![[r#"
        150.00 EUR open, 100.00 EUR overdue, balance 150.00 EUR: 50.00 100.00 0.00 0.00 0.00 0.00
        9.00 USD open, 9.00 USD overdue, balance 9.00 USD: 0.00 0.00 0.00 0.00 9.00 0.00
    "#]]
    .assert_eq(&seen);
}

/// A minute within about two months, and what moved in it: the last place is unapplied cash.
fn movement() -> impl Strategy<Value = (i64, usize, i64)> {
    (0..=86_400_i64, 0..=3_usize, -5_000..=5_000_i64)
}

/// Entries of these movements, oldest first, and the sums that they leave.
fn ledger(mut movements: Vec<(i64, usize, i64)>) -> (Vec<Entry>, AccountSums) {
    movements.sort_unstable();
    let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let mut sums = AccountSums::default();
    add(&mut sums.open, [(Currency::EUR, 0)]);
    let entries = movements.into_iter().zip(1..).map(|((minute, place, minor), sequence)| {
        let change = Balance::new(minor, Currency::EUR).unwrap();
        let leg = if place == 3 {
            add(&mut sums.unapplied, [(Currency::EUR, -minor)]);
            Leg::Unapplied { change }
        } else {
            add(&mut sums.open, [(Currency::EUR, minor)]);
            let name = ["A", "B", "D"][place];
            Leg::Invoice { invoice: invoice_id(name), number: name.parse().unwrap(), due_on: TODAY, change }
        };
        Entry {
            source: payment_id("P").to_string(),
            sequence,
            posted_at: start + SignedDuration::from_mins(minute),
            kind: EntryKind::PaymentApplied(payment_id("P")),
            currency: Currency::EUR,
            legs: vec![leg],
        }
    });
    (entries.collect(), sums)
}

fn statement(sums: &AccountSums, entries: &[Entry], from: Date, to: Date, zone: &BillingZone) -> Statement {
    statements(sums, entries, from, to, zone).unwrap().remove(0)
}

fn day(number: i64) -> Date {
    date(2026, 2, 25).saturating_add(Span::new().days(number))
}

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_buckets_are_all_that_is_open(amounts in prop::collection::vec((-60..=400_i64, 0..=100_000_i64), 0..=12)) {
        let sums = owing(&amounts);
        for standing in sums.standing(TODAY).unwrap() {
            prop_assert_eq!(standing.ageing.len(), AGEING_EDGES_DAYS.len() + 1);
            let buckets: i64 = standing.ageing.iter().map(|bucket| bucket.amount.minor()).sum();
            prop_assert_eq!(buckets, standing.open.minor());
            let overdue: i64 = amounts.iter().filter(|(days_ago, _)| *days_ago > 0).map(|(_, minor)| minor).sum();
            prop_assert_eq!(standing.overdue.minor(), overdue);
        }
    }

    #[test]
    fn a_statement_runs_from_its_opening_to_its_closing_balance(
        movements in prop::collection::vec(movement(), 0..=20),
        (from, days) in (0..=70_i64, 0..=40_i64),
        zone in select(ZONES.to_vec()),
    ) {
        let zone = BillingZone::named(zone).unwrap();
        let (entries, sums) = ledger(movements);
        let (from, to) = (day(from), day(from + days));
        let whole = statement(&sums, &entries, from, to, &zone);
        let mut balance = whole.opening;
        for line in &whole.lines {
            balance = balance.checked_add(line.change).unwrap();
            prop_assert_eq!(line.balance, balance);
            let parts: i64 = line.invoices.iter().map(|(_, change)| change.minor()).sum();
            prop_assert_eq!(line.change.minor(), parts + line.unapplied.minor());
            prop_assert!((from..=to).contains(&line.on));
        }
        prop_assert_eq!(whole.closing, balance);
        // Only the entries since its first day are needed.
        let since: Vec<Entry> = entries.iter().filter(|entry| zone.date_at(entry.posted_at) >= from).cloned().collect();
        prop_assert_eq!(&whole, &statement(&sums, &since, from, to, &zone));
        // From nothing up to all.
        let all = statement(&sums, &entries, Date::MIN, Date::MAX, &zone);
        prop_assert!(all.opening.is_zero());
        prop_assert_eq!(all.lines.len(), entries.len());
        prop_assert_eq!(all.closing, sums.balance(Currency::EUR).unwrap());
    }

    #[test]
    fn the_next_period_opens_as_the_last_one_closed(
        movements in prop::collection::vec(movement(), 0..=20),
        (from, first, second) in (0..=70_i64, 0..=20_i64, 1..=20_i64),
        zone in select(ZONES.to_vec()),
    ) {
        let zone = BillingZone::named(zone).unwrap();
        let (entries, sums) = ledger(movements);
        let (from, middle, to) = (day(from), day(from + first), day(from + first + second));
        let one = statement(&sums, &entries, from, middle, &zone);
        let next = statement(&sums, &entries, middle.tomorrow().unwrap(), to, &zone);
        let both = statement(&sums, &entries, from, to, &zone);
        prop_assert_eq!(one.closing, next.opening);
        prop_assert_eq!((one.opening, next.closing), (both.opening, both.closing));
        prop_assert_eq!([one.lines, next.lines].concat(), both.lines);
    }
}
