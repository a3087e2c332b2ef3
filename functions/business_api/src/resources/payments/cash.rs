//! What an operator does with the cash of a payment: apply it, unapply it, move it, hand it over to another customer.

use axum::extract::Path;
use axum::response::Response;
use jiff::Timestamp;
use operations::{CashPart, Context, OperationError};
use receivables::{Business, Currency, InvoiceId, Money, Payment};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PaymentResponse, payment_of_path};
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::{IdempotentRequest, Run};
use crate::http::response::ApiResponse;
use crate::http::validation::validate;
use crate::resources::allocations::{invoice_of_field, optional_amount};
use crate::resources::cash_source::{ApplyRequest, CashSource, UnapplyRequest, apply, unapply};
use crate::resources::customers::customer_of_field;
use crate::resources::reason::parse_reason;

/// The allocation to move to another invoice of the same customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = MoveDraft)]
pub(crate) struct MoveRequest {
    /// The invoice to take the cash from: its id, or its number.
    #[serde(default)]
    #[schema(required, example = "2026-0042")]
    from: String,
    /// The invoice to apply the cash to: its id, or its number.
    #[serde(default)]
    #[schema(required, example = "2026-0043")]
    to: String,
    /// How much to move. Default: the whole allocation.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

/// The customer to whom a payment really belongs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = HandOverDraft)]
pub(crate) struct HandOverRequest {
    /// The customer's id, or your `external_id`.
    #[serde(default)]
    #[schema(required, example = "C-1024")]
    customer: String,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

impl CashSource for Payment {
    async fn find(caller: &Caller, id: &str) -> Result<Self, ApiError> {
        payment_of_path(caller, id).await
    }

    fn currency(&self) -> Currency {
        Payment::currency(self)
    }

    async fn apply(
        &self,
        context: &Context,
        business: &Business,
        parts: &[CashPart],
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        operations::apply_cash(context, business, self.id(), parts, now).await
    }

    async fn unapply(
        &self,
        context: &Context,
        business: &Business,
        invoice: &InvoiceId,
        amount: Option<Money>,
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        operations::unapply_cash(context, business, self.id(), invoice, amount, now).await
    }
}

/// Apply the unapplied cash of a payment
///
/// Covers open invoices of the same customer, in the given order. Refused if the amounts come to more than the payment has
/// unapplied, or to more than an invoice has open. Without an `Idempotency-Key`, the same request applies the amounts again.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/apply", tag = "Payments", request_body = ApplyRequest,
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment after the change.", body = PaymentResponse))
)]
pub(crate) async fn apply_cash(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: ApplyRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request.run_once(async |run| respond(&run, &apply(&run, &id, &body, reason).await?)).await
}

/// Unapply cash of a payment
///
/// Takes an allocation, or a part of it, off its invoice. The invoice is open again by that amount, and the cash is unapplied.
/// Guichet does not propose it for the same invoice again. Refused if the payment does not cover the invoice by that amount.
/// Without an `Idempotency-Key`, the same request with an `amount` takes it off again.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/unapply", tag = "Payments", request_body = UnapplyRequest,
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment after the change.", body = PaymentResponse))
)]
pub(crate) async fn unapply_cash(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: UnapplyRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request.run_once(async |run| respond(&run, &unapply(&run, &id, &body, reason).await?)).await
}

/// Move cash of a payment to another invoice
///
/// Takes an allocation, or a part of it, off one invoice and applies it to another of the same customer, in one step. Refused if
/// the payment does not cover the first invoice by that amount, or the second has less open. Without an `Idempotency-Key`, the
/// same request with an `amount` moves it again.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/move", tag = "Payments", request_body = MoveRequest,
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment after the change.", body = PaymentResponse))
)]
pub(crate) async fn move_cash(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    const NAMES: &[(&str, &str)] = &[
        ("invoice", "from"),
        ("allocations[0].invoice", "to"),
        ("allocations[0].amount", "amount"),
        ("allocations", "to"),
    ];
    let body: MoveRequest = request.json()?;
    let reason = validate(|errors| parse_reason(&body.reason, errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let payment = payment_of_path(caller, &id).await?;
            let amount = optional_amount(body.amount.as_deref(), payment.currency())?;
            let from = invoice_of_field(caller, "from", &body.from).await?;
            let to = invoice_of_field(caller, "to", &body.to).await?;
            let context = run.for_action(reason);
            let moved =
                operations::move_cash(&context, &caller.business, payment.id(), &from, &to, amount, caller.now).await;
            respond(&run, &moved.map_err(|error| ApiError::with_field_names(error, NAMES))?)
        })
        .await
}

/// Hand a payment over to another customer
///
/// For a payment that was found at the provider and put on the wrong account. It becomes unapplied cash of the other customer.
/// Refused if the payment was started through Guichet, or if any of it is still applied: unapply it first. Refused as well if the
/// payment is on that account already, so the same request sent again is refused unless it repeats an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/hand-over", tag = "Payments", request_body = HandOverRequest,
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 200, description = "The payment after the change.", body = PaymentResponse))
)]
pub(crate) async fn hand_over(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: HandOverRequest = request.json()?;
    let reason = validate(|errors| parse_reason(&body.reason, errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let payment = payment_of_path(caller, &id).await?;
            let to = customer_of_field(caller, "customer", &body.customer).await?;
            let context = run.for_action(reason);
            respond(&run, &operations::hand_over(&context, &caller.business, payment.id(), &to, caller.now).await?)
        })
        .await
}

fn respond(run: &Run, payment: &Payment) -> Result<ApiResponse, ApiError> {
    ApiResponse::ok(&PaymentResponse::of(payment, run.caller.now))
}
