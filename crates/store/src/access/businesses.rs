//! Businesses, their host names and keys.

use receivables::{Business, BusinessId};

use crate::error::StoreError;
use crate::items::customers::ApiKey;
use crate::items::{Index, Item, customers, item, listed, record, text, text_of};
use crate::keys;
use crate::table::Store;

impl Store {
    /// The business of an id.
    pub async fn business(&self, b: &BusinessId) -> Result<Option<Business>, StoreError> {
        self.get(&self.tables.core, &keys::business(b)).await?.map(customers::business).transpose()
    }

    /// The business that a host name stands for.
    pub async fn business_of_host(&self, host: &str) -> Result<Option<BusinessId>, StoreError> {
        let Some(item) = self.get(&self.tables.core, &keys::host(host)).await? else { return Ok(None) };
        let id = text_of(&item, "target").unwrap_or_default().parse();
        id.map(Some).map_err(|error| StoreError::defect("host", &error))
    }

    /// Writes a business, new or changed.
    pub async fn put_business(&self, business: &Business) -> Result<(), StoreError> {
        self.put(&self.tables.core, customers::of_business(business)?).await
    }

    /// Lets a host name stand for a business.
    pub async fn put_host(&self, host: &str, b: &BusinessId) -> Result<(), StoreError> {
        let key = keys::host(host);
        let item = Item::from([
            ("pk".to_owned(), text(&key.pk)),
            ("sk".to_owned(), text(&key.sk)),
            ("target".to_owned(), text(b.as_str())),
        ]);
        self.put(&self.tables.core, item).await
    }

    /// The key of a secret's hash.
    pub async fn key(&self, secret_hash: &str) -> Result<Option<ApiKey>, StoreError> {
        self.get(&self.tables.core, &keys::api_key(secret_hash)).await?.map(record).transpose()
    }

    /// Writes a key under its secret's hash. Says whether it is new.
    pub async fn put_key(&self, secret_hash: &str, key: &ApiKey) -> Result<bool, StoreError> {
        let item = item(&keys::api_key(secret_hash), key)?;
        let item = listed(item, Index::Parent, &keys::business_partition(&key.business), &format!("K#{}", key.id));
        self.put_new(&self.tables.core, item).await
    }
}
