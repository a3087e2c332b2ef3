//! Shrinking: the shortest story that still fails, found by leaving steps out, within a time.

use std::time::{Duration, Instant};

use super::steps::Step;
use super::{Failure, run_story};

/// A story that fails, and how.
pub struct Shrunk {
    /// What is left of it.
    pub steps: Vec<Step>,
    /// How it fails.
    pub failure: Failure,
}

/// Leaves out what can be left out, for as long as there is time.
pub fn shrink(seed: u64, steps: Vec<Step>, failure: Failure, time: Duration) -> Shrunk {
    let began = Instant::now();
    let mut best = Shrunk { steps, failure };
    let mut size = best.steps.len().div_ceil(2);
    while size > 0 {
        let (mut from, mut shorter) = (0, false);
        while from < best.steps.len() && began.elapsed() < time {
            let mut steps = best.steps.clone();
            steps.drain(from..(from + size).min(best.steps.len()));
            match run_story(seed, &steps) {
                // Another failure is another story.
                Err(failure) if failure.kind == best.failure.kind => {
                    best = Shrunk { steps, failure };
                    shorter = true;
                }
                Ok(_) | Err(_) => from += size,
            }
        }
        if began.elapsed() >= time {
            break;
        }
        if size > 1 || !shorter {
            size /= 2;
        }
    }
    best
}
