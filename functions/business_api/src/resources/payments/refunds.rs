//! Refunds that the business asks for.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use operations::NewRefund;
use receivables::text::Description;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::idempotency::{Posted, Work};
use crate::http::response::{Answer, Failure};
use crate::http::validation::checked;
use crate::resources::allocations::{invoice_of_field, read_reason, some_amount};
use crate::resources::payments::{PaymentShape, payment_of_path};

/// Money of a payment that is sent back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct RefundDraft {
    /// How much, in steps that the provider can write; all that can be where nothing is said.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// The invoice whose allocation gives it: our id, or its number. Where nothing is said it is taken from what is unapplied,
    /// then from the last allocation backwards.
    #[schema(example = "2026-0042")]
    invoice: Option<String>,
    /// Why. It is kept with the order.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Refund a payment
///
/// In whole, in part, or of one allocation. The order is kept before the provider is asked; what it covered is open again once
/// the provider has said so. Where the provider does not answer, the order stands and is asked for again.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/refunds", tag = "Payments", request_body = RefundDraft,
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 201, description = "The payment, with the refund among its `refunds`", body = PaymentShape))
)]
pub(crate) async fn order_refund(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: RefundDraft = posted.shape()?;
    let reason = checked(|faults| read_reason(&draft.reason, faults))?;
    Ok(posted.once(|work| order(work, id, draft, reason)).await)
}

async fn order(work: Work, id: String, draft: RefundDraft, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let payment = payment_of_path(caller, &id).await?;
    let amount = some_amount(draft.amount.as_deref(), payment.currency())?;
    let invoice = match &draft.invoice {
        Some(invoice) => Some(invoice_of_field(caller, "invoice", invoice).await?),
        None => None,
    };
    let new = NewRefund { id: work.refund_id(), payment: payment.id, amount, invoice, reason: reason.clone() };
    let context = work.for_action(reason);
    let payment = operations::order_refund(&context, &caller.business, &new, caller.now).await?;
    Answer::json(StatusCode::CREATED, &PaymentShape::of(&payment, caller.now))
}
