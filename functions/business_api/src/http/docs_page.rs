//! The API's documentation as a page, rendered from the OpenAPI document. It has no script and loads nothing.

use std::sync::LazyLock;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::http::openapi::document;
use crate::http::response::ApiResponse;

/// The page contains its style and loads nothing.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document = serde_json::to_value(document()).unwrap_or_default();
    Docs::of(&document).render().unwrap_or_default()
});

/// Show this description as a page
#[utoipa::path(
    get, path = "/api/docs", tag = "This API", security(()),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String))
)]
pub(crate) async fn show_docs() -> Response {
    let mut response = ApiResponse::text("text/html; charset=utf-8", PAGE.clone()).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Docs {
    title: String,
    version: String,
    openapi: String,
    paragraphs: Vec<String>,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

struct Group {
    name: String,
    text: String,
    operations: Vec<Operation>,
}

struct Operation {
    anchor: String,
    method: String,
    path: String,
    summary: String,
    text: String,
    needs_key: bool,
    parameters: Vec<Field>,
    body: Option<Kind>,
    responses: Vec<ResponseDoc>,
}

/// A parameter of an operation, or a property of a schema.
struct Field {
    name: String,
    place: String,
    kind: Kind,
    required: bool,
    text: String,
    example: String,
}

struct ResponseDoc {
    status: String,
    text: String,
    kinds: Vec<Kind>,
}

struct Schema {
    name: String,
    text: String,
    fields: Vec<Field>,
}

/// The type of a value in words, and the schema that they link to, if any.
struct Kind {
    words: String,
    schema: String,
}

impl Docs {
    fn of(document: &Value) -> Self {
        let info = &document["info"];
        let sentences = text(&info["description"]);
        Self {
            title: text(&info["title"]),
            version: text(&info["version"]),
            openapi: text(&document["openapi"]),
            paragraphs: sentences.split_inclusive(". ").map(|sentence| prose(sentence.trim())).collect(),
            groups: list(&document["tags"]).iter().map(|tag| Group::of(document, tag)).collect(),
            schemas: entries(&document["components"]["schemas"])
                .map(|(name, schema)| Schema::of(name, schema))
                .collect(),
        }
    }
}

impl Group {
    fn of(document: &Value, tag: &Value) -> Self {
        let mut operations = Vec::new();
        for (path, item) in entries(&document["paths"]) {
            for (method, operation) in entries(item) {
                if list(&operation["tags"]).contains(&tag["name"]) {
                    operations.push(Operation::of(method, path, operation));
                }
            }
        }
        Self { name: text(&tag["name"]), text: prose_of(&tag["description"]), operations }
    }
}

impl Operation {
    fn of(method: &str, path: &str, operation: &Value) -> Self {
        let response = |(status, response): (&String, &Value)| ResponseDoc {
            status: status.clone(),
            text: prose_of(&response["description"]),
            kinds: entries(&response["content"]).map(|(media, content)| Kind::of_content(media, content)).collect(),
        };
        let parameter = |parameter: &Value| Field {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            kind: Kind::of(&parameter["schema"]),
            required: parameter["required"] == Value::Bool(true),
            text: prose_of(&parameter["description"]),
            example: String::new(),
        };
        Self {
            anchor: text(&operation["operationId"]),
            method: method.to_uppercase(),
            path: path.to_owned(),
            summary: text(&operation["summary"]),
            text: prose_of(&operation["description"]),
            needs_key: operation["security"].is_null(),
            parameters: list(&operation["parameters"]).iter().map(parameter).collect(),
            body: entries(&operation["requestBody"]["content"])
                .next()
                .map(|(media, content)| Kind::of_content(media, content)),
            responses: entries(&operation["responses"]).map(response).collect(),
        }
    }
}

impl Schema {
    fn of(name: &str, schema: &Value) -> Self {
        let required = list(&schema["required"]);
        let field = |(name, schema): (&String, &Value)| Field {
            name: name.clone(),
            place: String::new(),
            kind: Kind::of(schema),
            required: required.contains(&Value::String(name.clone())),
            text: prose_of(description_of(schema)),
            example: text(&schema["example"]),
        };
        Self {
            name: name.to_owned(),
            text: prose_of(&schema["description"]),
            fields: entries(&schema["properties"]).map(field).collect(),
        }
    }
}

impl Kind {
    fn of_content(media: &str, content: &Value) -> Self {
        let kind = Self::of(&content["schema"]);
        if media.ends_with("json") { kind } else { Self { words: media.to_owned(), schema: String::new() } }
    }

    fn of(schema: &Value) -> Self {
        let plain = |words: String| Self { words, schema: String::new() };
        if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
            return Self { words: name.to_owned(), schema: name.to_owned() };
        }
        let choices = list(&schema["oneOf"]);
        if !choices.is_empty() {
            let kinds: Vec<Self> = choices.iter().map(Self::of).collect();
            let words: Vec<&str> = kinds.iter().map(|kind| kind.words.as_str()).collect();
            let schema =
                kinds.iter().map(|kind| kind.schema.clone()).find(|schema| !schema.is_empty()).unwrap_or_default();
            return Self { words: words.join(" or "), schema };
        }
        match &schema["type"] {
            Value::String(kind) if kind == "array" => {
                let of = Self::of(&schema["items"]);
                Self { words: format!("list of {}", of.words), schema: of.schema }
            }
            Value::String(kind) => plain(with_format(kind, schema)),
            Value::Array(kinds) => {
                let words: Vec<String> =
                    kinds.iter().map(|kind| with_format(kind.as_str().unwrap_or_default(), schema)).collect();
                plain(words.join(" or "))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => plain("anything".to_owned()),
        }
    }
}

fn with_format(kind: &str, schema: &Value) -> String {
    match schema["format"].as_str() {
        Some(format @ ("date" | "email")) if kind == "string" => format!("string ({format})"),
        Some(_) | None => kind.to_owned(),
    }
}

/// A property that may be null has its description beside the reference to its schema.
fn description_of(schema: &Value) -> &Value {
    let own = &schema["description"];
    let of_choice = || list(&schema["oneOf"]).iter().map(|choice| &choice["description"]).find(|text| text.is_string());
    if own.is_string() { own } else { of_choice().unwrap_or(own) }
}

fn prose_of(value: &Value) -> String {
    prose(value.as_str().unwrap_or_default())
}

/// A text as HTML: what stands between backticks is code.
fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len() * 2);
    for (place, part) in text.split('`').enumerate() {
        if place > 0 {
            html.push_str(if place % 2 == 1 { "<code>" } else { "</code>" });
        }
        html.push_str(&part.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    }
    html
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
