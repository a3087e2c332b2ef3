//! The engine's HTTP server, on a thread of its own.
//!
//! The engine has a server too, but that one checks nothing and allows every origin. This one calls the engine in the process:
//! [`Access`] decides which requests may pass, before the body is read.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use dynoxide::Database;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::{oneshot, watch};

use super::TableError;
use super::access::Access;
use super::faults::{Faults, HeldCall};
use super::operation::{self, Failure};
use super::watch_file::watch_file;
use crate::http_server;

/// DynamoDB accepts requests of 16 MB.
const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;
const CONTENT_TYPE: &str = "application/x-amz-json-1.0";

/// The running server. Dropping it stops it.
pub(super) struct Server {
    endpoint: String,
    changes: watch::Receiver<i64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone)]
struct Engine {
    database: Database,
    access: Arc<Access>,
    faults: Faults,
}

impl Server {
    /// Serves on a free port of loopback, from a runtime of its own: the engine runs SQLite on the thread that polls it, which
    /// would stall all other tasks.
    pub(super) fn start(
        database: Database,
        watched: Connection,
        access_key: &str,
        faults: Faults,
    ) -> Result<Self, TableError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let engine = Engine { database, access: Arc::new(Access::new(access_key, address)), faults };
        let router = Router::new().fallback(answer).with_state(engine);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel::<()>();
        let (announce, changes) = watch::channel(0);
        let thread = std::thread::Builder::new().name("guichet-table".into()).spawn(move || {
            runtime.block_on(async move {
                let listener = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => {
                        tracing::error!(error = %error, "the table's server did not start");
                        return;
                    }
                };
                // Stopping abandons no write: the engine runs each request to its end within one poll.
                tokio::select! {
                    () = http_server::serve(listener, router, std::future::pending()) => {}
                    () = watch_file(&watched, &announce) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { endpoint: format!("http://{address}"), changes, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn changes(&self) -> watch::Receiver<i64> {
        self.changes.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread has already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn answer(State(engine): State<Engine>, request: Request) -> Response {
    if let Err(why) = engine.access.check(request.headers()) {
        return error(StatusCode::FORBIDDEN, "com.amazon.coral.service#AccessDeniedException", why);
    }
    let Some(operation) = operation::named(request.method(), request.headers()) else {
        let why = "The embedded table knows no such operation.";
        return error(StatusCode::BAD_REQUEST, "com.amazon.coral.service#UnknownOperationException", why);
    };
    let mark = request.headers().get(HeldCall::HEADER).and_then(|mark| mark.to_str().ok()).map(str::to_owned);
    let Ok(body) = axum::body::to_bytes(request.into_body(), REQUEST_BYTES_MAX).await else {
        let why = "The request was not sent to its end, or is larger than 16 MB.";
        return error(StatusCode::BAD_REQUEST, "com.amazon.coral.service#SerializationException", why);
    };
    let answered = if engine.faults.any() {
        engine.faults.carry_out(&engine.database, operation, &body, mark.as_deref()).await
    } else {
        operation::run(&engine.database, operation, &body)
    };
    match answered {
        Ok(answer) => (StatusCode::OK, [(header::CONTENT_TYPE, CONTENT_TYPE)], answer).into_response(),
        Err(Failure { status, body }) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response()
        }
    }
}

/// An error in DynamoDB's form, so that a client shows its message.
fn error(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = json!({ "__type": kind, "message": message });
    (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body.to_string()).into_response()
}
