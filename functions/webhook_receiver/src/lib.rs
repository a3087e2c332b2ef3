//! The receiver of webhooks: proves that an event is the provider's, records it once, answers.
//!
//! It does one thing and knows nothing of payments: the raw bytes are verified, the envelope is read, the event is put in the
//! inbox under its own id. The table's stream drives everything after. A duplicate is answered 200, an authentic event that
//! cannot be read is kept in quarantine and answered 200, and where the table does not answer, neither do we: 503, and the
//! provider tries again.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use axum::routing::post;
use jiff::Timestamp;
use receivables::{BusinessId, ObjectId};
use runtime::Clock;
use sha2::{Digest, Sha256};
use store::{EVENT_BODY_BYTES_MAX, Envelope, EventState, ReceivedEvent, Recorded, Store};
use stripe_gateway::{Event, Secret, SignatureError, Unreadable, signature};

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

/// The receiver's routes.
pub fn router(receiver: Receiver) -> Router {
    Router::new()
        .route("/webhooks/stripe/{business}", post(receive_stripe))
        .layer(DefaultBodyLimit::max(EVENT_BODY_BYTES_MAX))
        .with_state(Arc::new(receiver))
}

/// Answers a webhook of Stripe's. The answer's body says what a provider's dashboard needs, and nothing that helps a forger.
async fn receive_stripe(
    State(receiver): State<Arc<Receiver>>,
    Path(business): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return answer(StatusCode::PAYLOAD_TOO_LARGE, "too large");
        }
        Err(_) => return answer(StatusCode::BAD_REQUEST, "incomplete body"),
    };
    let Ok(business) = business.parse::<BusinessId>() else { return answer(StatusCode::NOT_FOUND, "not found") };
    if receiver.business.as_ref().is_some_and(|ours| *ours != business) {
        return answer(StatusCode::NOT_FOUND, "not found");
    }
    let now = receiver.clock.now();
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if let Err(error) = signature::verify(signature, &body, &receiver.secrets, now) {
        return refuse(error);
    }
    let event = received(business, &body, now);
    record(&receiver, &event).await
}

async fn record(receiver: &Receiver, event: &ReceivedEvent) -> Response {
    let recorded = receiver.store.record_event(event).await;
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
            answer(StatusCode::OK, "recorded")
        }
        Ok(Recorded::Duplicate) => answer(StatusCode::OK, "recorded before"),
        Err(error) => {
            tracing::error!(%error, provider.event_id = event.key.event, "an event could not be recorded; the provider tries again");
            answer(StatusCode::SERVICE_UNAVAILABLE, "try again")
        }
    }
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
fn refuse(error: SignatureError) -> Response {
    tracing::warn!(reason = %error, metric.refused = 1, "a webhook was refused");
    answer(StatusCode::BAD_REQUEST, "not accepted")
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let plain = header::HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, plain);
    response
}
