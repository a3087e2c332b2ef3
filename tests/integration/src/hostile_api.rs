//! Hostile text in every path parameter, query parameter, header and body field of every route of the API: whatever a caller sends,
//! the answer is theirs to mend (4xx) and never a failure of ours (5xx).

use std::collections::BTreeMap;

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use testing::raw_http::RawRequest;
use testing::{World, hostile};

use crate::alarms::{nobody_is_woken, watch_for_alarms};
use crate::hostile::answered_with;

/// An id of a payment that is not there.
const NO_PAYMENT: &str = "pay_01JD8Z0000ABCDEFGHJKMNPQRS";
/// One field is tried with one text in so many, the next with others: all of them in all fields take minutes.
const TEXTS_APART: usize = 4;

fn operations(document: &Value) -> Vec<(Method, String, Value)> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            operations.push((method.to_uppercase().parse().unwrap(), path.clone(), operation.clone()));
        }
    }
    assert!(operations.len() >= 40, "{} operations", operations.len());
    operations
}

/// A request under the key of the business, with a body where the method has one.
fn request(world: &World, method: &Method, target: &str) -> RawRequest {
    let request = RawRequest::new(method.as_str(), target);
    let request = request.header("Authorization", format!("Bearer {}", world.local.api_key));
    let request = request.header("Content-Type", "application/json");
    if *method == Method::GET { request } else { request.body("{\"reason\":\"r\"}") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_a_path_fails_the_api() {
    watch_for_alarms();
    let world = World::new().await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let texts = hostile::address_parts();
    let with_ids = operations(&document).into_iter().filter(|(_, path, _)| path.contains("{id}"));
    let requests = with_ids.flat_map(|(method, path, _)| {
        let targets = texts.iter().map(move |text| path.replace("{id}", text));
        targets.map(|target| request(&world, &method, &target)).collect::<Vec<_>>()
    });
    let requests = requests.collect();
    // The key opens, so that it is the text that is refused.
    answered_with(&world, requests, |_, status| (400..500).contains(&status) && status != 401).await;
    nobody_is_woken(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_a_query_fails_the_api() {
    watch_for_alarms();
    let world = World::new().await;
    let customer = world.customer("en").await;
    for amount in ["1.00", "2.00"] {
        world.invoice(&customer, "EUR", amount).await;
    }
    let document = world.get("/api/v1/openapi.json").await.json();
    let list = world.ask(Method::GET, "/invoices?limit=1", None).await;
    let cursor = list["next_cursor"].as_str().expect("a second page");
    let mut texts = hostile::address_parts();
    texts.extend([cursor[1..].to_owned(), cursor[..cursor.len() - 1].to_owned(), format!("{cursor}A")]);
    let mut requests = Vec::new();
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] == "query");
        let names: Vec<&str> = parameters.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let path = path.replace("{id}", "C-1");
        for (place, text) in texts.iter().enumerate().filter(|_| !names.is_empty()) {
            let each = names
                .iter()
                .enumerate()
                .filter(|(at, name)| **name == "cursor" || (place + at).is_multiple_of(TEXTS_APART));
            let each = each.map(|(_, name)| format!("{path}?{name}={text}"));
            // Some are read only where the others are there too.
            let all = names.iter().map(|name| format!("{name}={text}")).collect::<Vec<_>>().join("&");
            let targets = each.chain([format!("{path}?{all}")]);
            requests.extend(targets.map(|target| request(&world, &method, &target)));
        }
    }
    let is_right = |request: &RawRequest, status: u16| {
        let has_cursor = request.target.contains("?cursor=");
        status < 500 && status != 401 && (!has_cursor || matches!(status, 404 | 422))
    };
    answered_with(&world, requests, is_right).await;
    nobody_is_woken(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_body_fails_the_api() {
    watch_for_alarms();
    let world = World::new().await;
    world.customer("en").await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let mut requests = Vec::new();
    for (method, path, operation) in operations(&document) {
        let path = path.replace("{id}", NO_PAYMENT);
        for body in bodies(&document, &operation) {
            requests.push(request(&world, &method, &path).body(body));
        }
    }
    answered_with(&world, requests, |_, status| status < 500 && status != 401).await;
    nobody_is_woken(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_idempotency_key_fails_the_api() {
    watch_for_alarms();
    let world = World::new().await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let mut requests = Vec::new();
    for (method, path, _) in operations(&document).into_iter().filter(|(method, _, _)| *method != Method::GET) {
        let path = path.replace("{id}", NO_PAYMENT);
        let keys = hostile::header_values().into_iter();
        requests.extend(keys.map(|key| request(&world, &method, &path).header("Idempotency-Key", key)));
    }
    answered_with(&world, requests, |_, status| status < 500 && status != 401).await;
    nobody_is_woken(&world).await;
}

/// Bodies that are taken but for one field get further than those in which nothing is right.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_a_field_fails_the_api() {
    watch_for_alarms();
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "90.00").await;
    let usual: BTreeMap<&str, Value> = [
        ("customer", customer["id"].clone()),
        ("invoice", invoice["id"].clone()),
        ("invoices", json!([invoice["id"]])),
        ("currency", json!("EUR")),
        ("locale", json!("en")),
        ("email", json!("customer-1@example.com")),
        ("external_id", json!("C-1")),
        ("number", json!("F-77")),
        ("quantity", json!("1")),
        ("tax_rate", json!("20")),
        ("unit_price", json!("1.00")),
        ("amount", json!("1.00")),
        ("issued_on", json!("2026-03-02")),
        ("due_on", json!("2026-04-01")),
        ("expires_on", json!("2026-04-01")),
        ("write_off_tolerances", json!({"EUR": "0.50"})),
    ]
    .into();
    let document = world.get("/api/v1/openapi.json").await.json();
    let mut requests = Vec::new();
    for (method, path, operation) in operations(&document) {
        let Some(schema) = schema_of(&document, &operation) else { continue };
        let id = if path.contains("/invoices/") { &invoice["id"] } else { &customer["id"] };
        let path = path.replace("{id}", id.as_str().unwrap());
        let good = usual_body(&document, schema, "", &usual);
        for (at, place) in places(&good, "").into_iter().enumerate() {
            for text in hostile::texts().into_iter().skip(at % TEXTS_APART).step_by(TEXTS_APART) {
                let mut body = good.clone();
                *body.pointer_mut(&place).unwrap() = json!(text);
                requests.push(request(&world, &method, &path).body(body.to_string()));
            }
        }
    }
    answered_with(&world, requests, |_, status| status < 500 && status != 401).await;
    nobody_is_woken(&world).await;
}

/// A body as the document describes it, with what is usual in fields of these names.
fn usual_body(document: &Value, schema: &Value, name: &str, usual: &BTreeMap<&str, Value>) -> Value {
    let schema = resolved(document, schema);
    if let Some(value) = usual.get(name) {
        return value.clone();
    }
    if let Some(properties) = schema["properties"].as_object() {
        let fields = properties.iter().map(|(name, schema)| (name.clone(), usual_body(document, schema, name, usual)));
        return Value::Object(fields.collect());
    }
    if schema["items"].is_object() {
        return json!([usual_body(document, &schema["items"], "", usual)]);
    }
    json!("Usual")
}

/// Where the texts of a body are, as JSON pointers.
fn places(body: &Value, at: &str) -> Vec<String> {
    match body {
        Value::Object(fields) => {
            fields.iter().flat_map(|(name, value)| places(value, &format!("{at}/{name}"))).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, value)| places(value, &format!("{at}/{index}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![at.to_owned()],
    }
}

/// A schema, or the one that it refers to, alone or as the one that may also be null.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let schema = choices.into_iter().find(|choice| choice["$ref"].is_string()).unwrap_or(schema);
    schema["$ref"].as_str().map_or(schema, |to| document.pointer(to.trim_start_matches('#')).unwrap())
}

fn schema_of<'a>(document: &'a Value, operation: &'a Value) -> Option<&'a Value> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    schema.is_object().then(|| resolved(document, schema))
}

/// Bodies that are no JSON, JSON of another form, and the documented form with hostile text in every field.
fn bodies(document: &Value, operation: &Value) -> Vec<Vec<u8>> {
    let Some(schema) = schema_of(document, operation) else { return Vec::new() };
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let mut bodies: Vec<Vec<u8>> =
        ["", "null", "[]", "{", "\"x\"", "{\"\\ud800\":1}", "{\"a\":1e999}", "{\"a\":1,\"a\":2}", &deep]
            .map(|body| body.as_bytes().to_vec())
            .into();
    bodies.push(vec![0xff, 0xfe, b'{', 0]);
    for text in hostile::texts() {
        bodies.push(filled(document, schema, &json!(text)).to_string().into_bytes());
    }
    for value in [json!(-1), json!(1e300), json!(u64::MAX), json!(null), json!([[]]), json!({"a": {}}), json!(true)] {
        bodies.push(filled(document, schema, &value).to_string().into_bytes());
    }
    bodies
}

fn filled(document: &Value, schema: &Value, value: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(properties) = schema["properties"].as_object() {
        let fields = properties.iter().map(|(name, schema)| (name.clone(), filled(document, schema, value)));
        return Value::Object(fields.collect::<Map<_, _>>());
    }
    if schema["items"].is_object() { json!([filled(document, &schema["items"], value)]) } else { value.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odd_authorization_is_refused_and_every_answer_has_its_headers() {
    let world = World::new().await;
    let (key, long) = (world.local.api_key.as_str(), format!("Bearer gk_{}", "x".repeat(8192)));
    for header in [
        "",
        "Bearer",
        "Bearer ",
        &format!("Bearer  {key}"),
        &format!("Basic {key}"),
        &format!("Bearer {key}, Bearer {key}"),
        key,
        &long,
    ] {
        let answer = world.send(Method::GET, "/api/v1/business", &[("authorization", header)], None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header:.40}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"guichet\""));
    }
    let bearer = format!("bearer {key}");
    let headers = [("authorization", bearer.as_str())];
    for path in
        ["/api/v1/business", "/api/v1/nothing", "/api/docs", "/api/v1/openapi.json", "/healthz", "/api/v1/invoices/x"]
    {
        let answer = world.send(Method::GET, path, &headers, None).await;
        assert_ne!(answer.status, StatusCode::UNAUTHORIZED, "{path}: a scheme's name may be in either case");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "{path}: the origin is not https here");
    }
}
