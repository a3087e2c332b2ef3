//! POST and PATCH requests, each carried out once under its `Idempotency-Key`.
//!
//! A request with a key is claimed before it runs, and its answer is stored. All ids that it creates are derived from the key and
//! the instant of the first claim. So a second run, after the first died half-way, creates nothing twice. An answer that may be
//! another next time (5xx, 409) is not stored.

use axum::RequestExt;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use function_runtime::http::Problem;
use function_runtime::{AppState, IdGenerator};
use jiff::Timestamp;
use operations::{Context, OperatorAction};
use receivables::text::Description;
use receivables::{CreditNoteId, CustomerId, ExportId, InvoiceId, OutgoingPaymentId, PayLinkId, PaymentId, RefundId};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use store::Claim;

use crate::BODY_BYTES_MAX;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::json::parse_json;
use crate::http::response::ApiResponse;
use crate::http::validation::invalid_field;

pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
const KEY_CHARS_MAX: usize = 255;
/// Set on a stored answer that is sent again.
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A POST or PATCH of an authenticated caller, whose body is not parsed yet.
#[derive(Debug)]
pub(crate) struct IdempotentRequest {
    pub(crate) caller: Caller,
    is_json: bool,
    body: Bytes,
    name: Option<RequestName>,
}

/// What the client calls the request, and a hash of what it contains.
#[derive(Debug)]
struct RequestName {
    key_hash: String,
    request_hash: String,
}

/// One run of a request: who asked, and the ids of what it creates.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) caller: Caller,
    ids: IdGenerator,
    ids_at: Timestamp,
    action: String,
}

impl Run {
    /// The context of an operator's action, which is decided once however often the request is repeated.
    pub(crate) fn for_action(&self, reason: Description) -> Context {
        self.context().for_action(OperatorAction { name: self.action.clone(), reason })
    }

    pub(crate) fn context(&self) -> &Context {
        &self.caller.state.context
    }

    pub(crate) fn customer_id(&self) -> CustomerId {
        self.ids.customer_id(self.ids_at)
    }

    pub(crate) fn invoice_id(&self) -> InvoiceId {
        self.ids.invoice_id(self.ids_at)
    }

    pub(crate) fn pay_link_id(&self) -> PayLinkId {
        self.ids.pay_link_id(self.ids_at)
    }

    pub(crate) fn credit_note_id(&self) -> CreditNoteId {
        self.ids.credit_note_id(self.ids_at)
    }

    pub(crate) fn export_id(&self) -> ExportId {
        self.ids.export_id(self.ids_at)
    }

    pub(crate) fn refund_id(&self) -> RefundId {
        self.ids.refund_id(self.ids_at)
    }

    pub(crate) fn outgoing_payment_id(&self) -> OutgoingPaymentId {
        self.ids.outgoing_payment_id(self.ids_at)
    }

    pub(crate) fn payment_id(&self) -> PaymentId {
        self.ids.payment_id(self.ids_at)
    }
}

impl FromRequest<AppState> for IdempotentRequest {
    type Rejection = ApiError;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self, ApiError> {
        // The caller is authenticated before their body is read.
        let caller = request.extract_parts_with_state::<Caller, AppState>(state).await?;
        let (parts, body) = request.into_parts();
        let key = idempotency_key(&parts.headers)?;
        let is_json = is_json(&parts.headers);
        let name = |body: &[u8]| key.as_deref().map(|key| RequestName::new(key, &parts, body));
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let body = body.map_err(|rejection| unreadable(rejection.status()))?;
        Ok(Self { caller, is_json, name: name(&body), body })
    }
}

impl IdempotentRequest {
    /// The body. Its fields are still texts, which the handler validates.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if !self.is_json {
            let problem = Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "The body must be JSON");
            return Err(problem.detail("expected the header Content-Type: application/json").into());
        }
        parse_json(&self.body)
    }

    /// Runs the request; with an idempotency key at most once to its end.
    pub(crate) async fn run_once<F>(self, run: impl FnOnce(Run) -> F) -> Result<Response, ApiError>
    where
        F: Future<Output = Result<ApiResponse, ApiError>>,
    {
        let caller = self.caller;
        let Some(RequestName { key_hash, request_hash }) = self.name else {
            let (ids, ids_at) = (caller.state.ids.clone(), caller.now);
            let action = ids.token();
            return Ok(Box::pin(run(Run { caller, ids, ids_at, action })).await?.into_response());
        };
        let (store, business) = (caller.store().clone(), caller.business_id().clone());
        let first_at = match store.claim_request(&business, &key_hash, &request_hash, caller.now).await? {
            Claim::Ours { first_at } => first_at,
            Claim::Done(response) => return Ok(replayed(ApiResponse::from_stored(response))),
            Claim::InProgress => return Err(in_progress().into()),
            Claim::OtherRequest => return Err(key_reused().into()),
        };
        let ids = IdGenerator::seeded(format!("{business}/{key_hash}/{first_at}").as_bytes());
        let action = format!("{key_hash}/{first_at}");
        let result = Box::pin(run(Run { caller, ids, ids_at: first_at, action })).await;
        let stored = match &result {
            Ok(response) => store.request_done(&business, &key_hash, &response.to_stored()).await,
            Err(error) if error.is_temporary() => store.request_failed(&business, &key_hash).await,
            Err(error) => store.request_done(&business, &key_hash, &error.to_stored()).await,
        };
        if let Err(error) = stored {
            // The caller gets the answer all the same, and a repeated request creates the same things again.
            tracing::warn!(%error, "the answer to a request could not be stored");
        }
        Ok(result?.into_response())
    }
}

impl RequestName {
    fn new(key: &str, parts: &Parts, body: &[u8]) -> Self {
        let mut request = Sha256::new();
        for part in [parts.method.as_str(), parts.uri.path()] {
            request.update(part);
            request.update(b"\0");
        }
        request.update(body);
        Self { key_hash: hex::encode(Sha256::digest(key)), request_hash: hex::encode(request.finalize()) }
    }
}

fn replayed(answer: ApiResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}

fn in_progress() -> Problem {
    let problem =
        Problem::new(StatusCode::CONFLICT, "in_progress", "A request with this Idempotency-Key is still running");
    problem.detail("the first request with this Idempotency-Key has not been answered yet; try again")
}

fn key_reused() -> Problem {
    let title = "The Idempotency-Key was used for another request";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", title);
    problem.detail("expected a new key for a new request, or exactly the same request under the same key")
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        Ok(_) | Err(_) => {
            Err(invalid_field(IDEMPOTENCY_KEY, "expected 1 to 255 visible ASCII characters without spaces"))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn unreadable(status: StatusCode) -> ApiError {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let problem = Problem::new(status, "too_large", "The body is too large");
        return problem.detail(format!("expected at most {BODY_BYTES_MAX} bytes")).into();
    }
    Problem::new(StatusCode::BAD_REQUEST, "incomplete", "The body is incomplete").into()
}
