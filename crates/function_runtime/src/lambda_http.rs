//! Answering requests on Lambda, through the same routers as on a laptop.
//!
//! Strangers write addresses and headers. The adapter between API Gateway's events and requests builds a URL from them and
//! panics where that fails: at a bare `<` in a query, a `Host` of `[::1`, an `X-Forwarded-Proto` of `1`
//! (<https://github.com/aws/aws-lambda-rust-runtime/issues/515>). A panic ends the process before any code of ours runs. So
//! every part of the URL is repaired first, here, for every function that answers requests. This module can be deleted once the
//! adapter answers such a request instead.

use std::fmt::Write as _;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Error, LambdaEvent, Service, service_fn};
use url::Url;

/// What a path may hold beside letters and digits, percent encoding included.
const PATH_CHARACTERS: &[u8] = b"-._~!$&'()*+,;=:@/%";
/// What a query may hold beside letters and digits, percent encoding included.
const QUERY_CHARACTERS: &[u8] = b"-._~!$&'()*+,;=:@/?%[]";
/// What a host may hold beside letters and digits: names, IPv6 addresses in brackets, a port.
const HOST_CHARACTERS: &[u8] = b"-._:[]";
/// The longest name of a host (RFC 1035), with room for a port.
const HOST_BYTES_MAX: usize = 253 + ":65535".len();
/// The longest path and query. API Gateway takes some 10 KiB, which percent encoding can make three times as long; `http`
/// refuses an address of 64 KiB.
const TARGET_BYTES_MAX: usize = 32 * 1024;

/// Answers requests for as long as the process lives.
pub async fn answer(router: Router) -> Result<(), Error> {
    // Read as what it is. The adapter's own type keeps a copy of the event's text, to try its kinds of events one after the other.
    lambda_http::lambda_runtime::run(service_fn(move |event: LambdaEvent<ApiGatewayV2httpRequest>| {
        let (mut request, context) = event.into_parts();
        let router = match repair(&mut request) {
            Ok(()) => router.clone(),
            Err(status) => Router::new().fallback(move || async move { status }),
        };
        Adapter::from(router).call(LambdaEvent::new(LambdaRequest::ApiGatewayV2(request), context))
    }))
    .await
}

/// Makes a request one that the adapter can convert. If that is impossible, an empty request for `/` is left, and the status to
/// answer it with.
fn repair(request: &mut ApiGatewayV2httpRequest) -> Result<(), StatusCode> {
    // The functions stand behind HTTP APIs. Another kind of event says another version, or none.
    if request.version.as_deref() != Some("2.0") {
        return Err(emptied(request, StatusCode::NOT_IMPLEMENTED));
    }
    repair_host(request);
    let path = encoded(request.raw_path.as_deref().unwrap_or_default(), PATH_CHARACTERS);
    // Without the slash, a path would continue the name of the host.
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    let query = request.raw_query_string.as_deref().map(|query| encoded(query, QUERY_CHARACTERS));
    let refused = if path.len() + query.as_deref().map_or(0, str::len) > TARGET_BYTES_MAX {
        Some(StatusCode::URI_TOO_LONG)
    } else if request.is_base64_encoded && BASE64_STANDARD.decode(request.body.as_deref().unwrap_or_default()).is_err()
    {
        Some(StatusCode::BAD_REQUEST)
    } else {
        None
    };
    if let Some(status) = refused {
        return Err(emptied(request, status));
    }
    (request.raw_path, request.raw_query_string) = (Some(path), query);
    Ok(())
}

/// Leaves an empty request for `/`, and returns the status to answer it with.
fn emptied(request: &mut ApiGatewayV2httpRequest, status: StatusCode) -> StatusCode {
    (request.raw_path, request.raw_query_string, request.body) = (Some("/".to_owned()), None, None);
    repair_host(request);
    status
}

/// Keeps the host that the client names, if it is one; otherwise uses the name under which API Gateway was reached, or none.
fn repair_host(request: &mut ApiGatewayV2httpRequest) {
    // Every request came over TLS; the URL's scheme would be taken from what the client says here.
    request.headers.remove(HeaderName::from_static("x-forwarded-proto"));
    let named = request.headers.get(header::HOST).and_then(|value| value.to_str().ok());
    if named.is_some_and(is_host) {
        return;
    }
    request.headers.remove(header::HOST);
    request.request_context.domain_name = request.request_context.domain_name.take().filter(|name| is_host(name));
    let domain_name = request.request_context.domain_name.as_deref();
    if let Some(value) = domain_name.and_then(|name| HeaderValue::from_str(name).ok()) {
        request.headers.insert(header::HOST, value);
    }
}

/// Whether a text can be the host of a URL. For some texts only parsing tells: `1.2.3.999`, or a name in broken punycode.
fn is_host(text: &str) -> bool {
    if is_plain_name(text) {
        return true;
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || HOST_CHARACTERS.contains(&byte);
    (1..=HOST_BYTES_MAX).contains(&text.len())
        && text.bytes().all(allowed)
        && Url::parse(&format!("https://{text}/")).is_ok_and(|url| url.path() == "/")
}

/// Whether a text is a name like `pay.example.com`, which nearly every request has: labels of letters, digits and hyphens, none in
/// punycode, the last beginning with a letter.
fn is_plain_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.contains("--")
    };
    text.len() <= HOST_BYTES_MAX
        && text.split('.').all(is_label)
        && text.rsplit('.').next().is_some_and(|last| last.starts_with(|first: char| first.is_ascii_alphabetic()))
}

/// A text in which every character that is not allowed is percent encoded.
fn encoded(text: &str, allowed: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || allowed.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::{HeaderMap, Request};
    use axum::response::IntoResponse;
    use lambda_http::Context;
    use serde_json::{Value, json};

    use super::*;

    const HOSTILE: &[&str] = &[
        "",
        " ",
        "#",
        "?",
        "/",
        "//",
        "\\",
        "\\\\evil.example",
        "@",
        "a@b",
        "user:pass@evil.example",
        ":",
        ":80",
        "[::1",
        "[::1]",
        "[::1]:99999",
        "::1",
        "]",
        "[",
        "[]",
        "[1.2.3.4]",
        "pay.example.com:99999",
        "pay.example.com:-1",
        "pay.example.com:x",
        "pay.example.com:",
        "1.2.3.999",
        "999999999999",
        "0x",
        "a.0x1z",
        "1.2.3.4.5",
        "xn--",
        "xn--a",
        "xn--zzzzzzz99999",
        "-",
        "--",
        "_",
        ".",
        "..",
        "...",
        "a..b",
        "a.",
        "%",
        "%00",
        "%zz",
        "%2e%2e%2f",
        "%C0%AF",
        "\u{0}",
        "\u{7f}",
        "\t",
        "\n",
        "\r\nX-Evil: 1",
        "é",
        "\u{212a}",
        "\u{202e}",
        "\u{200b}",
        "漢字",
        "<y>",
        "\"{}|^`'",
        "1",
        "javascript",
        "http",
        "file",
        "data:,",
        "ftp",
        "https://evil.example",
        "a b",
        "*",
        "x;y",
        "x,y",
        "$default",
        "../../etc/passwd",
        "/p/../../x#",
    ];

    /// Texts that strangers send, in any place.
    fn hostile() -> Vec<String> {
        let mut texts: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
        texts.extend(["a".repeat(64), "a".repeat(254), "a.".repeat(1_050), "a".repeat(9_000), "é".repeat(5_000)]);
        texts.extend(["a".repeat(70_000), "<".repeat(20_000)]);
        texts.extend((0..=char::from(255).into()).filter_map(char::from_u32).map(String::from));
        texts
    }

    fn event() -> Value {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/seen", "rawQueryString": "",
            "headers": {"host": "pay.example.com", "x-forwarded-proto": "https"},
            "requestContext": {
                "accountId": "0", "apiId": "api", "domainName": "api.example.com", "stage": "$default",
                "http": {"method": "GET", "path": "/seen", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.9"},
                "requestId": "1", "routeKey": "$default", "timeEpoch": 0,
            },
            "isBase64Encoded": false,
        })
    }

    /// What the router receives, or the status answered instead, through the adapter's own conversion.
    async fn converted(event: &Value) -> Result<Request<Body>, StatusCode> {
        let mut payload: ApiGatewayV2httpRequest = serde_json::from_value(event.clone()).expect("an event");
        repair(&mut payload)?;
        let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
        let router = Router::new().fallback(move |request: Request<Body>| async move {
            sender.send(request).unwrap();
            StatusCode::OK.into_response()
        });
        let payload = LambdaRequest::ApiGatewayV2(payload);
        Adapter::from(router).call(LambdaEvent::new(payload, Context::default())).await.unwrap();
        Ok(receiver.recv().await.expect("the router was asked"))
    }

    fn host(headers: &HeaderMap) -> Option<&str> {
        headers.get(header::HOST).and_then(|value| value.to_str().ok())
    }

    #[tokio::test]
    async fn whatever_strangers_send_is_answered() {
        for text in hostile() {
            for place in [
                "/rawPath",
                "/rawQueryString",
                "/headers/host",
                "/headers/x-forwarded-proto",
                "/requestContext/domainName",
                "/body",
            ] {
                for prefix in ["", "/", "x="] {
                    let mut event = event();
                    let (parent, name) = place.rsplit_once('/').unwrap();
                    let value = format!("{prefix}{text}");
                    event.pointer_mut(parent).unwrap()[name] = value.clone().into();
                    if serde_json::from_value::<ApiGatewayV2httpRequest>(event.clone()).is_err() {
                        // Not a header's value; the runtime answers it without ending.
                        assert!(place.starts_with("/headers"), "{place} {value:?}");
                        continue;
                    }
                    match converted(&event).await {
                        Ok(request) if !place.starts_with("/raw") => {
                            assert_eq!(request.uri().path(), "/seen", "{place} {value:?}");
                            assert_eq!(request.uri().scheme_str(), Some("https"), "{place} {value:?}");
                        }
                        Ok(request) => {
                            assert_eq!(request.uri().host(), Some("pay.example.com"), "{place} {value:?}");
                            let queried = place == "/rawQueryString" && !value.is_empty();
                            assert_eq!(request.uri().query().is_some(), queried, "{place} {value:?}");
                        }
                        Err(status) => assert_eq!(status, StatusCode::URI_TOO_LONG, "{place} {value:?}"),
                    }
                }
            }
        }
    }

    #[tokio::test]
    async fn a_host_is_kept_where_it_is_one_and_else_is_the_gateways() {
        for (named, domain_name, expected) in [
            (Some("pay.example.com"), Some("api.example.com"), Some("pay.example.com")),
            (Some("pay.example.com."), Some("api.example.com"), Some("pay.example.com.")),
            (Some("pay.example.com:8443"), Some("api.example.com"), Some("pay.example.com:8443")),
            (Some("[::1]:3000"), Some("api.example.com"), Some("[::1]:3000")),
            (Some("[::1"), Some("api.example.com"), Some("api.example.com")),
            (Some("pay.example.com:99999"), Some("api.example.com"), Some("api.example.com")),
            (Some("user@evil.example"), Some("api.example.com"), Some("api.example.com")),
            (None, Some("api.example.com"), Some("api.example.com")),
            (Some("[::1"), Some("[::1"), None),
            (Some("[::1"), None, None),
        ] {
            let mut event = event();
            event["headers"] = named.map_or_else(|| json!({}), |named| json!({"host": named}));
            event["requestContext"]["domainName"] = domain_name.into();
            let request = converted(&event).await.unwrap();
            assert_eq!(host(request.headers()), expected, "{named:?}, {domain_name:?}");
        }
        let long = "a.".repeat(1_050);
        let mut event = event();
        event["headers"]["host"] = long.into();
        assert_eq!(host(converted(&event).await.unwrap().headers()), Some("api.example.com"));
    }

    #[tokio::test]
    async fn an_event_that_is_no_request_of_an_http_api_is_not_answered_as_one() {
        for version in [json!("1.0"), Value::Null] {
            let mut event = event();
            event["version"] = version;
            assert_eq!(converted(&event).await.err(), Some(StatusCode::NOT_IMPLEMENTED));
        }
    }

    #[test]
    fn a_plain_name_can_be_the_host_of_an_address() {
        for text in hostile().iter().filter(|text| is_plain_name(text)) {
            assert!(Url::parse(&format!("https://{text}/")).is_ok_and(|url| url.path() == "/"), "{text}");
        }
        assert!(is_plain_name("pay.example.com") && !is_plain_name("1.2.3.4") && !is_plain_name("xn--a"));
    }

    #[tokio::test]
    async fn addresses_and_bodies_arrive_as_they_were_sent() {
        for (path, query, uri) in [
            ("/p/a", "a=1&b=%20+x;c=[d]", "/p/a?a=1&b=%20+x;c=[d]"),
            ("/p/a b#c?d", "x=<y> é#\u{0}", "/p/a%20b%23c%3Fd?x=%3Cy%3E%20%C3%A9%23%00"),
            ("", "", "/"),
            ("evil.example/", "", "/evil.example/"),
        ] {
            let mut event = event();
            (event["rawPath"], event["rawQueryString"]) = (path.into(), query.into());
            let request = converted(&event).await.unwrap();
            assert_eq!(request.uri().to_string(), format!("https://pay.example.com{uri}"), "{path:?} {query:?}");
        }
        let bytes: Vec<u8> = (0..=255).collect();
        let text = "{\"a\": \"Ünïcödé – 漢字 €\r\n\"}";
        for (body, encoded, expected) in
            [(BASE64_STANDARD.encode(&bytes), true, bytes.as_slice()), (text.to_owned(), false, text.as_bytes())]
        {
            let mut event = event();
            (event["body"], event["isBase64Encoded"]) = (body.into(), encoded.into());
            let body = converted(&event).await.unwrap().into_body();
            assert_eq!(axum::body::to_bytes(body, usize::MAX).await.unwrap(), expected);
        }
        let mut cut = event();
        (cut["body"], cut["isBase64Encoded"]) = ("e30".into(), true.into());
        assert_eq!(converted(&cut).await.err(), Some(StatusCode::BAD_REQUEST));
    }
}
