//! Hostile text in every path parameter, query parameter, header and body field of every route of the API: whatever a caller sends,
//! the answer is theirs to mend (4xx) and never a failure of ours (5xx).

use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};
use testing::World;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const KEY: &str = "Bearer gk_test_kit";

/// Percent-encoded, so that each goes over the wire exactly as written.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "",
        ".",
        "..",
        "%2e%2e",
        "%00",
        "%01",
        "%0d%0a",
        "%20",
        "%2F",
        "%5C",
        "%25",
        "%FF",
        "%C0%AF",
        "%ED%A0%80",
        "%23",
        "a.b",
        "a..b",
        "none.none",
        "-1",
        "0",
        "18446744073709551615",
        "999999999999999999999",
        "41.49.49",
        "00.00.00",
        "NaN",
        "null",
        "%7B%7D",
        "%27%22%3C%3E",
        "%E2%80%AE",
        "%E2%80%A8",
        "%E2%84%AA",
        "%F0%9F%98%80",
        "%EF%BC%9D",
        "inv_",
        "inv_!",
        "inv_01JD8Z0000ABCDEFGHJKMNPQRS",
        "pay_01JD8Z0000ABCDEFGHJKMNPQRS",
        "cn_01JD8Z0000ABCDEFGHJKMNPQRS",
        "9999-12-31",
        "-009999-01-01",
        "9999-12-30T22:00:00.999999999Z",
        "-9999-01-02T01:59:59Z",
    ]
    .map(str::to_owned)
    .into();
    texts.extend(["a".repeat(3000), format!("{}.b", "a".repeat(3000)), format!("b.{}", "a".repeat(3000))]);
    texts.push("%E2%80%8B".repeat(300));
    texts
}

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

/// A client would put the dots of a path in order before it sends them.
async fn raw_status(world: &World, method: &Method, target: &str) -> u16 {
    let host = world.product.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.unwrap();
    let body = if *method == Method::GET { "" } else { "{\"reason\":\"r\"}" };
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer);
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{target}: {answer:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_a_path_fails_the_api() {
    let world = World::new().await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let (hostile, mut failed) = (hostile(), Vec::new());
    for (method, path, _) in operations(&document) {
        if path.contains("{id}") {
            for text in &hostile {
                let status = raw_status(&world, &method, &path.replace("{id}", text)).await;
                if !(400..500).contains(&status) {
                    failed.push(format!("{method} {path} with {text:.60}: {status}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_in_a_query_fails_the_api() {
    let world = World::new().await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let (hostile, mut failed) = (hostile(), Vec::new());
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|parameter| parameter["in"] == "query");
        let names: Vec<&str> = parameters.map(|parameter| parameter["name"].as_str().unwrap()).collect();
        let path = path.replace("{id}", "C-1");
        for text in hostile.iter().filter(|_| !names.is_empty()) {
            let each = names.iter().map(|name| format!("{path}?{name}={text}"));
            // Some are read only where the others are there too.
            let all = names.iter().map(|name| format!("{name}={text}")).collect::<Vec<_>>().join("&");
            for target in each.chain([format!("{path}?{all}")]) {
                let status = raw_status(&world, &method, &target).await;
                if status >= 500 || target.contains("?cursor=") && !matches!(status, 404 | 422) {
                    failed.push(format!("{method} {target:.120}: {status}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_header_or_body_fails_the_api() {
    let world = World::new().await;
    world.customer("en").await;
    let document = world.get("/api/v1/openapi.json").await.json();
    let long = "k".repeat(8192);
    let mut failed = Vec::new();
    for (method, path, operation) in operations(&document) {
        let path = path.replace("{id}", "pay_01JD8Z0000ABCDEFGHJKMNPQRS");
        let json_type = ("content-type", "application/json");
        for key in ["", " ", "a b", "Bearer", &long, "../../x", "a\tb", "%00"] {
            for name in ["idempotency-key", "content-type", "accept"] {
                let headers = [("authorization", KEY), json_type, (name, key)];
                let answer = world.send(method.clone(), &path, &headers, Some(b"{}".to_vec())).await;
                if answer.status.is_server_error() {
                    failed.push(format!("{method} {path} with {name}: {key:.40}: {}", answer.status));
                }
            }
        }
        for body in bodies(&document, &operation) {
            let headers = [("authorization", KEY), json_type];
            let answer = world.send(method.clone(), &path, &headers, Some(body.clone())).await;
            if answer.status.is_server_error() {
                let body = String::from_utf8_lossy(&body);
                failed.push(format!("{method} {path} with {body:.120}: {} {}", answer.status, answer.text));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Bodies that are no JSON, JSON of another form, and the documented form with hostile text in every field.
fn bodies(document: &Value, operation: &Value) -> Vec<Vec<u8>> {
    let reference = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    let Some(reference) = reference.as_str() else { return Vec::new() };
    let schema = document.pointer(reference.trim_start_matches('#')).unwrap();
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let mut bodies: Vec<Vec<u8>> =
        ["", "null", "[]", "{", "\"x\"", "{\"\\ud800\":1}", "{\"a\":1e999}", "{\"a\":1,\"a\":2}", &deep]
            .map(|body| body.as_bytes().to_vec())
            .into();
    bodies.push(vec![0xff, 0xfe, b'{', 0]);
    for text in
        ["", ".", "\0", "\u{202e}", "\u{212a}@example.com", "999999999999999999999999999999", "0.0000001", "9999-12-31"]
    {
        bodies.push(filled(document, schema, &json!(text)).to_string().into_bytes());
    }
    for value in
        [json!("x".repeat(3000)), json!(-1), json!(1e300), json!(null), json!([[]]), json!({"a": {}}), json!(true)]
    {
        bodies.push(filled(document, schema, &value).to_string().into_bytes());
    }
    bodies
}

fn filled(document: &Value, schema: &Value, value: &Value) -> Value {
    let schema = schema["$ref"].as_str().map_or(schema, |to| document.pointer(to.trim_start_matches('#')).unwrap());
    if let Some(properties) = schema["properties"].as_object() {
        let fields = properties.iter().map(|(name, schema)| (name.clone(), filled(document, schema, value)));
        return Value::Object(fields.collect::<Map<_, _>>());
    }
    if schema["items"].is_object() { json!([filled(document, &schema["items"], value)]) } else { value.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odd_authorization_is_refused_and_every_answer_has_its_headers() {
    let world = World::new().await;
    let long = format!("Bearer gk_{}", "x".repeat(8192));
    for header in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer  gk_test_kit",
        "bearer gk_test_kit",
        "Basic gk_test_kit",
        "gk_test_kit",
        &long,
    ] {
        let answer = world.send(Method::GET, "/api/v1/business", &[("authorization", header)], None).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{header:.40}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"guichet\""));
    }
    let headers = [("authorization", KEY)];
    for path in
        ["/api/v1/business", "/api/v1/nothing", "/api/docs", "/api/v1/openapi.json", "/healthz", "/api/v1/invoices/x"]
    {
        let answer = world.send(Method::GET, path, &headers, None).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"), "{path}");
        assert!(answer.header("content-security-policy").unwrap().starts_with("default-src 'none'"), "{path}");
        assert_eq!(answer.header("strict-transport-security"), None, "{path}: the origin is not https here");
    }
}
