//! The receiver of webhooks: verifies a provider's event, records it once, answers.
//!
//! It knows nothing of payments: it verifies the raw bytes, reads the envelope and puts the event in the inbox under the
//! event's own id. The table's stream drives everything after. A duplicate is answered 200. An authentic event that cannot be
//! read is quarantined and answered 200. If the table does not answer, the receiver answers 503, and the provider tries again.
//!
//! Each webhook is a span and leaves one line in the log; `function_runtime::telemetry` lists the names.

mod refusal;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use clock::Clock;
use jiff::Timestamp;
use payment_gateway::webhook::{WebhookEvent, events, verify};
use payment_gateway::{Secret, provider_named};
use receivables::{BusinessId, ObjectId, Provider};
use sha2::{Digest, Sha256};
use store::{EVENT_BODY_BYTES_MAX, Envelope, EventState, ReceivedEvent, RecordOutcome, Store};
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use crate::refusal::Refusal;

/// What the receiver works with.
#[derive(Clone, Debug)]
pub struct Receiver {
    pub store: Store,
    /// Decides whether a signature is too old, and when an event was received.
    pub clock: Clock,
    /// The signing secrets in use: one, or two while one is rolled.
    pub secrets: Arc<[Secret]>,
    /// The business that the secrets belong to. The signature does not cover the address, so whoever holds a secret could
    /// otherwise speak for every business.
    pub only_business: BusinessId,
}

/// A webhook as received.
#[derive(Clone, Copy)]
struct Webhook<'a> {
    /// The provider that the address names.
    provider: &'a str,
    /// The business that the address names.
    business: &'a str,
    /// All headers; one of them is the signature.
    headers: &'a HeaderMap,
    /// The bytes that were signed.
    body: &'a [u8],
}

/// The receiver's routes, on Lambda and on a laptop alike.
pub fn router(receiver: Receiver) -> Router {
    Router::new()
        .route("/webhooks/{provider}/{business}", post(receive))
        // People copy addresses with a slash behind them.
        .route("/webhooks/{provider}/{business}/", post(receive))
        .layer(DefaultBodyLimit::max(EVENT_BODY_BYTES_MAX))
        .layer(map_response(protect))
        .with_state(Arc::new(receiver))
}

/// Browsers must take no answer for anything but text, and must use TLS from then on.
async fn protect(mut response: Response) -> Response {
    const TWO_YEARS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
    let headers = response.headers_mut();
    headers.insert(header::STRICT_TRANSPORT_SECURITY, TWO_YEARS);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    Path((provider, business)): Path<(String, String)>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let began = Instant::now();
    let verified = body.map_err(|rejection| Refusal::of_body(&rejection)).and_then(|body| {
        receiver.verified(Webhook { provider: &provider, business: &business, headers: &headers, body: &body })
    });
    match verified {
        Ok(events) => receiver.record_all(&events, began).await.into_response(),
        Err(refusal) => {
            let span = info_span!("webhook.request", business.id = Empty);
            if business == receiver.only_business.as_str() {
                span.record("business.id", business.as_str());
            }
            let _in = span.enter();
            refusal.log();
            refusal.answer().into_response()
        }
    }
}

/// The answer to an authentic event, worded for a provider's dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Recorded,
    RecordedBefore,
    TryAgain,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Recorded => plain_text(StatusCode::OK, "recorded"),
            Self::RecordedBefore => plain_text(StatusCode::OK, "recorded before"),
            Self::TryAgain => plain_text(StatusCode::SERVICE_UNAVAILABLE, "try again"),
        }
    }
}

fn plain_text(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

impl Receiver {
    /// The events of a webhook, once it is verified.
    fn verified(&self, webhook: Webhook<'_>) -> Result<Vec<ReceivedEvent>, Refusal> {
        let Webhook { provider, business, headers, body } = webhook;
        let provider = provider_named(provider).ok_or(Refusal::UnknownBusiness)?;
        if business != self.only_business.as_str() {
            return Err(Refusal::UnknownBusiness);
        }
        let now = self.clock.now();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        verify(provider, header, body, &self.secrets, now).map_err(Refusal::Signature)?;
        let events = events(provider, body).into_iter();
        Ok(events.map(|event| received(self.only_business.clone(), provider, event, now)).collect())
    }

    /// Records each event of a webhook. If one of them cannot be recorded, the provider sends all of them again, and the recorded
    /// ones are duplicates.
    async fn record_all(&self, events: &[ReceivedEvent], began: Instant) -> Answer {
        let mut answer = Answer::RecordedBefore;
        for event in events {
            // Made with its fields: adding one later writes all of them anew.
            let span = info_span!(
                "webhook.request",
                business.id = event.key.business.as_str(),
                provider.event_id = event.key.event.as_str()
            );
            match self.record(event, began).instrument(span).await {
                Answer::TryAgain => return Answer::TryAgain,
                Answer::Recorded => answer = Answer::Recorded,
                Answer::RecordedBefore => {}
            }
        }
        answer
    }

    /// Records an event. The log gets one line for it, and one more where a person must act.
    async fn record(&self, event: &ReceivedEvent, began: Instant) -> Answer {
        let recorded = self.store.record_event(event).await;
        tracing::info!(
            provider.event_type = event.kind,
            state = event.state.as_str(),
            duplicate = matches!(recorded, Ok(RecordOutcome::Duplicate)),
            recorded = recorded.is_ok(),
            duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            "webhook"
        );
        match recorded {
            Ok(RecordOutcome::Fresh) => {
                if event.state == EventState::Quarantined {
                    tracing::error!(metric.quarantined = 1, "an authentic event could not be read; it is quarantined");
                }
                Answer::Recorded
            }
            Ok(RecordOutcome::Duplicate) => Answer::RecordedBefore,
            Err(error) => {
                tracing::error!(%error, "an event could not be recorded; the provider will send it again");
                Answer::TryAgain
            }
        }
    }
}

/// The event as it is recorded. One that cannot be read is stored under the hash of its bytes.
fn received(business: BusinessId, provider: Provider, event: WebhookEvent<'_>, now: Timestamp) -> ReceivedEvent {
    let WebhookEvent { envelope, body } = event;
    match envelope {
        Ok(event) => {
            let envelope = Envelope {
                id: event.id.as_str(),
                object: event.object.as_ref().map(ObjectId::as_str),
                kind: &event.kind,
                api_version: event.api_version.as_deref(),
                livemode: event.livemode,
            };
            ReceivedEvent::fresh(business, provider, envelope, body, now)
        }
        Err(unreadable) => {
            let name = hex::encode(Sha256::digest(body));
            ReceivedEvent::unreadable(business, provider, name, unreadable.to_string(), body, now)
        }
    }
}
