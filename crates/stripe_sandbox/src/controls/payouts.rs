//! The controls of payouts.

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::carry_out;
use crate::Sandbox;
use crate::payouts::{self, Ending, Form};

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/payouts", post(pay_out))
        .route("/payouts/{id}/fail", post(fail_payout))
        .route("/payouts/{id}/cancel", post(cancel_payout))
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPayouts {
    by_hand: Option<ManualPayout>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManualPayout {
    amount: i64,
    currency: String,
    #[serde(default)]
    instant: bool,
}

async fn pay_out(State(sandbox): State<Sandbox>, request: Option<Json<NewPayouts>>) -> Response {
    let Json(request) = request.unwrap_or_default();
    carry_out(&sandbox, move |transaction| {
        let made = match &request.by_hand {
            Some(payout) => {
                let form = if payout.instant { Form::Instant } else { Form::ByHand };
                payouts::create_by_hand(transaction, &payout.currency, payout.amount, form)?
            }
            None => payouts::create_all(transaction)?,
        };
        Ok(json!({ "object": "list", "data": made, "has_more": false, "url": "/v1/payouts" }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayoutFailure {
    failure_code: Option<String>,
}

async fn fail_payout(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    failure: Option<Json<PayoutFailure>>,
) -> Response {
    let code = failure.and_then(|Json(failure)| failure.failure_code).unwrap_or_else(|| "account_closed".to_owned());
    carry_out(&sandbox, move |transaction| payouts::end(transaction, &id, Ending::Failed(&code))).await
}

async fn cancel_payout(State(sandbox): State<Sandbox>, Path(id): Path<String>) -> Response {
    carry_out(&sandbox, move |transaction| payouts::end(transaction, &id, Ending::Cancelled)).await
}
