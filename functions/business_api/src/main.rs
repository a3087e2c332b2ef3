//! The business's API, as a Lambda function.

use std::process::ExitCode;

use function_runtime::{State, process, requests};
use lambda_http::Error;

fn main() -> ExitCode {
    process::run(run())
}

async fn run() -> Result<(), Error> {
    let state = State::from_environment().await?;
    requests::answer(business_api::router(state)).await
}
