//! The portal, as a Lambda function.

use std::process::ExitCode;

use ::lambda_http::Error;
use function_runtime::{AppState, lambda_http, lambda_main};

fn main() -> ExitCode {
    lambda_main::run(run())
}

async fn run() -> Result<(), Error> {
    let state = AppState::from_environment().await?;
    lambda_http::answer(frontend::router(state)).await
}
