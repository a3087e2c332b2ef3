//! The smallest portal: one read, one page of Leptos.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use leptos::prelude::*;

async fn show(client: &Client, table: &str, request: Request) -> Result<Response<Body>, Error> {
    let path = request.uri().path().to_owned();
    let key = AttributeValue::S("peer".to_owned());
    let got = client.get_item().table_name(table).key("pk", key.clone()).key("sk", key).send().await?;
    let found = got.item.is_some();
    let owner = Owner::new();
    let page = owner.with(|| {
        view! {
            <html lang="en">
                <head>
                    <title>"A page"</title>
                </head>
                <body>
                    <h1>{path}</h1>
                    <p>{if found { "Found" } else { "Nothing" }}</p>
                </body>
            </html>
        }
        .to_html()
    });
    let response = Response::builder().header("content-type", "text/html; charset=utf-8");
    Ok(response.body(Body::from(format!("<!DOCTYPE html>{page}")))?)
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_http::tracing::init_default_subscriber();
    let config = aws_config::defaults(aws_config::BehaviorVersion::v2026_01_12()).load().await;
    let client = Client::new(&config);
    #[expect(clippy::disallowed_methods, reason = "the peer has no room of ours to read it")]
    let table = std::env::var("GUICHET_CORE_TABLE")?;
    run(service_fn(|request| show(&client, &table, request))).await
}
