//! Unidentified money: received, and of nobody known, until an operator says whose it is.

use axum::extract::Path;
use axum::response::Response;
use receivables::ObjectId;
use receivables::text::Description;
use serde::{Deserialize, Serialize};
use store::{Paged, Unidentified};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{checked, fault};
use crate::resources::allocations::{AllocationDraft, count, parts_named, read_reason};
use crate::resources::amount::Amount;
use crate::resources::customers::customer_of_field;
use crate::resources::payments::PaymentShape;

/// Whose unidentified money is, and what it is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct IdentifyDraft {
    /// Our id of the customer, or your `external_id`.
    #[schema(example = "C-1024")]
    customer: String,
    /// What it is for, in the order in which it is applied; what these leave over is kept on account. Where nothing is said, it
    /// covers open invoices of the customer, the oldest due first.
    #[serde(default)]
    #[schema(max_items = 43)]
    allocations: Vec<AllocationDraft>,
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Money of nobody known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unidentified)]
pub(crate) struct UnidentifiedShape {
    /// The provider's id of the object that carries it.
    id: String,
    amount: Amount,
    /// What came besides in other currencies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    other_amounts: Vec<Amount>,
    /// Always `unidentified`.
    reason: &'static str,
    /// The same as `id`.
    provider_object: String,
    /// The provider's customer it names, where it names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_customer: Option<String>,
    /// When it was last heard of. RFC 3339, UTC.
    heard_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnidentifiedQuery {
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl UnidentifiedShape {
    fn of(money: &Unidentified) -> Result<Self, Failure> {
        let mut amounts = money.held.iter().copied().map(Amount::from);
        let amount = amounts.next().ok_or_else(|| Failure::defect("unidentified money", &money.object))?;
        Ok(Self {
            id: money.object.to_string(),
            amount,
            other_amounts: amounts.collect(),
            reason: "unidentified",
            provider_object: money.object.to_string(),
            provider_customer: money.provider_customer.as_ref().map(ToString::to_string),
            heard_at: money.heard_at.to_string(),
        })
    }
}

/// List unidentified money, oldest first
#[utoipa::path(
    get, path = "/api/v1/unidentified", tag = "Unapplied and unidentified", params(UnidentifiedQuery),
    responses((status = 200, description = "A page of unidentified money", body = List<UnidentifiedShape>))
)]
pub(crate) async fn list_unidentified(
    caller: Caller,
    Asked(asked): Asked<UnidentifiedQuery>,
) -> Result<Answer, Failure> {
    let list = Listing::new(caller.business_id(), "unidentified", &[]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let found = caller.store().unidentified(caller.business_id(), &page).await?;
    let items = found.items.iter().map(UnidentifiedShape::of).collect::<Result<Vec<_>, Failure>>()?;
    let paged = Paged { items, next_cursor: found.next_cursor };
    Answer::ok(&list.answer(paged, |shape: UnidentifiedShape| shape))
}

/// Say whose unidentified money is
///
/// It becomes a payment of the customer, applied as far as told. Told again, it answers that payment.
#[utoipa::path(
    post, path = "/api/v1/unidentified/{id}/apply", tag = "Unapplied and unidentified", request_body = IdentifyDraft,
    params(("id" = String, Path, description = "The provider's id of the object that carries it")),
    responses((status = 200, description = "The payment that it has become", body = PaymentShape))
)]
pub(crate) async fn apply_unidentified(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: IdentifyDraft = posted.shape()?;
    let reason = checked(|faults| {
        count(&draft.allocations, faults);
        read_reason(&draft.reason, faults)
    })?;
    Ok(posted.once(|work| identify(work, id, draft, reason)).await)
}

async fn identify(work: Work, id: String, draft: IdentifyDraft, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let object: ObjectId = id.parse().map_err(|_| Failure::not_found())?;
    let customer = customer_of_field(caller, "customer", &draft.customer).await?;
    // The books hold them to the currency that came.
    let parts = parts_named(caller, &draft.allocations, None).await?;
    let context = work.for_action(reason);
    let payment =
        operations::identify(&context, caller.business_id(), &object, &customer.id, parts, caller.now).await?;
    if payment.customer != customer.id {
        const OTHER: &str =
            "expected the customer whose money it was said to be before; to change that, hand the payment over";
        return Err(fault("customer", OTHER));
    }
    Answer::ok(&PaymentShape::of(&payment, caller.now))
}
