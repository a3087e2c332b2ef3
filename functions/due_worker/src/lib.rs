//! The worker of the timer: does whatever is due.
//!
//! Its input is ignored; the table says what is due.

#[cfg(test)]
mod tests;

use std::time::Instant;

use function_runtime::AppState;
use operations::{Deadline, DueRun, OperationError, Shards, run_due};
use receivables::Actor;
use tracing::{Instrument, info_span};

/// Does whatever is due now, before a deadline.
pub async fn handle(state: &AppState, shards: Shards, deadline: Deadline) -> Result<DueRun, OperationError> {
    let began = Instant::now();
    let (span, context) = (info_span!("due.run"), state.context.acting_as(Actor::Timer));
    // Boxed, because the verbs inside a span nest deeper than the compiler follows.
    let now = || state.clock.now();
    let run = Box::pin(run_due(&context, now, shards, deadline)).instrument(span.clone()).await?;
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        tracing::info!(done = run.done, failed = run.failed, taken = run.taken, duration_ms, "due work");
    });
    Ok(run)
}
