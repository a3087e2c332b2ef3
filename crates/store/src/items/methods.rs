//! Saved payment methods, as a provider tells of them.

use jiff::civil::Date;
use receivables::provider_object::Provider;
use receivables::saved_method::{MethodEnd, MethodLook, MethodState};
use receivables::{BusinessId, CustomerId, ObjectId};
use serde::{Deserialize, Serialize};

use super::instruments::decline_reason;
use super::{Index, Item, item, listed, provider_of, record};
use crate::error::StoreError;
use crate::keys;

/// A saved method, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedMethod {
    /// The provider that keeps it.
    pub provider: Provider,
    /// The provider's id.
    pub id: ObjectId,
    /// What was said of it.
    pub state: MethodState,
    /// That a charge of it was declined for good.
    pub ended: Option<MethodEnd>,
    /// Our customer who has it, where they are known.
    pub customer: Option<CustomerId>,
    /// Counts the changes.
    pub version: u64,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is the stored form of a fact whose flags only ever become true")]
struct MethodRecord {
    id: ObjectId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    provider_customer: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    customer: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    kind: Option<String>,
    seen: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    good_until: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    brand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    last4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    mandate: Option<ObjectId>,
    attached: bool,
    detached: bool,
    mandate_ended: bool,
    #[serde(default)]
    off_session: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ended: Option<EndRecord>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct EndRecord {
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    good_until: Option<Date>,
}

/// The attributes that a saved method may have and lose.
pub(crate) const OPTIONAL_OF_METHOD: &[&str] =
    &["provider_customer", "customer", "kind", "good_until", "brand", "last4", "mandate", "ended", "gsi1pk", "gsi1sk"];

pub(crate) fn of_method(b: &BusinessId, method: &SavedMethod) -> Result<Item, StoreError> {
    let fact = &method.state;
    let look = fact.look.as_ref();
    let record = MethodRecord {
        id: method.id.clone(),
        provider_customer: fact.customer.clone(),
        customer: method.customer.clone(),
        kind: fact.kind.clone(),
        seen: look.is_some(),
        good_until: look.and_then(|look| look.good_until),
        brand: look.and_then(|look| look.brand.clone()),
        last4: look.and_then(|look| look.last4.clone()),
        mandate: fact.mandate.clone(),
        attached: fact.attached,
        detached: fact.detached,
        mandate_ended: fact.mandate_ended,
        off_session: fact.off_session,
        ended: method.ended.map(|end| EndRecord { reason: end.reason.as_str().to_owned(), good_until: end.good_until }),
        version: method.version,
    };
    let item = item(&keys::method(b, method.provider, &method.id), &record)?;
    Ok(match &method.customer {
        Some(customer) => {
            let place = format!("{}{}", keys::METHOD, method.id);
            listed(item, Index::Parent, &keys::account(b, customer), &place)
        }
        None => item,
    })
}

pub(crate) fn method(item: Item) -> Result<SavedMethod, StoreError> {
    let provider = provider_of(&item)?;
    let record: MethodRecord = record(item)?;
    let look = MethodLook { good_until: record.good_until, brand: record.brand, last4: record.last4 };
    Ok(SavedMethod {
        provider,
        id: record.id,
        state: MethodState {
            customer: record.provider_customer,
            kind: record.kind,
            look: record.seen.then_some(look),
            mandate: record.mandate,
            attached: record.attached,
            detached: record.detached,
            mandate_ended: record.mandate_ended,
            off_session: record.off_session,
        },
        ended: record.ended.as_ref().map(ended).transpose()?,
        customer: record.customer,
        version: record.version,
    })
}

fn ended(record: &EndRecord) -> Result<MethodEnd, StoreError> {
    Ok(MethodEnd { reason: decline_reason(&record.reason)?, good_until: record.good_until })
}
