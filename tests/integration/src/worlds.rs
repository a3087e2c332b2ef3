//! Two hundred simulated worlds. A seed that fails prints its story, shortened; `cargo xtask bench --simulation` plays more.

use std::time::Duration;

use simulation::{Coverage, Worlds, simulate};

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
    ($($name:ident = $part:literal, [$($kind:literal),*];)*) => {
        const KINDS_NAMED: &[&str] = &[$($($kind,)*)*];

        $(
            #[test]
            fn $name() {
                worlds($part, &[$($kind),*]);
            }
        )*
    };
}

// Each kind of step is named in the part in which it happens to something most often.
parts! {
    the_books_hold_in_worlds_0_to_9 = 0, ["refund", "apply", "move", "rivals", "meanwhile"];
    the_books_hold_in_worlds_10_to_19 = 1, ["settle"];
    the_books_hold_in_worlds_20_to_29 = 2, ["order_refund", "dispute", "advance", "chaos", "die"];
    the_books_hold_in_worlds_30_to_39 = 3, ["start", "identify", "arrive", "arrive_in"];
    the_books_hold_in_worlds_40_to_49 = 4, ["verdict", "foreign", "close_review"];
    the_books_hold_in_worlds_50_to_59 = 5, ["refuse", "pay_out", "return_payout", "save"];
    the_books_hold_in_worlds_60_to_69 = 6, [];
    the_books_hold_in_worlds_70_to_79 = 7, [];
    the_books_hold_in_worlds_80_to_89 = 8, ["invoice", "apply_credit", "unapply_credit"];
    the_books_hold_in_worlds_90_to_99 = 9, ["crash"];
    the_books_hold_in_worlds_100_to_109 = 10, [];
    the_books_hold_in_worlds_110_to_119 = 11, ["write_off", "take_back", "outage_stripe"];
    the_books_hold_in_worlds_120_to_129 = 12, ["enter"];
    the_books_hold_in_worlds_130_to_139 = 13, [];
    the_books_hold_in_worlds_140_to_149 = 14, ["older"];
    the_books_hold_in_worlds_150_to_159 = 15, ["look", "credit", "hand_over", "outage_mail", "sweep"];
    the_books_hold_in_worlds_160_to_169 = 16, [];
    the_books_hold_in_worlds_170_to_179 = 17, ["unapply", "transfer"];
    the_books_hold_in_worlds_180_to_189 = 18, [];
    the_books_hold_in_worlds_190_to_199 = 19, [];
}

/// A step that never meets anything proves nothing.
#[test]
fn every_kind_of_step_must_happen_in_some_part() {
    let mut every = Coverage::default().missing();
    let mut named = KINDS_NAMED.to_vec();
    every.sort_unstable();
    named.sort_unstable();
    assert_eq!(named, every);
}
