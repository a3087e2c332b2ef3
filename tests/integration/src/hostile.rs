//! What strangers send, in every place of every page, of the receiver and of the headers: it is answered, and nobody is woken.
//!
//! No answer is a failure of ours (5xx), no task panics, and nothing is logged at level error. The same of the API is in
//! `hostile_api`.

use std::collections::BTreeSet;
use std::path::Path;

use futures::{StreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};
use testing::raw_http::RawRequest;
use testing::{World, hostile};

use crate::alarms::{nobody_is_woken, watch_for_alarms};
use crate::portal_doors::session_cookie;

/// Requests under way at the same time.
const AT_ONCE: usize = 8;
/// A hostile header is tried with one kind of request in so many, each value with others.
const KINDS_APART: usize = 5;
const FORM: &str = "application/x-www-form-urlencoded";

/// Sends all requests, and asserts that none was answered by a failure of ours or not at all.
pub(crate) async fn all_are_answered(world: &World, requests: Vec<RawRequest>) {
    answered_with(world, requests, |_, status| status < 500).await;
}

/// Sends all requests, and asserts that each has a status that its sender may get.
pub(crate) async fn answered_with(
    world: &World,
    requests: Vec<RawRequest>,
    is_right: impl Fn(&RawRequest, u16) -> bool,
) {
    assert!(!requests.is_empty());
    let send = async |request: RawRequest| {
        let answer = request.send(&world.product).await;
        (request, answer)
    };
    let answers = stream::iter(requests).map(send).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await;
    let wrong = answers.iter().filter_map(|(request, answer)| match answer {
        Ok((status, _)) if is_right(request, *status) => None,
        answer => Some(format!("{:.600}: {:.600}", format!("{request:?}"), format!("{answer:?}"))),
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {}, such as {:#?}", wrong.len(), answers.len(), &wrong[..wrong.len().min(10)]);
}

/// A route of the portal, with the fields of its query (GET) or its form (POST).
struct Route {
    method: &'static str,
    path: &'static str,
    fields: &'static [&'static str],
}

const fn get(path: &'static str, fields: &'static [&'static str]) -> Route {
    Route { method: "GET", path, fields }
}

const fn post(path: &'static str, fields: &'static [&'static str]) -> Route {
    Route { method: "POST", path, fields }
}

const STATEMENT: &[&str] = &["from", "to", "kind", "as_of", "cursor"];
const PAY: &[&str] = &["amount", "payment"];

/// Every route of the portal, which a test holds against the source.
const ROUTES: &[Route] = &[
    get("/", &[]),
    get("/invoices", &["cursor"]),
    get("/invoices/{id}", &[]),
    post("/invoices/{id}/pay", PAY),
    get("/p/{token}", &[]),
    post("/p/{token}", PAY),
    get("/payments/{id}", &["key", "n"]),
    get("/statement", STATEMENT),
    get("/statement.csv", STATEMENT),
    get("/sign-in", &[]),
    post("/sign-in", &["email"]),
    get("/sign-in/code", &[]),
    post("/sign-in/code", &["id", "email", "code"]),
    get("/sign-in/{token}", &[]),
    post("/sign-in/{token}", &[]),
    post("/sign-out", &[]),
    post("/language", &["locale", "return"]),
    get("/assets/{file}", &[]),
    get("/robots.txt", &[]),
    get("/favicon.svg", &[]),
    get("/favicon.ico", &[]),
];

/// A world with a customer who is signed in, an invoice of theirs and a payment of it.
struct Portal {
    world: World,
    cookie: String,
    invoice: String,
    pay_token: String,
    payment: String,
}

impl Portal {
    async fn new() -> Self {
        watch_for_alarms();
        let world = World::new().await;
        let customer = world.customer("en").await;
        let invoice = world.invoice(&customer, "EUR", "120.00").await;
        let pay_url = invoice["pay_url"].as_str().unwrap();
        let pressed = world.press_pay(pay_url, "20.00").await;
        let paid = world.submit_hosted(pressed.location(), "4242424242424242").await;
        let payment = paid.location().rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
        world.drain().await;
        let cookie = session_cookie(&world, &customer).await;
        let pay_token = pay_url.rsplit('/').next().unwrap().to_owned();
        Self { cookie, invoice: invoice["id"].as_str().unwrap().to_owned(), pay_token, payment, world }
    }

    /// The address of a route that leads to what is there.
    fn path(&self, route: &Route) -> String {
        let id = if route.path.starts_with("/payments/") { &self.payment } else { &self.invoice };
        let token =
            if route.path.starts_with("/p/") { &self.pay_token } else { "0123456789012345678901234567890123456789012" };
        route.path.replace("{id}", id).replace("{token}", token).replace("{file}", "portal.css")
    }

    fn request(&self, route: &Route, target: impl Into<String>) -> RawRequest {
        let request = RawRequest::new(route.method, target).header("Cookie", &self.cookie);
        if route.method == "POST" { request.header("Content-Type", FORM) } else { request }
    }

    /// A request with a hostile text in each field in turn and what is usual in the others; the text is encoded.
    fn with_fields(&self, route: &Route, text: &str) -> Vec<RawRequest> {
        let usual = |field: &&str| match *field {
            "amount" => "0.01",
            "locale" => "fr",
            "payment" | "id" => "sgn_01JD8Z0000ABCDEFGHJKMNPQRS",
            "email" => "nobody%40example.com",
            _ => "",
        };
        let request = |hostile: &str| {
            let fields = route.fields.iter().filter(|field| **field == hostile || !usual(field).is_empty());
            let pairs: Vec<String> = fields
                .map(|field| format!("{field}={}", if *field == hostile { text } else { usual(field) }))
                .collect();
            let path = self.path(route);
            if route.method == "POST" {
                self.request(route, path).body(pairs.join("&"))
            } else {
                self.request(route, format!("{path}?{}", pairs.join("&")))
            }
        };
        route.fields.iter().map(|field| request(field)).collect()
    }
}

#[test]
fn the_list_has_every_route_of_the_portal() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for call in text.split(".route(\"").skip(1) {
                let (route, rest) = call.split_once('"').unwrap();
                let methods = rest.split('\n').next().unwrap();
                let methods =
                    [("GET", "get("), ("POST", "post(")].into_iter().filter(|(_, call)| methods.contains(call));
                found.extend(methods.map(|(method, _)| (method, route.to_owned())));
            }
        }
    }
    let listed: BTreeSet<_> = ROUTES.iter().map(|route| (route.method, route.path.to_owned())).collect();
    assert_eq!(listed, found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_address_of_a_page_wakes_anybody() {
    let portal = Portal::new().await;
    let mut requests = Vec::new();
    for route in ROUTES.iter().filter(|route| route.path.contains('{')) {
        let (before, rest) = route.path.split_once('{').unwrap();
        let after = rest.split_once('}').unwrap().1;
        let addresses = hostile::address_parts().into_iter().map(|text| format!("{before}{text}{after}"));
        requests.extend(addresses.map(|address| portal.request(route, address)));
    }
    requests.extend(hostile::address_parts().iter().map(|text| RawRequest::new("GET", format!("/{text}"))));
    for route in ROUTES {
        for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW", "get"] {
            requests.push(RawRequest::new(method, portal.path(route)).header("Cookie", &portal.cookie));
        }
    }
    all_are_answered(&portal.world, requests).await;
    nobody_is_woken(&portal.world).await;
}

/// Tries every field of the queries of some routes.
async fn try_queries(portal: &Portal, is_tried: impl Fn(&Route) -> bool) {
    let texts = hostile::address_parts();
    let queried = ROUTES.iter().filter(|route| route.method == "GET" && !route.fields.is_empty() && is_tried(route));
    let requests = queried.flat_map(|route| texts.iter().flat_map(|text| portal.with_fields(route, text)));
    all_are_answered(&portal.world, requests.collect()).await;
    nobody_is_woken(&portal.world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_query_of_a_statement_wakes_anybody() {
    try_queries(&Portal::new().await, |route| route.path == "/statement").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_query_of_another_page_wakes_anybody() {
    try_queries(&Portal::new().await, |route| route.path != "/statement").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_form_wakes_anybody() {
    let portal = Portal::new().await;
    let texts = hostile::address_parts();
    let mut requests = Vec::new();
    for route in ROUTES.iter().filter(|route| route.method == "POST") {
        requests.extend(texts.iter().flat_map(|text| portal.with_fields(route, text)));
        // Forms that are none.
        for text in hostile::texts() {
            requests.push(portal.request(route, portal.path(route)).body(text));
        }
        requests.push(portal.request(route, portal.path(route)).body(vec![0xff, 0xfe, 0]));
        requests.push(portal.request(route, portal.path(route)).body("a".repeat(20_000)));
    }
    let sign_in = ROUTES.iter().find(|route| route.path == "/sign-in" && route.method == "POST").unwrap();
    for text in &texts {
        for email in [format!("{text}%40example.com"), format!("a%40{text}"), format!("a%40{text}.example")] {
            requests.extend(portal.with_fields(sign_in, &email));
        }
    }
    // The session ends with the first sign-out; the other forms want it.
    let (endings, requests): (Vec<_>, Vec<_>) = requests.into_iter().partition(|request| request.target == "/sign-out");
    all_are_answered(&portal.world, requests).await;
    all_are_answered(&portal.world, endings).await;
    nobody_is_woken(&portal.world).await;
}

/// The headers that strangers choose.
const HEADERS: &[&str] = &[
    "Host",
    "X-Forwarded-Proto",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "Forwarded",
    "Origin",
    "Sec-Fetch-Site",
    "Referer",
    "Cookie",
    "Authorization",
    "Accept",
    "Accept-Encoding",
    "Accept-Language",
    "If-None-Match",
    "If-Modified-Since",
    "Range",
    "Idempotency-Key",
    "Content-Type",
    "Stripe-Signature",
    "User-Agent",
];

/// A request of each kind that the product answers, without the header named.
fn requests_of_each_kind(portal: &Portal, without: &str) -> Vec<RawRequest> {
    let bearer = format!("Bearer {}", portal.world.local.api_key);
    let api = |method, path: &str| {
        let request = RawRequest::new(method, path).header("Authorization", &bearer);
        request.header("Content-Type", "application/json")
    };
    let customer = json!({"external_id": "C-1", "name": "Customer 1"}).to_string();
    let webhook = format!("/webhooks/stripe/{}", portal.world.local.business);
    let mut requests = vec![
        RawRequest::new("GET", "/invoices").header("Cookie", &portal.cookie),
        RawRequest::new("GET", format!("/p/{}", portal.pay_token)),
        RawRequest::new("POST", "/sign-in").header("Content-Type", FORM).body("email=nobody%40example.com"),
        RawRequest::new("GET", "/robots.txt"),
        RawRequest::new("GET", "/nowhere"),
        RawRequest::new("GET", "/healthz"),
        api("GET", "/api/v1/business"),
        api("POST", "/api/v1/customers").body(customer),
        RawRequest::new("POST", webhook).header("Content-Type", "application/json").body("{}"),
    ];
    for request in &mut requests {
        request.headers.retain(|(name, _)| name != without);
    }
    requests
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_host_wakes_anybody() {
    let portal = Portal::new().await;
    let of_each_kind = requests_of_each_kind(&portal, "Host");
    let values = hostile::header_values();
    let requests =
        values.iter().flat_map(|value| of_each_kind.iter().cloned().map(move |request| request.header("Host", value)));
    all_are_answered(&portal.world, requests.collect()).await;
    nobody_is_woken(&portal.world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_hostile_header_wakes_anybody() {
    let portal = Portal::new().await;
    let mut requests = Vec::new();
    for name in HEADERS.iter().filter(|name| **name != "Host") {
        let of_each_kind = requests_of_each_kind(&portal, name);
        for (place, value) in hostile::header_values().into_iter().enumerate() {
            // In the form that the header usually has, too.
            let form = match *name {
                "Cookie" => Some(format!("guichet={value}; lang={value}")),
                "Authorization" => Some(format!("Bearer gk_{value}")),
                "Origin" => Some(format!("http://{value}")),
                "Stripe-Signature" => Some(format!("t={value},v1={value}")),
                _ => None,
            };
            for value in [Some(value), form].into_iter().flatten() {
                // One kind of request after the other, because all of them take minutes.
                let kinds = of_each_kind.iter().skip(place % KINDS_APART).step_by(KINDS_APART);
                requests.extend(kinds.cloned().map(|request| request.header(name, &value)));
            }
        }
    }
    all_are_answered(&portal.world, requests).await;
    nobody_is_woken(&portal.world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_route_is_woken_by_all_headers_at_once() {
    let portal = Portal::new().await;
    let document = portal.world.get("/api/v1/openapi.json").await.json();
    let mut routes: Vec<(String, String)> =
        ROUTES.iter().map(|route| (route.method.to_owned(), portal.path(route))).collect();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "C-1");
        routes.extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let values = hostile::header_values();
    let mut requests = Vec::new();
    for (place, (method, path)) in routes.iter().enumerate() {
        // Each route has a share of the values, of its own.
        for value in values.iter().skip(place % 8).step_by(8) {
            // The host alone decides whether the rest is read.
            let mut request = RawRequest::new(method, path.clone());
            for name in HEADERS.iter().filter(|name| **name != "Host") {
                request = request.header(name, value);
            }
            requests.push(request);
        }
    }
    all_are_answered(&portal.world, requests).await;
    nobody_is_woken(&portal.world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_forged_webhook_wakes_anybody() {
    let portal = Portal::new().await;
    let business = portal.world.local.business.to_string();
    let signature = portal.world.signature("another body");
    let webhook =
        |path: String, body: &str| RawRequest::new("POST", path).header("Stripe-Signature", &signature).body(body);
    let mut requests = Vec::new();
    for text in hostile::address_parts() {
        for path in [
            format!("/webhooks/{text}/{business}"),
            format!("/webhooks/stripe/{text}"),
            format!("/webhooks/stripe/{business}/{text}"),
            format!("/webhooks/{text}"),
        ] {
            // With nothing in its place, or a slash, the address is a good one: then the signature is wrong.
            requests.push(webhook(path, "{}"));
        }
    }
    let bodies: Vec<String> = hostile::texts().into_iter().flat_map(|text| forged_events(&text)).collect();
    requests.extend(bodies.iter().map(|body| webhook(format!("/webhooks/stripe/{business}"), body)));
    answered_with(&portal.world, requests, |_, status| matches!(status, 400 | 404 | 405 | 414)).await;
    nobody_is_woken(&portal.world).await;
}

/// A body that is the text, and an event that has it in each field.
fn forged_events(text: &str) -> [String; 2] {
    let event: Value = json!({
        "id": text, "object": text, "type": text, "api_version": text, "created": text, "livemode": text,
        "data": {"object": {"id": text, "object": text, "amount": text}},
    });
    [text.to_owned(), event.to_string()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_texts_of_a_customer_are_shown_and_mailed_and_wake_nobody() {
    let portal = Portal::new().await;
    let world = &portal.world;
    for (number, text) in hostile::texts().into_iter().enumerate() {
        let customer = json!({
            "external_id": format!("H-{number}"), "name": text, "email": format!("h-{number}@example.com"),
        });
        let answer = world.api(Method::POST, "/customers", Some(customer)).await;
        assert!(!answer.status.is_server_error(), "{text:?}: {}", answer.text);
        if !answer.status.is_success() {
            continue;
        }
        let invoice = json!({
            "number": format!("H-{number}"), "customer": answer.json()["id"], "currency": "EUR",
            "issued_on": "2026-03-02", "due_on": "2026-04-01", "purchase_order": text,
            "lines": [{"description": text, "quantity": "1", "unit_price": "10.00"}],
        });
        let answer = world.api(Method::POST, "/invoices", Some(invoice)).await;
        assert!(!answer.status.is_server_error(), "{text:?}: {}", answer.text);
        if answer.status.is_success() {
            let page = world.get(answer.json()["pay_url"].as_str().unwrap()).await;
            assert!(page.status.is_success(), "{text:?}: {}", page.text);
            assert!(!page.text.contains("<script>alert") && !page.text.contains("<img src=x"), "{}", page.text);
        }
        world.post("/sign-in", &[("email", &format!("h-{number}@example.com"))]).await;
    }
    nobody_is_woken(world).await;
}
