//! The reading of what moved at a provider by time: how far it is, and when it goes on.

use jiff::Timestamp;
use receivables::BusinessId;
use receivables::provider_object::Provider;
use serde::{Deserialize, Serialize};

use super::{Item, due, item, record, text_of};
use crate::error::StoreError;
use crate::keys::{self, DueList};

/// How far the movements of an account at a provider were read by time, where its payouts do not list them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceReading {
    pub business: BusinessId,
    pub provider: Provider,
    /// When the books were opened: what moved before is not theirs.
    pub from: Timestamp,
    /// Whatever the provider listed then was read.
    pub read_until: Option<Timestamp>,
    /// When it is read next; never, until a payout is heard of that lists nothing.
    pub due_at: Option<Timestamp>,
    /// Where it goes on, if one step was not enough for all there is.
    pub place: Option<BalancePlace>,
    /// Counts the changes.
    pub version: u64,
}

/// A place in a list of movements, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancePlace {
    /// When the reading began, from the newest movement on.
    pub began_at: Timestamp,
    /// The place after which it goes on.
    pub after: String,
}

#[derive(Serialize, Deserialize)]
struct BalanceRecord {
    business: BusinessId,
    from: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    read_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    began_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    after: Option<String>,
    version: u64,
}

/// The attributes that a reading may have and lose.
pub(crate) const OPTIONAL_OF_BALANCE: &[&str] =
    &["read_until", "began_at", "after", "due_at", "gsi3pk", "gsi3sk", "tries", "why"];

pub(crate) fn of_balance(reading: &BalanceReading) -> Result<Item, StoreError> {
    let b = &reading.business;
    let record = BalanceRecord {
        business: b.clone(),
        from: reading.from,
        read_until: reading.read_until,
        due_at: None,
        began_at: reading.place.as_ref().map(|place| place.began_at),
        after: reading.place.as_ref().map(|place| place.after.clone()),
        version: reading.version,
    };
    let item = item(&keys::balance_reading(b, reading.provider), &record)?;
    let name = format!("{b}#balance#{}", reading.provider.as_str());
    Ok(match reading.due_at {
        Some(due_at) => due(item, DueList::Jobs, due_at, &name),
        None => item,
    })
}

pub(crate) fn balance(item: Item) -> Result<BalanceReading, StoreError> {
    let provider = text_of(&item, "sk").and_then(keys::provider_of_balance);
    let provider = provider.ok_or_else(|| StoreError::Defect("a reading by time that names no provider".to_owned()))?;
    let record: BalanceRecord = record(item)?;
    Ok(BalanceReading {
        business: record.business,
        provider,
        from: record.from,
        read_until: record.read_until,
        due_at: record.due_at,
        place: record.began_at.zip(record.after).map(|(began_at, after)| BalancePlace { began_at, after }),
        version: record.version,
    })
}
