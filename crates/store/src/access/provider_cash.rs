//! Money that lies at a provider for one of its customers.

use receivables::provider_object::Provider;
use receivables::{BusinessId, ObjectId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::Index;
use crate::items::provider_cash::{self, ProviderCash};
use crate::keys;
use crate::table::{Query, Range, Store};

impl Store {
    /// What is known to lie at a provider for its customer.
    pub async fn provider_cash(
        &self,
        b: &BusinessId,
        provider: Provider,
        customer: &ObjectId,
    ) -> Result<Option<ProviderCash>, StoreError> {
        let key = keys::provider_cash(b, provider, customer);
        self.get(&self.tables.core, &key).await?.map(provider_cash::cash).transpose()
    }

    /// Writes what lies there over the version before its own. Says whether it was still that.
    pub async fn put_provider_cash(&self, b: &BusinessId, cash: &ProviderCash) -> Result<bool, StoreError> {
        self.put_next(provider_cash::of_cash(b, cash)?, cash.version, provider_cash::OPTIONAL_OF_CASH).await
    }

    /// All that lies at the providers, what was heard of first at the beginning.
    pub async fn all_provider_cash(&self, b: &BusinessId, page: &Page) -> Result<Paged<ProviderCash>, StoreError> {
        let pk = keys::all_provider_cash(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, provider_cash::cash).await
    }
}
