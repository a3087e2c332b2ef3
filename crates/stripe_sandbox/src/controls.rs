//! The sandbox's own controls: what banks, issuers, reviewers and other programs do, which no API call of the product can
//! cause. The answer is the object concerned.
//!
//! | control | body |
//! |---|---|
//! | `payouts` | none: pays out all available money, with a payout for each currency; `by_hand`: `amount`, `currency` and whether `instant`, for a fee |
//! | `payouts/{id}/fail` | `failure_code`, or none |
//! | `payouts/{id}/cancel` | none: calls off a payout that is on its way |
//! | `fees` | `amount` and `currency` that Stripe takes for itself |
//! | `disputes` | `charge`, `amount`, `reason`, `inquiry` |
//! | `disputes/{id}` | `verdict`: `won`, `lost` or `escalated`; `amount` that was decided on; `moves` of the money with it |
//! | `disputes/{id}/moves` | a move: `amount`, negative where it goes, and `fee` |
//! | `fraud_warnings`, `reviews` | `charge` |
//! | `reviews/{id}/close` | `reason`, or none |
//! | `bank_transfers` | `session`, or `amount`, `currency`, `customer` and `metadata`; `funded` |
//! | `bank_transfers/{intent}` | `amount` that arrives |
//! | `cash_balances/{customer}` | `amount` and `currency` of a transfer that names nothing |
//! | `cash_balances/{customer}/apply` | `intent` that waits for a transfer |
//! | `cash_balances/{customer}/return` | `amount` and `currency` that are sent back |
//! | `foreign_charge` | `amount`, `currency`, `customer`, `with_intent`, `metadata`, `description` |
//! | `authentications/{intent}` | `passed` |
//! | `mandates/{id}` | `status` |
//! | `payment_methods/{id}` | `number`: a saved card behaves as this test card from now on, because it was lost, has no funds left |
//! | `shape` | `older` |
//! | `outage` | `after`, `requests`, `status`, `carried_out`, `agent`: the API's answers to the next requests |

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::bank_transfers::{self, Order};
use super::charges::{self, Attempt};
use super::database::{Record, RequestIds, Transaction};
use super::disputes::{self, DisputeMove, Settlement, Verdict};
use super::payment_intents::{self, Terms};
use super::payment_methods::{self, Instrument};
use super::test_numbers::DisputeForm;
use super::{
    Sandbox, balance_transactions, confirmation, customers, direct_payments, dispute_words, legacy_version, money,
    radar, saved_methods, setup_intents,
};
use fault_injection::Outage;

mod cash;
mod payouts;

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/fees", post(take_fee))
        .route("/disputes", post(open_dispute))
        .route("/disputes/{id}", post(settle_dispute))
        .route("/disputes/{id}/moves", post(move_disputed))
        .route("/fraud_warnings", post(warn))
        .route("/reviews", post(open_review))
        .route("/reviews/{id}/close", post(close_review))
        .route("/bank_transfers", post(begin_transfer))
        .route("/bank_transfers/{intent}", post(fund_transfer))
        .route("/foreign_charge", post(foreign_charge))
        .route("/authentications/{intent}", post(authenticate))
        .route("/mandates/{id}", post(set_mandate))
        .route("/payment_methods/{id}", post(change_card))
        .route("/shape", post(set_shape))
        .route("/outage", post(set_outage))
        .merge(cash::routes())
        .merge(payouts::routes())
}

async fn carry_out(
    sandbox: &Sandbox,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<Value, ApiError> + Send + 'static,
) -> Response {
    match sandbox.run(RequestIds::default(), work).await {
        Ok((_, body)) => Json(body).into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, Json(error.body())).into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fee {
    amount: i64,
    currency: String,
}

async fn take_fee(State(sandbox): State<Sandbox>, Json(fee): Json<Fee>) -> Response {
    carry_out(&sandbox, move |transaction| balance_transactions::take_fee(transaction, &fee.currency, fee.amount)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDispute {
    charge: String,
    /// The whole charge, unless the request says otherwise.
    amount: Option<i64>,
    reason: Option<String>,
    #[serde(default)]
    inquiry: bool,
}

async fn open_dispute(State(sandbox): State<Sandbox>, Json(request): Json<NewDispute>) -> Response {
    carry_out(&sandbox, move |transaction| {
        let mut charge = transaction.need("charge", &request.charge, "charge")?;
        let reason = request.reason.as_deref().unwrap_or("general");
        if !dispute_words::REASONS.contains(&reason) {
            return Err(ApiError::invalid("reason", format!("Invalid reason: {reason}")));
        }
        let bank = charge.body["payment_method_details"]["type"] != "card";
        let form = match (request.inquiry, bank) {
            (true, false) => DisputeForm::Inquiry,
            (false, false) => DisputeForm::Contestable,
            (false, true) => DisputeForm::Final,
            (true, true) => return Err(ApiError::invalid("inquiry", "Only a card's issuer inquires.")),
        };
        let amount = request.amount.unwrap_or_else(|| charge.integer("amount"));
        Ok(disputes::open(transaction, &mut charge, reason, form, amount)?.body)
    })
    .await
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Won,
    Lost,
    Escalated,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DisputeEnd {
    verdict: Outcome,
    amount: Option<i64>,
    #[serde(default)]
    moves: Vec<DisputeMove>,
}

async fn settle_dispute(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Json(end): Json<DisputeEnd>,
) -> Response {
    let verdict = match end.verdict {
        Outcome::Won => Verdict::Won,
        Outcome::Lost => Verdict::Lost,
        Outcome::Escalated => Verdict::Escalated,
    };
    let settlement = Settlement { amount: end.amount, moves: end.moves };
    carry_out(&sandbox, move |transaction| disputes::settle_by_hand(transaction, &id, verdict, &settlement)).await
}

async fn move_disputed(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Json(moved): Json<DisputeMove>,
) -> Response {
    carry_out(&sandbox, move |transaction| disputes::move_by_hand(transaction, &id, moved)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ChargeRequest {
    charge: String,
}

async fn warn(State(sandbox): State<Sandbox>, Json(request): Json<ChargeRequest>) -> Response {
    carry_out(&sandbox, move |transaction| {
        let charge = transaction.need("charge", &request.charge, "charge")?;
        radar::warn(transaction, &charge)
    })
    .await
}

async fn open_review(State(sandbox): State<Sandbox>, Json(request): Json<ChargeRequest>) -> Response {
    carry_out(&sandbox, move |transaction| {
        let mut charge = transaction.need("charge", &request.charge, "charge")?;
        radar::open_review(transaction, &mut charge)
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReviewEnd {
    reason: Option<String>,
}

async fn close_review(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    end: Option<Json<ReviewEnd>>,
) -> Response {
    let reason = end.and_then(|Json(end)| end.reason).unwrap_or_else(|| "approved".to_owned());
    carry_out(&sandbox, move |transaction| {
        if !["approved", "refunded", "refunded_as_fraud", "disputed"].contains(&reason.as_str()) {
            return Err(ApiError::invalid("reason", format!("Invalid reason: {reason}")));
        }
        radar::close_review(transaction, &id, &reason)
    })
    .await
}

async fn begin_transfer(State(sandbox): State<Sandbox>, Json(order): Json<Order>) -> Response {
    carry_out(&sandbox, move |transaction| bank_transfers::begin(transaction, &order)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arrival {
    amount: i64,
}

async fn fund_transfer(
    State(sandbox): State<Sandbox>,
    Path(intent): Path<String>,
    Json(arrival): Json<Arrival>,
) -> Response {
    carry_out(&sandbox, move |transaction| bank_transfers::fund(transaction, &intent, arrival.amount)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Authentication {
    passed: bool,
}

/// The customer of an intent without a page of ours passes or fails the bank's authentication.
async fn authenticate(
    State(sandbox): State<Sandbox>,
    Path(intent): Path<String>,
    Json(answer): Json<Authentication>,
) -> Response {
    carry_out(&sandbox, move |transaction| {
        if intent.starts_with("seti_") {
            setup_intents::answer(transaction, &intent, answer.passed)
        } else {
            direct_payments::authenticate(transaction, &intent, answer.passed)
        }
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shape {
    older: bool,
}

/// Whether events have the shape of an older API version.
async fn set_shape(State(sandbox): State<Sandbox>, Json(shape): Json<Shape>) -> Response {
    carry_out(&sandbox, move |transaction| {
        legacy_version::set(&transaction.sql, shape.older)?;
        Ok(json!({ "older": shape.older }))
    })
    .await
}

/// Makes requests to the API fail. A new outage replaces the old one, and an empty one ends it.
async fn set_outage(State(sandbox): State<Sandbox>, Json(outage): Json<Outage>) -> Response {
    Json(sandbox.inner.outage.set(outage)).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MandateState {
    status: String,
}

async fn set_mandate(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Json(state): Json<MandateState>,
) -> Response {
    carry_out(&sandbox, move |transaction| {
        if !["active", "inactive", "pending"].contains(&state.status.as_str()) {
            return Err(ApiError::invalid("status", format!("Invalid status: {}", state.status)));
        }
        saved_methods::set_mandate(transaction, &id, &state.status)
    })
    .await
}

async fn change_card(
    State(sandbox): State<Sandbox>,
    Path(id): Path<String>,
    Json(card): Json<saved_methods::CardBehind>,
) -> Response {
    carry_out(&sandbox, move |transaction| saved_methods::behave_as(transaction, &id, &card.number)).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForeignCharge {
    amount: i64,
    currency: String,
    customer: Option<String>,
    #[serde(default = "yes")]
    with_intent: bool,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    description: Option<String>,
}

fn yes() -> bool {
    true
}

/// Money that another program of the business has taken: it names nothing of ours.
async fn foreign_charge(State(sandbox): State<Sandbox>, Json(request): Json<ForeignCharge>) -> Response {
    carry_out(&sandbox, move |transaction| charge_elsewhere(transaction, &request)).await
}

fn charge_elsewhere(transaction: &mut Transaction<'_>, request: &ForeignCharge) -> Result<Value, ApiError> {
    let currency = money::currency(&request.currency, "currency")?;
    money::check_charge(request.amount, &currency, "amount")?;
    if let Some(customer) = &request.customer {
        customers::need_live(transaction, customer)?;
    }
    let card = Instrument::Card { number: "4242424242424242".to_owned(), exp_month: 12, exp_year: 2034 };
    let method = payment_methods::create(transaction, &card, None, None)?;
    let terms = Terms {
        amount: json!(request.amount),
        currency: json!(currency),
        customer: json!(request.customer),
        description: json!(request.description.as_deref().unwrap_or("Taken elsewhere")),
        metadata: json!(request.metadata),
        payment_method_types: json!(["card"]),
        receipt_email: Value::Null,
        setup_future_usage: Value::Null,
        internal: json!({}),
    };
    if !request.with_intent {
        let terms = Record { body: payment_intents::body(&terms), internal: Value::Null };
        let charge = charges::create(transaction, &terms, &method, Attempt::Succeeded, None)?;
        transaction.emit("charge.succeeded", &charge.body)?;
        return Ok(charge.body);
    }
    let mut intent = payment_intents::open(transaction, terms)?;
    let charge = charges::create(transaction, &intent, &method, Attempt::Succeeded, None)?;
    transaction.emit("charge.succeeded", &charge.body)?;
    intent.body["payment_method"] = method.body["id"].clone();
    intent.body["latest_charge"] = charge.body["id"].clone();
    confirmation::receive(transaction, &mut intent)?;
    Ok(intent.body)
}
