//! Two hundred simulated worlds. A seed that fails prints its story, shortened; `cargo xtask bench --simulation` plays more.

use std::time::Duration;

use kit::simulation::{Coverage, simulate};

/// Seeds of each test, so that they run side by side.
const SEEDS_EACH: u64 = 10;
/// Seeds of all tests together.
const SEEDS: u64 = 200;
/// Worlds that are played before it is seen which kinds of steps are still missing.
const COVERED_AT_A_TIME: usize = 20;
/// How long a failing story is shortened.
const SHRINK_FOR: Duration = Duration::from_secs(30);

fn worlds(part: u64) {
    let outcome = simulate(part * SEEDS_EACH..(part + 1) * SEEDS_EACH, 1, None, SHRINK_FOR);
    println!("{} worlds in {:?}\n{}", outcome.worlds, outcome.took, outcome.coverage);
    let failed: Vec<String> = outcome.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// A step that never meets anything proves nothing: in the worlds of the first seeds each kind does.
#[test]
fn every_kind_of_step_happens_to_something() {
    let mut coverage = Coverage::default();
    for from in (0..SEEDS).step_by(COVERED_AT_A_TIME) {
        let to = from + u64::try_from(COVERED_AT_A_TIME).unwrap();
        coverage.add(&simulate(from..to, 2, None, Duration::ZERO).coverage);
        if coverage.missing().is_empty() {
            return;
        }
    }
    panic!("never: {:?}\n{coverage}", coverage.missing());
}

macro_rules! parts {
    ($($name:ident = $part:literal;)*) => {
        $(
            #[test]
            fn $name() {
                worlds($part);
            }
        )*
    };
}

parts! {
    the_books_hold_in_worlds_0_to_9 = 0;
    the_books_hold_in_worlds_10_to_19 = 1;
    the_books_hold_in_worlds_20_to_29 = 2;
    the_books_hold_in_worlds_30_to_39 = 3;
    the_books_hold_in_worlds_40_to_49 = 4;
    the_books_hold_in_worlds_50_to_59 = 5;
    the_books_hold_in_worlds_60_to_69 = 6;
    the_books_hold_in_worlds_70_to_79 = 7;
    the_books_hold_in_worlds_80_to_89 = 8;
    the_books_hold_in_worlds_90_to_99 = 9;
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
