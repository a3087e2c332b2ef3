//! A front to the sandbox, behind which Stripe can be made to fail: an answer is lost after the request was carried out, or
//! the request is turned away.

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

/// Stands before the sandbox and hands every request on, but for those that are to fail.
pub struct StripeFront {
    /// The rooms of the world, whose Stripe is reached through the front.
    pub context: Context,
    held: Held,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Held {
    stripe: String,
    client: reqwest::Client,
    failing: Arc<Mutex<Option<Failing>>>,
}

/// Requests that fail.
#[derive(Clone)]
struct Failing {
    /// What they are, such as `POST /v1/refunds`.
    asked: String,
    /// How many of them still do.
    times: usize,
    /// What is answered.
    status: StatusCode,
    /// Whether the sandbox carries the request out before its answer is lost.
    carried_out: bool,
}

impl StripeFront {
    /// A front to the sandbox of a world.
    pub async fn before(world: &World) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
        let stripe = format!("{}/dev/stripe", world.local.origin);
        let held = Held { stripe, client: reqwest::Client::new(), failing: Arc::default() };
        let router = Router::new().fallback(hand_on).with_state(held.clone());
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        let key = Secret::new(world.kept("stripe_secret_key")).expect("a secret");
        let first_pause = Some(Duration::from_millis(1));
        let config = GatewayConfig::Stripe { api_base: endpoint, secret_key: key, first_pause };
        let gateways = Gateways::new(config, Vec::new()).expect("a gateway");
        let context = Context { gateways, ..world.local.state.context.clone() };
        Self { context, held, task }
    }

    /// Carries out so many requests of a kind, such as `POST /v1/refunds`, and loses their answers.
    pub fn lose_answers(&self, asked: &str, times: usize) {
        self.fail(Failing { asked: asked.to_owned(), times, status: StatusCode::BAD_GATEWAY, carried_out: true });
    }

    /// Turns away so many requests of a kind with a status.
    pub fn turn_away(&self, asked: &str, times: usize, status: u16) {
        let status = StatusCode::from_u16(status).expect("a status");
        self.fail(Failing { asked: asked.to_owned(), times, status, carried_out: false });
    }

    fn fail(&self, failing: Failing) {
        *self.held.failing.lock().unwrap() = Some(failing);
    }
}

impl Drop for StripeFront {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Held {
    /// Counts a request down. Gives how it fails, where it does.
    fn failing(&self, asked: &str) -> Option<Failing> {
        let mut failing = self.failing.lock().unwrap();
        let failing = failing.as_mut().filter(|failing| failing.times > 0 && failing.asked == asked)?;
        failing.times -= 1;
        Some(failing.clone())
    }
}

async fn hand_on(State(held): State<Held>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let failing = held.failing(&format!("{method} {}", uri.path()));
    if let Some(failing) = failing.as_ref().filter(|failing| !failing.carried_out) {
        return failing.status.into_response();
    }
    let url = format!("{}{uri}", held.stripe);
    let answer = held.client.request(method, url).headers(headers).body(body).send().await.expect("an answer");
    if let Some(failing) = failing {
        assert!(answer.status().is_success(), "it was to be carried out: {}", answer.status());
        return failing.status.into_response();
    }
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.bytes().await.expect("a body")).into_response()
}
