//! Pauses between tries, drawn at random so that rivals for one item do not meet again at the next try.
//!
//! Pauses are drawn evenly between nothing and a limit that doubles ("full jitter":
//! <https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/>). The randomness is an argument, as everywhere:
//! processes are given different seeds, and the tasks of one process share a counter, so that no two draws are the same.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The limit is doubled this often at most.
const DOUBLINGS_MAX: u32 = 5;
/// No pause is longer, whatever its base.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// A source of random pauses. Clones draw from the same sequence.
#[derive(Clone, Debug)]
pub struct Jitter {
    drawn: Arc<AtomicU64>,
}

impl Jitter {
    /// The sequence that follows from a seed: random in production, fixed in tests.
    pub fn seeded(seed: u64) -> Self {
        Self { drawn: Arc::new(AtomicU64::new(seed)) }
    }

    /// The pause after a failed attempt, counted from 1: at most `base` after the first, twice as much after the second, and
    /// so on, up to two seconds.
    pub fn pause(&self, base: Duration, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(DOUBLINGS_MAX);
        let limit = base.saturating_mul(1 << doublings).min(PAUSE_MAX);
        let share = (u128::from(self.next()) * (limit.as_nanos() + 1)) >> 64;
        Duration::from_nanos(u64::try_from(share).unwrap_or(u64::MAX))
    }

    /// The next number of `SplitMix64` (<https://prng.di.unimi.it/splitmix64.c>): one addition and a mixing of its bits.
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.drawn.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const BASE: Duration = Duration::from_millis(40);

    #[test]
    fn a_pause_never_exceeds_its_limit_and_uses_all_of_it() {
        let jitter = Jitter::seeded(1);
        for (attempt, limit_ms) in [(0, 40), (1, 40), (2, 80), (3, 160), (6, 1_280), (7, 1_280), (u32::MAX, 1_280)] {
            let limit = Duration::from_millis(limit_ms);
            let pauses: Vec<Duration> = (0..1_000).map(|_| jitter.pause(BASE, attempt)).collect();
            assert!(pauses.iter().all(|pause| *pause <= limit), "attempt {attempt}");
            assert!(pauses.iter().any(|pause| *pause < limit / 10), "attempt {attempt}: none is short");
            assert!(pauses.iter().any(|pause| *pause > limit / 10 * 9), "attempt {attempt}: none is long");
        }
        assert!((0..1_000).all(|_| jitter.pause(Duration::MAX, 9) <= PAUSE_MAX));
        assert_eq!(jitter.pause(Duration::ZERO, 3), Duration::ZERO);
    }

    #[test]
    fn rivals_wait_differently_in_one_process_and_in_two() {
        let draw = |jitter: &Jitter| -> Vec<Duration> { (0..100).map(|_| jitter.pause(BASE, 1)).collect() };
        let (one, other) = (Jitter::seeded(1), Jitter::seeded(2));
        let tasks = [draw(&one), draw(&one.clone()), draw(&other)].concat();
        assert_eq!(tasks.iter().collect::<BTreeSet<_>>().len(), tasks.len());
        assert_eq!(draw(&Jitter::seeded(7)), draw(&Jitter::seeded(7)), "a seed repeats its sequence");
    }
}
