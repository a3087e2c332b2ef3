//! What is posted, or patched: the body as JSON, and `Idempotency-Key`, by which a request is carried out once.
//!
//! A request with a key is claimed before it is carried out and its answer is remembered. Whatever is minted for it follows
//! from the key and the instant of the first claim, so that carrying it out again, because the first try died half-way, makes
//! nothing twice. An answer that may be another next time (5xx, 409) is not remembered.

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
use receivables::{CreditNoteId, CustomerId, InvoiceId, PayLinkId, PaymentId, RefundId};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::error::Category;
use sha2::{Digest, Sha256};
use store::Claim;

use crate::BODY_BYTES_MAX;
use crate::http::auth::Caller;
use crate::http::response::{Answer, Failure};
use crate::http::validation::fault;

/// The header that names a request.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// Characters of the longest key.
const KEY_CHARS_MAX: usize = 255;
/// What is at fault where no field of it is.
pub(crate) const BODY: &str = "body";
/// Tells that an answer was remembered.
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A POST or PATCH of a caller who has a key.
#[derive(Debug)]
pub(crate) struct Posted {
    pub(crate) caller: Caller,
    is_json: bool,
    body: Bytes,
    once: Option<Once>,
}

/// The name of a request, and what it asked for.
#[derive(Debug)]
struct Once {
    key_hash: String,
    request_hash: String,
}

/// A request that is being carried out.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) caller: Caller,
    ids: IdGenerator,
    minted_at: Timestamp,
    act: String,
}

impl Work {
    /// The rooms, for what the caller does, which is decided once however often the request comes.
    pub(crate) fn for_action(&self, reason: Description) -> Context {
        self.context().for_action(OperatorAction { name: self.act.clone(), reason })
    }

    pub(crate) fn context(&self) -> &Context {
        &self.caller.state.context
    }

    pub(crate) fn customer_id(&self) -> CustomerId {
        self.ids.customer_id(self.minted_at)
    }

    pub(crate) fn invoice_id(&self) -> InvoiceId {
        self.ids.invoice_id(self.minted_at)
    }

    pub(crate) fn pay_link_id(&self) -> PayLinkId {
        self.ids.pay_link_id(self.minted_at)
    }

    pub(crate) fn credit_note_id(&self) -> CreditNoteId {
        self.ids.credit_note_id(self.minted_at)
    }

    pub(crate) fn refund_id(&self) -> RefundId {
        self.ids.refund_id(self.minted_at)
    }

    pub(crate) fn payment_id(&self) -> PaymentId {
        self.ids.payment_id(self.minted_at)
    }
}

impl FromRequest<AppState> for Posted {
    type Rejection = Failure;

    async fn from_request(mut request: Request, state: &AppState) -> Result<Self, Failure> {
        // Who calls is asked before anything is read of what they send.
        let caller = request.extract_parts_with_state::<Caller, AppState>(state).await?;
        let (parts, body) = request.into_parts();
        let key = idempotency_key(&parts.headers)?;
        let is_json = is_json(&parts.headers);
        let once = |body: &[u8]| key.as_deref().map(|key| Once::of(key, &parts, body));
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await;
        let body = body.map_err(|rejection| unreadable(rejection.status()))?;
        Ok(Self { caller, is_json, once: once(&body), body })
    }
}

impl Posted {
    /// The body, in its shape. What the fields hold is read by the caller.
    pub(crate) fn shape<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        if !self.is_json {
            let problem =
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "This address takes JSON alone");
            return Err(problem.detail("expected the header Content-Type: application/json").into());
        }
        shape_of(&self.body)
    }

    /// Carries the request out: once, where it has a key.
    pub(crate) async fn once<F>(self, work: impl FnOnce(Work) -> F) -> Response
    where
        F: Future<Output = Result<Answer, Failure>>,
    {
        let caller = self.caller;
        let Some(once) = self.once else {
            let (ids, minted_at) = (caller.state.ids.clone(), caller.now);
            let act = ids.token();
            return Box::pin(work(Work { caller, ids, minted_at, act })).await.into_response();
        };
        let (store, business) = (caller.store().clone(), caller.business_id().clone());
        let first_at = match store.claim_request(&business, &once.key_hash, &once.request_hash, caller.now).await {
            Ok(Claim::Ours { first_at }) => first_at,
            Ok(Claim::Done(response)) => return replayed(Answer::remembered(response)),
            Ok(Claim::InProgress) => return in_progress().into_response(),
            Ok(Claim::OtherRequest) => return other_request().into_response(),
            Err(error) => return Failure::from(error).into_response(),
        };
        let ids = IdGenerator::seeded(format!("{business}/{}/{first_at}", once.key_hash).as_bytes());
        let act = format!("{}/{first_at}", once.key_hash);
        let done = Box::pin(work(Work { caller, ids, minted_at: first_at, act })).await;
        let noted = match &done {
            Ok(answer) => store.request_done(&business, &once.key_hash, &answer.to_remember()).await,
            Err(failure) if failure.is_passing() => store.request_failed(&business, &once.key_hash).await,
            Err(failure) => store.request_done(&business, &once.key_hash, &failure.to_remember()).await,
        };
        if let Err(error) = noted {
            // The caller has the answer all the same. Asked again, the request makes the same things.
            tracing::warn!(%error, "the answer to a request could not be remembered");
        }
        done.into_response()
    }
}

impl Once {
    fn of(key: &str, parts: &Parts, body: &[u8]) -> Self {
        let mut request = Sha256::new();
        for part in [parts.method.as_str(), parts.uri.path()] {
            request.update(part);
            request.update(b"\0");
        }
        request.update(body);
        Self { key_hash: hex::encode(Sha256::digest(key)), request_hash: hex::encode(request.finalize()) }
    }
}

fn replayed(answer: Answer) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert(REPLAYED.clone(), HeaderValue::from_static("true"));
    response
}

fn in_progress() -> Problem {
    let problem = Problem::new(StatusCode::CONFLICT, "in_progress", "The same request is being carried out");
    problem.detail("another request with this Idempotency-Key has not been answered yet; try again")
}

fn other_request() -> Problem {
    let title = "The Idempotency-Key stands for another request";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", title);
    problem.detail("expected a new key for a new request, or the very same request under the same key")
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(Some(key.to_owned()))
        }
        Ok(_) | Err(_) => Err(fault(IDEMPOTENCY_KEY, "expected 1 to 255 visible ASCII characters without spaces")),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
}

fn unreadable(status: StatusCode) -> Failure {
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        let problem = Problem::new(status, "too_large", "The body is too large");
        return problem.detail(format!("expected at most {BODY_BYTES_MAX} bytes")).into();
    }
    Problem::new(StatusCode::BAD_REQUEST, "incomplete", "The body did not arrive whole").into()
}

/// Reads JSON into a shape. What is no JSON is 400; what is JSON of another shape is 422, with the place.
pub(crate) fn shape_of<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    // A list would be read as the fields in their order, which is nobody's intention.
    if body.trim_ascii_start().starts_with(b"[") && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
        return Err(fault(BODY, "expected an object, got a list"));
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let shape = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        not_of_shape(&path, error.inner())
    })?;
    reader.end().map_err(|error| not_of_shape(".", &error))?;
    Ok(shape)
}

fn not_of_shape(path: &str, error: &serde_json::Error) -> Failure {
    let said = error.to_string();
    match error.classify() {
        Category::Data => {
            let (field, message) = misfit(path, &said);
            fault(&field, &message)
        }
        Category::Syntax | Category::Eof | Category::Io => {
            Problem::new(StatusCode::BAD_REQUEST, "not_json", "The body is not JSON").detail(said).into()
        }
    }
}

/// Where a value is not of the shape, and what was expected there.
pub(crate) fn misfit(path: &str, said: &str) -> (String, String) {
    let said = said.split(" at line ").next().unwrap_or_default();
    let named = said.split('`').nth(1).unwrap_or_default();
    let within = |name: &str| if path == "." { name.to_owned() } else { format!("{path}.{name}") };
    if said.starts_with("missing field") {
        (within(named), "expected this field, which is missing".to_owned())
    } else if said.starts_with("duplicate field") {
        (within(named), "expected this field once".to_owned())
    } else if said.starts_with("unknown field") {
        // The path ends with the field itself.
        let expected = said.split_once(", ").map_or("no field here", |(_, expected)| expected);
        (if path == "." { named.to_owned() } else { path.to_owned() }, format!("unknown field; {expected}"))
    } else {
        let field = if path == "." { BODY } else { path };
        let message = match said.split_once(", expected ") {
            Some((got, expected)) => format!("expected {}, got {}", in_json(expected), in_json(got)),
            None => said.to_owned(),
        };
        (field.to_owned(), message)
    }
}

/// What a reader of Rust's types says, in the words of JSON. The value itself is the caller's own and not repeated.
fn in_json(said: &str) -> &str {
    let said = said.trim_start_matches("invalid type: ").trim_start_matches("invalid value: ");
    match said.split([' ', '`']).next().unwrap_or_default() {
        "map" => "an object",
        "sequence" | "invalid" => "a list",
        "integer" | "floating" => "a number",
        "boolean" => "true or false",
        "string" => "a string",
        _ if said == "a sequence" => "a list",
        _ => said,
    }
}
