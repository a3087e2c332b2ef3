//! The sandbox, used as the product uses it: requests to its router, and a receiver for its webhooks.

mod api;
mod balance;
mod client;
mod controls;
mod delivery;
mod disputes;
mod hosted_page;
mod methods;
mod refunds;
mod shapes;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, StatusCode};
use clock::Clock;
use http_body_util::BodyExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Sandbox, SandboxConfig, webhooks};

const SECRET_KEY: &str = "sk_test_sandbox";
const WEBHOOK_SECRET: &str = "whsec_test_secret";
const SESSION: &str = "mode=payment&success_url=http%3A%2F%2F127.0.0.1%2Fback%3Fs%3D%7BCHECKOUT_SESSION_ID%7D\
    &cancel_url=http%3A%2F%2F127.0.0.1%2Fcancel\
    &line_items%5B0%5D%5Bprice_data%5D%5Bcurrency%5D=EUR&line_items[0][price_data][unit_amount]=12050\
    &line_items[0][price_data][product_data][name]=Invoice+A%26B&line_items[0][quantity]=1\
    &client_reference_id=pay_1&metadata[guichet_payment]=pay_1&payment_intent_data[metadata][guichet_payment]=pay_1\
    &locale=en&adaptive_pricing[enabled]=false&saved_payment_method_options[payment_method_save]=enabled";

/// A sandbox of its own file, with a clock that stands still.
struct Shop {
    sandbox: Sandbox,
    clock: Clock,
    directory: tempfile::TempDir,
}

/// The response of the sandbox.
struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

fn config(directory: &tempfile::TempDir) -> SandboxConfig {
    SandboxConfig {
        origin: "http://127.0.0.1:3000".to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        webhook_secret: WEBHOOK_SECRET.to_owned(),
        file: directory.path().join("sandbox.sqlite"),
    }
}

impl Shop {
    fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::manual("2026-11-22T10:00:00Z".parse::<Timestamp>().unwrap());
        let sandbox = Sandbox::open(config(&directory), clock.clone()).unwrap();
        Self { sandbox, clock, directory }
    }

    async fn call(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let response = self.sandbox.router().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn api(&self, method: &str, path: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {SECRET_KEY}");
        self.call(method, &format!("/v1/{path}"), &[("authorization", &bearer)], body).await
    }

    /// The response to a request that must succeed.
    async fn ok(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.api(method, path, body).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
        answer.json()
    }

    async fn session(&self) -> String {
        self.ok("POST", "checkout/sessions", SESSION).await["id"].as_str().unwrap().to_owned()
    }

    async fn submit(&self, session: &str, fields: &str) -> Answer {
        self.call("POST", &format!("/pay/{session}"), &[], fields).await
    }

    async fn pay_by_card(&self, session: &str, number: &str) -> Answer {
        self.submit(session, &format!("cardNumber={number}&cardExpiry=12%2F34&cardCvc=123")).await
    }

    async fn pay_by_debit(&self, session: &str, iban: &str) -> Answer {
        self.submit(session, &format!("iban={iban}")).await
    }

    /// The charge of a new session, paid with a card that succeeds.
    async fn charge(&self, number: &str) -> Value {
        let session = self.session().await;
        assert_eq!(self.pay_by_card(&session, number).await.status, 303);
        self.charge_of(&session).await
    }

    async fn charge_of(&self, session: &str) -> Value {
        let path = format!("checkout/sessions/{session}?expand[]=payment_intent.latest_charge");
        self.ok("GET", &path, "").await["payment_intent"]["latest_charge"].clone()
    }

    /// The object as it is now.
    async fn again(&self, path: &str, object: &Value) -> Value {
        self.ok("GET", &format!("{path}/{}", object["id"].as_str().unwrap()), "").await
    }

    /// The response of a control that must succeed.
    async fn control(&self, path: &str, body: &Value) -> Value {
        let answer = self.call("POST", path, &[("content-type", "application/json")], &body.to_string()).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// The types of the events after the first so many.
    async fn events_after(&self, count: usize) -> Vec<String> {
        self.event_types().await.split_off(count)
    }

    /// The types of all events, oldest first.
    async fn event_types(&self) -> Vec<String> {
        let events = self.ok("GET", "events?limit=100", "").await;
        let types = events["data"].as_array().unwrap().iter().rev();
        types.map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }

    fn advance(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }
}

/// A webhook endpoint on this machine, and everything it received.
#[derive(Clone)]
struct Receiver {
    received: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    status: Arc<Mutex<StatusCode>>,
    url: String,
}

impl Receiver {
    async fn listen() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { received: Arc::default(), status: Arc::new(Mutex::new(StatusCode::OK)), url };
        let router = Router::new().route("/hook", axum::routing::post(receive)).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    fn answer_with(&self, status: StatusCode) {
        *self.status.lock().unwrap() = status;
    }

    fn events(&self) -> Vec<Value> {
        self.received.lock().unwrap().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }

    fn types(&self) -> Vec<String> {
        self.events().iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> (StatusCode, HeaderMap) {
    receiver.received.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
    let mut headers = HeaderMap::new();
    headers.insert("location", "/elsewhere".parse().unwrap());
    (*receiver.status.lock().unwrap(), headers)
}
