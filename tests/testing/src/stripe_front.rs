//! A proxy in front of the sandbox that makes Stripe fail: it loses the answer after the request was carried out, refuses the
//! request, or never answers it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use operations::Context;
use payment_gateway::{GatewayConfig, Gateways, Secret};
use tokio::task::JoinHandle;

use crate::World;

/// Forwards every request to the sandbox, except those that are to fail.
pub struct StripeFront {
    /// A context of the world whose Stripe is reached through the proxy.
    pub context: Context,
    proxy: Proxy,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Proxy {
    stripe: String,
    client: reqwest::Client,
    failing: Arc<Mutex<Option<Failing>>>,
}

/// A planned series of failing requests.
#[derive(Clone)]
struct Failing {
    /// The requests that fail, such as `POST /v1/refunds`.
    request: String,
    /// How many of them are still to fail.
    times: usize,
    status: StatusCode,
    how: Failure,
}

/// How a request fails.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Failure {
    /// The sandbox carries it out, and the answer is lost.
    AnswerLost,
    /// It is not carried out.
    Refused,
    /// It is not carried out, and the connection stays open.
    Silence,
}

impl StripeFront {
    /// A proxy in front of a world's sandbox.
    pub async fn before(world: &World) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let stripe = format!("{}/dev/stripe", world.local.origin);
        let proxy = Proxy { stripe, client: reqwest::Client::new(), failing: Arc::default() };
        let router = Router::new().fallback(forward).with_state(proxy.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        let key = Secret::new(world.kept("stripe_secret_key")).expect("a secret");
        let first_pause = Some(Duration::from_millis(1));
        let config = GatewayConfig::Stripe { api_base: endpoint, secret_key: key, first_pause };
        let gateways = Gateways::new(config, Vec::new()).expect("a gateway");
        let context = Context { gateways, ..world.local.state.context.clone() };
        Self { context, proxy, task }
    }

    /// Carries out so many requests of a kind, such as `POST /v1/refunds`, and loses their answers.
    pub fn lose_answers(&self, request: &str, times: usize) {
        self.fail(Failing {
            request: request.to_owned(),
            times,
            status: StatusCode::BAD_GATEWAY,
            how: Failure::AnswerLost,
        });
    }

    /// Refuses so many requests of a kind with a status.
    pub fn turn_away(&self, request: &str, times: usize, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.fail(Failing { request: request.to_owned(), times, status, how: Failure::Refused });
    }

    /// Leaves so many requests of a kind without an answer, for as long as anybody waits.
    pub fn keep_silent(&self, request: &str, times: usize) {
        self.fail(Failing {
            request: request.to_owned(),
            times,
            status: StatusCode::BAD_GATEWAY,
            how: Failure::Silence,
        });
    }

    fn fail(&self, failing: Failing) {
        *self.proxy.failing.lock().unwrap() = Some(failing);
    }
}

impl Drop for StripeFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Counts a request down. Returns how it fails, if it does.
    fn failing(&self, request: &str) -> Option<Failing> {
        let mut failing = self.failing.lock().unwrap();
        let failing = failing.as_mut().filter(|failing| failing.times > 0 && failing.request == request)?;
        failing.times -= 1;
        Some(failing.clone())
    }
}

async fn forward(State(proxy): State<Proxy>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let failing = proxy.failing(&format!("{method} {}", uri.path()));
    match failing.as_ref().map(|failing| (failing.how, failing.status)) {
        Some((Failure::Refused, status)) => return status.into_response(),
        Some((Failure::Silence, _)) => std::future::pending().await,
        Some((Failure::AnswerLost, _)) | None => {}
    }
    let url = format!("{}{uri}", proxy.stripe);
    let answer = proxy.client.request(method, url).headers(headers).body(body).send().await.expect("an answer");
    if let Some(failing) = failing {
        assert!(answer.status().is_success(), "it was to be carried out: {}", answer.status());
        return failing.status.into_response();
    }
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("a body")).into_response()
}
