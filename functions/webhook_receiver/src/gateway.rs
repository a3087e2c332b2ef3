//! Webhooks as API Gateway hands them over, in its payload format 2.0, and answers as it takes them
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).
//!
//! Of the sixty fields of a request a webhook has five, which are read here. The usual adapter makes a whole HTTP request of
//! all of them, which costs more than the signature, the envelope and the compression together.

use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

use crate::{Answer, Receiver, Webhook};

/// The address of webhooks, but for the business.
const PATH: &str = "/webhooks/stripe/";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    raw_path: String,
    #[serde(rename = "requestContext")]
    context: Context,
    #[serde(default)]
    headers: Headers,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

/// Names come in lower case, and values that came under one name are joined with commas.
#[derive(Default, Deserialize)]
struct Headers {
    #[serde(rename = "stripe-signature", default)]
    signature: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status_code: u16,
    headers: ResponseHeaders,
    body: &'static str,
    is_base64_encoded: bool,
}

#[derive(Serialize)]
struct ResponseHeaders {
    #[serde(rename = "content-type")]
    content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    allow: Option<&'static str>,
}

/// Receives webhooks for as long as the process lives.
pub async fn serve(receiver: Receiver) -> Result<(), Error> {
    let receiver = &receiver;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Request>| {
        // Boxed, because what the client of DynamoDB does nests deeper inside the runtime's layers than the compiler follows.
        Ok::<Response, Error>(Box::pin(answer(receiver, &event.payload)).await)
    }))
    .await
}

async fn answer(receiver: &Receiver, request: &Request) -> Response {
    let Some(business) = request.raw_path.strip_prefix(PATH) else { return Answer::NOT_FOUND.into() };
    if request.context.http.method != Method::POST.as_str() {
        let refused: Response = Answer { status: StatusCode::METHOD_NOT_ALLOWED, text: "" }.into();
        return Response { headers: ResponseHeaders { allow: Some("POST"), ..refused.headers }, ..refused };
    }
    let text = request.body.as_deref().unwrap_or_default();
    let decoded;
    let body = if request.is_base64_encoded {
        match BASE64_STANDARD.decode(text) {
            Ok(bytes) => decoded = bytes,
            Err(_) => return Answer::INCOMPLETE.into(),
        }
        decoded.as_slice()
    } else {
        text.as_bytes()
    };
    receiver.receive(Webhook { business, signature: &request.headers.signature, body }).await.into()
}

impl From<Answer> for Response {
    fn from(answer: Answer) -> Self {
        let headers = ResponseHeaders { content_type: Answer::CONTENT_TYPE, allow: None };
        Self { status_code: answer.status.as_u16(), headers, body: answer.text, is_base64_encoded: false }
    }
}
