//! Payouts and saved methods: merged over what was read, and never over anything newer.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::try_join_all;
use jiff::Timestamp;
use receivables::provider_object::Provider;
use receivables::{BusinessId, CustomerId, ObjectId, PaymentId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::methods::{self, SavedMethod};
use crate::items::payouts::{self, Movement, Payout, PayoutTransaction};
use crate::items::{Index, Item, text_of};
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

    /// Writes those transactions of a payout that are not there yet. Of two readers of one list the first writes each; what it found
    /// out of it stays, and what was read before that is not written over it.
    pub async fn put_new_payout_transactions(
        &self,
        b: &BusinessId,
        payout: &Payout,
        transactions: &[PayoutTransaction],
    ) -> Result<(), StoreError> {
        let core = &self.tables.core;
        let key = |one: &PayoutTransaction| keys::transaction(b, payout.provider, &payout.id, &one.transaction.id);
        let keys: Vec<keys::Key> = transactions.iter().map(key).collect();
        let known = self.get_many(core, &keys).await?;
        let known: BTreeSet<&str> = known.iter().filter_map(|item| text_of(item, "sk")).collect();
        let new = transactions.iter().filter(|one| !known.contains(key(one).sk.as_str()));
        self.put_transactions(b, payout, new, true).await
    }

    /// Says whose transactions are, where that is not known yet.
    pub async fn match_payout_transactions(
        &self,
        b: &BusinessId,
        payout: &Payout,
        matched: &[PayoutTransaction],
    ) -> Result<(), StoreError> {
        self.put_transactions(b, payout, matched.iter(), false).await
    }

    async fn put_transactions(
        &self,
        b: &BusinessId,
        payout: &Payout,
        transactions: impl Iterator<Item = &PayoutTransaction>,
        are_new: bool,
    ) -> Result<(), StoreError> {
        let transactions: Vec<&PayoutTransaction> = transactions.collect();
        for some in transactions.chunks(TRANSACTIONS_AT_ONCE) {
            let puts = some.iter().map(|one| Box::pin(self.put_transaction(b, payout, one, are_new)));
            try_join_all(puts).await?;
        }
        Ok(())
    }

    /// What it is of a payment is written first: a transaction that is there is not looked at again.
    async fn put_transaction(
        &self,
        b: &BusinessId,
        payout: &Payout,
        one: &PayoutTransaction,
        is_new: bool,
    ) -> Result<(), StoreError> {
        let core = &self.tables.core;
        if let Some(payment) = &one.payment {
            let (name, value) = payouts::of_settled(one)?;
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
        if let Some(taken_over) = payouts::of_taken_over(b, payout, one)? {
            self.put_new(core, taken_over).await?;
        }
        let item = payouts::of_transaction(b, payout, one)?;
        if is_new {
            self.put_new(core, item).await?;
        } else {
            self.change(&item, &[], "attribute_exists(pk) AND attribute_not_exists(payment)", Vec::new()).await?;
        }
        Ok(())
    }

    /// The transactions of a payout.
    pub async fn payout_transactions(
        &self,
        b: &BusinessId,
        provider: Provider,
        payout: &ObjectId,
    ) -> Result<Vec<PayoutTransaction>, StoreError> {
        let pk = keys::payout_partition(b, provider, payout);
        let query = Query::within(&pk, Range::Prefix(keys::TRANSACTION));
        self.whole(&self.tables.core, query).await?.into_iter().map(payouts::transaction).collect()
    }

    /// What the provider settled of a payment, with its fees.
    pub async fn transactions_of_payment(
        &self,
        b: &BusinessId,
        p: &PaymentId,
    ) -> Result<Vec<PayoutTransaction>, StoreError> {
        let item = self.get(&self.tables.core, &keys::settlement(b, p)).await?;
        item.map_or_else(|| Ok(Vec::new()), payouts::settled)
    }

    /// The same of many payments; one of which nothing was paid out is left out.
    pub async fn transactions_of_payments(
        &self,
        b: &BusinessId,
        payments: &BTreeSet<PaymentId>,
    ) -> Result<BTreeMap<PaymentId, Vec<PayoutTransaction>>, StoreError> {
        let keys: Vec<keys::Key> = payments.iter().map(|payment| keys::settlement(b, payment)).collect();
        let mut found = BTreeMap::new();
        for item in self.get_many(&self.tables.core, &keys).await? {
            let settled = payouts::settled(item)?;
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
        self.list(Query::of(Index::List, &pk, Range::All), page, payouts::movement).await
    }

    /// The payouts of a business, newest first.
    pub async fn payouts(&self, b: &BusinessId, page: &Page) -> Result<Paged<Payout>, StoreError> {
        let pk = keys::payouts(b);
        let query = Query { newest_first: true, ..Query::of(Index::List, &pk, Range::All) };
        self.list(query, page, payouts::payout).await
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
