//! The worker of the timer, as a Lambda function.

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use function_runtime::{AppState, lambda_main};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use operations::{Deadline, Shards};
use serde_json::Value;

fn main() -> ExitCode {
    lambda_main::run(run())
}

async fn run() -> Result<(), Error> {
    let state = AppState::from_environment().await?;
    // A new process begins where the minute says, and each of its runs reads the next shard.
    let minute = u64::try_from(state.clock.now().as_second()).unwrap_or_default() / 60;
    let turns = Arc::new(AtomicU64::new(minute));
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| {
        let deadline = Deadline::at_milliseconds(event.context.deadline, state.clock.now());
        let (state, shards) = (state.clone(), Shards::Turn(turns.fetch_add(1, Ordering::Relaxed)));
        async move {
            let run =
                due_worker::handle(&state, shards, deadline).await.map_err(|error| Error::from(error.to_string()))?;
            Ok::<Value, Error>(serde_json::json!({"done": run.done, "failed": run.failed, "taken": run.taken}))
        }
    }))
    .await
}
