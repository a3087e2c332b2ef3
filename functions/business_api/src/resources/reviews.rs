//! What a person should look at.

use axum::extract::Path;
use axum::response::Response;
use receivables::ReviewId;
use receivables::text::Description;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{ListedReview, Page};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::checked;
use crate::resources::allocations::Because;
use crate::resources::amount::Amount;

/// Reviews read at a time for the one that an address names.
const REVIEWS_AT_ONCE: usize = 100;

/// Something that a person should look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct ReviewShape {
    id: String,
    /// How much is at stake.
    amount: Amount,
    /// Why: `other_currency`, overdrawn, inquiry, chargeback, `fraud_warning`, `provider_review`, `debit_returned`,
    /// `refund_failed` or `refund_refused`.
    reason: String,
    /// Its name within the payment.
    name: String,
    /// The provider's object it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    provider_object: Option<String>,
    /// Until when the provider takes an answer. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answer_by: Option<String>,
    /// Our id of the customer.
    customer: String,
    /// Our id of the payment.
    payment: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReviewQuery {
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ReviewShape {
    fn of(review: &ListedReview) -> Result<Self, Failure> {
        Ok(Self {
            id: id_of(review)?.to_string(),
            amount: review.amount.into(),
            reason: review.reason.clone(),
            name: review.name.clone(),
            provider_object: review.object.as_ref().map(ToString::to_string),
            answer_by: review.answer_by.map(|at| at.to_string()),
            customer: review.customer.to_string(),
            payment: review.payment.to_string(),
        })
    }
}

/// A review has no id of its own in the table: there is one per payment and name, and its id follows from them.
fn id_of(review: &ListedReview) -> Result<ReviewId, Failure> {
    const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let what = format!("{}/{}", review.payment, review.name);
    let time = review.payment.ulid().get(..10).unwrap_or_default();
    let random_bits = Sha256::digest(what);
    let random_bits =
        random_bits.iter().take(16).map(|byte| CROCKFORD.get(usize::from(byte % 32)).copied().unwrap_or(b'0'));
    let ulid: String = time.chars().chain(random_bits.map(char::from)).collect();
    ReviewId::from_ulid(&ulid).map_err(|error| Failure::defect("review", &error))
}

/// List what a person should look at, oldest first
#[utoipa::path(
    get, path = "/api/v1/reviews", tag = "Reviews", params(ReviewQuery),
    responses((status = 200, description = "A page of reviews", body = List<ReviewShape>))
)]
pub(crate) async fn list_reviews(caller: Caller, Asked(asked): Asked<ReviewQuery>) -> Result<Answer, Failure> {
    let list = Listing::new(caller.business_id(), "reviews", &[]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let reviews = caller.store().reviews(caller.business_id(), &page).await?;
    let items = reviews.items.iter().map(ReviewShape::of).collect::<Result<Vec<_>, Failure>>()?;
    let paged = store::Paged { items, next_cursor: reviews.next_cursor };
    Answer::ok(&list.answer(paged, |shape| shape))
}

/// Close a review
///
/// A person has looked. It leaves the list, and stays away as long as its cause is the same.
#[utoipa::path(
    post, path = "/api/v1/reviews/{id}/close", tag = "Reviews", request_body = Because,
    params(("id" = String, Path, description = "Our id of the review")),
    responses((status = 200, description = "The review, closed", body = ReviewShape))
)]
pub(crate) async fn close_review(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: Because = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| close(work, id, reason)).await)
}

async fn close(work: Work, id: String, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let review = review_of_path(caller, &id).await?;
    let context = work.for_action(reason);
    operations::close_review(&context, &caller.business, &review.payment, &review.name, caller.now).await?;
    Answer::ok(&ReviewShape::of(&review)?)
}

/// The review that an address names. Its id leads to no item, so it is looked for in the list, which is as long as what is open.
async fn review_of_path(caller: &Caller, text: &str) -> Result<ListedReview, Failure> {
    let id: ReviewId = text.parse().map_err(|_| Failure::not_found())?;
    let mut page = Page::first(REVIEWS_AT_ONCE);
    loop {
        let reviews = caller.store().reviews(caller.business_id(), &page).await?;
        for review in reviews.items {
            if id_of(&review)? == id {
                return Ok(review);
            }
        }
        match reviews.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Err(Failure::not_found()),
        }
    }
}
