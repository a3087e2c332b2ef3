//! The receiver of webhooks, as a Lambda function.

use std::process::ExitCode;

use clock::Clock;
use function_runtime::config::{Reader, environment};
use function_runtime::{IdGenerator, aws, lambda_main};
use lambda_runtime::Error;
use webhook_receiver::{Receiver, gateway};

fn main() -> ExitCode {
    lambda_main::run(run())
}

async fn run() -> Result<(), Error> {
    let mut reader = Reader::new(&environment);
    let (config, secrets) = (reader.config(), reader.webhook_secrets());
    let (config, secrets) = reader.finish(config.zip(secrets))?;
    let shared = aws::shared().await;
    let store =
        store::Store::new(aws_sdk_dynamodb::Client::new(&shared), config.tables, IdGenerator::system().jitter());
    let receiver = Receiver { store, clock: Clock::system(), secrets: secrets.into(), business: config.business };
    gateway::serve(receiver).await
}
