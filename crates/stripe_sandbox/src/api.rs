//! `/v1`: authentication, idempotency, and the table of endpoints.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, Method, Response, StatusCode, header};
use axum::routing::any;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rusqlite::{OptionalExtension, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::api_error::ApiError;
use super::condition::{Condition, Refusal};
use super::database::{API_VERSION, RequestIds, Transaction};
use super::form::{self, Params};
use super::{
    Sandbox, balance_transactions, cash_balances, charges, checkout_sessions, customers, direct_payments, disputes,
    events, expansion, payment_intents, payment_methods, payouts, radar, refunds, saved_methods, setup_intents,
};
use fault_injection::RequestOutcome;

const BODY_BYTES_MAX: usize = 256 * 1024;
const IDEMPOTENCY_KEY_CHARS_MAX: usize = 255;
/// How long a reply is stored under its idempotency key.
const REPLY_KEPT_MS: i64 = 24 * 60 * 60 * 1000;

/// A request as the table of endpoints sees it.
struct Call {
    method: Method,
    path: String,
    pairs: Vec<(String, String)>,
    idempotency_key: Option<String>,
    request: String,
}

struct Reply {
    status: u16,
    body: String,
    /// The first request with this reply, if the reply is repeated.
    replay_of: Option<String>,
}

pub(super) fn routes() -> Router<Sandbox> {
    Router::new().route("/v1/{*path}", any(answer)).layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
}

async fn answer(
    State(sandbox): State<Sandbox>,
    method: Method,
    Path(path): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let request = sandbox.request_id();
    let idempotency_key = header_text(&headers, "idempotency-key").filter(|_| method == Method::POST);
    let raw = if method == Method::POST { &body[..] } else { query.as_deref().unwrap_or_default().as_bytes() };
    let agent = header_text(&headers, "user-agent").unwrap_or_default();
    let now = sandbox.inner.clock.now();
    let condition = Condition::concerns(&agent).then(|| sandbox.inner.condition.meet(now)).flatten();
    if condition == Some(Condition::TimesOut) {
        return fault_injection::broken_response();
    }
    let outcome = sandbox.inner.outage.next_outcome(&agent);
    let admitted = match (condition.and_then(Condition::refusal), outcome) {
        (Some(refusal), _) => Err(refusal),
        (None, RequestOutcome::Refused(status)) => Err(ApiError::outage(status)),
        (None, RequestOutcome::Answered | RequestOutcome::Lost) => authorise(&sandbox, &headers),
    };
    let taken = admitted.and_then(|()| form::pairs(raw)).and_then(|pairs| {
        let request = format!("{method} {path}");
        let concerns = |refusal: &Refusal| Condition::concerns(&agent) && refusal.concerns(&request, &pairs);
        match sandbox.inner.refusal.meet_if(now, concerns) {
            Some(refusal) => Err(refusal.error()),
            None => Ok(pairs),
        }
    });
    let call = taken.map(|pairs| Call {
        method,
        path,
        pairs,
        idempotency_key: idempotency_key.clone(),
        request: request.clone(),
    });
    let reply = match call {
        Ok(call) => {
            let request_ids =
                RequestIds { request: Some(call.request.clone()), idempotency_key: call.idempotency_key.clone() };
            sandbox.run(request_ids, move |transaction| reply_once(transaction, &call)).await.map(|(_, reply)| reply)
        }
        Err(error) => Err(error),
    };
    if outcome == RequestOutcome::Lost || condition == Some(Condition::TimesOutAfterwards) {
        return fault_injection::broken_response();
    }
    respond(&request, idempotency_key.as_deref(), reply)
}

fn header_text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn authorise(sandbox: &Sandbox, headers: &HeaderMap) -> Result<(), ApiError> {
    let given = header_text(headers, "authorization").unwrap_or_default();
    let key = match given.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("basic") => basic_user(token.trim()),
        Some(_) | None => None,
    };
    match key {
        Some(key) if key == sandbox.inner.config.secret_key => Ok(()),
        Some(key) => {
            let end: String = key.chars().skip(key.chars().count().saturating_sub(4)).collect();
            Err(ApiError::unauthorised(format!("Invalid API Key provided: ****{end}")))
        }
        None => {
            Err(ApiError::unauthorised("You did not provide an API key, as a bearer token or as the Basic user name."))
        }
    }
}

fn basic_user(token: &str) -> Option<String> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(token).ok()?).ok()?;
    Some(decoded.split(':').next().unwrap_or_default().to_owned())
}

/// Answers a request, or repeats the reply already given under its idempotency key.
///
/// Only replies of requests that were carried out are stored: a refused request may be corrected under the same key.
fn reply_once(transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let Some(idempotency_key) = &call.idempotency_key else { return carry_out(transaction, call) };
    if idempotency_key.chars().count() > IDEMPOTENCY_KEY_CHARS_MAX {
        return Err(ApiError::invalid(
            "",
            format!("Idempotency keys can have up to {IDEMPOTENCY_KEY_CHARS_MAX} characters."),
        ));
    }
    let now_ms = transaction.now.as_millisecond();
    transaction.sql.execute("DELETE FROM replies WHERE kept_at_ms <= ?1", [now_ms.saturating_sub(REPLY_KEPT_MS)])?;
    let kept = transaction
        .sql
        .query_row(
            "SELECT fingerprint, request, status, body FROM replies WHERE once_key = ?1",
            [idempotency_key],
            |row| {
                let reply = Reply { status: row.get(2)?, body: row.get(3)?, replay_of: Some(row.get(1)?) };
                Ok((row.get::<_, String>(0)?, reply))
            },
        )
        .optional()?;
    let fingerprint = fingerprint(call);
    match kept {
        Some((of, reply)) if of == fingerprint => Ok(reply),
        Some(_) => Err(ApiError::idempotency(format!(
            "The idempotency key '{idempotency_key}' was first used with another address or other parameters. \
             Use a new key for a new request."
        ))),
        None => {
            let reply = carry_out(transaction, call)?;
            transaction.sql.execute(
                "INSERT INTO replies VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![idempotency_key, fingerprint, call.request, reply.status, reply.body, now_ms],
            )?;
            Ok(reply)
        }
    }
}

fn fingerprint(call: &Call) -> String {
    let mut pairs = call.pairs.clone();
    pairs.sort();
    hex::encode(Sha256::digest(format!("{}\n{}\n{pairs:?}", call.method, call.path)))
}

fn carry_out(transaction: &mut Transaction<'_>, call: &Call) -> Result<Reply, ApiError> {
    let mut params = Params::new(call.pairs.clone())?;
    let expand = params.texts("expand")?;
    let mut body = dispatch(transaction, call, params)?;
    expansion::expand(transaction, &mut body, &expand)?;
    // A declined charge is refused and yet has happened: its objects are kept, and so is this reply.
    let status = if body["error"].is_object() { 402 } else { 200 };
    Ok(Reply { status, body: serde_json::to_string_pretty(&body)?, replay_of: None })
}

/// The table of all endpoints.
fn dispatch(transaction: &mut Transaction<'_>, call: &Call, params: Params) -> Result<Value, ApiError> {
    let segments: Vec<&str> = call.path.split('/').collect();
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["customers"]) => customers::create(transaction, params),
        ("GET", ["customers"]) => customers::list(transaction, params),
        ("GET", ["customers", id]) => retrieve(transaction, "customer", id, params),
        ("DELETE", ["customers", id]) => customers::delete(transaction, id, params),
        ("GET", ["customers", id, "cash_balance"]) => cash_balances::retrieve(transaction, id, params),
        ("GET", ["customers", id, "payment_methods"]) => payment_methods::list_of_customer(transaction, id, params),
        ("POST", ["checkout", "sessions"]) => checkout_sessions::create(transaction, params),
        ("GET", ["checkout", "sessions"]) => checkout_sessions::list(transaction, params),
        ("GET", ["checkout", "sessions", id]) => retrieve(transaction, "checkout.session", id, params),
        ("GET", ["checkout", "sessions", id, "line_items"]) => checkout_sessions::list_lines(transaction, id, params),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout_sessions::expire(transaction, id, params),
        ("GET", ["payment_intents"]) => payment_intents::list(transaction, params),
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(transaction, id, params),
        ("POST", ["payment_intents", id, "cancel"]) => payment_intents::cancel(transaction, id, params),
        ("POST", ["payment_intents"]) => direct_payments::create(transaction, params),
        ("POST", ["payment_intents", id, "confirm"]) => direct_payments::confirm(transaction, id, params),
        (_, ["payment_methods" | "setup_intents", ..]) => dispatch_methods(transaction, call, &segments, params),
        ("GET", ["mandates", id]) => retrieve(transaction, "mandate", id, params),
        ("GET", ["charges"]) => charges::list(transaction, params),
        ("GET", ["charges", id]) => retrieve(transaction, "charge", id, params),
        (_, ["balance" | "balance_transactions" | "disputes" | "payouts" | "radar" | "refunds" | "reviews", ..]) => {
            dispatch_movements(transaction, call, &segments, params)
        }
        ("GET", ["events"]) => events::list(transaction, params),
        ("GET", ["events", id]) => events::retrieve(transaction, id, params),
        _ => Err(no_such_route(call)),
    }
}

/// The endpoints about money after it has come.
fn dispatch_movements(
    transaction: &mut Transaction<'_>,
    call: &Call,
    segments: &[&str],
    params: Params,
) -> Result<Value, ApiError> {
    match (call.method.as_str(), segments) {
        ("GET", ["balance"]) => balance_transactions::balance(transaction, params),
        ("GET", ["balance_transactions"]) => balance_transactions::list(transaction, params),
        ("GET", ["balance_transactions", id]) => balance_transactions::retrieve(transaction, id, params),
        ("POST", ["refunds"]) => refunds::create(transaction, params),
        ("GET", ["refunds"]) => refunds::list(transaction, params),
        ("GET", ["refunds", id]) => retrieve(transaction, "refund", id, params),
        ("GET", ["disputes"]) => disputes::list(transaction, params),
        ("GET", ["disputes", id]) => retrieve(transaction, "dispute", id, params),
        ("POST", ["disputes", id]) => disputes::update(transaction, id, params),
        ("POST", ["disputes", id, "close"]) => disputes::close(transaction, id, params),
        ("GET", ["payouts"]) => payouts::list(transaction, params),
        ("GET", ["payouts", id]) => retrieve(transaction, "payout", id, params),
        ("GET", ["radar", "early_fraud_warnings"]) => radar::list_warnings(transaction, params),
        ("GET", ["radar", "early_fraud_warnings", id]) => {
            retrieve(transaction, "radar.early_fraud_warning", id, params)
        }
        ("GET", ["reviews"]) => radar::list_reviews(transaction, params),
        ("GET", ["reviews", id]) => retrieve(transaction, "review", id, params),
        ("POST", ["reviews", id, "approve"]) => radar::approve(transaction, id, params),
        _ => Err(no_such_route(call)),
    }
}

/// The endpoints about saved methods.
fn dispatch_methods(
    transaction: &mut Transaction<'_>,
    call: &Call,
    segments: &[&str],
    params: Params,
) -> Result<Value, ApiError> {
    match (call.method.as_str(), segments) {
        ("GET", ["payment_methods"]) => saved_methods::list(transaction, params),
        ("GET", ["payment_methods", id]) => retrieve(transaction, "payment_method", id, params),
        ("POST", ["payment_methods", id]) => saved_methods::update(transaction, id, params),
        ("POST", ["payment_methods", id, "attach"]) => saved_methods::attach(transaction, id, params),
        ("POST", ["payment_methods", id, "detach"]) => saved_methods::detach(transaction, id, params),
        ("POST", ["setup_intents"]) => setup_intents::create(transaction, params),
        ("GET", ["setup_intents"]) => setup_intents::list(transaction, params),
        ("GET", ["setup_intents", id]) => retrieve(transaction, "setup_intent", id, params),
        ("POST", ["setup_intents", id, "confirm"]) => setup_intents::confirm(transaction, id, params),
        ("POST", ["setup_intents", id, "cancel"]) => setup_intents::cancel(transaction, id, params),
        _ => Err(no_such_route(call)),
    }
}

fn no_such_route(call: &Call) -> ApiError {
    ApiError::no_such_route(call.method.as_str(), &format!("/v1/{}", call.path))
}

fn retrieve(transaction: &Transaction<'_>, object: &str, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let param = if object == "customer" { "id" } else { object.rsplit('.').next().unwrap_or(object) };
    Ok(transaction.need(object, id, param)?.body)
}

fn respond(request: &str, idempotency_key: Option<&str>, reply: Result<Reply, ApiError>) -> Response<Body> {
    let mut response = Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CACHE_CONTROL, "no-cache, no-store")
        .header("request-id", request)
        .header("stripe-version", API_VERSION);
    if let Some(idempotency_key) = idempotency_key {
        response = response.header("idempotency-key", idempotency_key);
    }
    let (status, body) = match reply {
        Ok(reply) => {
            if let Some(original) = reply.replay_of {
                response = response.header("idempotent-replayed", "true").header("original-request", original);
            }
            (reply.status, reply.body)
        }
        Err(error) => {
            response = response.header("stripe-should-retry", if error.should_retry() { "true" } else { "false" });
            if error.status == 401 {
                response = response.header(header::WWW_AUTHENTICATE, "Bearer realm=\"Stripe\"");
            }
            (error.status, format!("{:#}", error.body()))
        }
    };
    // The builder fails only on an idempotency key that no header can carry, and no such key arrives in a header.
    response.status(status).body(Body::from(body)).unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}
