//! Unidentified money: received without a known customer, until an operator assigns it to one, or says that it is not the business's to
//! collect here.

use axum::extract::Path;
use axum::response::Response;
use receivables::ObjectId;
use receivables::not_ours::NotOursBecause;
use serde::{Deserialize, Serialize};
use store::{Paged, Unidentified};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{invalid_field, validate};
use crate::resources::allocations::{AllocationRequest, check_count, invoice_amounts};
use crate::resources::amount::Amount;
use crate::resources::customers::customer_of_field;
use crate::resources::payments::PaymentResponse;
use crate::resources::reason::{ReasonRequest, parse_reason};

/// The customer to whom unidentified money belongs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = IdentifyDraft)]
pub(crate) struct IdentifyRequest {
    /// The customer's id, or your `external_id`.
    #[serde(default)]
    #[schema(required, example = "C-1024")]
    customer: String,
    /// The invoices to cover, in this order, with an amount for each. The rest stays unapplied. Default: the customer's open
    /// invoices, the oldest due first.
    #[serde(default)]
    #[schema(max_items = 43)]
    allocations: Vec<AllocationRequest>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200)]
    reason: String,
}

/// Money without a known customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnidentifiedMoney)]
pub(crate) struct UnidentifiedMoneyResponse {
    /// The provider's id of the object with which the money came.
    id: String,
    /// How much arrived.
    amount: Amount,
    /// Further amounts of the same object in other currencies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    other_amounts: Vec<Amount>,
    /// `unidentified`, or `not_ours` for what is no matter of the portal.
    reason: &'static str,
    /// The rule of the business by which it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    not_ours_by_rule: Option<String>,
    /// The reason for which a person said that it is not ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    not_ours_because: Option<String>,
    /// The same as `id`.
    provider_object: String,
    /// The provider's id of the customer, if the object names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_customer: Option<String>,
    /// When the provider last reported on it. RFC 3339, UTC.
    heard_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnidentifiedQuery {
    /// `unidentified` (default), or `not_ours` for what a person or a rule of the business said is no matter of the portal.
    #[param(value_type = String, required = false)]
    status: Option<String>,
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl UnidentifiedMoneyResponse {
    fn of(money: &Unidentified) -> Result<Self, ApiError> {
        let (by_rule, because) = match money.not_ours.clone() {
            Some(NotOursBecause::Rule(rule)) => (Some(rule), None),
            Some(NotOursBecause::Person(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        let mut amounts = money.held.iter().copied().map(Amount::from);
        let amount = amounts.next().ok_or_else(|| ApiError::defect("unidentified money", &money.object))?;
        Ok(Self {
            id: money.object.to_string(),
            amount,
            other_amounts: amounts.collect(),
            reason: if money.not_ours.is_some() { "not_ours" } else { "unidentified" },
            not_ours_by_rule: by_rule,
            not_ours_because: because,
            provider_object: money.object.to_string(),
            provider_customer: money.provider_customer.as_ref().map(ToString::to_string),
            heard_at: money.heard_at.to_string(),
        })
    }
}

/// List unidentified money, oldest first
#[utoipa::path(
    get, path = "/api/v1/unidentified", tag = "Unapplied and unidentified", params(UnidentifiedQuery),
    responses((status = 200, description = "A page of unidentified money.", body = ListResponse<UnidentifiedMoneyResponse>))
)]
pub(crate) async fn list_unidentified(
    caller: Caller,
    StrictQuery(query): StrictQuery<UnidentifiedQuery>,
) -> Result<ApiResponse, ApiError> {
    let status = query.status.as_deref().unwrap_or("unidentified");
    let list = ListScope::new(&caller, "unidentified", &[Some(status)]);
    let page = validate(|errors| {
        if !["unidentified", "not_ours"].contains(&status) {
            errors.add("status", "expected unidentified or not_ours");
        }
        list.page(query.limit.as_deref(), query.cursor.as_deref(), errors)
    })?;
    let (store, b) = (caller.store(), caller.business_id());
    let found =
        if status == "not_ours" { store.not_ours(b, &page).await? } else { store.unidentified(b, &page).await? };
    let items = found.items.iter().map(UnidentifiedMoneyResponse::of).collect::<Result<Vec<_>, ApiError>>()?;
    let paged = Paged { items, next_cursor: found.next_cursor };
    ApiResponse::ok(&list.respond(paged, |money: UnidentifiedMoneyResponse| money))
}

/// Say that unidentified money is not yours to collect here
///
/// Such as a web shop's on the same account at the payment provider. It leaves the list and is kept: list it with `status=not_ours`. It
/// can be restored, or assigned to a customer all the same. In the journal it moves to the account `not_ours` on this day. The same
/// request again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/unidentified/{id}/dismiss", tag = "Unapplied and unidentified", request_body = ReasonRequest,
    params(("id" = String, Path, description = "The `id`, as given in the list.")),
    responses((status = 200, description = "The money, which is not yours.", body = UnidentifiedMoneyResponse))
)]
pub(crate) async fn dismiss_unidentified(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: ReasonRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let object: ObjectId = id.parse().map_err(|_| ApiError::not_found())?;
            let (why, caller) = (reason.as_str().to_owned(), &run.caller);
            let context = run.for_action(reason);
            let money = operations::dismiss(&context, caller.business_id(), &object, &why, caller.now).await?;
            ApiResponse::ok(&UnidentifiedMoneyResponse::of(&money)?)
        })
        .await
}

/// Take back that money is not yours
///
/// It is listed as unidentified again, also where a rule of the business said that it is not yours. In the journal it moves back to the
/// account `unidentified` on this day. The same request again changes nothing.
#[utoipa::path(
    post, path = "/api/v1/unidentified/{id}/restore", tag = "Unapplied and unidentified", request_body = ReasonRequest,
    params(("id" = String, Path, description = "The `id`, as given in the list.")),
    responses((status = 200, description = "The money, which is to be identified.", body = UnidentifiedMoneyResponse))
)]
pub(crate) async fn restore_unidentified(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: ReasonRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let object: ObjectId = id.parse().map_err(|_| ApiError::not_found())?;
            let (context, caller) = (run.for_action(reason), &run.caller);
            let money = operations::restore(&context, caller.business_id(), &object, caller.now).await?;
            ApiResponse::ok(&UnidentifiedMoneyResponse::of(&money)?)
        })
        .await
}

/// Assign unidentified money to a customer
///
/// The money becomes a payment of the customer and covers the given invoices. The same customer sent again is answered with that
/// payment and changes nothing. Refused if the money was assigned to another customer before, if an amount is more than an invoice
/// has open, or if the invoices are of another currency than the money.
#[utoipa::path(
    post, path = "/api/v1/unidentified/{id}/apply", tag = "Unapplied and unidentified", request_body = IdentifyRequest,
    params(("id" = String, Path, description = "The `id`, as given in the list.")),
    responses((status = 200, description = "The payment that the money has become.", body = PaymentResponse))
)]
pub(crate) async fn apply_unidentified(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    const OTHER: &str =
        "expected the customer to whom the money was assigned before; hand the payment over to change that";
    let body: IdentifyRequest = request.json()?;
    let reason = validate(|errors| {
        check_count(&body.allocations, errors);
        parse_reason(&body.reason, errors)
    })?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let object: ObjectId = id.parse().map_err(|_| ApiError::not_found())?;
            let customer = customer_of_field(caller, "customer", &body.customer).await?;
            // The books require the amounts to be in the currency of the money.
            let parts = invoice_amounts(caller, &body.allocations, None).await?;
            let (context, business) = (run.for_action(reason), caller.business_id());
            let payment = operations::identify(&context, business, &object, &customer.id, parts, caller.now).await?;
            if *payment.customer() != customer.id {
                return Err(invalid_field("customer", OTHER));
            }
            ApiResponse::ok(&PaymentResponse::of(&payment, caller.now))
        })
        .await
}
