//! A whole Guichet, and the actions of a tester.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_dynamodb::config::SharedInterceptor;
use clock::Clock;
use function_runtime::IdGenerator;
use guichet::{Local, Options, Reach, StreamHandler};
use jiff::{SignedDuration, Timestamp};
use receivables::PaymentId;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use store::{DueItem, EventKey, EventState, ReceivedEvent};
use tokio::sync::watch;

use crate::interceptor::Calls;
use crate::invocations::{Invocations, Started};

/// The instant at which every world begins.
const BEGINNING: &str = "2026-03-02T09:00:00Z";
/// The key of the API in every world.
const API_KEY: &str = "gk_test_kit_of_the_worlds";

/// Shorter than the pause for a real data centre, so that retries take no time.
const FIRST_PAUSE: Duration = Duration::from_millis(2);

/// A whole Guichet with an empty business.
pub struct World {
    /// The process that runs everything.
    pub local: Local,
    /// The world's clock, which stands still.
    pub clock: Clock,
    /// The calls to the tables.
    pub calls: Calls,
    /// The invocations of the functions, which can be ended in the middle.
    pub invocations: Invocations,
    /// The product's address: in the process, unless it is a deployment of functions.
    pub product: String,
    client: Client,
    numbers: AtomicUsize,
    folder: tempfile::TempDir,
}

/// The response to a request.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    /// The headers, in lower case.
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.text))
    }

    /// The value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The address of a redirect.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_else(|| panic!("no redirect but {}: {}", self.status, self.text))
    }

    /// The value of a hidden or other input of a page.
    pub fn field(&self, name: &str) -> String {
        let marked = format!("name=\"{name}\"");
        let found =
            self.text.split("<input").find(|input| input.split('>').next().unwrap_or_default().contains(&marked));
        let input = found.unwrap_or_else(|| panic!("no field {name} in: {}", self.text)).split('>').next().unwrap();
        input.split("value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned()
    }
}

impl World {
    pub async fn new() -> Self {
        Self::seeded(b"world").await
    }

    /// An empty world whose ids follow from a seed.
    pub async fn seeded(seed: &[u8]) -> Self {
        Self::start(seed, Clock::manual(BEGINNING.parse().expect("an instant")), None).await
    }

    /// An empty world with the system's clock, whose streams are handled by the given handler.
    pub async fn handled_by(stream_handler: StreamHandler) -> Self {
        Self::start(b"world", Clock::system(), Some(stream_handler)).await
    }

    /// An empty world whose streams reach nobody: every record of them is lost.
    pub async fn without_streams() -> Self {
        let nobody: StreamHandler =
            Arc::new(|_| Box::pin(async { Ok(aws_lambda_events::event::streams::DynamoDbEventResponse::default()) }));
        Self::start(b"world", Clock::manual(BEGINNING.parse().expect("an instant")), Some(nobody)).await
    }

    /// A world that goes on, at an instant, in a folder that another left.
    pub async fn in_folder(folder: tempfile::TempDir, at: Timestamp) -> Self {
        Self::start_in(folder, b"later", Clock::manual(at), None).await
    }

    /// Ends the world, and gives its folder away.
    pub async fn leave(self) -> tempfile::TempDir {
        self.local.stop().await.expect("the process ends");
        self.folder
    }

    async fn start(seed: &[u8], clock: Clock, stream_handler: Option<StreamHandler>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::start_in(folder, seed, clock, stream_handler).await
    }

    async fn start_in(
        folder: tempfile::TempDir,
        seed: &[u8],
        clock: Clock,
        stream_handler: Option<StreamHandler>,
    ) -> Self {
        let (calls, invocations) = (Calls::default(), Invocations::default());
        let (process_started, started) = watch::channel(None);
        let stream_handler = stream_handler.unwrap_or_else(|| invocations.handler(started));
        let options = Options {
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            data: folder.path().to_owned(),
            ephemeral: false,
            empty: true,
            reach: Reach::ThisMachine,
            api_key: Some(API_KEY.to_owned()),
            stripe: None,
            clock: clock.clone(),
            ids: IdGenerator::seeded(seed),
            automatic: false,
            table_interceptor: Some(SharedInterceptor::new(calls.clone())),
            first_pause: Some(FIRST_PAUSE),
            stream_handler: Some(stream_handler),
        };
        let local = Local::start(options).await.expect("the process starts");
        let started = Started { state: local.state.clone(), faults: local.table_faults().clone() };
        process_started.send_replace(Some(started));
        let client = Client::builder().redirect(Policy::none()).build().expect("a client");
        let product = local.origin.clone();
        Self { local, clock, calls, invocations, product, client, numbers: AtomicUsize::new(1), folder }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn advance(&self, by: SignedDuration) {
        self.clock.advance(by);
    }

    /// Sends any request. `path` may be a whole address.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Answer {
        // The routes under `/dev/` are in the process, wherever the product is.
        let origin = if path.starts_with("/dev/") { &self.local.origin } else { &self.product };
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{origin}{path}") };
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status();
        let headers = response.headers().iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let headers = headers.collect();
        Answer { status, headers, text: response.text().await.expect("a body") }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// Posts a form, as a page of ours would.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, fields, &[]).await
    }

    /// Posts a form with further headers.
    pub async fn post_with(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).expect("a form");
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send(Method::POST, path, &all, Some(body.into_bytes())).await
    }

    /// Calls the API with the business's key. `path` begins after `/api/v1`.
    pub async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.api_with(method, path, body, &[]).await
    }

    /// Calls the API with further headers.
    pub async fn api_with(&self, method: Method, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Answer {
        let bearer = format!("Bearer {API_KEY}");
        let mut all = vec![("authorization", bearer.as_str()), ("content-type", "application/json")];
        all.extend_from_slice(headers);
        let body = body.map(|body| body.to_string().into_bytes());
        self.send(method, &format!("/api/v1{path}"), &all, body).await
    }

    /// Calls the API and expects success.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let answer = self.api(method.clone(), path, body).await;
        assert!(answer.status.is_success(), "{method} {path}: {} {}", answer.status, answer.text);
        answer.json()
    }

    /// Registers a customer with a locale and an address.
    pub async fn customer(&self, locale: &str) -> Value {
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        let body = json!({
            "external_id": format!("C-{number}"),
            "name": format!("Customer {number}"),
            "email": format!("customer-{number}@example.com"),
            "locale": locale,
        });
        self.ask(Method::POST, "/customers", Some(body)).await
    }

    /// Issues an invoice of one line without tax, due in thirty days.
    pub async fn invoice(&self, customer: &Value, currency: &str, amount: &str) -> Value {
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        let body = json!({
            "number": format!("F-{number}"),
            "customer": customer["id"],
            "currency": currency,
            "issued_on": "2026-03-02",
            "due_on": "2026-04-01",
            "lines": [{"description": "Work", "quantity": "1", "unit_price": amount}],
        });
        self.ask(Method::POST, "/invoices", Some(body)).await
    }

    /// Opens a pay link and presses Pay with an amount. The answer is the redirect to the hosted page, or the page again.
    pub async fn press_pay(&self, pay_url: &str, amount: &str) -> Answer {
        let page = self.get(pay_url).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        self.post(pay_url, &[("payment", &page.field("payment")), ("amount", amount), ("pay", "")]).await
    }

    /// Pays on the hosted page with a card number or IBAN, and comes back. The answer is the page of the payment.
    pub async fn pay_hosted(&self, hosted: &str, number: &str) -> Answer {
        let answer = self.submit_hosted(hosted, number).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        self.get(answer.location()).await
    }

    /// A customer and their invoice of 64.00 EUR, which is paid while no webhook arrives and nobody returns from the hosted
    /// page.
    pub async fn paid_unheard(&self) -> (Value, Value) {
        self.chaos(json!({"drop": 100})).await;
        let customer = self.customer("en").await;
        let invoice = self.invoice(&customer, "EUR", "64.00").await;
        let pressed = self.press_pay(invoice["pay_url"].as_str().expect("a link"), "64.00").await;
        let submitted = self.submit_hosted(pressed.location(), "4242424242424242").await;
        assert_eq!(submitted.status, StatusCode::SEE_OTHER, "{}", submitted.text);
        (customer, invoice)
    }

    /// Submits the hosted page, without following its redirect.
    pub async fn submit_hosted(&self, hosted: &str, number: &str) -> Answer {
        let fields: &[(&str, &str)] = if number.starts_with(|c: char| c.is_ascii_digit()) {
            &[("method", "card"), ("cardNumber", number), ("cardExpiry", "12 / 34"), ("cardCvc", "123")]
        } else {
            &[("method", "sepa_debit"), ("iban", number)]
        };
        let mut fields = fields.to_vec();
        fields.extend([("email", "payer@example.com"), ("billingName", "A Payer")]);
        self.post(hosted, &fields).await
    }

    /// Does all that can be done now.
    pub async fn drain(&self) {
        self.local.drain().await.expect("all is done");
    }

    /// All mails, oldest first.
    pub async fn mails(&self) -> Vec<Value> {
        self.get("/dev/mail").await.json().as_array().expect("a list").clone()
    }

    /// Expects that the books verify.
    pub async fn verify(&self) {
        let proof = operations::verify_books(&self.local.state.context, &self.local.business).await.expect("a proof");
        let found: Vec<String> = proof.differences.iter().map(ToString::to_string).collect();
        assert!(found.is_empty(), "the books disagree:\n{}", found.join("\n"));
    }

    /// An invoice as the API shows it now.
    pub async fn invoice_now(&self, invoice: &Value) -> Value {
        self.ask(Method::GET, &format!("/invoices/{}", invoice["id"].as_str().expect("an id")), None).await
    }

    /// A payment as the API shows it now.
    pub async fn payment_now(&self, payment: &PaymentId) -> Value {
        self.ask(Method::GET, &format!("/payments/{payment}"), None).await
    }

    /// Posts a webhook signed now.
    pub async fn webhook(&self, body: &str) -> Answer {
        self.webhook_signed(body.as_bytes().to_vec(), &self.signature(body)).await
    }

    /// The header that signs a webhook now.
    pub fn signature(&self, body: &str) -> String {
        payment_gateway::stripe::signature::sign(&self.webhook_secret(), self.now(), body.as_bytes())
    }

    /// The body of an event as it was recorded, if it was.
    pub async fn recorded(&self, object: &str, event: &str) -> Option<Vec<u8>> {
        let key = self.event_key(object, event);
        self.context().store.event(&key).await.expect("the inbox").map(|event| event.body)
    }

    /// Does what is due by the world's clock, in every shard of every list.
    pub async fn run_due(&self) -> Result<operations::DueRun, operations::OperationError> {
        let context = self.context().acting_as(receivables::Actor::Timer);
        operations::run_due(&context, || self.now(), operations::Shards::All, operations::Deadline::default()).await
    }

    /// Makes a payment due now, as if it were time for its next poll.
    pub async fn make_due(&self, payment: &PaymentId) {
        let store = self.context().store;
        let payment = store.payment(&self.local.business, payment).await.expect("the table").expect("a payment");
        let due = DueItem::of_payment(&payment).expect("it waits for something");
        assert!(store.retime_due(&due, self.now(), None).await.expect("the table"), "it waits for something else");
    }

    /// Posts a webhook signed at an instant.
    pub async fn webhook_signed_at(&self, body: &str, at: Timestamp) -> Answer {
        let header = payment_gateway::stripe::signature::sign(&self.webhook_secret(), at, body.as_bytes());
        self.webhook_signed(body.as_bytes().to_vec(), &header).await
    }

    /// Posts a webhook under a given signature header.
    pub async fn webhook_signed(&self, body: Vec<u8>, signature: &str) -> Answer {
        let path = format!("/webhooks/stripe/{}", self.local.business);
        self.send(Method::POST, &path, &[("stripe-signature", signature)], Some(body)).await
    }

    /// Reads from the sandbox's API.
    pub async fn stripe(&self, path: &str) -> Value {
        let bearer = format!("Bearer {}", self.kept("stripe_secret_key"));
        self.send(Method::GET, &format!("/dev/stripe/v1{path}"), &[("authorization", &bearer)], None).await.json()
    }

    /// Sends a request that changes something to the sandbox's API: form fields in Stripe's notation.
    pub async fn stripe_post(&self, path: &str, fields: &str) -> Answer {
        let bearer = format!("Bearer {}", self.kept("stripe_secret_key"));
        let body = Some(fields.as_bytes().to_vec());
        self.send(Method::POST, &format!("/dev/stripe/v1{path}"), &[("authorization", &bearer)], body).await
    }

    /// Uses one of the sandbox's controls: what banks, issuers and other programs do.
    pub async fn stripe_control(&self, path: &str, body: &Value) -> Value {
        let (path, body) = (format!("/dev/stripe{path}"), body.to_string().into_bytes());
        let answer = self.send(Method::POST, &path, &[("content-type", "application/json")], Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {}", answer.text);
        answer.json()
    }

    /// Uses a control that the sandbox may refuse. `None` if it did.
    pub async fn stripe_control_if(&self, path: &str, body: &Value) -> Option<Value> {
        let (path, body) = (format!("/dev/stripe{path}"), body.to_string().into_bytes());
        let answer = self.send(Method::POST, &path, &[("content-type", "application/json")], Some(body)).await;
        assert!(!answer.status.is_server_error(), "{path}: {}", answer.text);
        answer.status.is_success().then(|| answer.json())
    }

    /// Sets what goes wrong with the sandbox's webhooks.
    pub async fn chaos(&self, switch: Value) {
        self.stripe_control("/chaos", &switch).await;
    }

    /// Applies one event, and returns only its own calls to the tables, with the units they used.
    pub async fn apply_alone(&self, event: &Value) -> Calls {
        let calls = Calls::default();
        calls.meter();
        let context = operations::Context {
            store: self.local.store_watched_by(&SharedInterceptor::new(calls.clone())),
            ..self.context()
        };
        // The stream's worker leaves events in quarantine alone.
        let event = self.received(event, EventState::Quarantined);
        context.store.record_event(&event).await.expect("it is recorded");
        // A worker reads a business once, for the zone in which its days are counted.
        context.store.business(&self.local.business).await.expect("it is read");
        calls.forget();
        operations::apply_provider_event(&context, &event, self.now()).await.expect("it is applied");
        calls
    }

    /// An event of Stripe as the inbox stores it.
    pub fn received(&self, event: &Value, state: EventState) -> ReceivedEvent {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let object = event["data"]["object"]["id"].as_str().or(event["related_object"]["id"].as_str());
        ReceivedEvent {
            key: self.event_key(object.unwrap_or("none"), &text(&event["id"])),
            kind: text(&event["type"]),
            api_version: event["api_version"].as_str().map(str::to_owned),
            livemode: Some(false),
            received_at: self.now(),
            body: event.to_string().into_bytes(),
            state,
            reason: None,
        }
    }

    fn event_key(&self, object: &str, event: &str) -> EventKey {
        EventKey {
            business: self.local.business.clone(),
            provider: crate::stripe(),
            object: object.to_owned(),
            event: event.to_owned(),
        }
    }

    fn context(&self) -> operations::Context {
        self.local.state.context.clone()
    }

    /// The secrets of this world, which must appear nowhere.
    pub fn secrets(&self) -> Vec<String> {
        ["link_secret", "stripe_secret_key", "stripe_webhook_secret"].map(|name| self.kept(name)).to_vec()
    }

    fn webhook_secret(&self) -> payment_gateway::Secret {
        payment_gateway::Secret::new(self.kept("stripe_webhook_secret")).expect("a secret")
    }

    /// A value stored in the world's folder.
    pub(crate) fn kept(&self, name: &str) -> String {
        let kept = std::fs::read_to_string(self.local.folder().join("kept.json")).expect("what the folder keeps");
        let kept: Value = serde_json::from_str(&kept).expect("JSON");
        kept[name].as_str().expect("a text").to_owned()
    }
}
