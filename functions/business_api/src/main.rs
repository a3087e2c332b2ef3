//! The business's API, as a Lambda function.

use std::io::Write;
use std::process::ExitCode;

use runtime::{State, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    telemetry::start();
    let ended = match State::from_environment().await {
        Ok(state) => lambda_http::run(business_api::router(state)).await,
        Err(faults) => Err(faults.into()),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error output is closed there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}
