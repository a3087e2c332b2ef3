//! Refunds: those that the business orders, and what it says of those that were made at the provider.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use operations::{NewRefund, NewRefundAnswer};
use receivables::payment::{RefundCredit, RefundMeaning};
use receivables::provider_object::{RefundRank, RefundState};
use receivables::text::InvoiceNumber;
use receivables::{Currency, Money, ObjectId, Payment};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{PaymentResponse, payment_of_path};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::allocations::{invoice_of_field, optional_amount};
use crate::resources::amount::Amount;
use crate::resources::reason::parse_reason;

/// A refund of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Refund)]
pub(crate) struct RefundResponse {
    /// The refund's id; the provider's id if the refund was made at the provider.
    id: String,
    /// How much is refunded.
    amount: Amount,
    /// The id of the invoice that gives up the money, if the refund names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invoice: Option<String>,
    /// `pending`, `succeeded`, `failed`, or `refused` by the provider.
    #[schema(example = "succeeded")]
    status: &'static str,
    /// What it means to the invoices that its money had covered: `credits` or `reopens`. Not given for a refund made at the provider
    /// that nobody has explained.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "credits")]
    meaning: Option<&'static str>,
    /// The id of its credit note. It stands whatever becomes of the refund.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit_note: Option<String>,
    /// The part of `amount` that had covered invoices, and is held there until someone says what the refund means.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    in_question: Option<Amount>,
    /// Why it was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
}

/// The refunds ordered here, and those made at the provider.
pub(super) fn refunds_of(payment: &Payment) -> Vec<RefundResponse> {
    let at_provider =
        || payment.provider_state().0.iter().filter_map(|(object, state)| Some((object, state.refund()?)));
    let note = |credit: Option<&RefundCredit>| credit.map(|credit| credit.note.to_string());
    let ordered = payment.refunds().iter().map(|order| RefundResponse {
        id: order.id.to_string(),
        amount: order.amount.into(),
        invoice: order.invoice.as_ref().map(ToString::to_string),
        status: match (&order.refused, at_provider().find(|(_, refund)| refund.order.as_ref() == Some(&order.id))) {
            (Some(_), _) => "refused",
            (None, Some((_, refund))) => word_of(refund.rank),
            (None, None) => "pending",
        },
        meaning: Some(order.meaning.as_str()),
        credit_note: note(order.credit.as_ref()),
        in_question: None,
        reason: Some(order.reason.as_str().to_owned()),
    });
    let ordered_here =
        |refund: &RefundState| payment.refunds().iter().any(|order| refund.order.as_ref() == Some(&order.id));
    let unanswered = payment.unanswered_refunds();
    let elsewhere = at_provider().filter(|(_, refund)| !ordered_here(refund)).map(|(object, refund)| {
        let answer = payment.refund_answers().iter().rev().find(|answer| answer.refund == *object);
        let open = unanswered.iter().find(|open| open.refund == *object && !open.questioned.is_zero());
        RefundResponse {
            id: object.to_string(),
            amount: amount_of(refund, payment).into(),
            invoice: None,
            status: word_of(refund.rank),
            meaning: answer.map(|answer| answer.meaning.as_str()),
            credit_note: note(answer.and_then(|answer| answer.credit.as_ref())),
            in_question: open.map(|open| open.questioned.into()),
            reason: None,
        }
    });
    ordered.chain(elsewhere).collect()
}

/// In the payment's currency, or in its own where it is of money in suspense.
fn amount_of(refund: &RefundState, payment: &Payment) -> Money {
    let amount = refund.amount.in_currency(payment.currency());
    if amount.is_zero() { refund.amount.amounts().next().unwrap_or(amount) } else { amount }
}

fn word_of(rank: RefundRank) -> &'static str {
    match rank {
        RefundRank::Pending => "pending",
        RefundRank::Succeeded => "succeeded",
        RefundRank::Failed => "failed",
    }
}

/// A refund to order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = RefundDraft)]
pub(crate) struct RefundRequest {
    /// The currency of the money: the payment's, or one in which money of it is in `suspense`, which is refunded whole or in part
    /// without touching the customer's account. Default: the payment's.
    #[schema(example = "EUR")]
    currency: Option<String>,
    /// How much to refund, in steps that the provider can transfer. Default: everything that can be refunded.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// The invoice that gives up the money: its id, or its number. Default: unapplied cash first, then the allocations from the
    /// last to the first.
    #[schema(example = "2026-0042")]
    invoice: Option<String>,
    /// What the refund means to the invoices that its money covers. `credits`: a credit note of the same amount covers them, and they
    /// stay paid; it stands whatever becomes of the refund. `reopens`: they are to be paid again once the provider confirms the
    /// refund. Unapplied cash is refunded without a credit note. Default: `credits`.
    #[schema(example = "credits")]
    meaning: Option<String>,
    /// The number printed on the credit note. Default: one that follows from the refund.
    #[schema(example = "CN-2026-0007")]
    credit_note_number: Option<String>,
    /// Why you do this. It is kept with the refund, on the credit note and in the audit.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

/// What a refund means that was made at the provider.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = RefundMeaning)]
pub(crate) struct MeaningRequest {
    /// `credits`: a credit note covers what the refund took of invoices. `reopens`: it is to be paid again.
    #[serde(default)]
    #[schema(required, example = "credits")]
    meaning: String,
    /// The number printed on the credit note. Default: one that follows from the refund.
    #[schema(example = "CN-2026-0007")]
    credit_note_number: Option<String>,
    /// Why you do this. It is kept on the credit note and in the audit.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

fn read_meaning(word: &str, errors: &mut FieldErrors) -> Option<RefundMeaning> {
    let meaning = RefundMeaning::named(word);
    if meaning.is_none() {
        errors.add("meaning", "expected credits or reopens".to_owned());
    }
    meaning
}

fn read_number(number: Option<&str>, errors: &mut FieldErrors) -> Option<InvoiceNumber> {
    errors.parse::<InvoiceNumber>("credit_note_number", number?)
}

/// Refund a payment
///
/// Sends money back to the payer: all of a payment, a part of it, or what one invoice received. The order is stored before the
/// provider is called. If the provider does not answer, Guichet repeats the order until it does. If the provider refuses, or the
/// refund fails later, the money is the customer's and goes to what they owe. Refused if the amount is more than can be refunded.
/// Without an `Idempotency-Key`, the same request orders another refund.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/refunds", tag = "Payments", request_body = RefundRequest,
    params(("id" = String, Path, description = "The payment's id.")),
    responses((status = 201, description = "The payment, with the new refund in `refunds`.", body = PaymentResponse))
)]
pub(crate) async fn order_refund(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: RefundRequest = request.json()?;
    let (currency, meaning, credit_note_number, reason) = validate(|errors| {
        let currency = errors.parse_optional::<Currency>("currency", body.currency.as_deref());
        let number = read_number(body.credit_note_number.as_deref(), errors);
        let meaning = body.meaning.as_deref().map_or(Some(RefundMeaning::default()), |word| read_meaning(word, errors));
        let reason = parse_reason(&body.reason, errors);
        Some((currency, meaning?, number, reason?))
    })?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let payment = payment_of_path(caller, &id).await?;
            let amount = optional_amount(body.amount.as_deref(), currency.unwrap_or(payment.currency()))?;
            let invoice = match &body.invoice {
                Some(invoice) => Some(invoice_of_field(caller, "invoice", invoice).await?),
                None => None,
            };
            let new = NewRefund {
                id: run.refund_id(),
                payment: payment.id().clone(),
                currency,
                amount,
                invoice,
                meaning,
                credit_note_number: credit_note_number.clone(),
                reason: reason.clone(),
            };
            let context = run.for_action(reason);
            let payment = Box::pin(operations::order_refund(&context, &caller.business, &new, caller.now)).await?;
            ApiResponse::json(StatusCode::CREATED, &PaymentResponse::of(&payment, caller.now))
        })
        .await
}

/// Say what a refund means that was made at the provider
///
/// Such a refund says nothing of the invoices that its money had covered. Until you say it, the amount is held on them: nobody is
/// asked to pay it, and nobody can. The same answer again changes nothing; a second one that differs is refused. A refund that was
/// ordered here says what it means itself.
#[utoipa::path(
    post, path = "/api/v1/payments/{id}/refunds/{refund}/meaning", tag = "Payments", request_body = MeaningRequest,
    params(
        ("id" = String, Path, description = "The payment's id."),
        ("refund" = String, Path, description = "The provider's id of the refund: `provider_object` of the review.")
    ),
    responses((status = 200, description = "The payment.", body = PaymentResponse))
)]
pub(crate) async fn answer_refund(
    Path((id, refund)): Path<(String, String)>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: MeaningRequest = request.json()?;
    let refund: ObjectId = refund.parse().map_err(|_| ApiError::not_found())?;
    let (meaning, credit_note_number, reason) = validate(|errors| {
        let number = read_number(body.credit_note_number.as_deref(), errors);
        let meaning = read_meaning(&body.meaning, errors);
        let reason = parse_reason(&body.reason, errors);
        Some((meaning?, number, reason?))
    })?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let payment = payment_of_path(caller, &id).await?.id().clone();
            let number = credit_note_number.clone();
            let answer =
                NewRefundAnswer { payment, refund, meaning, credit_note_number: number, reason: reason.clone() };
            let context = run.for_action(reason);
            let payment = operations::answer_refund(&context, &caller.business, &answer, caller.now).await?;
            ApiResponse::ok(&PaymentResponse::of(&payment, caller.now))
        })
        .await
}
