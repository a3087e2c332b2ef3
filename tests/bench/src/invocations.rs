//! A world for the functions: tables with a business in them, their environment, and a real first event for each.

use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clock::Clock;
use local_aws::table::{INBOX, Table};
use payment_gateway::Secret;
use payment_gateway::stripe::signature;
use reqwest::Method;
use serde_json::{Map, Value, json};
use store::{EventKey, EventState, ReceivedEvent};
use testing::World;
use tokio::runtime::{Builder, Runtime};

use crate::Outcome;
use crate::ingest::event_of_everyday_size;

/// The access key id with which the functions reach the tables.
const ACCESS_KEY: &str = "bench";

/// The tables, served; and what the functions are told by their environment.
pub(crate) struct Stage {
    runtime: Runtime,
    world: World,
    tables: Table,
    kept: Value,
    pay_path: String,
}

impl Stage {
    pub(crate) fn set() -> Outcome<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let world = runtime.block_on(World::new());
        let folder = world.local.folder().to_owned();
        let kept = serde_json::from_slice(&std::fs::read(folder.join("kept.json"))?)?;
        let link = runtime.block_on(async {
            let customer = world.customer("en").await;
            let invoice = world.invoice(&customer, "EUR", "31.00").await;
            // The functions live by the system's clock, the world by its own: this link opens by both.
            let link = json!({"invoices": [invoice["id"]], "expires_on": "2999-12-31"});
            let link = world.ask(Method::POST, "/pay-links", Some(link)).await;
            world.drain().await;
            link
        });
        let pay_url = link["url"].as_str().ok_or("no pay link")?;
        let pay_path = pay_url.strip_prefix(&world.local.origin).ok_or("a link elsewhere")?.to_owned();
        let tables = Table::open(&folder.join("tables.sqlite"), ACCESS_KEY)?;
        Ok(Self { runtime, world, tables, kept, pay_path })
    }

    /// The environment of a function, as Lambda and its deployment would give it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let kept = |name: &str| self.kept[name].as_str().unwrap_or_default().to_owned();
        let given = [
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_REGION", "eu-west-3"),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY),
            ("AWS_SECRET_ACCESS_KEY", "bench"),
            ("AWS_ENDPOINT_URL_DYNAMODB", self.tables.endpoint()),
            ("GUICHET_CORE_TABLE", local_aws::table::CORE),
            ("GUICHET_INBOX_TABLE", INBOX),
            ("GUICHET_BUSINESS", self.world.local.business.as_str()),
            ("GUICHET_ORIGIN", &self.world.local.origin),
            // Stripe is not asked here; as on Lambda it would be reached by TLS.
            ("STRIPE_API_BASE", "https://api.stripe.com"),
            ("GUICHET_LOG", "off"),
            ("AWS_LAMBDA_LOG_LEVEL", "error"),
            // There is no profile to be found, as on Lambda.
            ("HOME", "/nonexistent"),
        ];
        let mut all: Vec<_> = given.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        all.push(("GUICHET_LINK_SECRET", kept("link_secret")));
        all.push(("STRIPE_SECRET_KEY", kept("stripe_secret_key")));
        all.push(("STRIPE_WEBHOOK_SECRET", kept("stripe_webhook_secret")));
        all
    }

    /// A webhook that nobody has sent before, signed now.
    pub(crate) fn webhook(&self, number: usize) -> Outcome<String> {
        let body = event_of_everyday_size(&format!("evt_first_{number}"))?;
        let secret = Secret::new(self.kept["stripe_webhook_secret"].as_str().unwrap_or_default())?;
        let header = signature::sign(&secret, Clock::system().now(), body.as_bytes());
        let path = format!("/webhooks/stripe/{}", self.world.local.business);
        Ok(http("POST", &path, &[("stripe-signature", &header), ("content-type", "application/json")], Some(&body)))
    }

    /// Somebody opens a pay link.
    pub(crate) fn pay_page(&self) -> String {
        http("GET", &self.pay_path, &[("accept", "text/html"), ("accept-language", "en")], None)
    }

    /// The business lists its invoices.
    pub(crate) fn invoices(&self) -> String {
        let bearer = format!("Bearer {}", self.world.local.api_key);
        http("GET", "/api/v1/invoices", &[("authorization", &bearer)], None)
    }

    /// The inbox's stream tells of a recorded event, of a type that changes no books.
    pub(crate) fn stream_batch(&self) -> Outcome<String> {
        let event = ReceivedEvent {
            key: EventKey {
                business: self.world.local.business.clone(),
                provider: testing::stripe(),
                object: "x_1".to_owned(),
                event: "evt_novelty".to_owned(),
            },
            kind: "novelty".to_owned(),
            api_version: None,
            livemode: Some(false),
            received_at: self.world.now(),
            body: br#"{"id":"evt_novelty","object":"event","type":"novelty","livemode":false,"data":{"object":{"id":"x_1"}}}"#
                .to_vec(),
            state: EventState::Received,
            reason: None,
        };
        self.runtime.block_on(self.world.local.state.context.store.record_event(&event))?;
        let config = aws_sdk_dynamodb::Config::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::from_static("eu-west-3"))
            .credentials_provider(Credentials::new(ACCESS_KEY, "bench", None, None, "bench"))
            .endpoint_url(self.tables.endpoint());
        let client = aws_sdk_dynamodb::Client::from_conf(config.build());
        let scanned = self.runtime.block_on(client.scan().table_name(INBOX).send())?;
        let holds = |value: &AttributeValue| value.as_s().is_ok_and(|text| text.contains("evt_novelty"));
        let item =
            scanned.items().iter().find(|item| item.get("sk").is_some_and(holds) || item.get("pk").is_some_and(holds));
        let image: Map<String, Value> = item
            .ok_or("the event is not in the inbox")?
            .iter()
            .map(|(name, value)| (name.clone(), typed(value)))
            .collect();
        let keys = json!({"pk": image.get("pk"), "sk": image.get("sk")});
        Ok(json!({"Records": [{
            "eventID": "1", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
            "awsRegion": "eu-west-3", "eventSourceARN": "arn:aws:dynamodb:eu-west-3:000000000000:table/inbox/stream/1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_772_442_000, "Keys": keys, "NewImage": image,
                "SequenceNumber": "1", "SizeBytes": 500, "StreamViewType": "NEW_IMAGE",
            },
        }]})
        .to_string())
    }
}

/// What API Gateway makes of a request.
fn http(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&str>) -> String {
    let mut all: Map<String, Value> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), Value::from(*value))).collect();
    all.insert("host".to_owned(), Value::from("pay.example.com"));
    json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": all,
        "requestContext": {
            "accountId": "000000000000", "apiId": "bench", "domainName": "pay.example.com", "domainPrefix": "pay",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1", "userAgent": "bench"},
            "requestId": "bench", "routeKey": "$default", "stage": "$default",
            "time": "02/Mar/2026:09:00:00 +0000", "timeEpoch": 1_772_442_000_000_i64,
        },
        "body": body, "isBase64Encoded": false,
    })
    .to_string()
}

/// A value as a stream's record has it.
#[expect(clippy::wildcard_enum_match_arm, reason = "no item of ours has sets; the enum is open")]
fn typed(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({"S": text}),
        AttributeValue::N(number) => json!({"N": number}),
        AttributeValue::Bool(yes) => json!({"BOOL": yes}),
        AttributeValue::B(bytes) => json!({"B": BASE64_STANDARD.encode(bytes.as_ref())}),
        AttributeValue::L(list) => json!({"L": list.iter().map(typed).collect::<Vec<Value>>()}),
        AttributeValue::M(map) => {
            json!({"M": map.iter().map(|(name, value)| (name.clone(), typed(value))).collect::<Map<String, Value>>()})
        }
        _ => json!({"NULL": true}),
    }
}
