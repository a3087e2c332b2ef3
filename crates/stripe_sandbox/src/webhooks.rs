//! Webhooks: signed and posted until they are accepted or three days are over.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rusqlite::params;
use sha2::Sha256;

use super::Sandbox;
use super::api_error::ApiError;
use super::chaos::Chaos;
use super::database::{RequestIds, Transaction};

pub(super) type Client = hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>;

/// The pauses after failed attempts, three days in all; after the last, none is made.
const RETRY_AFTER_S: &[i64] = &[5, 60, 600, 3_600, 21_600, 43_200, 86_400, 86_400];
const TIMEOUT: Duration = Duration::from_secs(10);
const BATCH: usize = 100;

/// One webhook to be posted now.
struct Delivery {
    seq: i64,
    attempts: usize,
    body: String,
}

pub(super) fn client() -> Client {
    hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build_http()
}

pub(super) fn routes() -> Router<Sandbox> {
    Router::new().route("/chaos", get(show_chaos).post(set_chaos))
}

async fn show_chaos(State(sandbox): State<Sandbox>) -> Response {
    let chaos = sandbox.run(RequestIds::default(), |transaction| Chaos::load(&transaction.sql)).await;
    answer_chaos(chaos)
}

async fn set_chaos(State(sandbox): State<Sandbox>, Json(chaos): Json<Chaos>) -> Response {
    let work = move |transaction: &mut Transaction<'_>| chaos.save(&transaction.sql).map(|()| chaos);
    answer_chaos(sandbox.run(RequestIds::default(), work).await)
}

fn answer_chaos(chaos: Result<(usize, Chaos), ApiError>) -> Response {
    match chaos {
        Ok((_, chaos)) => Json(chaos).into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(error.body())).into_response()
        }
    }
}

/// Posts every delivery that was due when the call began, one after the other; returns their number.
pub(super) async fn deliver_due(sandbox: &Sandbox) -> usize {
    let Some(endpoint) = sandbox.endpoint() else { return 0 };
    let cutoff_ms = sandbox.inner.clock.now().as_millisecond();
    let mut posted = 0;
    loop {
        let due = sandbox.run(RequestIds::default(), move |transaction| take_batch(transaction, cutoff_ms)).await;
        let Ok((_, due)) = due else { return posted };
        if due.is_empty() {
            return posted;
        }
        for delivery in due {
            let taken = post(sandbox, &endpoint, &delivery).await;
            let recorded =
                sandbox.run(RequestIds::default(), move |transaction| record(transaction, &delivery, taken)).await;
            if recorded.is_err() {
                // Its outcome was not recorded, so it would be due again at once: better to wait for the next call.
                return posted;
            }
            posted += 1;
        }
    }
}

fn take_batch(transaction: &Transaction<'_>, cutoff_ms: i64) -> Result<Vec<Delivery>, ApiError> {
    let mut statement = transaction.sql.prepare_cached(
        "SELECT deliveries.seq, attempts, body FROM deliveries JOIN objects ON objects.id = deliveries.event
         WHERE state = 'waiting' AND due_at_ms <= ?1 ORDER BY due_at_ms, deliveries.seq LIMIT ?2",
    )?;
    let rows = statement.query_map(params![cutoff_ms, BATCH], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, usize>(1)?, row.get::<_, String>(2)?))
    })?;
    let mut batch = Vec::new();
    for row in rows {
        let (seq, attempts, compact) = row?;
        let event: serde_json::Value = serde_json::from_str(&compact)?;
        batch.push(Delivery { seq, attempts, body: serde_json::to_string_pretty(&event)? });
    }
    let chaos = Chaos::load(&transaction.sql)?;
    batch.sort_by_key(|delivery| chaos.place(delivery.seq));
    Ok(batch)
}

/// Whether the endpoint accepted it: any 2xx, within the time allowed. A redirect is not followed.
async fn post(sandbox: &Sandbox, endpoint: &str, delivery: &Delivery) -> bool {
    let signed_at = sandbox.inner.clock.now().as_second();
    let signature = signature(&sandbox.inner.config.webhook_secret, signed_at, &delivery.body);
    let request = Request::post(endpoint)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::ACCEPT, "*/*; q=0.5, application/xml")
        .header(header::USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header("stripe-signature", signature)
        .body(Full::new(Bytes::from(delivery.body.clone())));
    let Ok(request) = request else {
        tracing::error!("the webhook endpoint's address cannot be posted to");
        return false;
    };
    match tokio::time::timeout(TIMEOUT, sandbox.inner.client.request(request)).await {
        Ok(Ok(response)) => response.status().is_success(),
        Ok(Err(error)) => {
            tracing::debug!(%error, "a webhook did not arrive");
            false
        }
        Err(_) => false,
    }
}

/// `t=…,v1=…`: the instant of the attempt, and the MAC of it and of the exact bytes sent. The key is the whole secret.
pub(super) fn signature(secret: &str, signed_at: i64, body: &str) -> String {
    // HMAC takes a key of any length, so there is always a MAC.
    let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok().map(|mut mac| {
        mac.update(format!("{signed_at}.{body}").as_bytes());
        hex::encode(mac.finalize().into_bytes())
    });
    format!("t={signed_at},v1={}", mac.unwrap_or_default())
}

fn record(transaction: &mut Transaction<'_>, delivery: &Delivery, taken: bool) -> Result<(), ApiError> {
    let retry_after_s = RETRY_AFTER_S.get(delivery.attempts).copied();
    let state = match (taken, retry_after_s) {
        (true, _) => "delivered",
        (false, Some(_)) => "waiting",
        (false, None) => "given_up",
    };
    let pause_ms = retry_after_s.unwrap_or_default().saturating_mul(1000);
    let due_at_ms = transaction.now.as_millisecond().saturating_add(pause_ms);
    transaction.sql.execute(
        "UPDATE deliveries SET state = ?2, attempts = attempts + 1, due_at_ms = ?3 WHERE seq = ?1",
        params![delivery.seq, state, due_at_ms],
    )?;
    Ok(())
}
