//! Payouts, what moved at the providers, and saved methods: merged over what was read, and never over anything newer.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use jiff::Timestamp;
use receivables::provider_object::Provider;
use receivables::{BusinessId, CustomerId, ObjectId, PaymentId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::balance_readings::{self, BalanceReading};
use crate::items::methods::{self, SavedMethod};
use crate::items::movements::{self, Movement, ProviderTransaction};
use crate::items::payouts::{self, Payout};
use crate::items::{Index, Item, text, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};
use crate::update::Update;

/// Transactions that are written at the same time.
const TRANSACTIONS_AT_ONCE: usize = 16;

impl Store {
    /// A payout.
    pub async fn payout(
        &self,
        b: &BusinessId,
        provider: Provider,
        id: &ObjectId,
    ) -> Result<Option<Payout>, StoreError> {
        let key = keys::payout(b, provider, id);
        self.get(&self.tables.core, &key).await?.map(payouts::payout).transpose()
    }

    /// Writes a payout over the version before its own. Says whether it was still that.
    pub async fn put_payout(&self, b: &BusinessId, payout: &Payout) -> Result<bool, StoreError> {
        self.put_next(payouts::of_payout(b, payout)?, payout.version, payouts::OPTIONAL_OF_PAYOUT).await
    }

    /// Writes those transactions that are not there yet, and of which payout they are where they name one. Of two readers the first
    /// writes each; what it found out of it stays, and what was read before that is not written over it. A transaction that was read
    /// by time before its payout listed it stays the one that it is.
    pub async fn put_new_transactions(
        &self,
        b: &BusinessId,
        provider: Provider,
        transactions: &[ProviderTransaction],
    ) -> Result<(), StoreError> {
        let core = &self.tables.core;
        // Of a payout's list it is written last that a transaction is of it: then all is there.
        let key = |one: &ProviderTransaction| match &one.payout {
            Some(payout) => keys::transaction_of_payout(b, provider, payout, &one.transaction.id),
            None => keys::transaction(b, provider, &one.transaction.id),
        };
        let keys: Vec<keys::Key> = transactions.iter().map(key).collect();
        let known = self.get_many(core, &keys).await?;
        let place = |item: &Item| Some((text_of(item, "pk")?.to_owned(), text_of(item, "sk")?.to_owned()));
        let known: BTreeSet<(String, String)> = known.iter().filter_map(place).collect();
        let is_new = |one: &&ProviderTransaction| {
            let keys::Key { pk, sk } = key(one);
            !known.contains(&(pk, sk))
        };
        let new: Vec<&ProviderTransaction> = transactions.iter().filter(is_new).collect();
        for some in new.chunks(TRANSACTIONS_AT_ONCE) {
            try_join_all(some.iter().map(|one| Box::pin(self.put_transaction(b, provider, one)))).await?;
        }
        Ok(())
    }

    /// Says whose transactions are, where that is not known yet.
    pub async fn match_transactions(
        &self,
        b: &BusinessId,
        provider: Provider,
        matched: &[ProviderTransaction],
    ) -> Result<(), StoreError> {
        for some in matched.chunks(TRANSACTIONS_AT_ONCE) {
            try_join_all(some.iter().map(|one| Box::pin(self.match_transaction(b, provider, one)))).await?;
        }
        Ok(())
    }

    async fn put_transaction(
        &self,
        b: &BusinessId,
        provider: Provider,
        one: &ProviderTransaction,
    ) -> Result<(), StoreError> {
        let core = &self.tables.core;
        self.put_owner(b, provider, one).await?;
        let is_new = self.put_new(core, movements::of_transaction(b, provider, one)?).await?;
        if !is_new && (one.is_known() || one.ownership.is_some()) {
            self.match_transaction(b, provider, one).await?;
        }
        let Some(payout) = &one.payout else { return Ok(()) };
        if !is_new {
            let update = Update {
                key: &keys::transaction(b, provider, &one.transaction.id),
                set: "SET payout = :payout",
                condition: "attribute_not_exists(payout)",
                values: vec![(":payout", text(payout.as_str()))],
                names: Vec::new(),
            };
            self.update(core, update).await?;
        }
        self.put_new(core, movements::of_member(b, provider, payout, &one.transaction.id)?).await.map(drop)
    }

    async fn match_transaction(
        &self,
        b: &BusinessId,
        provider: Provider,
        one: &ProviderTransaction,
    ) -> Result<(), StoreError> {
        self.put_owner(b, provider, one).await?;
        let mut item = movements::of_transaction(b, provider, one)?;
        // When and by which list it was found stays as it was written.
        item.retain(|name, _| name != "recorded_at" && name != "payout");
        let condition = "attribute_exists(pk) AND attribute_not_exists(payment)";
        self.change(&item, movements::OPTIONAL_OF_TRANSACTION, condition, Vec::new()).await.map(drop)
    }

    /// What it is of a payment is written first: a transaction that is there is not looked at again.
    async fn put_owner(&self, b: &BusinessId, provider: Provider, one: &ProviderTransaction) -> Result<(), StoreError> {
        let core = &self.tables.core;
        if let Some(payment) = &one.payment {
            let (name, value) = movements::of_settled(one)?;
            let key = keys::settlement(b, payment);
            let update = Update {
                key: &key,
                set: "SET #one = :one",
                // The same transaction says the same, whoever writes it.
                condition: "attribute_not_exists(#one)",
                values: vec![(":one", value)],
                names: vec![("#one", &name)],
            };
            self.update(core, update).await?;
        }
        let taken_over = movements::of_taken_over(b, provider, one)?;
        for item in movements::of_marks(b, provider, one)?.into_iter().chain(taken_over) {
            self.put_new(core, item).await?;
        }
        Ok(())
    }

    /// The transactions that a provider lists under a payout.
    pub async fn payout_transactions(
        &self,
        b: &BusinessId,
        provider: Provider,
        payout: &ObjectId,
    ) -> Result<Vec<ProviderTransaction>, StoreError> {
        let pk = keys::payout_partition(b, provider, payout);
        let query = Query::within(&pk, Range::Prefix(keys::TRANSACTION));
        let members = self.whole(&self.tables.core, query).await?;
        let ids = members.into_iter().map(movements::member).collect::<Result<BTreeSet<ObjectId>, StoreError>>()?;
        self.transactions(b, provider, &ids).await
    }

    /// Transactions by their ids, those that are known, in the order of their ids.
    pub async fn transactions(
        &self,
        b: &BusinessId,
        provider: Provider,
        ids: &BTreeSet<ObjectId>,
    ) -> Result<Vec<ProviderTransaction>, StoreError> {
        let keys: Vec<keys::Key> = ids.iter().map(|id| keys::transaction(b, provider, id)).collect();
        let found = self.get_many(&self.tables.core, &keys).await?.into_iter().map(movements::transaction);
        let mut found = found.collect::<Result<Vec<_>, StoreError>>()?;
        found.sort_by(|one, other| one.transaction.id.cmp(&other.transaction.id));
        Ok(found)
    }

    /// A page of the transactions since an instant of which nobody knows whose they are, newest first.
    pub async fn unmatched_transactions(
        &self,
        b: &BusinessId,
        provider: Provider,
        since: Timestamp,
        page: &Page,
    ) -> Result<Paged<ProviderTransaction>, StoreError> {
        let (pk, from) = (keys::unmatched(b, provider), format!("{since:.3}"));
        let range = Range::Between(&from, "~");
        let query = Query { newest_first: true, ..Query::of(Index::Parent, &pk, range) };
        self.list(query, page, movements::transaction).await
    }

    /// What the provider settled of a payment, with its fees.
    pub async fn transactions_of_payment(
        &self,
        b: &BusinessId,
        p: &PaymentId,
    ) -> Result<Vec<ProviderTransaction>, StoreError> {
        let item = self.get(&self.tables.core, &keys::settlement(b, p)).await?;
        item.map_or_else(|| Ok(Vec::new()), movements::settled)
    }

    /// The same of many payments; one of which nothing was paid out is left out.
    pub async fn transactions_of_payments(
        &self,
        b: &BusinessId,
        payments: &BTreeSet<PaymentId>,
    ) -> Result<BTreeMap<PaymentId, Vec<ProviderTransaction>>, StoreError> {
        let keys: Vec<keys::Key> = payments.iter().map(|payment| keys::settlement(b, payment)).collect();
        let mut found = BTreeMap::new();
        for item in self.get_many(&self.tables.core, &keys).await? {
            let settled = movements::settled(item)?;
            if let Some(payment) = settled.iter().find_map(|one| one.payment.clone()) {
                found.insert(payment, settled);
            }
        }
        Ok(found)
    }

    /// What moved at the providers in the month of an instant, and what payments took over in it, by time.
    pub async fn movements_of_month(
        &self,
        b: &BusinessId,
        at: Timestamp,
        page: &Page,
    ) -> Result<Paged<Movement>, StoreError> {
        let pk = keys::movements_of_month(b, at);
        self.list(Query::of(Index::List, &pk, Range::All), page, movements::movement).await
    }

    /// The payouts of a business, newest first.
    pub async fn payouts(&self, b: &BusinessId, page: &Page) -> Result<Paged<Payout>, StoreError> {
        let pk = keys::payouts(b);
        let query = Query { newest_first: true, ..Query::of(Index::List, &pk, Range::All) };
        self.list(query, page, payouts::payout).await
    }

    /// How far the movements at a provider were read by time.
    pub async fn balance_reading(
        &self,
        b: &BusinessId,
        provider: Provider,
    ) -> Result<Option<BalanceReading>, StoreError> {
        let item = self.get(&self.tables.core, &keys::balance_reading(b, provider)).await?;
        item.map(balance_readings::balance).transpose()
    }

    /// Writes a reading over the version before its own. Says whether it was still that.
    pub async fn put_balance_reading(&self, reading: &BalanceReading) -> Result<bool, StoreError> {
        let item = balance_readings::of_balance(reading)?;
        self.put_next(item, reading.version, balance_readings::OPTIONAL_OF_BALANCE).await
    }

    /// A saved method.
    pub async fn method(
        &self,
        b: &BusinessId,
        provider: Provider,
        id: &ObjectId,
    ) -> Result<Option<SavedMethod>, StoreError> {
        let key = keys::method(b, provider, id);
        self.get(&self.tables.core, &key).await?.map(methods::method).transpose()
    }

    /// Writes a saved method over the version before its own. Says whether it was still that.
    pub async fn put_method(&self, b: &BusinessId, method: &SavedMethod) -> Result<bool, StoreError> {
        self.put_next(methods::of_method(b, method)?, method.version, methods::OPTIONAL_OF_METHOD).await
    }

    /// The saved methods of a customer.
    pub async fn methods_of(&self, b: &BusinessId, c: &CustomerId) -> Result<Vec<SavedMethod>, StoreError> {
        let pk = keys::account(b, c);
        let query = Query::of(Index::Parent, &pk, Range::Prefix(keys::METHOD));
        self.whole(&self.tables.core, query).await?.into_iter().map(methods::method).collect()
    }

    /// Writes an item of a version over the one before it, of which `optional` may be there no more, or puts the first.
    pub(super) async fn put_next(&self, item: Item, version: u64, optional: &[&str]) -> Result<bool, StoreError> {
        if version <= 1 {
            return self.put_new(&self.tables.core, item).await;
        }
        self.change_over(&item, version - 1, optional).await
    }
}
