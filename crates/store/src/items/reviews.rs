//! What a person should look at: reviews of payments, and money that covers no invoice.

use jiff::Timestamp;
use receivables::payment::Review;
use receivables::{BusinessId, Currency, CustomerId, Money, ObjectId, Payment, PaymentId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, money, record};
use crate::error::StoreError;
use crate::keys;
use crate::keys::Key;

#[derive(Serialize, Deserialize)]
struct ReviewRecord {
    payment: PaymentId,
    customer: CustomerId,
    #[serde(default)]
    name: String,
    reason: String,
    currency: Currency,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    object: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    answer_by: Option<Timestamp>,
}

/// A review in the business's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedReview {
    pub payment: PaymentId,
    pub customer: CustomerId,
    /// Its name within the payment.
    pub name: String,
    /// The API's word for why.
    pub reason: String,
    /// How much is at stake.
    pub amount: Money,
    /// The provider's object it is about.
    pub object: Option<ObjectId>,
    /// Until when an answer is taken.
    pub answer_by: Option<Timestamp>,
}

pub(crate) fn of_review(key: &Key, payment: &Payment, review: &Review, place: &str) -> Result<Item, StoreError> {
    let record = ReviewRecord {
        payment: payment.id().clone(),
        customer: payment.customer().clone(),
        name: review.name.clone(),
        reason: review.kind.as_str().to_owned(),
        currency: review.amount.currency(),
        amount: review.amount.minor(),
        object: review.object.clone(),
        answer_by: review.answer_by,
    };
    Ok(listed(item(key, &record)?, Index::List, &keys::reviews(payment.business()), place))
}

pub(crate) fn review(item: Item) -> Result<ListedReview, StoreError> {
    let record: ReviewRecord = record(item)?;
    Ok(ListedReview {
        payment: record.payment,
        customer: record.customer,
        name: record.name,
        reason: record.reason,
        amount: money(record.amount, record.currency)?,
        object: record.object,
        answer_by: record.answer_by,
    })
}

#[derive(Serialize, Deserialize)]
struct OpenAmountRecord {
    source: String,
    customer: CustomerId,
    currency: Currency,
    amount: i64,
}

/// Money of a customer that covers no invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnappliedCash {
    /// The payment or credit note it is of.
    pub source: String,
    pub customer: CustomerId,
    pub amount: Money,
}

pub(crate) fn of_open_amount(
    key: &Key,
    b: &BusinessId,
    customer: &CustomerId,
    source: &str,
    amount: Money,
    place: &str,
) -> Result<Item, StoreError> {
    let record = OpenAmountRecord {
        source: source.to_owned(),
        customer: customer.clone(),
        currency: amount.currency(),
        amount: amount.minor(),
    };
    Ok(listed(item(key, &record)?, Index::List, &keys::unapplied(b), place))
}

pub(crate) fn unapplied(item: Item) -> Result<UnappliedCash, StoreError> {
    let record: OpenAmountRecord = record(item)?;
    Ok(UnappliedCash {
        source: record.source,
        customer: record.customer,
        amount: money(record.amount, record.currency)?,
    })
}
