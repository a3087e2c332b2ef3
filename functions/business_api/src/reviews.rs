//! What a person should look at.

use receivables::ReviewId;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::ListedReview;
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, Failure};
use crate::caller::Caller;
use crate::cursor::{List, Listing};
use crate::faults::checked;
use crate::query::Asked;
use crate::shapes::Amount;

/// Something that a person should look at.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub(crate) struct ReviewShape {
    id: String,
    /// How much is at stake.
    amount: Amount,
    /// Why: `other_currency`, money came in another currency than the payment's.
    reason: String,
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
    let chance = Sha256::digest(what);
    let chance = chance.iter().take(16).map(|byte| CROCKFORD.get(usize::from(byte % 32)).copied().unwrap_or(b'0'));
    let ulid: String = time.chars().chain(chance.map(char::from)).collect();
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
