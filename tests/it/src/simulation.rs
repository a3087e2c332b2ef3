//! Two hundred simulated worlds. A seed that fails prints its story, shortened; `cargo xtask bench --simulation` plays more.

use std::time::Duration;

use kit::simulation::simulate;

/// Seeds of each test, so that they run side by side.
const SEEDS_EACH: u64 = 25;
/// How long a failing story is shortened.
const SHRINK_FOR: Duration = Duration::from_secs(40);

fn worlds(part: u64) {
    let outcome = simulate(part * SEEDS_EACH..(part + 1) * SEEDS_EACH, 1, None, SHRINK_FOR);
    println!("{} worlds in {:?}", outcome.worlds, outcome.took);
    let failed: Vec<String> = outcome.failed.iter().map(ToString::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
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
    the_books_hold_in_worlds_0_to_24 = 0;
    the_books_hold_in_worlds_25_to_49 = 1;
    the_books_hold_in_worlds_50_to_74 = 2;
    the_books_hold_in_worlds_75_to_99 = 3;
    the_books_hold_in_worlds_100_to_124 = 4;
    the_books_hold_in_worlds_125_to_149 = 5;
    the_books_hold_in_worlds_150_to_174 = 6;
    the_books_hold_in_worlds_175_to_199 = 7;
}
