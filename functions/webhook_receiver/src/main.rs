//! The receiver of webhooks, as a Lambda function.

use runtime::config::{Reader, environment};
use runtime::{Clock, aws, telemetry};
use webhook_receiver::{Receiver, router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let mut reader = Reader::new(&environment);
    let (config, secrets) = (reader.config(), reader.webhook_secrets());
    let (config, secrets) = reader.finish(config.zip(secrets))?;
    let shared = aws::shared().await;
    let store = store::Store::new(aws_sdk_dynamodb::Client::new(&shared), config.tables);
    let receiver = Receiver { store, clock: Clock::system(), secrets: secrets.into(), business: config.business };
    lambda_http::run(router(receiver)).await
}
