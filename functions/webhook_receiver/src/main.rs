//! The receiver of webhooks, as a Lambda function.

use std::process::ExitCode;

use ::lambda_http::Error;
use clock::Clock;
use function_runtime::config::{Reader, environment};
use function_runtime::{IdGenerator, aws, lambda_http, lambda_main};
use mimalloc::MiMalloc;
use store::Store;
use webhook_receiver::{Receiver, router};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    lambda_main::run(run())
}

async fn run() -> Result<(), Error> {
    let mut reader = Reader::new(&environment);
    let (tables, secrets, only_business) = (reader.tables(), reader.webhook_secrets(), reader.only_business());
    let (secrets, only_business) = reader.finish(secrets.zip(only_business))?;
    let client = aws_sdk_dynamodb::Client::new(&aws::shared().await);
    let clock = Clock::system();
    let store = Store::new(client, tables, IdGenerator::system().jitter(), clock.clone());
    let receiver = Receiver { store, clock, secrets: secrets.into(), only_business };
    lambda_http::answer(router(receiver)).await
}
