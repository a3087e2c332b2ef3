//! Lambda's Runtime API for one function: the function asks for the next invocation and posts the result.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use clock::Clock;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::PATIENCE;

/// The largest answer of a function.
const ANSWER_BYTES_MAX: usize = 6 * 1024 * 1024;

type Answer = Result<Value, Value>;

pub(super) struct RuntimeApi {
    address: String,
    shared: Arc<Shared>,
    queue: mpsc::UnboundedSender<(String, String)>,
    task: JoinHandle<()>,
}

struct Shared {
    function: &'static str,
    invocations: AtomicU64,
    queued: tokio::sync::Mutex<mpsc::UnboundedReceiver<(String, String)>>,
    waiting: Mutex<HashMap<String, oneshot::Sender<Answer>>>,
}

impl RuntimeApi {
    pub(super) async fn start(function: &'static str) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let (queue, queued) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            function,
            invocations: AtomicU64::new(0),
            queued: tokio::sync::Mutex::new(queued),
            waiting: Mutex::default(),
        });
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(take_response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(take_error))
            .layer(DefaultBodyLimit::max(ANSWER_BYTES_MAX))
            .with_state(Arc::clone(&shared));
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.expect("it serves") });
        Self { address, shared, queue, task }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) async fn invoke(&self, event: &Value) -> Answer {
        let id = format!("00000000-0000-4000-8000-{:012}", self.shared.invocations.fetch_add(1, Ordering::SeqCst));
        let (answer, answered) = oneshot::channel();
        self.shared.waiting.lock().unwrap().insert(id.clone(), answer);
        self.queue.send((id, event.to_string())).expect("the queue lasts as long as the function");
        answered.await.expect("an answer")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn next(State(shared): State<Arc<Shared>>) -> Response {
    let queued = shared.queued.lock().await.recv().await;
    let Some((id, event)) = queued else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let deadline = Clock::system().now() + PATIENCE;
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", deadline.as_millisecond().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            format!("arn:aws:lambda:eu-west-3:000000000000:function:{}", shared.function),
        ),
        ("lambda-runtime-trace-id", "Root=1-00000000-000000000000000000000000;Sampled=0".to_owned()),
        ("content-type", "application/json".to_owned()),
    ];
    (headers, event).into_response()
}

async fn take_response(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    take(&shared, &id, &body, Ok)
}

async fn take_error(State(shared): State<Arc<Shared>>, Path(id): Path<String>, body: Bytes) -> StatusCode {
    take(&shared, &id, &body, Err)
}

fn take(shared: &Shared, id: &str, body: &[u8], answer: fn(Value) -> Answer) -> StatusCode {
    let Some(waiting) = shared.waiting.lock().unwrap().remove(id) else { return StatusCode::BAD_REQUEST };
    let body =
        serde_json::from_slice(body).unwrap_or_else(|error| panic!("{} answers no JSON: {error}", shared.function));
    // The caller may have given up.
    let _ = waiting.send(answer(body));
    StatusCode::ACCEPTED
}
