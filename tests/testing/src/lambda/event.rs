//! Events as AWS sends them to functions, and the functions' answers: requests of an HTTP API (payload 2.0), batches of a
//! stream, and the timer's event.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::Answer;

/// A request's body, as an HTTP API passes it on.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    None,
    /// As text: JSON and the like.
    Text(&'a str),
    /// In base64: forms, and everything else that AWS does not treat as text.
    Base64(&'a [u8]),
}

impl<'a> Body<'a> {
    /// The form in which AWS passes on a body of a content type.
    pub fn by_type(content_type: &str, body: &'a [u8]) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default();
        let of_text = kind.starts_with("text/")
            || ["application/json", "application/javascript", "application/xml"].contains(&kind);
        match std::str::from_utf8(body) {
            _ if body.is_empty() => Self::None,
            Ok(text) if of_text => Self::Text(text),
            Ok(_) | Err(_) => Self::Base64(body),
        }
    }
}

/// A request of an HTTP API. `path` may have a query.
pub fn request(method: &Method, path: &str, headers: &[(&str, &str)], body: Body<'_>) -> Value {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut named = Map::new();
    let mut cookies = Vec::new();
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        if name == "cookie" {
            cookies.extend(value.split("; "));
        } else {
            // The same header twice becomes one, with a comma.
            let value = named
                .get(&name)
                .and_then(Value::as_str)
                .map_or_else(|| (*value).to_owned(), |had| format!("{had},{value}"));
            named.insert(name, value.into());
        }
    }
    named.entry("host").or_insert_with(|| "pay.example.com".into());
    named.insert("x-forwarded-proto".to_owned(), "https".into());
    let (text, encoded) = match body {
        Body::None => (None, false),
        Body::Text(text) => (Some(text.to_owned()), false),
        Body::Base64(bytes) => (Some(BASE64_STANDARD.encode(bytes)), true),
    };
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": named,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": named["host"],
            "domainPrefix": "pay",
            "http": {
                "method": method.as_str(),
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "203.0.113.9",
                "userAgent": "test",
            },
            "requestId": "request=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "02/Mar/2026:09:00:00 +0000",
            "timeEpoch": 1_772_442_000_000_i64,
        },
        "isBase64Encoded": encoded,
    });
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if let Some(text) = text {
        event["body"] = text.into();
    }
    event
}

/// Reads a function's answer to a request.
pub fn answer(value: &Value) -> Answer {
    let status = value["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = status.and_then(|status| StatusCode::from_u16(status).ok());
    let headers = value["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(name, value)| (name.clone(), value.as_str().expect("a header's value").to_owned()));
    let cookies = value["cookies"].as_array().into_iter().flatten();
    let cookies = cookies.map(|cookie| ("set-cookie".to_owned(), cookie.as_str().expect("a cookie").to_owned()));
    let body = value["body"].as_str().unwrap_or_default();
    let text = if value["isBase64Encoded"] == true {
        String::from_utf8(BASE64_STANDARD.decode(body).expect("base64")).expect("text")
    } else {
        body.to_owned()
    };
    Answer {
        status: status.unwrap_or_else(|| panic!("no answer to a request: {value}")),
        headers: headers.chain(cookies).collect(),
        text,
    }
}

pub fn schedule() -> Value {
    json!({
        "version": "0",
        "id": "00000000-0000-4000-8000-000000000000",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": "2026-03-02T09:00:00Z",
        "region": "eu-west-3",
        "resources": ["arn:aws:events:eu-west-3:000000000000:rule/every-minute"],
        "detail": {},
    })
}
