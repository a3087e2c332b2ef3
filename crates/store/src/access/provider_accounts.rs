//! Accounts at providers, and the businesses that share them.

use receivables::provider_object::Provider;

use crate::error::StoreError;
use crate::items::provider_accounts::{self, ProviderAccount};
use crate::keys;
use crate::table::Store;

impl Store {
    /// The account at a provider; one that no business has joined where there is none.
    pub async fn provider_account(&self, provider: Provider) -> Result<ProviderAccount, StoreError> {
        let item = self.get(&self.tables.core, &keys::provider_account(provider)).await?;
        provider_accounts::provider_account(provider, item)
    }

    /// Writes an account over the version before its own. Says whether it was still that.
    pub async fn put_provider_account(&self, account: &ProviderAccount) -> Result<bool, StoreError> {
        self.put_next(provider_accounts::of_provider_account(account)?, account.version, &[]).await
    }
}
