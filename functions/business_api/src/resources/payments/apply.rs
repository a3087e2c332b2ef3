//! What an operator does with the money of a payment that has come: applies it, takes it back, moves it, hands it over.

use axum::extract::Path;
use axum::response::Response;
use receivables::Payment;
use receivables::text::Description;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::http::idempotency::{Posted, Work};
use crate::http::response::{Answer, Failure};
use crate::http::validation::checked;
use crate::resources::allocations::{ApplyDraft, UnapplyDraft, cash_parts, invoice_of_field, read_reason, some_amount};
use crate::resources::customers::customer_of_field;
use crate::resources::payments::{PaymentShape, payment_of_path};

/// An allocation that is moved to another invoice of the account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct MoveDraft {
    /// The invoice from which it is taken: our id, or its number.
    #[schema(example = "2026-0042")]
    from: String,
    /// The invoice to which it goes: our id, or its number.
    #[schema(example = "2026-0043")]
    to: String,
    /// How much of it; all where nothing is said.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// The customer for whom a payment was meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct HandOverDraft {
    /// Our id of the customer, or your `external_id`.
    #[schema(example = "C-1024")]
    customer: String,
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Apply what is unapplied of a payment
///
/// To open invoices of the same customer, in the order told.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/apply", tag = "Payments", request_body = ApplyDraft,
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 200, description = "The payment as it is now", body = PaymentShape))
)]
pub(crate) async fn apply_cash(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: ApplyDraft = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted
        .once(async |work: Work| {
            let payment = applied(&work, &id, &draft, reason).await?;
            Answer::ok(&PaymentShape::of(&payment, work.caller.now))
        })
        .await)
}

/// The payment with what was unapplied of it applied.
pub(crate) async fn applied(
    work: &Work,
    id: &str,
    draft: &ApplyDraft,
    reason: Description,
) -> Result<Payment, Failure> {
    let caller = &work.caller;
    let payment = payment_of_path(caller, id).await?;
    let parts = cash_parts(caller, &draft.allocations, payment.currency()).await?;
    let context = work.for_action(reason);
    Ok(operations::apply_cash(&context, &caller.business, &payment.id, &parts, caller.now).await?)
}

/// Take an allocation of a payment back
///
/// All of it or a part. What it covered is unapplied, and is not proposed for that invoice again.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/unapply", tag = "Payments", request_body = UnapplyDraft,
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 200, description = "The payment as it is now", body = PaymentShape))
)]
pub(crate) async fn unapply_cash(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: UnapplyDraft = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| unapply(work, id, draft, reason)).await)
}

async fn unapply(work: Work, id: String, draft: UnapplyDraft, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let payment = payment_of_path(caller, &id).await?;
    let amount = some_amount(draft.amount.as_deref(), payment.currency())?;
    let invoice = invoice_of_field(caller, "invoice", &draft.invoice).await?;
    let context = work.for_action(reason);
    let payment =
        operations::unapply_cash(&context, &caller.business, &payment.id, &invoice, amount, caller.now).await?;
    Answer::ok(&PaymentShape::of(&payment, caller.now))
}

/// Move an allocation of a payment
///
/// To another invoice of the same customer, all of it or a part, in one step.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/move", tag = "Payments", request_body = MoveDraft,
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 200, description = "The payment as it is now", body = PaymentShape))
)]
pub(crate) async fn move_cash(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: MoveDraft = posted.shape()?;
    let reason = checked(|faults| read_reason(&draft.reason, faults))?;
    Ok(posted.once(|work| moved(work, id, draft, reason)).await)
}

async fn moved(work: Work, id: String, draft: MoveDraft, reason: Description) -> Result<Answer, Failure> {
    const NAMES: &[(&str, &str)] = &[
        ("invoice", "from"),
        ("allocations[0].invoice", "to"),
        ("allocations[0].amount", "amount"),
        ("allocations", "to"),
    ];
    let caller = &work.caller;
    let payment = payment_of_path(caller, &id).await?;
    let amount = some_amount(draft.amount.as_deref(), payment.currency())?;
    let from = invoice_of_field(caller, "from", &draft.from).await?;
    let to = invoice_of_field(caller, "to", &draft.to).await?;
    let context = work.for_action(reason);
    let moved = operations::move_cash(&context, &caller.business, &payment.id, &from, &to, amount, caller.now).await;
    let payment = moved.map_err(|error| Failure::renamed(error, NAMES))?;
    Answer::ok(&PaymentShape::of(&payment, caller.now))
}

/// Hand a payment to another customer
///
/// One that was not made here, and was put on the wrong account. Nothing of it may be applied: unapply it first. It stays
/// unapplied on the other account, where it can be applied.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/hand-over", tag = "Payments", request_body = HandOverDraft,
    params(("id" = String, Path, description = "Our id of the payment")),
    responses((status = 200, description = "The payment as it is now", body = PaymentShape))
)]
pub(crate) async fn hand_over(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: HandOverDraft = posted.shape()?;
    let reason = checked(|faults| read_reason(&draft.reason, faults))?;
    Ok(posted.once(|work| handed_over(work, id, draft, reason)).await)
}

async fn handed_over(work: Work, id: String, draft: HandOverDraft, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let payment = payment_of_path(caller, &id).await?;
    let to = customer_of_field(caller, "customer", &draft.customer).await?;
    let context = work.for_action(reason);
    let payment = operations::hand_over(&context, &caller.business, &payment.id, &to, caller.now).await?;
    Answer::ok(&PaymentShape::of(&payment, caller.now))
}
