//! Accounts at providers, and the businesses that are paid through them.

use std::collections::BTreeSet;

use receivables::BusinessId;
use receivables::provider_object::Provider;
use serde::{Deserialize, Serialize};

use super::{Item, item, record};
use crate::error::StoreError;
use crate::keys;

/// The account at a provider that these tables' businesses are paid through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderAccount {
    pub provider: Provider,
    /// The businesses that share it.
    pub businesses: BTreeSet<BusinessId>,
    /// The business that was named its owner.
    pub named_owner: Option<BusinessId>,
    /// Counts the changes.
    pub version: u64,
}

impl ProviderAccount {
    /// The business whose account it is: the one that was named, else the only one.
    pub fn owner(&self) -> Option<&BusinessId> {
        let only = || self.businesses.first().filter(|_| self.businesses.len() == 1);
        self.named_owner.as_ref().or_else(only)
    }

    /// Whether it is this business's account. One that no business has joined is whose asks.
    pub fn is_owned_by(&self, b: &BusinessId) -> bool {
        self.owner().is_none_or(|owner| owner == b)
    }

    /// The other businesses, the owner first.
    pub fn others(&self, b: &BusinessId) -> Vec<&BusinessId> {
        let mut others: Vec<&BusinessId> = self.businesses.iter().filter(|other| *other != b).collect();
        others.sort_by_key(|other| (self.owner() != Some(*other), *other));
        others
    }
}

#[derive(Serialize, Deserialize)]
struct ProviderAccountRecord {
    businesses: BTreeSet<BusinessId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    owner: Option<BusinessId>,
    version: u64,
}

pub(crate) fn of_provider_account(account: &ProviderAccount) -> Result<Item, StoreError> {
    let record = ProviderAccountRecord {
        businesses: account.businesses.clone(),
        owner: account.named_owner.clone(),
        version: account.version,
    };
    item(&keys::provider_account(account.provider), &record)
}

/// The account of an item; nobody's where there is none.
pub(crate) fn provider_account(provider: Provider, item: Option<Item>) -> Result<ProviderAccount, StoreError> {
    let Some(item) = item else {
        return Ok(ProviderAccount { provider, businesses: BTreeSet::new(), named_owner: None, version: 0 });
    };
    let record: ProviderAccountRecord = record(item)?;
    Ok(ProviderAccount { provider, businesses: record.businesses, named_owner: record.owner, version: record.version })
}
