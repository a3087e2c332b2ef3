//! The portal on Lambda.

use lambda_http::Error;

#[tokio::main]
async fn main() -> Result<(), Error> {
    runtime::telemetry::start();
    let state = runtime::State::from_environment().await?;
    lambda_http::run(frontend::router(state)).await
}
