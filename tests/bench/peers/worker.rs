//! The smallest worker: the three clients that ours has, each called where the payload asks for it. It does nothing else.
//!
//! The calls are there so that the linker keeps each client; without an operation hardly anything of it would be left.

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::RawMessage;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use payment_gateway::Secret;
use payment_gateway::stripe::requests::{Client as Stripe, ClientConfig};
use serde_json::{Value, json};

struct Clients {
    table: String,
    dynamodb: aws_sdk_dynamodb::Client,
    ses: aws_sdk_ses::Client,
    stripe: Stripe,
}

async fn work(clients: &Clients, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let asked = |name: &str| event.payload.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(letter) = asked("send") {
        let message = RawMessage::builder().data(Blob::new(letter)).build()?;
        clients.ses.send_raw_email().raw_message(message).send().await?;
    }
    if let Some(intent) = asked("look_at") {
        clients.stripe.intent(&intent.parse()?).await?;
    }
    let key = AttributeValue::S("peer".to_owned());
    let get = clients.dynamodb.get_item().table_name(&clients.table).key("pk", key.clone()).key("sk", key);
    Ok(json!({"found": get.send().await?.item.is_some()}))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::tracing::init_default_subscriber();
    let config = aws_config::defaults(aws_config::BehaviorVersion::v2026_01_12()).load().await;
    #[expect(clippy::disallowed_methods, reason = "the peer has no room of ours to read it")]
    let (key, table) = (std::env::var("STRIPE_SECRET_KEY")?, std::env::var("GUICHET_CORE_TABLE")?);
    let clients = Clients {
        table,
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        ses: aws_sdk_ses::Client::new(&config),
        stripe: Stripe::new(ClientConfig::new("https://api.stripe.com", Secret::new(key)?))?,
    };
    run(service_fn(|event| work(&clients, event))).await
}
