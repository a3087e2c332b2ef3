//! A front to the tables, behind which calls can be made to fail: for processes into which nobody can look.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinHandle;

/// Stands before the tables and hands every call on, but for those that are to fail.
pub struct TableFront {
    /// Where it is reached.
    pub endpoint: String,
    held: Held,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Held {
    table: String,
    client: reqwest::Client,
    failing: Arc<Mutex<Option<String>>>,
}

impl TableFront {
    /// A front to the tables at an endpoint.
    pub async fn before(table: &str) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let held = Held { table: table.to_owned(), client: reqwest::Client::new(), failing: Arc::default() };
        let router = Router::new().fallback(hand_on).with_state(held.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { endpoint, held, task }
    }

    /// Lets every call fail from now on that speaks of a text.
    pub fn fail_calls_about(&self, text: &str) {
        *self.held.failing.lock().unwrap() = Some(text.to_owned());
    }

    /// Lets all go well again.
    pub fn mend(&self) {
        *self.held.failing.lock().unwrap() = None;
    }
}

impl Drop for TableFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn hand_on(State(held): State<Held>, method: Method, mut headers: HeaderMap, body: Bytes) -> Response {
    // The table answers under its own address only, and the client writes that.
    headers.remove("host");
    let failing = held.failing.lock().unwrap().clone();
    if failing.is_some_and(|text| String::from_utf8_lossy(&body).contains(&text)) {
        let body =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"broken by the test"}"#;
        return (StatusCode::INTERNAL_SERVER_ERROR, [("content-type", "application/x-amz-json-1.0")], body)
            .into_response();
    }
    let answer = held.client.request(method, &held.table).headers(headers).body(body).send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("a body")).into_response()
}
