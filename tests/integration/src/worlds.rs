//! Two hundred simulated worlds. A seed that fails prints its story, shortened; `cargo xtask bench --simulation` plays more.

use std::time::Duration;

use simulation::{Outcome, Worlds, simulate};

/// Seeds of each test, so that they run side by side.
const SEEDS_EACH: u64 = 10;
/// Seeds in which each kind of step must have met something.
const SEEDS_THAT_COVER: u64 = 100;
/// How long a failing story is shortened.
const SHRINK_FOR: Duration = Duration::from_secs(30);

/// Plays the worlds of these seeds, whose books must all hold.
fn worlds(seeds: std::ops::Range<u64>, threads: usize) -> Outcome {
    let outcome = simulate(&Worlds { seeds, threads, time: None, shrink_for: SHRINK_FOR }, |_, _| ());
    println!("{} worlds in {:?}\n{}", outcome.worlds, outcome.took, outcome.coverage);
    let failed: Vec<String> = outcome.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    outcome
}

/// A step that never meets anything proves nothing: in the first worlds each kind does.
#[test]
fn the_books_hold_in_worlds_0_to_99_and_every_kind_of_step_happens_to_something() {
    let outcome = worlds(0..SEEDS_THAT_COVER, 2);
    assert!(outcome.coverage.missing().is_empty(), "never: {:?}", outcome.coverage.missing());
}

macro_rules! parts {
    ($($name:ident = $part:literal;)*) => {
        $(
            #[test]
            fn $name() {
                worlds($part * SEEDS_EACH..($part + 1) * SEEDS_EACH, 1);
            }
        )*
    };
}

parts! {
    the_books_hold_in_worlds_100_to_109 = 10;
    the_books_hold_in_worlds_110_to_119 = 11;
    the_books_hold_in_worlds_120_to_129 = 12;
    the_books_hold_in_worlds_130_to_139 = 13;
    the_books_hold_in_worlds_140_to_149 = 14;
    the_books_hold_in_worlds_150_to_159 = 15;
    the_books_hold_in_worlds_160_to_169 = 16;
    the_books_hold_in_worlds_170_to_179 = 17;
    the_books_hold_in_worlds_180_to_189 = 18;
    the_books_hold_in_worlds_190_to_199 = 19;
}
