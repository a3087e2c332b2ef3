//! The business's API, as a Lambda function.

use std::process::ExitCode;

use lambda_http::Error;
use runtime::{State, requests, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::start();
    telemetry::ended(run().await)
}

async fn run() -> Result<(), Error> {
    let state = State::from_environment().await?;
    requests::answer(business_api::router(state)).await
}
