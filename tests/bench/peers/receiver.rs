//! The smallest receiver of webhooks: one HMAC, one put. The SDK as it comes, and none of our rooms.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use hmac::{Hmac, Mac};
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use sha2::Sha256;

/// The value of a field of a signature header.
fn field<'a>(header: &'a str, name: &str) -> &'a str {
    let fields = header.split(',').filter_map(|field| field.split_once('='));
    fields.into_iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

async fn receive(client: &Client, secret: &str, table: &str, request: Request) -> Result<Response<Body>, Error> {
    let header = request.headers().get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body: &[u8] = request.body().as_ref();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())?;
    mac.update(field(header, "t").as_bytes());
    mac.update(b".");
    mac.update(body);
    let claimed = hex::decode(field(header, "v1"))?;
    if mac.verify_slice(&claimed).is_err() {
        return Ok(Response::builder().status(400).body(Body::Empty)?);
    }
    let put = client.put_item().table_name(table).item("pk", AttributeValue::S(hex::encode(claimed)));
    let put = put.item("sk", AttributeValue::S("peer".to_owned())).item("body", AttributeValue::B(Blob::new(body)));
    put.condition_expression("attribute_not_exists(pk)").send().await?;
    Ok(Response::new(Body::from("recorded")))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let config = aws_config::defaults(aws_config::BehaviorVersion::v2026_01_12()).load().await;
    let client = Client::new(&config);
    #[expect(clippy::disallowed_methods, reason = "the peer has no room of ours to read it")]
    let (secret, table) = (std::env::var("STRIPE_WEBHOOK_SECRET")?, std::env::var("GUICHET_INBOX_TABLE")?);
    run(service_fn(|request| receive(&client, &secret, &table, request))).await
}
