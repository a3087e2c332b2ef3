//! The receiver at its boundary: real requests, the embedded table, and what they leave in table and log.

use std::io::Write;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use local_aws::table::{CORE, INBOX, Table};
use serde_json::json;
use store::{EventKey, Jitter, Tables};
use tempfile::TempDir;
use tower::ServiceExt as _;
use tracing_subscriber::fmt::MakeWriter;

use super::*;

const BUSINESS: &str = "biz_0000000000000000000000000B";
const SECRET: &str = "whsec_0123456789";

/// A receiver over a table of its own.
struct Fixture {
    receiver: Receiver,
    _table: Table,
    _folder: TempDir,
}

struct Answered {
    status: StatusCode,
    text: String,
    headers: HeaderMap,
}

fn store_at(endpoint: &str) -> Store {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("eu-west-3"))
        .credentials_provider(credentials())
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::disabled())
        .build();
    let tables = Tables { core: CORE.to_owned(), inbox: INBOX.to_owned() };
    Store::new(Client::from_conf(config), tables, Jitter::seeded(1), Clock::manual(now()))
}

/// The credentials that the table's server accepts.
fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

fn now() -> Timestamp {
    "2026-03-02T09:00:00Z".parse().unwrap()
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let table = Table::open(&folder.path().join("table"), "test").unwrap();
        let receiver = Receiver {
            store: store_at(table.endpoint()),
            clock: Clock::manual(now()),
            secrets: [SECRET, "whsec_older"].map(|secret| Secret::new(secret).unwrap()).into(),
            only_business: BUSINESS.parse().unwrap(),
        };
        Self { receiver, _table: table, _folder: folder }
    }

    async fn ask(&self, method: Method, path: &str, signature: &str, body: &[u8]) -> Answered {
        let request =
            Request::builder().method(method).uri(path).header(payment_gateway::stripe::signature::HEADER, signature);
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let response = router(self.receiver.clone()).oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        Answered { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    /// Posts a body to the business's address, signed now.
    async fn post(&self, body: &[u8]) -> (u16, String) {
        let answer = self.ask(Method::POST, &path(), &signed(SECRET, body), body).await;
        (answer.status.as_u16(), answer.text)
    }

    async fn recorded(&self, object: &str, event: &str) -> Option<ReceivedEvent> {
        let (object, event) = (object.to_owned(), event.to_owned());
        let key = EventKey { business: BUSINESS.parse().unwrap(), provider: "stripe".parse().unwrap(), object, event };
        self.receiver.store.event(&key).await.unwrap()
    }
}

fn path() -> String {
    format!("/webhooks/stripe/{BUSINESS}")
}

fn signed_at(secret: &str, body: &[u8], at: Timestamp) -> String {
    payment_gateway::stripe::signature::sign(&Secret::new(secret).unwrap(), at, body)
}

fn signed(secret: &str, body: &[u8]) -> String {
    signed_at(secret, body, now())
}

fn event(id: &str) -> Vec<u8> {
    let event = json!({
        "id": id, "object": "event", "type": "novelty.happened", "api_version": "2025-01-27.acacia",
        "created": 1_772_441_000, "livemode": false,
        "data": {"object": {"id": "xx_1", "object": "novelty", "note": "Ünïcödé – 漢字 €"}},
    });
    event.to_string().into_bytes()
}

/// What is logged while this value lives.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Begins to capture, on this thread.
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().json().flatten_event(true).with_writer(log.clone()).finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn lines(&self) -> Vec<serde_json::Value> {
        let text = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn only_what_is_proved_is_recorded() {
    let (fixture, body) = (Fixture::new(), event("evt_1"));
    let (log, _guard) = Log::listen();
    let after = |seconds| now().saturating_add(SignedDuration::from_secs(seconds)).unwrap();
    for (what, signature, counter) in [
        ("none", String::new(), "metric.bad_signature"),
        ("no signature", "t=1772442000".to_owned(), "metric.bad_signature"),
        ("no time", "v1=00".to_owned(), "metric.bad_signature"),
        ("a wrong one", "t=1772442000,v1=00".to_owned(), "metric.bad_signature"),
        ("another secret's", signed("whsec_another", &body), "metric.bad_signature"),
        ("another body's", signed(SECRET, b"{}"), "metric.bad_signature"),
        ("an old one", signed_at(SECRET, &body, after(-301)), "metric.too_old"),
        ("one from the future", signed_at(SECRET, &body, after(301)), "metric.bad_signature"),
    ] {
        let answer = fixture.ask(Method::POST, &path(), &signature, &body).await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::BAD_REQUEST, "not accepted"), "{what}");
        let lines = log.lines();
        assert_eq!((lines.len(), &lines[0]["level"], &lines[0][counter]), (1, &json!("WARN"), &json!(1)), "{what}");
    }
    assert_eq!(fixture.recorded("xx_1", "evt_1").await, None);
    for (what, signature) in [
        ("the older secret's", signed("whsec_older", &body)),
        ("one of two", format!("{},v1=00", signed(SECRET, &body))),
        ("the oldest", signed_at(SECRET, &body, after(-300))),
    ] {
        let answer = fixture.ask(Method::POST, &path(), &signature, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}");
    }
    let stored = fixture.recorded("xx_1", "evt_1").await.unwrap();
    assert_eq!((stored.body, stored.state), (body, EventState::Received));
}

#[tokio::test]
async fn an_event_is_recorded_once_and_kept_also_where_it_cannot_be_read() {
    let fixture = Fixture::new();
    let largest = [&b"{\"pad\": \""[..], &vec![b'x'; EVENT_BODY_BYTES_MAX - 11], b"\"}"].concat();
    assert_eq!(largest.len(), EVENT_BODY_BYTES_MAX);
    let too_large = [&largest[..], b" "].concat();
    let (log, _guard) = Log::listen();
    for (what, body, expected, levels) in [
        ("an event of no known type", event("evt_1"), (200, "recorded"), &["INFO"][..]),
        ("the same", event("evt_1"), (200, "recorded before"), &["INFO"]),
        ("no event", b"{}".to_vec(), (200, "recorded"), &["INFO", "ERROR"]),
        ("no event again", b"{}".to_vec(), (200, "recorded before"), &["INFO"]),
        ("no JSON", b"\xff\x00".to_vec(), (200, "recorded"), &["INFO", "ERROR"]),
        ("nothing", Vec::new(), (200, "recorded"), &["INFO", "ERROR"]),
        ("the largest", largest, (200, "recorded"), &["INFO", "ERROR"]),
        ("one byte more", too_large, (413, "too large"), &["WARN"]),
    ] {
        assert_eq!(fixture.post(&body).await, (expected.0, expected.1.to_owned()), "{what}");
        let lines = log.lines();
        let seen: Vec<&str> = lines.iter().map(|line| line["level"].as_str().unwrap()).collect();
        assert_eq!(seen, levels, "{what}");
        let text = serde_json::to_string(&lines).unwrap();
        assert!(!text.contains("Ünïcödé") && !text.contains(SECRET), "{what}: {text}");
        if expected.0 == 200 {
            let span = &lines[0]["span"];
            assert_eq!((&span["name"], &span["business.id"]), (&json!("webhook.request"), &json!(BUSINESS)), "{what}");
            assert!(span["provider.event_id"].is_string() && lines[0]["duration_ms"].is_u64(), "{what}");
        }
    }
    let waiting = fixture.receiver.store.quarantined_events(&BUSINESS.parse().unwrap(), &store::Page::first(10)).await;
    assert_eq!(waiting.unwrap().items.len(), 4);
}

#[tokio::test]
async fn an_address_is_one_businesss_with_or_without_a_slash() {
    let (fixture, body) = (Fixture::new(), event("evt_1"));
    let signature = signed(SECRET, &body);
    let (slash, more) = (format!("{}/", path()), format!("{}/more", path()));
    let other = "/webhooks/stripe/biz_0000000000000000000000000C";
    for (method, path, expected) in [
        (Method::POST, path().as_str(), 200),
        (Method::POST, slash.as_str(), 200),
        (Method::POST, other, 404),
        (Method::POST, "/webhooks/stripe/biz_7", 404),
        (Method::POST, "/webhooks/stripe/", 404),
        (Method::POST, "/webhooks/stripe/%2F..%00%E2%80%AE", 404),
        (Method::POST, "/webhooks/stripe/%C0%AF", 400),
        (Method::POST, more.as_str(), 404),
        (Method::POST, "/", 404),
        (Method::GET, path().as_str(), 405),
        (Method::GET, slash.as_str(), 405),
        (Method::DELETE, path().as_str(), 405),
    ] {
        let answer = fixture.ask(method.clone(), path, &signature, &body).await;
        assert_eq!(answer.status.as_u16(), expected, "{method} {path}");
        let header = |name| answer.headers.get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header(header::ALLOW), (expected == 405).then_some("POST"), "{method} {path}");
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), Some("nosniff"), "{method} {path}");
        let transport = header(header::STRICT_TRANSPORT_SECURITY).unwrap();
        assert!(transport.ends_with("; includeSubDomains"), "{method} {path}");
    }
    let (log, _guard) = Log::listen();
    fixture.ask(Method::POST, other, &signature, &body).await;
    assert_eq!(log.lines()[0]["metric.unknown_business"], 1);
}

#[tokio::test]
async fn where_the_table_does_not_answer_the_provider_is_to_try_again() {
    let mut fixture = Fixture::new();
    let sound = std::mem::replace(&mut fixture.receiver.store, store_at("http://127.0.0.1:9"));
    assert_eq!(fixture.post(&event("evt_1")).await, (503, "try again".to_owned()));
    fixture.receiver.store = sound;
    assert_eq!(fixture.post(&event("evt_1")).await, (200, "recorded".to_owned()));
}
