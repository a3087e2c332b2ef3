//! Shrinking: the shortest list of steps that still fails, found within a time by leaving steps out.

use std::time::{Duration, Instant};

use super::steps::Step;
use super::{Failure, run_steps};

/// Steps that fail, and the failure.
pub struct ShrunkSteps {
    pub steps: Vec<Step>,
    pub failure: Failure,
}

/// Leaves steps out for as long as there is time.
pub fn shrink(seed: u64, steps: Vec<Step>, failure: Failure, time: Duration) -> ShrunkSteps {
    let began = Instant::now();
    let mut best = ShrunkSteps { steps, failure };
    let mut size = best.steps.len().div_ceil(2);
    while size > 0 {
        let (mut from, mut shorter) = (0, false);
        while from < best.steps.len() && began.elapsed() < time {
            let mut steps = best.steps.clone();
            steps.drain(from..(from + size).min(best.steps.len()));
            match run_steps(seed, &steps) {
                // Another failure is another bug.
                Err(failure) if failure.kind == best.failure.kind => {
                    best = ShrunkSteps { steps, failure };
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
