//! Payouts and saved methods: merged over what was read, and never over anything newer.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use receivables::provider_object::Provider;
use receivables::{BusinessId, CustomerId, ObjectId, PaymentId};

use super::accounts::{Page, Paged};
use crate::calls::traced;
use crate::error::StoreError;
use crate::items::payouts::{self, Payout, PayoutTransaction, SavedMethod};
use crate::items::{Index, Item, number, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};

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
        self.put_next(payouts::of_payout(b, payout)?, payout.version).await
    }

    /// Writes those transactions of a payout that are not there yet. They never change, but for the payment that a later match
    /// finds.
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
        let mut items = Vec::new();
        for one in transactions.iter().filter(|one| !known.contains(key(one).sk.as_str())) {
            items.push(payouts::of_transaction(b, payout, one)?);
        }
        self.put_many(core, items).await
    }

    /// Says whose a transaction is, if that is not known yet.
    pub async fn match_payout_transaction(
        &self,
        b: &BusinessId,
        payout: &Payout,
        one: &PayoutTransaction,
    ) -> Result<(), StoreError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.tables.core)
            .set_item(Some(payouts::of_transaction(b, payout, one)?))
            .condition_expression("attribute_not_exists(payment)");
        match traced("PutItem", &self.tables.core, put.send()).await {
            Err(error)
                if !error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Err(StoreError::of(&error))
            }
            Ok(_) | Err(_) => Ok(()),
        }
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
        let pk = keys::payment_partition(b, p);
        let query = Query::of(Index::Parent, &pk, Range::Prefix(keys::TRANSACTION));
        self.whole(&self.tables.core, query).await?.into_iter().map(payouts::transaction).collect()
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
        self.get(&self.tables.core, &key).await?.map(payouts::method).transpose()
    }

    /// Writes a saved method over the version before its own. Says whether it was still that.
    pub async fn put_method(&self, b: &BusinessId, method: &SavedMethod) -> Result<bool, StoreError> {
        self.put_next(payouts::of_method(b, method)?, method.version).await
    }

    /// The saved methods of a customer.
    pub async fn methods_of(&self, b: &BusinessId, c: &CustomerId) -> Result<Vec<SavedMethod>, StoreError> {
        let pk = keys::account(b, c);
        let query = Query::of(Index::Parent, &pk, Range::Prefix(keys::METHOD));
        self.whole(&self.tables.core, query).await?.into_iter().map(payouts::method).collect()
    }

    /// Puts an item of a version over the one before it, or as the first.
    pub(super) async fn put_next(&self, item: Item, version: u64) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(&self.tables.core).set_item(Some(item));
        let put = if version <= 1 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("version = :was").expression_attribute_values(":was", number(version - 1))
        };
        match traced("PutItem", &self.tables.core, put.send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(StoreError::of(&error)),
        }
    }
}
