//! Doing whatever is due.
//!
//! What is due is found by its time, claimed by moving that time a lease ahead, done, and given its next time. A worker that
//! dies leaves a lease that runs out: recovery is the same path as normal running.

use futures::FutureExt;
use jiff::Timestamp;
use store::keys::DUE_SHARDS;

use crate::context::Context;
use crate::error::OperationError;

mod payments;
mod sweep;

pub use sweep::{SweepResult, put_business, sweep_provider_events, watch};

/// Rounds over the due list in one run; each reads one page per shard.
const ROUNDS_MAX: u32 = 20;

/// Counts of what a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueRun {
    /// What was due and done.
    pub done: usize,
    /// What was due and failed; it stays due.
    pub failed: usize,
    /// What another worker claimed first.
    pub taken: usize,
}

/// Does whatever is due at an instant. It takes no other input; any number of runs may overlap.
pub async fn run_due(context: &Context, now: Timestamp) -> Result<DueRun, OperationError> {
    let mut run = DueRun::default();
    // Boxed: the compiler follows every future into those inside it, and these nest deeply.
    sweep::run_due_sweeps(context, now, &mut run).boxed().await?;
    for _ in 0..ROUNDS_MAX {
        let mut found = 0;
        for shard in 0..DUE_SHARDS {
            for payment in context.store.due_payments(shard, now).await? {
                found += 1;
                payments::poll_due_payment(context, &payment, now, &mut run).boxed().await?;
            }
        }
        if found == 0 {
            break;
        }
    }
    Ok(run)
}
