//! Reviews: cases that a person should look at.

use axum::extract::Path;
use axum::response::Response;
use receivables::ReviewId;
use serde::{Deserialize, Serialize};
use store::{ListedReview, Page};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;
use crate::resources::amount::Amount;
use crate::resources::reason::ReasonRequest;

/// Reviews read at the same time when one is looked for.
const REVIEWS_AT_ONCE: usize = 100;

/// A case that a person should look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct ReviewResponse {
    /// Guichet's id of the review.
    id: String,
    /// The amount at stake.
    amount: Amount,
    /// Why: `other_currency`, `overdrawn`, `inquiry`, `chargeback`, `uneven_chargeback` (what the provider moved because of a
    /// chargeback is neither the disputed amount nor nothing, or the contrary of the decision), `fraud_warning`,
    /// `provider_review`, `debit_returned`, `provider_refund` (a refund made at the provider: `amount` is held on invoices until you say
    /// with `/payments/{id}/refunds/{refund}/meaning` whether it `credits` them or `reopens` them), `refund_failed`, `refund_refused`, `customer_refused` (the provider does not know the
    /// customer's id; the payment goes on without it), `email_refused` (the same for the customer's address) or `page_refused`
    /// (the provider opens no page; `name` ends with the provider's code).
    reason: String,
    /// A name that is unique within the payment.
    name: String,
    /// The provider's id of the object that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_object: Option<String>,
    /// The provider's deadline for an answer. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answer_by: Option<String>,
    /// The customer's id.
    customer: String,
    /// The payment's id.
    payment: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

impl ReviewResponse {
    fn of(review: &ListedReview) -> Self {
        Self {
            id: id_of(review).to_string(),
            amount: review.amount.into(),
            reason: review.reason.clone(),
            name: review.name.clone(),
            provider_object: review.object.as_ref().map(ToString::to_string),
            answer_by: review.answer_by.map(|at| at.to_string()),
            customer: review.customer.to_string(),
            payment: review.payment.to_string(),
        }
    }
}

/// The store has no id for a review. There is one review per payment and name, so the id is derived from these.
fn id_of(review: &ListedReview) -> ReviewId {
    ReviewId::derived(review.payment.as_str(), &[&review.name])
}

/// List open reviews, oldest first
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "Reviews", params(ReviewQuery),
    responses((status = 200, description = "A page of reviews.", body = ListResponse<ReviewResponse>))
)]
pub(crate) async fn list_reviews(
    caller: Caller,
    StrictQuery(query): StrictQuery<ReviewQuery>,
) -> Result<ApiResponse, ApiError> {
    let list = ListScope::new(&caller, "reviews", &[]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let reviews = caller.store().reviews(caller.business_id(), &page).await?;
    let items = reviews.items.iter().map(ReviewResponse::of).collect();
    let paged = store::Paged { items, next_cursor: reviews.next_cursor };
    ApiResponse::ok(&list.respond(paged, |review| review))
}

/// Close a review
///
/// Removes the review from the list once someone has looked at it. It is opened again only if its cause goes away and comes back.
/// A `provider_refund` is closed by an answer only. Closing a review that is no longer in the list is answered with 404, unless the request repeats an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/v1/reviews/{id}/close", tag = "Reviews", request_body = ReasonRequest,
    params(("id" = String, Path, description = "The review's id.")),
    responses((status = 200, description = "The closed review.", body = ReviewResponse))
)]
pub(crate) async fn close_review(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: ReasonRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let review = review_of_path(caller, &id).await?;
            let context = run.for_action(reason);
            operations::close_review(&context, &caller.business, &review.payment, &review.name, caller.now).await?;
            ApiResponse::ok(&ReviewResponse::of(&review))
        })
        .await
}

/// The review in the path of a URL. The store cannot find it by its id, so it is looked for in the list of open reviews, which is
/// short.
async fn review_of_path(caller: &Caller, text: &str) -> Result<ListedReview, ApiError> {
    let id: ReviewId = text.parse().map_err(|_| ApiError::not_found())?;
    let mut page = Page::first(REVIEWS_AT_ONCE);
    loop {
        let reviews = caller.store().reviews(caller.business_id(), &page).await?;
        for review in reviews.items {
            if id_of(&review) == id {
                return Ok(review);
            }
        }
        match reviews.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Err(ApiError::not_found()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_review_follows_from_its_payment_and_name() {
        let review = ListedReview {
            payment: "pay_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
            customer: "cst_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
            name: "chargeback#dp_1".to_owned(),
            reason: "chargeback".to_owned(),
            amount: receivables::Money::zero(receivables::Currency::EUR),
            object: None,
            answer_by: None,
        };
        // Callers keep the ids of reviews: they stay what they are.
        assert_eq!(id_of(&review).as_str(), "rvw_01JD8Z0000AAC6R9AKDYJ99ERG");
    }
}
