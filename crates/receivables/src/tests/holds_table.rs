//! Holds: what they cut of an open amount, and what that leaves to be paid, charged and asked for.

use std::fmt::Write;

use expect_test::expect;
use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::books::{money, now};
use super::cases;
use crate::Money;
use crate::invoice::{Due, Hold, HoldKind, HolderId, Holds, OpenDays, SpokenFor};

const KINDS: [&str; 9] = ["page", "pending", "dispute", "refund", "schedule", "plan", "promise", "business", "novelty"];

/// `promise 40.00, business 10.00 until 2026-02-01T00:00:00Z`.
fn holds(words: &str) -> Holds {
    let hold = |(place, words): (usize, &str)| {
        let (what, until) = words.split_once(" until ").map_or((words, None), |(what, until)| (what, Some(until)));
        let (kind, amount) = what.split_once(' ').unwrap();
        let until = until.map(|until| until.parse().unwrap());
        let hold = Hold { kind: HoldKind::of_word(kind), amount: money(amount), until };
        (HolderId::of_text(format!("holder_{place}")), hold)
    };
    Holds(words.split(", ").filter(|words| !words.is_empty()).enumerate().map(hold).collect())
}

/// 100.00 open: 60.00 due a month ago, 40.00 due in a month.
fn open() -> OpenDays {
    let due = |on: Date, amount| Due { on, amount: money(amount) };
    OpenDays::of_days(vec![due(date(2026, 1, 20), "60.00"), due(date(2026, 3, 20), "40.00")])
}

fn spoken_for(open: &OpenDays, holds: &Holds) -> SpokenFor {
    SpokenFor::of(open, holds, money("0.00"), now(), date(2026, 2, 20))
}

#[test]
fn each_kind_of_hold_has_its_consequences() {
    let mut seen = String::new();
    for words in [
        "",
        "page 100.00",
        "pending 30.00",
        "dispute 30.00",
        "refund 30.00",
        "schedule 30.00",
        "plan 30.00",
        "promise 30.00",
        "business 30.00",
        "novelty 30.00",
        "pending 70.00, dispute 70.00, promise 70.00",
        "promise 70.00, schedule 20.00",
        "pending 60.00, pending 60.00",
        "promise 30.00 until 2026-02-20T12:00:00Z",
        "promise 30.00 until 2026-02-20T12:00:01Z, promise 10.00 until 2026-03-01T00:00:00Z",
        "pending 30.00 until 2026-01-01T00:00:00Z, page 100.00 until 2026-01-01T00:00:00Z",
    ] {
        let told = spoken_for(&open(), &holds(words));
        let cuts = told.cuts.iter().map(|cut| {
            let until = cut.until.map(|until| format!(" until {until}")).unwrap_or_default();
            format!("{} {}{until}, ", cut.kind.as_str(), cut.amount.to_plain())
        });
        let [rest, payable, chargeable, dunnable] =
            [told.rest, told.payable, told.chargeable, told.dunnable].map(Money::to_plain);
        let words = if words.is_empty() { "nothing" } else { words };
        let cuts: String = cuts.collect();
        writeln!(
            seen,
            "{words}\n    {cuts}rest {rest}: payable {payable}, chargeable {chargeable}, dunnable {dunnable}"
        )
        .unwrap();
    }
    expect![[r#"
        nothing
            rest 100.00: payable 100.00, chargeable 100.00, dunnable 60.00
        page 100.00
            rest 100.00: payable 100.00, chargeable 0.00, dunnable 60.00
        pending 30.00
            pending 30.00, rest 70.00: payable 70.00, chargeable 70.00, dunnable 30.00
        dispute 30.00
            disputed 30.00, rest 70.00: payable 70.00, chargeable 70.00, dunnable 30.00
        refund 30.00
            questioned 30.00, rest 70.00: payable 70.00, chargeable 70.00, dunnable 30.00
        schedule 30.00
            scheduled 30.00, rest 70.00: payable 100.00, chargeable 70.00, dunnable 30.00
        plan 30.00
            planned 30.00, rest 70.00: payable 100.00, chargeable 70.00, dunnable 30.00
        promise 30.00
            promised 30.00, rest 70.00: payable 100.00, chargeable 70.00, dunnable 30.00
        business 30.00
            held 30.00, rest 70.00: payable 100.00, chargeable 70.00, dunnable 30.00
        novelty 30.00
            disputed 30.00, rest 70.00: payable 70.00, chargeable 70.00, dunnable 30.00
        pending 70.00, dispute 70.00, promise 70.00
            pending 70.00, disputed 30.00, rest 0.00: payable 0.00, chargeable 0.00, dunnable 0.00
        promise 70.00, schedule 20.00
            scheduled 20.00, promised 70.00, rest 10.00: payable 100.00, chargeable 10.00, dunnable 0.00
        pending 60.00, pending 60.00
            pending 100.00, rest 0.00: payable 0.00, chargeable 0.00, dunnable 0.00
        promise 30.00 until 2026-02-20T12:00:00Z
            rest 100.00: payable 100.00, chargeable 100.00, dunnable 60.00
        promise 30.00 until 2026-02-20T12:00:01Z, promise 10.00 until 2026-03-01T00:00:00Z
            promised 40.00 until 2026-02-20T12:00:01Z, rest 60.00: payable 100.00, chargeable 60.00, dunnable 20.00
        pending 30.00 until 2026-01-01T00:00:00Z, page 100.00 until 2026-01-01T00:00:00Z
            pending 30.00 until 2026-01-01T00:00:00Z, rest 70.00: payable 70.00, chargeable 0.00, dunnable 30.00
    "#]]
    .assert_eq(&seen);
}

proptest! {
    #![proptest_config(cases(500))]

    #[test]
    fn cuts_and_rest_are_the_open_amount(
        days in prop::collection::vec(1_i64..100, 0..4),
        held in prop::collection::vec((0..KINDS.len(), 0_i64..200), 0..5),
    ) {
        let eur = |minor| Money::new(minor, crate::Currency::EUR).unwrap();
        let day = |place: usize| date(2026, 2, 18).saturating_add(jiff::Span::new().days(i64::try_from(place).unwrap()));
        let days = days.iter().enumerate().map(|(place, minor)| Due { on: day(place), amount: eur(*minor) });
        let open = OpenDays::of_days(days.collect());
        let held = held.into_iter().enumerate().map(|(place, (kind, minor))| {
            let hold = Hold { kind: HoldKind::of_word(KINDS[kind]), amount: eur(minor), until: None };
            (HolderId::of_text(format!("holder_{place}")), hold)
        });
        let holds = Holds(held.collect());
        let total = open.total(crate::Currency::EUR);
        let told = spoken_for(&open, &holds);
        let cuts: i64 = told.cuts.iter().map(|cut| cut.amount.minor()).sum();
        prop_assert_eq!(cuts + told.rest.minor(), total.minor());
        prop_assert!(told.rest.minor() <= told.payable.minor() && told.payable.minor() <= total.minor());
        prop_assert!(told.chargeable.minor() <= told.rest.minor());
        prop_assert!(told.dunnable.minor() <= told.rest.minor());
        prop_assert_eq!(holds.held_beside(None).payable(total), told.payable);
    }
}
