//! Statements and ageing: nothing falls between two periods or two buckets.

use std::fmt::Write;

use expect_test::expect;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Span, Timestamp};
use proptest::prelude::*;
use proptest::sample::select;

use super::books::{Books, add, invoice_id, issue, money, payment_id};
use super::cases;
use crate::ledger::{Contra, Entry, EntryKind, Leg, LegAccount};
use crate::statement::{
    AccountSums, AgeingEdges, BalanceForward, OpenItem, Period, QueryFault, QueryTexts, Statement, StatementBody,
    StatementCursor, StatementData, StatementKind, StatementQuery, StatementView, statement_view,
};
use crate::{Balance, BillingZone, Currency, InvoiceHead, Money};

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
        let standing = &owing(&[(days_ago, 100)]).standing(TODAY, &AgeingEdges::default()).unwrap()[0];
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
    for standing in books.sums.standing(TODAY, &AgeingEdges::default()).unwrap() {
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

/// Something that happens: the minute within about two months in which it is recorded, a place, what moves, and how many days earlier it
/// is dated. The places are three invoices, unapplied cash, and what is moved from unapplied cash to the first invoice. The least that
/// can be open or unapplied is nothing, and only what adds is dated earlier.
type Movement = (i64, usize, i64, i64);

fn movement() -> impl Strategy<Value = Movement> {
    (0..=86_400_i64, 0..=4_usize, -5_000..=5_000_i64, prop_oneof![Just(0_i64), 0..=40_i64])
}

const NAMES: [&str; 3] = ["A", "B", "D"];

/// The days on which the invoices are due.
fn due_of(place: usize) -> Date {
    [date(2026, 3, 5), date(2026, 3, 29), date(2026, 4, 20)][place]
}

/// An account as the tables would hold it.
struct Ledger {
    /// In the order of their days.
    entries: Vec<Entry>,
}

impl Ledger {
    /// The ledger that these movements write.
    fn of(mut movements: Vec<Movement>, zone: &str) -> Self {
        movements.sort_unstable();
        let zone = BillingZone::named(zone).unwrap();
        let start: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        let mut open = [0_i64; 4];
        let entries = movements.into_iter().zip(1..).map(|((minute, place, minor, earlier), version)| {
            let minor = if place == 4 { -minor.abs().min(open[0]).min(open[3]) } else { minor.max(-open[place]) };
            let moved: &[usize] = if place == 4 { &[0, 3] } else { &[place] };
            let legs = moved.iter().map(|place| {
                open[*place] += minor;
                let change = |minor| Balance::new(minor, Currency::EUR).unwrap();
                let invoice = NAMES.get(*place).map(|name| LegAccount::Invoice {
                    invoice: invoice_id(name),
                    number: name.parse().unwrap(),
                    due_on: due_of(*place),
                });
                let change = change(if invoice.is_some() { minor } else { -minor });
                Leg { account: invoice.unwrap_or(LegAccount::Unapplied), change, contra: Contra::Cash }
            });
            let (legs, payment) = (legs.collect(), payment_id("P"));
            let recorded_at = start + SignedDuration::from_mins(minute);
            let earlier = if minor > 0 { earlier } else { 0 };
            Entry {
                source: payment_id("P").to_string(),
                version,
                place: 0,
                dated_on: zone.date_at(recorded_at).saturating_sub(Span::new().days(earlier)),
                recorded_at,
                kind: if place == 4 { EntryKind::CashMoved(payment) } else { EntryKind::PaymentApplied(payment) },
                currency: Currency::EUR,
                legs,
            }
        });
        let mut entries: Vec<Entry> = entries.collect();
        entries.sort_by_key(Entry::key);
        Self { entries }
    }

    /// The account as it was at the end of a day.
    fn at_the_end_of(&self, day: Date) -> Self {
        let entries = self.entries.iter().filter(|entry| entry.dated_on <= day).cloned();
        Self { entries: entries.collect() }
    }

    fn sums(&self) -> AccountSums {
        let mut sums = AccountSums::default();
        add(&mut sums.open, [(Currency::EUR, 0)]);
        for Leg { account, change, .. } in self.entries.iter().flat_map(|entry| &entry.legs) {
            match account {
                LegAccount::Invoice { due_on, .. } => {
                    add(&mut sums.open, [(Currency::EUR, change.minor())]);
                    add(&mut sums.open_by_due, [((Currency::EUR, *due_on), change.minor())]);
                }
                LegAccount::Unapplied => add(&mut sums.unapplied, [(Currency::EUR, -change.minor())]),
                LegAccount::Contra(_) => {}
            }
        }
        sums
    }

    /// The invoices that are open, by due date.
    fn open(&self) -> Vec<InvoiceHead> {
        let sums = self.sums();
        let open = (0..NAMES.len()).filter_map(|place| {
            let minor = sums.open_by_due.get(&(Currency::EUR, due_of(place))).copied().unwrap_or(0);
            let gross = Money::new(minor, Currency::EUR).unwrap();
            (minor > 0).then(|| issue(NAMES[place], gross, due_of(place)).0)
        });
        open.collect()
    }

    /// What the tables give for a page.
    fn read(&self, ask: &StatementQuery) -> StatementData {
        let (since, until) = (ask.period.from, ask.until());
        let is_later = |entry: &&Entry| match &ask.place {
            Some(StatementCursor::Line(key)) => entry.key() > *key,
            Some(StatementCursor::Item(..)) | None => until.is_some_and(|until| entry.dated_on >= until),
        };
        let take = ask.lines.map_or(usize::MAX, |lines| lines + 1);
        let shown = self.entries.iter().rev().filter(|entry| !is_later(entry) && entry.dated_on >= since);
        let in_place = |invoice: &InvoiceHead| match &ask.place {
            Some(StatementCursor::Item(currency, due_on, id)) => {
                (invoice.currency(), invoice.due_on(), &invoice.id) >= (*currency, *due_on, id)
            }
            Some(StatementCursor::Line(_)) | None => true,
        };
        let of_kind = |kind, most| if ask.kind == kind { most } else { 0 };
        StatementData {
            sums: self.sums(),
            entries: shown.take(of_kind(StatementKind::BalanceForward, take)).cloned().collect(),
            later: self.entries.iter().filter(is_later).cloned().collect(),
            open: if ask.is_of_today() {
                self.open().into_iter().filter(in_place).take(of_kind(StatementKind::OpenItem, take)).collect()
            } else {
                self.open().into_iter().take(of_kind(StatementKind::OpenItem, usize::MAX)).collect()
            },
        }
    }

    fn view(&self, ask: &StatementQuery) -> StatementView {
        statement_view(ask, &self.read(ask)).unwrap()
    }
}

fn ask(kind: StatementKind, (from, to): (Date, Date), as_of: Date, today: Date) -> StatementQuery {
    StatementQuery { period: Period::new(from, to).unwrap(), as_of, kind, ..StatementQuery::usual(today).whole() }
}

/// The one statement of a view.
fn only(view: StatementView) -> Statement {
    assert_eq!(view.statements.len(), 1);
    view.statements.into_iter().next().unwrap()
}

fn told(view: StatementView) -> BalanceForward {
    match only(view).body {
        StatementBody::BalanceForward(told) => told,
        StatementBody::OpenItem(_) => panic!("open items were not asked for"),
    }
}

fn items(view: StatementView) -> Vec<OpenItem> {
    match only(view).body {
        StatementBody::OpenItem(items) => items,
        StatementBody::BalanceForward(_) => panic!("what happened was not asked for"),
    }
}

fn day(number: i64) -> Date {
    date(2026, 2, 25).saturating_add(Span::new().days(number))
}

/// A day after everything that happens.
const AFTER: Date = date(2026, 7, 1);

proptest! {
    #![proptest_config(cases(128))]

    #[test]
    fn the_buckets_are_all_that_is_open(
        amounts in prop::collection::vec((-60..=400_i64, 0..=100_000_i64), 0..=12),
        further in prop::collection::btree_set(1..=400_u32, 0..=7),
    ) {
        let sums = owing(&amounts);
        let days: Vec<u32> = std::iter::once(0).chain(further).collect();
        for standing in sums.standing(TODAY, &AgeingEdges::new(&days).unwrap()).unwrap() {
            prop_assert_eq!(standing.ageing.len(), days.len() + 1);
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
        let ledger = Ledger::of(movements, zone);
        let (from, to) = (day(from), day(from + days));
        let whole = told(ledger.view(&ask(StatementKind::BalanceForward, (from, to), to, AFTER)));
        let mut balance = whole.opening;
        for line in &whole.lines {
            balance = balance.checked_add(line.change).unwrap();
            prop_assert_eq!(line.balance, balance);
            let parts: i64 = line.invoices.iter().map(|part| part.change.minor()).sum();
            prop_assert_eq!(line.change.minor(), parts + line.unapplied.minor());
            prop_assert!((from..=to).contains(&line.on));
            let moved = matches!(line.kind, EntryKind::CashMoved(_));
            prop_assert!(!moved || line.change.is_zero(), "what only moved changes nothing");
        }
        prop_assert_eq!(whole.closing, balance);
        // From nothing up to all.
        let all = told(ledger.view(&ask(StatementKind::BalanceForward, (date(2020, 1, 1), AFTER), AFTER, AFTER)));
        prop_assert!(all.opening.is_zero());
        prop_assert_eq!(all.lines.len(), ledger.entries.len());
        prop_assert_eq!(all.closing, ledger.sums().balance(Currency::EUR).unwrap());
    }

    #[test]
    fn the_next_period_opens_as_the_last_one_closed(
        movements in prop::collection::vec(movement(), 0..=20),
        (from, first, second) in (0..=70_i64, 0..=20_i64, 1..=20_i64),
        zone in select(ZONES.to_vec()),
    ) {
        let ledger = Ledger::of(movements, zone);
        let (from, middle, to) = (day(from), day(from + first), day(from + first + second));
        let over = |from, to| told(ledger.view(&ask(StatementKind::BalanceForward, (from, to), to, AFTER)));
        let (one, next, both) = (over(from, middle), over(middle.tomorrow().unwrap(), to), over(from, to));
        prop_assert_eq!(one.closing, next.opening);
        prop_assert_eq!((one.opening, next.closing), (both.opening, both.closing));
        prop_assert_eq!([one.lines, next.lines].concat(), both.lines);
    }

    #[test]
    fn as_of_a_day_the_account_stands_as_was_said_on_that_day(
        movements in prop::collection::vec(movement(), 0..=20),
        (from, days) in (0..=70_i64, 0..=40_i64),
        zone in select(ZONES.to_vec()),
    ) {
        let ledger = Ledger::of(movements, zone);
        let (from, to) = (day(from), day(from + days));
        let then = ledger.at_the_end_of(to);
        for kind in StatementKind::ALL {
            let now = only(ledger.view(&ask(kind, (from, to), to, AFTER)));
            let said = only(then.view(&ask(kind, (from, to), to, to)));
            prop_assert_eq!(now.balance, said.balance);
            prop_assert_eq!(&now.standing, &said.standing);
            match (now.body, said.body) {
                (StatementBody::OpenItem(now), StatementBody::OpenItem(said)) => {
                    let unknown = |item: OpenItem| OpenItem {
                        pending: None,
                        disputed: None,
                        charged_back: None,
                        written_off: None,
                        ..item
                    };
                    prop_assert_eq!(now, said.into_iter().map(unknown).collect::<Vec<_>>());
                }
                (now, said) => prop_assert_eq!(now, said),
            }
        }
    }

    #[test]
    fn buckets_less_unapplied_are_the_closing_balance_and_items_are_the_buckets(
        movements in prop::collection::vec(movement(), 0..=20),
        (from, days) in (0..=70_i64, 0..=40_i64),
        zone in select(ZONES.to_vec()),
    ) {
        let ledger = Ledger::of(movements, zone);
        let (from, to) = (day(from), day(from + days));
        let statement = only(ledger.view(&ask(StatementKind::BalanceForward, (from, to), to, AFTER)));
        let buckets: i64 = statement.standing.ageing.iter().map(|bucket| bucket.amount.minor()).sum();
        prop_assert_eq!(buckets - statement.standing.unapplied.minor(), statement.balance.minor());
        let StatementBody::BalanceForward(told) = statement.body else { panic!("not what was asked for") };
        prop_assert_eq!(told.closing, statement.balance);
        let open = items(ledger.view(&ask(StatementKind::OpenItem, (from, to), to, AFTER)));
        prop_assert_eq!(open.iter().map(|item| item.open.minor()).sum::<i64>(), buckets);
        let overdue: i64 = open.iter().filter(|item| item.days_overdue > 0).map(|item| item.open.minor()).sum();
        prop_assert_eq!(overdue, statement.standing.overdue.minor());
    }

    #[test]
    fn pages_are_the_whole_in_parts(
        movements in prop::collection::vec(movement(), 0..=20),
        (from, days, lines) in (0..=70_i64, 0..=40_i64, 1..=4_usize),
        of_today in any::<bool>(),
        zone in select(ZONES.to_vec()),
    ) {
        let ledger = Ledger::of(movements, zone);
        let to = if of_today { AFTER } else { day(from + days) };
        for kind in StatementKind::ALL {
            let asked = ask(kind, (day(from), to), to, AFTER);
            let mut page = StatementQuery { lines: Some(lines), ..asked.clone() };
            let (mut pages, mut standing) = (Vec::new(), Vec::new());
            loop {
                let view = ledger.view(&page);
                let next = view.next.clone();
                let statement = only(view);
                standing.push((statement.balance, statement.standing));
                pages.push(statement.body);
                let Some(next) = next else { break };
                let read = StatementCursor::read(kind, &next.to_string());
                prop_assert_eq!(read.as_ref(), Ok(&next));
                page.place = Some(next);
                prop_assert!(pages.len() <= 25, "the pages do not end");
            }
            let whole = only(ledger.view(&asked));
            prop_assert!(standing.iter().all(|one| *one == (whole.balance, whole.standing.clone())));
            match whole.body {
                StatementBody::OpenItem(whole) => {
                    let parts = pages.into_iter().flat_map(|page| match page {
                        StatementBody::OpenItem(items) => items,
                        StatementBody::BalanceForward(_) => panic!("not what was asked for"),
                    });
                    prop_assert_eq!(parts.collect::<Vec<_>>(), whole);
                }
                StatementBody::BalanceForward(whole) => {
                    let mut lines = Vec::new();
                    let mut closing = whole.closing;
                    let last = pages.len() - 1;
                    for (place, page) in pages.into_iter().enumerate() {
                        let StatementBody::BalanceForward(page) = page else { panic!("not what was asked for") };
                        prop_assert_eq!(page.closing, closing);
                        prop_assert_eq!(page.brought_forward, place < last);
                        closing = page.opening;
                        lines = [page.lines, lines].concat();
                    }
                    prop_assert_eq!((lines, closing), (whole.lines, whole.opening));
                }
            }
        }
    }
}

fn read(texts: QueryTexts<'_>) -> Result<StatementQuery, Vec<QueryFault>> {
    StatementQuery::read(&texts, TODAY)
}

#[test]
fn a_statement_is_asked_for_by_two_days_and_one_more() {
    let none = QueryTexts::default();
    let usual = read(none).unwrap();
    assert_eq!(usual, StatementQuery::usual(TODAY));
    assert_eq!((usual.period.from, usual.period.to), (date(2025, 12, 1), TODAY));
    assert_eq!(read(QueryTexts { from: Some(""), to: Some(""), as_of: Some(""), kind: Some(""), ..none }), Ok(usual));
    let past = read(QueryTexts { to: Some("2020-01-31"), ..none }).unwrap();
    assert_eq!(
        (past.period.from, past.as_of),
        (date(2019, 10, 1), date(2020, 1, 31)),
        "the account stands as at its end"
    );
    let past = read(QueryTexts { as_of: Some("2020-01-31"), kind: Some("open_item"), ..none }).unwrap();
    assert_eq!((past.period.to, past.last_day()), (date(2020, 1, 31), date(2020, 1, 31)));
    let texts = QueryTexts { from: Some("2026-02-02"), to: Some("2026-03-01"), as_of: Some("2026-02-01"), ..none };
    assert_eq!(read(texts), Err(vec![QueryFault::AsOfBeforeFrom]));
    assert!(read(QueryTexts { kind: Some("open_item"), ..texts }).is_ok(), "open items have no period");
    let ahead = read(QueryTexts { to: Some("2026-12-31"), ..none }).unwrap();
    assert_eq!(ahead.as_of, TODAY, "nobody knows how it will stand");
    assert!(Period::new(date(2016, 1, 1), date(2026, 1, 1)).is_ok());
}

#[test]
fn what_is_wrong_with_what_is_asked_is_told_by_field() {
    let none = QueryTexts::default();
    let told = |texts| {
        let faults = read(texts).expect_err("it was taken").into_iter();
        faults.map(|fault| format!("{}: {fault}", fault.field())).collect::<Vec<_>>().join("; ")
    };
    let mut seen = String::new();
    for texts in [
        QueryTexts { from: Some("2026-03-02"), to: Some("2026-03-01"), ..none },
        QueryTexts { from: Some("yesterday"), to: Some("20260301"), as_of: Some("2026-02-30"), ..none },
        QueryTexts { from: Some("0001-01-01"), ..none },
        QueryTexts { from: Some("2026-02-02"), as_of: Some("2026-02-01"), ..none },
        QueryTexts { as_of: Some("2026-03-30"), kind: Some("ledger"), ..none },
        QueryTexts { edges: Some("30,60"), ..none },
        QueryTexts { edges: Some("0,30,30"), ..none },
        QueryTexts { edges: Some("0,1,2,3,4,5,6,7,8"), ..none },
        QueryTexts { edges: Some("0,+30"), place: Some("2026-03-01~x"), ..none },
        QueryTexts {
            kind: Some("open_item"),
            place: Some("2026-03-01~2026-03-01T00:00:00.000Z~pay_1.000001.0"),
            ..none
        },
    ] {
        writeln!(seen, "{}", told(texts)).unwrap();
    }
    expect![[r#"
        from: expected a day on or before to
        from: expected a date of the form YYYY-MM-DD; to: expected a date of the form YYYY-MM-DD; as_of: expected a date of the form YYYY-MM-DD
        from: expected a day at most ten years before to
        from: expected a day on or before to
        kind: expected balance_forward or open_item; as_of: expected today or a day before it
        edges: expected 1 to 8 rising whole numbers of days to 3660 with commas between, the first 0, such as 0,30,60,90,120
        edges: expected 1 to 8 rising whole numbers of days to 3660 with commas between, the first 0, such as 0,30,60,90,120
        edges: expected 1 to 8 rising whole numbers of days to 3660 with commas between, the first 0, such as 0,30,60,90,120
        edges: expected 1 to 8 rising whole numbers of days to 3660 with commas between, the first 0, such as 0,30,60,90,120; cursor: expected the place where a page of this very statement ended
        cursor: expected the place where a page of this very statement ended
    "#]]
    .assert_eq(&seen);
}

#[test]
fn edges_are_those_that_were_asked_for() {
    let edges: AgeingEdges = "0,7,14".parse().unwrap();
    let standing = &owing(&[(0, 1), (7, 10), (8, 100), (14, 1_000), (15, 10_000)]).standing(TODAY, &edges).unwrap()[0];
    let ageing: Vec<String> = standing
        .ageing
        .iter()
        .map(|bucket| format!("{}-{:?} {}", bucket.from_days, bucket.to_days, bucket.amount.minor()))
        .collect();
    assert_eq!(ageing, ["0-Some(0) 1", "1-Some(7) 10", "8-Some(14) 1100", "15-None 10000"]);
}
