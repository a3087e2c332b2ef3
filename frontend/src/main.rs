//! The portal, as a Lambda function.

use std::process::ExitCode;

use lambda_http::Error;
use runtime::{State, requests, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    telemetry::start();
    telemetry::ended(run().await)
}

async fn run() -> Result<(), Error> {
    let state = State::from_environment().await?;
    requests::answer(frontend::router(state)).await
}
