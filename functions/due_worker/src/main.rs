//! The worker of the timer, as a Lambda function.

use std::process::ExitCode;

use function_runtime::{AppState, lambda_main};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

fn main() -> ExitCode {
    lambda_main::run(run())
}

async fn run() -> Result<(), Error> {
    let state = AppState::from_environment().await?;
    lambda_runtime::run(service_fn(|_: LambdaEvent<Value>| {
        let state = state.clone();
        async move {
            let run = due_worker::handle(&state).await.map_err(|error| Error::from(error.to_string()))?;
            Ok::<Value, Error>(serde_json::json!({"done": run.done, "failed": run.failed, "taken": run.taken}))
        }
    }))
    .await
}
