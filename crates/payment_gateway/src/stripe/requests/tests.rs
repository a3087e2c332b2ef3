#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes its strings so")]

mod back;
mod lists;
mod saved;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use jiff::Timestamp;
use receivables::{BusinessId, Currency, Locale, Money, ObjectState, PaymentId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::idempotency_key::Operation;
use crate::orders::{ChargeOutcome, RefundOrder, RefundOutcome, SavedCharge};
use crate::reaction::{Alarm, PayerRemedy, Reaction};
use crate::request_error::OrderError;

const ULID: &str = "01JD8Z0000ABCDEFGHJKMNPQRS";
const SESSION: &str = r#"{"id":"cs_1","object":"checkout.session","status":"open","payment_status":"unpaid","url":"https://pay.example/cs_1",
    "expires_at":1772442000,"payment_intent":null,"metadata":null,"new_field":[{}]}"#;

/// What the server does with one request.
enum Script {
    Answer { status: u16, headers: &'static str, body: String },
    HangUp,
    Silence,
}

fn answer(status: u16, body: &str) -> Script {
    Script::Answer { status, headers: "", body: body.to_owned() }
}

fn advised(status: u16, headers: &'static str) -> Script {
    Script::Answer { status, headers, body: "{}".to_owned() }
}

/// A request as received over the wire.
struct Wire {
    line: String,
    headers: Vec<String>,
    body: String,
}

impl Wire {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .filter_map(|line| line.split_once(": "))
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }
}

/// A server on this machine that follows a script and records the requests.
struct Server {
    address: String,
    requests: Mutex<Vec<Wire>>,
    script: Mutex<VecDeque<Script>>,
    connections: AtomicUsize,
}

impl Server {
    async fn start(script: Vec<Script>) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Arc::new(Self {
            address: format!("http://{}/dev/stripe", listener.local_addr().unwrap()),
            requests: Mutex::default(),
            script: Mutex::new(script.into()),
            connections: AtomicUsize::new(0),
        });
        let accepting = Arc::clone(&server);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepting.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(Arc::clone(&accepting).serve(stream));
            }
        });
        server
    }

    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let mut unread = Vec::new();
        while let Some(wire) = next_request(&mut stream, &mut unread).await {
            self.requests.lock().unwrap().push(wire);
            let next =
                self.script.lock().unwrap().pop_front().expect("the server received more requests than the script has");
            match next {
                Script::HangUp => return,
                Script::Silence => std::future::pending::<()>().await,
                Script::Answer { status, headers, body } => {
                    let head = format!("HTTP/1.1 {status} -\r\n{headers}content-length: {}\r\n\r\n", body.len());
                    stream.write_all(head.as_bytes()).await.unwrap();
                    // A client that has read enough closes the connection, as it may.
                    let _ = stream.write_all(body.as_bytes()).await;
                }
            }
        }
    }

    fn client(&self) -> Client {
        let mut config = ClientConfig::new(&self.address, Secret::new("sk_test_1").unwrap());
        config.timeout = Duration::from_millis(500);
        config.first_pause = Duration::from_millis(2);
        Client::new(config).unwrap()
    }

    /// The requests, one line each.
    fn lines(&self) -> Vec<String> {
        self.requests.lock().unwrap().iter().map(|wire| wire.line.clone()).collect()
    }

    fn keys(&self) -> Vec<Option<String>> {
        self.requests.lock().unwrap().iter().map(|wire| wire.header("idempotency-key").map(str::to_owned)).collect()
    }
}

async fn next_request(stream: &mut TcpStream, unread: &mut Vec<u8>) -> Option<Wire> {
    loop {
        let text = String::from_utf8_lossy(unread).into_owned();
        if let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines().map(str::to_owned);
            let mut wire = Wire { line: lines.next()?, headers: lines.collect(), body: String::new() };
            let length: usize = wire.header("content-length").map_or(0, |length| length.parse().unwrap());
            if rest.len() >= length {
                wire.body = rest[..length].to_owned();
                unread.drain(..head.len() + 4 + length);
                return Some(wire);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => unread.extend_from_slice(&chunk[..count]),
        }
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn payment() -> PaymentId {
    PaymentId::from_ulid(ULID).unwrap()
}

fn once(operation: Operation) -> IdempotencyKey {
    IdempotencyKey::new(&BusinessId::from_ulid(ULID).unwrap(), &payment(), operation, 1)
}

fn order() -> CheckoutOrder {
    let amount = |text| Money::parse(text, Currency::EUR).unwrap();
    CheckoutOrder {
        payment: payment(),
        business: BusinessId::from_ulid(ULID).unwrap(),
        currency: Currency::EUR,
        lines: vec![("Invoice A-1".to_owned(), amount("100.00")), ("Facture A&2 = é".to_owned(), amount("20.50"))],
        customer: None,
        customer_email: Some("payer+1@example.com".parse().unwrap()),
        locale: Locale::FrenchCanada,
        success_url: "https://pay.example/payments/1?key=a&b={CHECKOUT_SESSION_ID}".to_owned(),
        cancel_url: "https://pay.example/p/x".to_owned(),
        expires_at: Some(Timestamp::from_second(1_772_442_000).unwrap()),
    }
}

/// A form's pairs, decoded, one a line, in their order.
fn form(body: &str) -> String {
    let decode = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.as_bytes();
        while let Some((first, tail)) = rest.split_first() {
            match first {
                b'%' => {
                    bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
                    rest = &tail[2..];
                }
                b'+' => {
                    bytes.push(b' ');
                    rest = tail;
                }
                _ => {
                    bytes.push(*first);
                    rest = tail;
                }
            }
        }
        String::from_utf8(bytes).unwrap()
    };
    body.split('&').map(decode).collect::<Vec<String>>().join("\n")
}

fn check_form(order: &CheckoutOrder, expected: &Expect) {
    expected.assert_eq(&form(&order::checkout_request(order).unwrap().body.unwrap()));
}

#[test]
fn a_checkout_is_asked_for_with_these_parameters() {
    check_form(
        &order(),
        &expect![[r#"
        adaptive_pricing[enabled]=false
        cancel_url=https://pay.example/p/x
        client_reference_id=pay_01JD8Z0000ABCDEFGHJKMNPQRS
        customer_email=payer+1@example.com
        expires_at=1772442000
        line_items[0][price_data][currency]=eur
        line_items[0][price_data][product_data][name]=Invoice A-1
        line_items[0][price_data][unit_amount]=10000
        line_items[0][quantity]=1
        line_items[1][price_data][currency]=eur
        line_items[1][price_data][product_data][name]=Facture A&2 = é
        line_items[1][price_data][unit_amount]=2050
        line_items[1][quantity]=1
        locale=fr-CA
        mode=payment
        success_url=https://pay.example/payments/1?key=a&b={CHECKOUT_SESSION_ID}
        metadata[guichet_business]=biz_01JD8Z0000ABCDEFGHJKMNPQRS
        metadata[guichet_payment]=pay_01JD8Z0000ABCDEFGHJKMNPQRS
        payment_intent_data[metadata][guichet_business]=biz_01JD8Z0000ABCDEFGHJKMNPQRS
        payment_intent_data[metadata][guichet_payment]=pay_01JD8Z0000ABCDEFGHJKMNPQRS"#]],
    );
}

#[test]
fn a_known_customer_may_save_a_method_and_is_not_given_an_address() {
    let mut order = order();
    order.customer = Some("cus_1".parse().unwrap());
    order.expires_at = None;
    order.locale = Locale::EnglishCanada;
    let form = form(&order::checkout_request(&order).unwrap().body.unwrap());
    let lines: Vec<&str> = form.lines().collect();
    for sent in ["customer=cus_1", "saved_payment_method_options[payment_method_save]=enabled", "locale=en"] {
        assert!(lines.contains(&sent), "{sent} in {form}");
    }
    for absent in ["customer_email", "expires_at", "ui_mode", "payment_method_types", "customer_creation"] {
        assert!(!form.contains(absent), "{absent} in {form}");
    }
}

#[test]
fn forty_lines_are_shown_and_more_are_one() {
    let mut order = order();
    order.lines = vec![("Invoice".to_owned(), Money::parse("1.10", Currency::EUR).unwrap()); LINES_MAX];
    let body = |order: &CheckoutOrder| form(&order::checkout_request(order).unwrap().body.unwrap());
    assert!(body(&order).contains("line_items[39][price_data][unit_amount]=110"));
    order.lines.push(("Invoice".to_owned(), Money::parse("0.90", Currency::EUR).unwrap()));
    let summed = body(&order);
    assert!(summed.contains("line_items[0][price_data][unit_amount]=4490"), "{summed}");
    assert!(summed.contains("line_items[0][price_data][product_data][name]=Invoice, Invoice, "), "{summed}");
    assert!(!summed.contains("line_items[1]"), "{summed}");
}

#[test]
fn an_order_is_the_same_bytes_every_time() {
    let first = order::checkout_request(&order()).unwrap().body;
    for _ in 0..50 {
        assert_eq!(order::checkout_request(&order()).unwrap().body, first);
    }
}

#[test]
fn what_stripe_cannot_write_is_not_sent() {
    let with = |code: &str, amount: &str| {
        let currency: Currency = code.parse().unwrap();
        let lines = vec![("Invoice".to_owned(), Money::parse(amount, currency).unwrap())];
        order::checkout_request(&CheckoutOrder { currency, lines, ..order() })
            .map(|request| form(&request.body.unwrap()))
    };
    assert!(with("ISK", "500").unwrap().contains("unit_amount]=50000"));
    assert!(with("JPY", "500").unwrap().contains("currency]=jpy"));
    // A currency that is younger than the generated list is sent all the same.
    assert!(with("SLE", "5.00").unwrap().contains("currency]=sle"));
    assert!(matches!(with("KWD", "5.124"), Err(OrderError::TooFine { .. })));
    assert!(matches!(with("IQD", "5.000"), Err(OrderError::CurrencyNotTaken { .. })));
    assert_eq!(
        order::checkout_request(&CheckoutOrder { lines: Vec::new(), ..order() }).map(|_| ()),
        Err(OrderError::NoLines)
    );
    let mixed = CheckoutOrder { currency: Currency::USD, ..order() };
    assert!(matches!(order::checkout_request(&mixed), Err(OrderError::Sum(_))));
}

#[test]
fn a_checkout_is_opened_over_one_connection_with_the_idempotency_key() {
    run(async {
        let server = Server::start(vec![answer(200, SESSION), answer(200, SESSION)]).await;
        let client = server.client();
        let opened = client.open_checkout(&order(), &once(Operation::OpenCheckout)).await.unwrap();
        assert_eq!((opened.id.as_str(), opened.url.as_deref()), ("cs_1", Some("https://pay.example/cs_1")));
        assert!(!opened.is_repeated);
        assert_eq!(opened.expires_at.as_second(), 1_772_442_000);
        assert!(matches!(&opened.reports[..], [report] if report.state.kind() == "checkout"));
        let seen = client.clone().checkout(&opened.id).await.unwrap();
        assert!(seen.open && seen.url.as_deref() == Some("https://pay.example/cs_1"));
        assert_eq!(server.connections.load(Ordering::SeqCst), 1);
        assert_eq!(
            server.lines(),
            [
                "POST /dev/stripe/v1/checkout/sessions HTTP/1.1",
                "GET /dev/stripe/v1/checkout/sessions/cs_1?expand[0]=payment_intent HTTP/1.1"
            ]
        );
        let key = format!("biz_{ULID}:pay_{ULID}:open_checkout:1");
        assert_eq!(server.keys(), [Some(key), None]);
        let requests = server.requests.lock().unwrap();
        assert_eq!(requests[0].header("authorization"), Some("Bearer sk_test_1"));
        assert_eq!(requests[0].header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(requests[0].header("stripe-version"), Some(stripe_client_core::VERSION.as_str()));
        assert!(requests[0].header("user-agent").unwrap().starts_with("guichet/"));
        assert_eq!(requests[1].header("content-type"), None);
        assert_eq!(requests[1].body, "");
    });
}

/// Opens a checkout against a script, and returns the number of tries and the outcome.
fn tries(script: Vec<Script>) -> (usize, Result<OpenedCheckout, RequestError>) {
    run(async {
        let server = Server::start(script).await;
        let outcome = server.client().open_checkout(&order(), &once(Operation::OpenCheckout)).await;
        let requests = server.requests.lock().unwrap();
        for wire in requests.iter() {
            assert_eq!(
                wire.header("idempotency-key"),
                requests[0].header("idempotency-key"),
                "every try has the same idempotency key"
            );
            assert_eq!(wire.body, requests[0].body, "every try has the same body");
        }
        (requests.len(), outcome)
    })
}

#[test]
fn what_may_pass_is_tried_again_with_the_same_key_three_times_at_most() {
    let fault = || answer(500, "{}");
    for (script, count, ends_well) in [
        (vec![fault(), answer(200, SESSION)], 2, true),
        (vec![Script::HangUp, Script::HangUp, answer(200, SESSION)], 3, true),
        (vec![answer(409, "{}"), answer(429, "{}"), answer(200, SESSION)], 3, true),
        (vec![Script::Silence, answer(200, SESSION)], 2, true),
        (vec![answer(503, ""), answer(502, "<html>"), fault()], 3, false),
    ] {
        let (tries_made, outcome) = tries(script);
        assert_eq!((tries_made, outcome.is_ok()), (count, ends_well));
    }
}

#[test]
fn stripes_advice_goes_before_the_status() {
    let (tries_made, outcome) = tries(vec![advised(500, "Stripe-Should-Retry: false\r\n")]);
    assert_eq!((tries_made, outcome), (1, Err(RequestError::Unavailable { status: 500 })));
    let (tries_made, outcome) = tries(vec![advised(400, "stripe-should-retry: true\r\n"), answer(200, SESSION)]);
    assert_eq!((tries_made, outcome.is_ok()), (2, true));
}

#[test]
fn stripe_says_how_long_to_wait_and_is_obeyed_or_left_alone() {
    let before = std::time::Instant::now();
    let (tries_made, outcome) = tries(vec![advised(429, "retry-after: 1\r\n"), answer(200, SESSION)]);
    assert_eq!((tries_made, outcome.is_ok()), (2, true));
    assert!(before.elapsed() >= Duration::from_secs(1));
    for (status, error) in [(429, RequestError::RateLimited), (503, RequestError::Unavailable { status: 503 })] {
        let (tries_made, outcome) = tries(vec![advised(status, "Retry-After: 60\r\n")]);
        assert_eq!((tries_made, outcome), (1, Err(error)));
    }
    // A value that is not a number of seconds, or one with another status, changes nothing.
    let odd = advised(503, "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n");
    let (tries_made, outcome) = tries(vec![odd, advised(500, "retry-after: 60\r\n"), answer(200, SESSION)]);
    assert_eq!((tries_made, outcome.is_ok()), (3, true));
}

#[test]
fn every_end_has_its_own_error_and_says_whether_to_come_back() {
    let refusal = r#"{"error":{"type":"invalid_request_error","code":"amount_too_small","message":"Too little, someone@example.com.","param":"line_items","doc_url":null}}"#;
    let large = format!("{{\"id\":\"{}\"}}", "x".repeat(4 * 1024 * 1024));
    let mut table = String::new();
    for (name, script) in [
        ("refused", vec![answer(400, refusal)]),
        ("refused without a word", vec![answer(402, "<html>")]),
        ("missing", vec![answer(404, r#"{"error":{"type":"invalid_request_error"}}"#)]),
        ("wrong key", vec![answer(401, "{}")]),
        ("no right", vec![answer(403, "{}")]),
        ("too often", vec![answer(429, "{}"), answer(429, "{}"), answer(429, "{}")]),
        ("busy", vec![answer(409, "{}"), answer(409, "{}"), answer(409, "{}")]),
        ("fault", vec![answer(500, "{}"), answer(500, "{}"), answer(500, "{}")]),
        ("hangs up", vec![Script::HangUp, Script::HangUp, Script::HangUp]),
        ("silent", vec![Script::Silence, Script::Silence, Script::Silence]),
        ("elsewhere", vec![advised(302, "location: https://elsewhere.example/\r\n")]),
        ("no JSON", vec![answer(200, "<html>")]),
        ("no end", vec![answer(200, r#"{"id":"cs_1","url":"https://pay.example/cs_1"}"#)]),
        ("too large", vec![answer(200, &large)]),
    ] {
        let (tries_made, outcome) = tries(script);
        let error = outcome.unwrap_err();
        assert!(!format!("{error:?}{error}").contains("someone"), "a refusal's sentence is not for logs");
        writeln!(table, "{name}: {tries_made} × · {error} · retryable: {}", error.retryable()).unwrap();
    }
    expect![[r#"
        refused: 1 × · the provider refuses the request: amount_too_small · retryable: false
        refused without a word: 1 × · the provider refuses the request: without_a_code · retryable: false
        missing: 1 × · the provider refuses the request: invalid_request_error · retryable: false
        wrong key: 1 × · the provider does not accept our settings (status 401: without_a_code) · retryable: false
        no right: 1 × · the provider does not accept our settings (status 403: without_a_code) · retryable: false
        too often: 3 × · the provider wants fewer requests · retryable: true
        busy: 3 × · the provider is not able to answer now (status 409) · retryable: true
        fault: 3 × · the provider is not able to answer now (status 500) · retryable: true
        hangs up: 3 × · the provider does not answer; whether the request was carried out is unknown · retryable: true
        silent: 3 × · the provider does not answer; whether the request was carried out is unknown · retryable: true
        elsewhere: 1 × · the provider's answer cannot be understood: it sends us elsewhere (status 302) · retryable: false
        no JSON: 1 × · the provider's answer cannot be understood: it is no JSON · retryable: false
        no end: 1 × · the provider's answer cannot be understood: the checkout has no end · retryable: false
        too large: 1 × · the provider's answer cannot be understood: it is larger than 4194304 bytes · retryable: false
    "#]]
    .assert_eq(&table);
    let (_, outcome) = tries(vec![answer(400, refusal)]);
    let param = Some("line_items".to_owned());
    let message = "Too little, someone@example.com.".to_owned();
    let (code, reaction) = ("amount_too_small".to_owned(), Reaction::AskPayer(PayerRemedy::LargerAmount));
    assert_eq!(outcome, Err(RequestError::Refused { code, reaction, message, param }));
}

#[test]
fn a_checkout_that_was_paid_or_closed_meanwhile_has_no_address_and_says_what_became_of_it() {
    let complete = r#"{"id":"cs_1","status":"complete","payment_status":"unpaid","payment_intent":"pi_1","expires_at":1,"url":null}"#;
    let expired =
        r#"{"id":"cs_1","status":"expired","payment_status":"unpaid","expires_at":1,"url":"https://pay.example/cs_1"}"#;
    for (body, completed) in [(complete, true), (expired, false)] {
        let (_, outcome) = tries(vec![answer(200, body)]);
        let opened = outcome.unwrap();
        assert_eq!(opened.url, None);
        let ObjectState::Checkout(state) = &opened.reports[0].state else { panic!() };
        assert_eq!((state.completed, state.expired), (completed, !completed));
    }
    let repeated = Script::Answer { status: 200, headers: "Idempotent-Replayed: true\r\n", body: SESSION.to_owned() };
    let (_, outcome) = tries(vec![repeated]);
    let opened = outcome.unwrap();
    assert!(opened.is_repeated && opened.url.is_some(), "an old answer says nothing of now");
}

#[test]
fn nobody_there_is_unreachable() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let mut config = ClientConfig::new(address, Secret::new("sk_test_1").unwrap());
        config.first_pause = Duration::from_millis(1);
        let outcome = Client::new(config).unwrap().intent(&"pi_1".parse().unwrap()).await;
        assert_eq!(outcome, Err(RequestError::Unreachable));
    });
}

#[test]
fn a_checkout_that_is_looked_at_brings_its_intent() {
    let paid = r#"{"id":"cs_1","status":"complete","payment_status":"paid","amount_total":1200,"currency":"eur","url":null,
        "payment_intent":{"id":"pi_1","status":"succeeded","amount_received":1200,"currency":"eur","latest_charge":"ch_1"}}"#;
    run(async {
        let server = Server::start(vec![answer(200, paid)]).await;
        let seen = server.client().checkout(&"cs_1".parse().unwrap()).await.unwrap();
        assert!(!seen.open && seen.url.is_none());
        let kinds: Vec<&str> = seen.reports.iter().map(|report| report.state.kind()).collect();
        assert_eq!(kinds, ["checkout", "intent"]);
    });
}

#[test]
fn an_intent_is_looked_at() {
    let intent = r#"{"id":"pi_1","status":"requires_action","next_action":{}}"#;
    run(async {
        let server = Server::start(vec![answer(200, intent)]).await;
        let seen = server.client().intent(&"pi_1".parse().unwrap()).await.unwrap();
        assert!(seen.open);
        assert!(matches!(&seen.reports[0].state, ObjectState::Intent(fact) if fact.action_required));
        assert_eq!(server.lines(), ["GET /dev/stripe/v1/payment_intents/pi_1 HTTP/1.1"]);
    });
}

#[test]
fn a_checkout_is_closed_or_was_closed_before() {
    let expired = r#"{"id":"cs_1","status":"expired","payment_status":"unpaid"}"#;
    let complete = r#"{"id":"cs_1","status":"complete","payment_status":"unpaid","payment_intent":"pi_1"}"#;
    let refusal = r#"{"error":{"type":"invalid_request_error","message":"Only open ones."}}"#;
    let expire = |script| {
        run(async {
            let server = Server::start(script).await;
            let outcome =
                server.client().close_checkout(&"cs_1".parse().unwrap(), &once(Operation::CloseCheckout)).await;
            assert_eq!(server.lines()[0], "POST /dev/stripe/v1/checkout/sessions/cs_1/expire HTTP/1.1");
            assert!(server.keys()[0].as_deref().unwrap().ends_with(":expire_checkout:1"));
            outcome
        })
    };
    let Ok(CloseOutcome::Closed(reports)) = expire(vec![answer(200, expired)]) else { panic!() };
    assert!(matches!(&reports[0].state, ObjectState::Checkout(fact) if fact.expired));
    assert_eq!(expire(vec![answer(400, refusal), answer(200, complete)]), Ok(CloseOutcome::NoLongerOpen));
    assert!(matches!(expire(vec![answer(400, refusal), answer(200, SESSION)]), Err(RequestError::Refused { .. })));
    assert!(matches!(expire(vec![answer(404, refusal), answer(404, refusal)]), Err(RequestError::Refused { .. })));
    let down = vec![answer(400, refusal), answer(500, ""), answer(500, ""), answer(500, "")];
    assert_eq!(expire(down), Err(RequestError::Unavailable { status: 500 }));
}

#[test]
fn only_tls_or_this_machine() {
    let client = |base: &str| Client::new(ClientConfig::new(base, Secret::new("sk_test_1").unwrap())).map(|_| ());
    for good in [
        "https://api.stripe.com",
        "https://api.stripe.com/",
        "http://127.0.0.1:3000/dev/stripe",
        "http://[::1]:1",
        "http://localhost:1",
    ] {
        assert!(client(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "api.stripe.com",
        "http://api.stripe.com",
        "http://localhost.example",
        "ftp://127.0.0.1",
        "https://",
        "http://127.0.0.1/?a=b",
    ] {
        assert!(matches!(client(bad), Err(ConfigError::Address)), "{bad}");
    }
    let odd = ClientConfig::new("https://api.stripe.com", Secret::new("sk_\u{1}").unwrap());
    assert!(matches!(Client::new(odd), Err(ConfigError::Key)));
    let shown = format!("{:?}", ClientConfig::new("https://api.stripe.com", Secret::new("sk_live_hidden").unwrap()));
    assert!(!shown.contains("hidden"));
}

#[test]
fn pauses_grow_and_differ_between_requests() {
    let first = Duration::from_millis(300);
    for seed in ["a", "b", "c"] {
        for number in 1..=3 {
            let whole = first * 2_u32.pow(number - 1);
            let pause = transport::pause(first, seed, number);
            assert!(whole / 2 <= pause && pause <= whole, "{seed} {number}: {pause:?}");
        }
    }
    assert_ne!(transport::pause(first, "a", 1), transport::pause(first, "b", 1));
}
