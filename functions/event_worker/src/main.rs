//! The worker of the tables' streams, as a Lambda function.

use aws_lambda_events::event::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use runtime::{State, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let state = State::from_environment().await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
        let state = state.clone();
        async move { Ok::<_, Error>(event_worker::handle(&state, event.payload).await) }
    }))
    .await
}
