//! The receiver of webhooks: proves that an event is the provider's, records it once, answers.
//!
//! It does one thing and knows nothing of payments: the raw bytes are verified, the envelope is read, the event is put in the
//! inbox under its own id. The table's stream drives everything after. A duplicate is answered 200, an authentic event that
//! cannot be read is kept in quarantine and answered 200, and where the table does not answer, neither do we: 503, and the
//! provider tries again.

pub mod gateway;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use clock::Clock;
use jiff::Timestamp;
use payment_gateway::stripe::{Event, signature};
use payment_gateway::webhook::SignatureError;
use payment_gateway::{Secret, Unreadable};
use receivables::{BusinessId, ObjectId};
use sha2::{Digest, Sha256};
use store::{EVENT_BODY_BYTES_MAX, Envelope, EventState, ReceivedEvent, Recorded, Store};

/// What the receiver holds.
#[derive(Clone, Debug)]
pub struct Receiver {
    /// The tables.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The signing secrets in use: one, or two while one is rolled.
    pub secrets: Arc<[Secret]>,
    /// The businesses that these secrets are of; none means any of the deployment.
    pub business: Option<BusinessId>,
}

/// A webhook, whatever carried it.
#[derive(Clone, Copy)]
pub struct Webhook<'a> {
    /// Whose it is, as the address says.
    pub business: &'a str,
    /// The signature header; blank where there is none.
    pub signature: &'a str,
    /// The bytes that were signed.
    pub body: &'a [u8],
}

/// What is answered. It says what a provider's dashboard needs, and nothing that helps a forger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub text: &'static str,
}

impl Answer {
    /// The type of the body.
    pub const CONTENT_TYPE: &'static str = "text/plain; charset=utf-8";
    /// A body that is larger than any event's.
    pub const TOO_LARGE: Self = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too large");
    /// A body that did not come whole.
    pub const INCOMPLETE: Self = Self::new(StatusCode::BAD_REQUEST, "incomplete body");
    /// An address that is nobody's.
    pub const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "not found");

    const fn new(status: StatusCode, text: &'static str) -> Self {
        Self { status, text }
    }
}

impl Receiver {
    /// Receives a webhook of Stripe's.
    pub async fn receive(&self, webhook: Webhook<'_>) -> Answer {
        let Webhook { business, signature, body } = webhook;
        if body.len() > EVENT_BODY_BYTES_MAX {
            return Answer::TOO_LARGE;
        }
        let Ok(business) = business.parse::<BusinessId>() else { return Answer::NOT_FOUND };
        if self.business.as_ref().is_some_and(|ours| *ours != business) {
            return Answer::NOT_FOUND;
        }
        let now = self.clock.now();
        if let Err(error) = signature::verify(signature, body, &self.secrets, now) {
            return refuse(error);
        }
        self.record(&received(business, body, now)).await
    }

    async fn record(&self, event: &ReceivedEvent) -> Answer {
        let recorded = self.store.record_event(event).await;
        let duplicate = matches!(recorded, Ok(Recorded::Duplicate));
        tracing::info!(
            provider.event_id = event.key.event,
            provider.event_type = event.kind,
            business.id = %event.key.business,
            state = event.state.as_str(),
            duplicate,
            recorded = recorded.is_ok(),
            "webhook"
        );
        match recorded {
            Ok(Recorded::Fresh) => {
                if event.state == EventState::Quarantined {
                    tracing::error!(
                        provider.event_id = event.key.event,
                        metric.quarantined = 1,
                        "an authentic event could not be read; it is kept"
                    );
                }
                Answer::new(StatusCode::OK, "recorded")
            }
            Ok(Recorded::Duplicate) => Answer::new(StatusCode::OK, "recorded before"),
            Err(error) => {
                tracing::error!(%error, provider.event_id = event.key.event, "an event could not be recorded; the provider tries again");
                Answer::new(StatusCode::SERVICE_UNAVAILABLE, "try again")
            }
        }
    }
}

/// The receiver's routes, for a process that serves HTTP itself. On Lambda requests come through [`gateway`].
pub fn router(receiver: Receiver) -> Router {
    Router::new()
        .route("/webhooks/stripe/{business}", post(receive_stripe))
        .layer(DefaultBodyLimit::max(EVENT_BODY_BYTES_MAX))
        .with_state(Arc::new(receiver))
}

async fn receive_stripe(
    State(receiver): State<Arc<Receiver>>,
    Path(business): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let answer = match body {
        Ok(body) => {
            let signature = headers.get(signature::HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default();
            receiver.receive(Webhook { business: &business, signature, body: &body }).await
        }
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Answer::TOO_LARGE,
        Err(_) => Answer::INCOMPLETE,
    };
    let mut response = Response::new(Body::from(answer.text));
    *response.status_mut() = answer.status;
    let plain = header::HeaderValue::from_static(Answer::CONTENT_TYPE);
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}

/// The event as it is recorded. What cannot be read is kept under the hash of its bytes.
fn received(business: BusinessId, body: &[u8], now: Timestamp) -> ReceivedEvent {
    match Event::read(body) {
        Ok(event) => {
            let envelope = Envelope {
                id: event.id.as_str(),
                object: event.object_id.as_ref().map(ObjectId::as_str),
                kind: &event.kind,
                api_version: event.api_version.as_deref(),
                livemode: event.livemode,
            };
            ReceivedEvent::fresh(business, envelope, body, now)
        }
        Err(Unreadable { reason }) => {
            let name = hex::encode(Sha256::digest(body));
            ReceivedEvent::unreadable(business, name, reason.into_owned(), body, now)
        }
    }
}

/// A forged or stale event leaves no trace but a counter.
fn refuse(error: SignatureError) -> Answer {
    tracing::warn!(reason = %error, metric.refused = 1, "a webhook was refused");
    Answer::new(StatusCode::BAD_REQUEST, "not accepted")
}
