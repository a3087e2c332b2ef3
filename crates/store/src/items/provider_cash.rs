//! Money that lies at a provider for one of its customers.

use jiff::Timestamp;
use receivables::provider_object::Provider;
use receivables::{BusinessId, Currency, Money, ObjectId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, money, provider_of, record};
use crate::error::StoreError;
use crate::keys;

/// What lies at a provider for a customer of theirs and is part of no payment: it is not the business's yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderCash {
    pub provider: Provider,
    /// The provider's customer.
    pub customer: ObjectId,
    /// How much lies there, by currency; nothing once all of it is used or was sent back.
    pub held: Vec<Money>,
    /// When the provider said so last.
    pub heard_at: Timestamp,
    /// Counts the changes.
    pub version: u64,
}

#[derive(Serialize, Deserialize)]
struct CashRecord {
    customer: ObjectId,
    held: Vec<(Currency, i64)>,
    heard_at: Timestamp,
    version: u64,
}

/// The attributes that it loses once nothing lies there.
pub(crate) const OPTIONAL_OF_CASH: &[&str] = &["gsi2pk", "gsi2sk"];

pub(crate) fn of_cash(b: &BusinessId, cash: &ProviderCash) -> Result<Item, StoreError> {
    let held = cash.held.iter().map(|amount| (amount.currency(), amount.minor())).collect();
    let (customer, heard_at) = (cash.customer.clone(), cash.heard_at);
    let record = CashRecord { customer, held, heard_at, version: cash.version };
    let item = item(&keys::provider_cash(b, cash.provider, &cash.customer), &record)?;
    if cash.held.is_empty() {
        return Ok(item);
    }
    let place = format!("{heard_at:.3}#{}", cash.customer);
    Ok(listed(item, Index::List, &keys::all_provider_cash(b), &place))
}

pub(crate) fn cash(item: Item) -> Result<ProviderCash, StoreError> {
    let provider = provider_of(&item)?;
    let record: CashRecord = record(item)?;
    let held = record.held.into_iter().map(|(currency, minor)| money(minor, currency));
    Ok(ProviderCash {
        provider,
        customer: record.customer,
        held: held.collect::<Result<_, StoreError>>()?,
        heard_at: record.heard_at,
        version: record.version,
    })
}
