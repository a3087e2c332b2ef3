//! The receiver of webhooks, as a Lambda function.

use std::process::ExitCode;

use lambda_http::Error;
use runtime::config::{Reader, environment};
use runtime::{Clock, aws, process, requests};
use webhook_receiver::{Receiver, router};

fn main() -> ExitCode {
    process::run(run())
}

async fn run() -> Result<(), Error> {
    let mut reader = Reader::new(&environment);
    let (config, secrets) = (reader.config(), reader.webhook_secrets());
    let (config, secrets) = reader.finish(config.zip(secrets))?;
    let shared = aws::shared().await;
    let store = store::Store::new(aws_sdk_dynamodb::Client::new(&shared), config.tables);
    let receiver = Receiver { store, clock: Clock::system(), secrets: secrets.into(), business: config.business };
    requests::answer(router(receiver)).await
}
