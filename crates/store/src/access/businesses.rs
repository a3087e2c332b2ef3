//! Businesses, their host names and keys.

use std::sync::PoisonError;

use aws_sdk_dynamodb::types::ReturnValue;
use receivables::{BillingZone, Business, BusinessId, KeyId};

use crate::error::StoreError;
use crate::items::customers::ApiKey;
use crate::items::{Index, Item, customers, item, listed, record, text, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};

impl Store {
    /// The business of an id.
    pub async fn business(&self, b: &BusinessId) -> Result<Option<Business>, StoreError> {
        let item = self.get(&self.tables.core, &keys::business(b)).await?;
        let business = item.map(customers::business).transpose()?;
        if let Some(business) = &business {
            self.remember_zone(business);
        }
        Ok(business)
    }

    /// The zone in which a business counts its days: read once, since it stays the same.
    pub(crate) async fn billing_zone(&self, b: &BusinessId) -> Result<BillingZone, StoreError> {
        let known = self.zones.lock().unwrap_or_else(PoisonError::into_inner).get(b).cloned();
        if let Some(zone) = known {
            return Ok(zone);
        }
        let business = self.business(b).await?;
        let business = business.ok_or_else(|| StoreError::Defect(format!("there is no business {b}")))?;
        Ok(business.time_zone)
    }

    pub(crate) fn remember_zone(&self, business: &Business) {
        let mut zones = self.zones.lock().unwrap_or_else(PoisonError::into_inner);
        zones.insert(business.id.clone(), business.time_zone.clone());
    }

    /// The business that a host name stands for.
    pub async fn business_of_host(&self, host: &str) -> Result<Option<BusinessId>, StoreError> {
        let Some(item) = self.get(&self.tables.core, &keys::host(host)).await? else { return Ok(None) };
        let id = text_of(&item, "target").unwrap_or_default().parse();
        id.map(Some).map_err(|error| StoreError::defect("host", &error))
    }

    /// Writes a business, new or changed.
    pub async fn put_business(&self, business: &Business) -> Result<(), StoreError> {
        self.put(&self.tables.core, customers::of_business(business)?).await?;
        self.remember_zone(business);
        Ok(())
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
        let item = listed(
            item,
            Index::Parent,
            &keys::business_partition(&key.business),
            &format!("{}{}", keys::API_KEY, key.id),
        );
        self.put_new(&self.tables.core, item).await
    }

    /// The keys of a business, oldest first.
    pub async fn keys_of_business(&self, b: &BusinessId) -> Result<Vec<ApiKey>, StoreError> {
        self.key_items(b).await?.into_iter().map(record).collect()
    }

    /// Removes a key, which opens nothing from then on. Says whether there was one.
    pub async fn remove_key(&self, b: &BusinessId, id: &KeyId) -> Result<bool, StoreError> {
        for item in self.key_items(b).await? {
            let key = [("pk", item.get("pk").cloned()), ("sk", item.get("sk").cloned())];
            if record::<ApiKey>(item)?.id != *id {
                continue;
            }
            let key = key.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect();
            let gone = self.client.delete_item().table_name(&self.tables.core).set_key(Some(key));
            let gone = gone.return_values(ReturnValue::AllOld).send().await.map_err(|error| StoreError::of(&error))?;
            return Ok(gone.attributes.is_some());
        }
        Ok(false)
    }

    async fn key_items(&self, b: &BusinessId) -> Result<Vec<Item>, StoreError> {
        let pk = keys::business_partition(b);
        self.whole(&self.tables.core, Query::of(Index::Parent, &pk, Range::Prefix(keys::API_KEY))).await
    }
}
