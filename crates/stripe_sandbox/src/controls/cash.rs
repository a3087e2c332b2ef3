//! The controls of customers' cash balances.

use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use axum::{Json, Router};

use super::carry_out;
use crate::Sandbox;
use crate::bank_transfers::{self, CashUse};
use crate::cash_balances::{self, CashAmount};

pub(super) fn routes() -> Router<Sandbox> {
    Router::new()
        .route("/cash_balances/{customer}", post(fund_customer))
        .route("/cash_balances/{customer}/apply", post(apply_cash))
        .route("/cash_balances/{customer}/return", post(send_cash_back))
}

async fn fund_customer(
    State(sandbox): State<Sandbox>,
    Path(customer): Path<String>,
    Json(come): Json<CashAmount>,
) -> Response {
    carry_out(&sandbox, move |transaction| cash_balances::fund(transaction, &customer, &come)).await
}

async fn apply_cash(
    State(sandbox): State<Sandbox>,
    Path(customer): Path<String>,
    Json(used): Json<CashUse>,
) -> Response {
    carry_out(&sandbox, move |transaction| bank_transfers::use_cash(transaction, &customer, &used)).await
}

async fn send_cash_back(
    State(sandbox): State<Sandbox>,
    Path(customer): Path<String>,
    Json(back): Json<CashAmount>,
) -> Response {
    carry_out(&sandbox, move |transaction| cash_balances::send_back(transaction, &customer, &back)).await
}
