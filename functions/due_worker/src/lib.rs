//! The worker of the timer: does whatever is due.
//!
//! What it is sent does not matter; what is due is asked of the table.

use function_runtime::AppState;
use operations::{DueRun, OperationError, run_due};

/// Does whatever is due now.
pub async fn handle(state: &AppState) -> Result<DueRun, OperationError> {
    let run = run_due(&state.context.acting_as(receivables::Actor::Timer), state.clock.now()).await?;
    tracing::info!(done = run.done, failed = run.failed, taken = run.taken, "due work");
    Ok(run)
}
