//! The worker of the tables' streams, as a Lambda function.

use std::process::ExitCode;

use aws_lambda_events::event::dynamodb::Event;
use function_runtime::{AppState, lambda_main};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use operations::Deadline;

fn main() -> ExitCode {
    lambda_main::run(run())
}

async fn run() -> Result<(), Error> {
    let state = AppState::from_environment().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        let state = state.clone();
        // Boxed, because the verbs inside the runtime's own layers nest deeper than the compiler follows.
        let deadline = Deadline::at_milliseconds(event.context.deadline, state.clock.now());
        async move { Ok::<_, Error>(Box::pin(event_worker::handle(&state, event.payload, deadline)).await) }
    }))
    .await
}
