//! Two hundred simulated worlds. A seed that fails prints its story, shortened; `cargo xtask bench --simulation` plays more.

use std::collections::BTreeSet;
use std::time::Duration;

use simulation::{Coverage, Incident, Worlds, generate_with, simulate};

/// Seeds of each test: few, so that the tests run side by side and none takes long.
const SEEDS_EACH: u64 = 10;
/// How long a failing story is shortened.
const SHRINK_FOR: Duration = Duration::from_secs(30);

/// Plays the worlds of one test, whose books must all hold, and in which these kinds of steps must happen to something.
fn worlds(part: u64, kinds: &[&str]) {
    let seeds = part * SEEDS_EACH..(part + 1) * SEEDS_EACH;
    let outcome = simulate(&Worlds { seeds, threads: 1, time: None, shrink_for: SHRINK_FOR }, |_, _| ());
    println!("{} worlds in {:?}\n{}", outcome.worlds, outcome.took, outcome.coverage);
    let failed: Vec<String> = outcome.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let missing = outcome.coverage.missing();
    let expected: Vec<&&str> = kinds.iter().filter(|kind| missing.contains(kind)).collect();
    assert!(
        expected.is_empty(),
        "never happened to anything: {expected:?}; name them where they do, in the table below"
    );
}

/// Makes a test of each part, and a list of the kinds of steps that they name.
macro_rules! parts {
    ($($name:ident = $part:literal, [$($kind:literal),* $(,)?];)*) => {
        const PARTS: &[(u64, &[&str])] = &[$(($part, &[$($kind),*]),)*];

        $(
            #[test]
            fn $name() {
                worlds($part, &[$($kind),*]);
            }
        )*
    };
}

// Each kind of step is named in the part in which it happens to something most often; a kind of fault in one part of each
// hundred of worlds.
parts! {
    the_books_hold_in_worlds_0_to_9 = 0, ["refund", "apply", "move", "rivals", "meanwhile", "refuse_failed"];
    the_books_hold_in_worlds_10_to_19 = 1, [
        "settle", "refuse_throughput", "refuse_unavailable", "twice", "short", "end_worker",
    ];
    the_books_hold_in_worlds_20_to_29 = 2, [
        "dispute", "advance", "chaos", "die", "refuse_in_progress", "refuse_conflict_of_write",
    ];
    the_books_hold_in_worlds_30_to_39 = 3, [
        "order_refund", "start", "arrive", "arrive_in", "identify", "refuse_mixed", "refuse_slow_down", "end_timer",
    ];
    the_books_hold_in_worlds_40_to_49 = 4, [
        "verdict", "foreign", "close_review", "pages", "tear", "conflict", "refuse_limit", "late",
    ];
    the_books_hold_in_worlds_50_to_59 = 5, [
        "pay_out", "return_payout", "save", "refuse_conflict", "refuse_exceeded", "worker_off",
    ];
    the_books_hold_in_worlds_60_to_69 = 6, ["slow", "refuse_left_over"];
    the_books_hold_in_worlds_70_to_79 = 7, ["lag", "refuse_expired", "unanswered"];
    the_books_hold_in_worlds_80_to_89 = 8, ["invoice", "apply_credit"];
    the_books_hold_in_worlds_90_to_99 = 9, ["crash", "refuse_throttled", "two_timers"];
    the_books_hold_in_worlds_100_to_109 = 10, ["refuse_mixed", "refuse_left_over", "refuse_throughput", "two_timers"];
    the_books_hold_in_worlds_110_to_119 = 11, ["unapply_credit", "write_off", "take_back", "outage_stripe"];
    the_books_hold_in_worlds_120_to_129 = 12, ["enter", "refuse_expired"];
    the_books_hold_in_worlds_130_to_139 = 13, ["refuse_conflict_of_write"];
    the_books_hold_in_worlds_140_to_149 = 14, ["older", "pages", "refuse_unavailable", "twice", "late", "unanswered"];
    the_books_hold_in_worlds_150_to_159 = 15, [
        "look", "credit", "hand_over", "outage_mail", "sweep", "lag", "refuse_throttled", "refuse_in_progress",
        "refuse_slow_down",
    ];
    the_books_hold_in_worlds_160_to_169 = 16, ["refuse_limit", "refuse_failed", "worker_off"];
    the_books_hold_in_worlds_170_to_179 = 17, ["unapply", "transfer", "tear", "refuse_conflict", "end_timer"];
    the_books_hold_in_worlds_180_to_189 = 18, ["conflict"];
    the_books_hold_in_worlds_190_to_199 = 19, ["slow", "refuse_exceeded", "short", "end_worker"];
}

/// A step that never meets anything proves nothing. A fault is met in each hundred of worlds.
#[test]
fn every_kind_of_step_must_happen_in_some_part() {
    let mut every = Coverage::default().missing();
    let mut named: Vec<&str> = PARTS.iter().flat_map(|(_, kinds)| kinds.iter().copied()).collect();
    named.sort_unstable();
    named.dedup();
    every.sort_unstable();
    assert_eq!(named, every);
    for hundred in [0..10, 10..20] {
        let of_it = PARTS.iter().filter(|(part, _)| hundred.contains(part));
        let named: Vec<&str> = of_it.flat_map(|(_, kinds)| kinds.iter().copied()).collect();
        let missing: Vec<&&str> = Coverage::fault_kinds().iter().filter(|kind| !named.contains(kind)).collect();
        assert!(missing.is_empty(), "name in a part of {hundred:?}: {missing:?}");
    }
}

/// The steps for what the product does not come through yet are there, and no world has them unless it is asked to.
#[test]
fn what_is_not_survived_yet_is_drawn_only_when_it_is_asked_for() {
    let kinds = |incidents: &[Incident]| -> BTreeSet<&str> {
        (0..200).flat_map(|seed| generate_with(seed, incidents)).map(|step| step.kind()).collect()
    };
    let (drawn, without) = (kinds(&Incident::SURVIVED), kinds(&[]));
    for incident in Incident::NOT_YET_SURVIVED {
        let of_it: Vec<&str> =
            kinds(&[incident]).difference(&without).copied().filter(|kind| *kind != "worker_off").collect();
        assert!(!of_it.is_empty() && of_it.iter().all(|kind| !drawn.contains(kind)), "{incident:?}: {of_it:?}");
    }
}
