//! The HTTP API in front of the functions: each request becomes an event, each answer a response.

use std::sync::Arc;

use axum::Router;
use axum::body::Body as ResponseBody;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Lambda;
use super::event::{self, Body};

/// More than AWS accepts, so that tests meet the function's own limit.
const BODY_BYTES_MAX: usize = 10 * 1024 * 1024;

/// The functions that answer requests.
#[derive(Clone)]
pub(super) struct Routes {
    pub(super) webhook_receiver: Arc<Lambda>,
    pub(super) business_api: Arc<Lambda>,
    pub(super) frontend: Arc<Lambda>,
}

/// Answers requests until the task is aborted.
pub(super) fn serve(listener: TcpListener, routes: Routes) -> JoinHandle<()> {
    let app = Router::new().fallback(hand_over).with_state(routes);
    tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") })
}

async fn hand_over(State(routes): State<Routes>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, BODY_BYTES_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let function = match parts.uri.path() {
        path if path.starts_with("/webhooks/") => routes.webhook_receiver,
        path if path == "/healthz" || path == "/api" || path.starts_with("/api/") => routes.business_api,
        _ => routes.frontend,
    };
    let headers: Vec<(&str, &str)> =
        parts.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().expect("a header of text"))).collect();
    let kind = headers.iter().find(|(name, _)| *name == "content-type").map_or("", |(_, kind)| kind);
    let event = event::request(&parts.method, path, &headers, Body::by_type(kind, &body));
    match function.invoke(&event).await {
        Ok(answer) => respond(&answer),
        // The details of a failure are not shown outside.
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

fn respond(answer: &Value) -> Response {
    let answer = event::answer(answer);
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(ResponseBody::from(answer.text)).expect("a response")
}
