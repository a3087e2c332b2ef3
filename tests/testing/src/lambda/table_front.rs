//! A proxy in front of the tables that makes calls fail: for processes whose client a test cannot intercept.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::task::JoinHandle;

/// Forwards every call to the tables, except those that are to fail.
pub struct TableFront {
    /// The proxy's address.
    pub endpoint: String,
    proxy: Proxy,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Proxy {
    table: String,
    client: reqwest::Client,
    failing: Arc<Mutex<Option<String>>>,
}

impl TableFront {
    /// A proxy in front of the tables at an endpoint.
    pub async fn before(table: &str) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let proxy = Proxy { table: table.to_owned(), client: reqwest::Client::new(), failing: Arc::default() };
        let router = Router::new().fallback(forward).with_state(proxy.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { endpoint, proxy, task }
    }

    /// Makes every call fail from now on that contains a text.
    pub fn fail_calls_about(&self, text: &str) {
        *self.proxy.failing.lock().unwrap() = Some(text.to_owned());
    }

    /// Lets all calls succeed again.
    pub fn mend(&self) {
        *self.proxy.failing.lock().unwrap() = None;
    }
}

impl Drop for TableFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn forward(State(proxy): State<Proxy>, method: Method, mut headers: HeaderMap, body: Bytes) -> Response {
    // The table answers under its own address only, so the client must write the header anew.
    headers.remove("host");
    let failing = proxy.failing.lock().unwrap().clone();
    if failing.is_some_and(|text| String::from_utf8_lossy(&body).contains(&text)) {
        let body =
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"broken by the test"}"#;
        return (StatusCode::INTERNAL_SERVER_ERROR, [("content-type", "application/x-amz-json-1.0")], body)
            .into_response();
    }
    let answer =
        proxy.client.request(method, &proxy.table).headers(headers).body(body).send().await.expect("an answer");
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("a body")).into_response()
}
