//! Refunds that the business orders.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use operations::NewRefund;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{PaymentResponse, payment_of_path};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::validate;
use crate::resources::allocations::{invoice_of_field, optional_amount};
use crate::resources::reason::parse_reason;

/// A refund to order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = RefundDraft)]
pub(crate) struct RefundRequest {
    /// How much to refund, in steps that the provider can transfer. Default: everything that can be refunded.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// The invoice that gives up the money: its id, or its number. Default: unapplied cash first, then the allocations from the
    /// last to the first.
    #[schema(example = "2026-0042")]
    invoice: Option<String>,
    /// Why you do this. It is kept with the refund and in the audit.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

/// Refund a payment
///
/// Sends money back to the payer: all of a payment, a part of it, or what one invoice received. The order is stored before the
/// provider is called. If the provider does not answer, Guichet repeats the order until it does. The invoices are open again once
/// the provider confirms the refund. Refused if the amount is more than can be refunded. Without an `Idempotency-Key`, the same
/// request orders another refund.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/refunds", tag = "Payments", request_body = RefundRequest,
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 201, description = "The payment, with the new refund in `refunds`.", body = PaymentResponse))
)]
pub(crate) async fn order_refund(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: RefundRequest = request.json()?;
    let reason = validate(|errors| parse_reason(&body.reason, errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let payment = payment_of_path(caller, &id).await?;
            let amount = optional_amount(body.amount.as_deref(), payment.currency())?;
            let invoice = match &body.invoice {
                Some(invoice) => Some(invoice_of_field(caller, "invoice", invoice).await?),
                None => None,
            };
            let new = NewRefund { id: run.refund_id(), payment: payment.id, amount, invoice, reason: reason.clone() };
            let context = run.for_action(reason);
            let payment = operations::order_refund(&context, &caller.business, &new, caller.now).await?;
            ApiResponse::json(StatusCode::CREATED, &PaymentResponse::of(&payment, caller.now))
        })
        .await
}
