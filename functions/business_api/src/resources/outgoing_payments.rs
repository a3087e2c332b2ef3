//! Credit that is paid out: by the provider, or by the business's bank as an outgoing payment.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use operations::{NewCreditRefund, NewOutgoingPayment};
use receivables::text::{Description, Reference};
use receivables::{Currency, Money, OutgoingPayment, OutgoingPaymentId, Payment, RefundId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::amount::Amount;
use crate::resources::customers::customer_of_path;
use crate::resources::reason::{ReasonRequest, parse_reason};

/// Days before and after today of which an outgoing payment can be.
const SENT_DAYS_MAX: i64 = 366;

/// Credit of a customer to pay out.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = CreditPayoutDraft)]
pub(crate) struct CreditPayoutRequest {
    /// An ISO 4217 code.
    #[serde(default)]
    #[schema(required, example = "EUR")]
    currency: String,
    /// How much to pay out: at most what is unapplied and free. What an operator left on the account, what is only proposed and
    /// what is being refunded is not.
    #[serde(default)]
    #[schema(required, example = "40.00")]
    amount: String,
    /// `provider`: the payment provider sends back the payments that hold the credit, the oldest first. `outside`: you send the
    /// money by your bank, and an outgoing payment is recorded. Credit of credit notes can only go `outside`.
    #[serde(default)]
    #[schema(required, example = "outside")]
    how: String,
    /// With `outside`: the day on which your bank sends it, up to a year from today. Default: today.
    #[schema(format = "date", example = "2026-03-02")]
    sent_on: Option<String>,
    /// With `outside`: what stands on the transfer.
    #[schema(max_length = 200, example = "Credit C-1024")]
    reference: Option<String>,
    /// Why you do this. It is kept with the outgoing payment or the refunds, and in the audit.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

/// What was done to pay credit out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditPayout)]
pub(crate) struct CreditPayoutResponse {
    /// The outgoing payment, with `outside`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    outgoing_payment: Option<OutgoingPaymentResponse>,
    /// The refunds that were ordered, with `provider`.
    refunds: Vec<CreditRefundResponse>,
}

/// A refund of free credit. How it stands is shown with its payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditRefund)]
pub(crate) struct CreditRefundResponse {
    /// The refund's id, in the payment's `refunds`.
    id: String,
    /// The payment's id.
    payment: String,
    /// How much is refunded.
    amount: Amount,
}

/// Credit that the business sent a customer by its bank.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutgoingPayment)]
pub(crate) struct OutgoingPaymentResponse {
    /// Guichet's id of the outgoing payment.
    id: String,
    /// The customer's id.
    customer: String,
    /// `recorded` or `reversed`.
    #[schema(example = "recorded")]
    status: &'static str,
    /// How much was sent.
    amount: Amount,
    /// The day on which the bank sends it.
    #[schema(format = "date")]
    sent_on: String,
    /// What stands on the transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reference: Option<String>,
    /// Why it was sent.
    reason: String,
    /// The credit notes and payments that gave it.
    parts: Vec<CreditPartResponse>,
    /// When it was recorded. RFC 3339, UTC.
    recorded_at: String,
    /// When it was reversed. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reversed_at: Option<String>,
}

/// What one credit note or payment gave to an outgoing payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditPart)]
pub(crate) struct CreditPartResponse {
    /// The id of the credit note or payment.
    source: String,
    /// How much of it, in the currency of the outgoing payment.
    amount: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OutgoingPaymentQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// How credit is paid out.
enum Way {
    Provider,
    Outside { sent_on: Option<Date>, reference: Option<Reference> },
}

/// The fields of a request that can be checked without reading the tables.
struct Fields {
    amount: Money,
    way: Way,
    reason: Description,
}

impl From<&OutgoingPayment> for OutgoingPaymentResponse {
    fn from(outgoing: &OutgoingPayment) -> Self {
        let parts = outgoing.parts.iter();
        Self {
            id: outgoing.id.to_string(),
            customer: outgoing.customer.to_string(),
            status: if outgoing.reversed_at.is_some() { "reversed" } else { "recorded" },
            amount: outgoing.amount.into(),
            sent_on: outgoing.sent_on.to_string(),
            reference: outgoing.reference.as_ref().map(|reference| reference.as_str().to_owned()),
            reason: outgoing.reason.as_str().to_owned(),
            parts: parts
                .map(|part| CreditPartResponse {
                    source: part.source.as_str().to_owned(),
                    amount: part.amount.to_plain(),
                })
                .collect(),
            recorded_at: outgoing.recorded_at.to_string(),
            reversed_at: outgoing.reversed_at.map(|at| at.to_string()),
        }
    }
}

impl CreditPayoutRequest {
    fn read(&self, today: Date, errors: &mut FieldErrors) -> Option<Fields> {
        let currency = errors.parse::<Currency>("currency", &self.currency);
        let amount = currency.and_then(|currency| errors.check("amount", Money::parse(&self.amount, currency)));
        let way = match self.how.as_str() {
            "provider" => {
                for (field, given) in [("sent_on", &self.sent_on), ("reference", &self.reference)] {
                    if given.is_some() {
                        errors.add(field, "expected only with how: outside");
                    }
                }
                Some(Way::Provider)
            }
            "outside" => {
                let sent_on = self.sent_on.as_deref().and_then(|text| errors.date("sent_on", text));
                let days = sent_on.map_or(0, |day| (day - today).get_days().abs());
                if i64::from(days) > SENT_DAYS_MAX {
                    errors.add("sent_on", "expected a day at most a year from today");
                }
                let reference = errors.parse_optional::<Reference>("reference", self.reference.as_deref());
                Some(Way::Outside { sent_on, reference })
            }
            _ => {
                errors.add("how", "expected provider or outside");
                None
            }
        };
        let reason = parse_reason(&self.reason, errors);
        Some(Fields { amount: amount?, way: way?, reason: reason? })
    }
}

fn refund_of((payment, id): &(Payment, RefundId)) -> Option<CreditRefundResponse> {
    let order = payment.refunds().iter().find(|order| order.id == *id)?;
    Some(CreditRefundResponse { id: id.to_string(), payment: payment.id().to_string(), amount: order.amount.into() })
}

/// Pay out credit of a customer
///
/// Pays out what covers no invoice. By the `provider`, as ordinary refunds of the payments that hold it; or `outside`, by your own
/// bank: Guichet then records an outgoing payment, and your bank must be told by you. With `outside` the credit of credit notes is
/// taken first, then that of payments, each the oldest first. Refused if that is less than the amount. Without an `Idempotency-Key`,
/// the same request pays out again.
#[utoipa::path(
    post, path = "/api/v1/customers/{id}/credit-payouts", tag = "Unapplied and unidentified",
    request_body = CreditPayoutRequest,
    params(("id" = String, Path, description = "The customer's id, or your `external_id`.")),
    responses((status = 201, description = "The outgoing payment, or the refunds.", body = CreditPayoutResponse))
)]
pub(crate) async fn pay_out_credit(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: CreditPayoutRequest = request.json()?;
    let today = request.caller.today();
    let Fields { amount, way, reason } = validate(|errors| body.read(today, errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let customer = customer_of_path(caller, &id).await?.id;
            let (context, business) = (run.for_action(reason.clone()), &caller.business);
            let done = match way {
                Way::Provider => {
                    let new = NewCreditRefund { id: run.refund_id(), customer, amount, reason };
                    let refunds =
                        Box::pin(operations::refund_account_credit(&context, business, &new, caller.now)).await?;
                    let refunds = refunds.iter().filter_map(refund_of).collect();
                    CreditPayoutResponse { outgoing_payment: None, refunds }
                }
                Way::Outside { sent_on, reference } => {
                    let id = run.outgoing_payment_id();
                    let new = NewOutgoingPayment { id, customer, amount, sent_on, reference, reason };
                    let outgoing = operations::pay_out_credit(&context, business, &new, caller.now).await?;
                    CreditPayoutResponse { outgoing_payment: Some((&outgoing).into()), refunds: Vec::new() }
                }
            };
            ApiResponse::json(StatusCode::CREATED, &done)
        })
        .await
}

/// List the outgoing payments of a customer, newest first
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/outgoing-payments", tag = "Unapplied and unidentified",
    params(("id" = String, Path, description = "The customer's id, or your `external_id`."), OutgoingPaymentQuery),
    responses((status = 200, description = "A page of outgoing payments.", body = ListResponse<OutgoingPaymentResponse>))
)]
pub(crate) async fn list_outgoing_payments(
    caller: Caller,
    Path(id): Path<String>,
    StrictQuery(query): StrictQuery<OutgoingPaymentQuery>,
) -> Result<ApiResponse, ApiError> {
    let customer = customer_of_path(&caller, &id).await?.id;
    let list = ListScope::new(&caller, "outgoing_payments", &[Some(customer.as_str())]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let found = caller.store().outgoing_payments_of(caller.business_id(), &customer, &page).await?;
    ApiResponse::ok(&list.respond(found, |outgoing| OutgoingPaymentResponse::from(&outgoing)))
}

/// Show an outgoing payment
#[utoipa::path(
    get, path = "/api/v1/outgoing-payments/{id}", tag = "Unapplied and unidentified",
    params(("id" = String, Path, description = "The outgoing payment's id.")),
    responses((status = 200, description = "The outgoing payment.", body = OutgoingPaymentResponse))
)]
pub(crate) async fn show_outgoing_payment(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let outgoing = match id.parse::<OutgoingPaymentId>() {
        Ok(id) => caller.store().outgoing_payment(caller.business_id(), &id).await?,
        Err(_) => None,
    };
    ApiResponse::ok(&OutgoingPaymentResponse::from(&outgoing.ok_or_else(ApiError::not_found)?))
}

/// Reverse an outgoing payment
///
/// The money was not sent after all, or your bank sent it back: the credit is the customer's again, and covers what they owe as it
/// would have. Refused if it is reversed already. So the same request sent again is refused, unless it repeats an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/v1/outgoing-payments/{id}/reverse", tag = "Unapplied and unidentified",
    request_body = ReasonRequest,
    params(("id" = String, Path, description = "The outgoing payment's id.")),
    responses((status = 200, description = "The outgoing payment after the change.", body = OutgoingPaymentResponse))
)]
pub(crate) async fn reverse_outgoing_payment(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: ReasonRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    let id: OutgoingPaymentId = id.parse().map_err(|_| ApiError::not_found())?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let context = run.for_action(reason);
            let outgoing =
                operations::reverse_outgoing_payment(&context, caller.business_id(), &id, caller.now).await?;
            ApiResponse::ok(&OutgoingPaymentResponse::from(&outgoing))
        })
        .await
}
