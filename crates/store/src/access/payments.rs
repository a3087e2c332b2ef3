//! Payments: one query loads a payment with its allocations and facts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use receivables::{BusinessId, CustomerId, InvoiceId, Payment, PaymentId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::reviews::{self, ListedReview, UnappliedCash};
use crate::items::{Index, Item, payments, text_of};
use crate::keys;
use crate::table::{Query, Range, Store};

impl Store {
    /// A payment, its allocations and its facts.
    pub async fn payment(&self, b: &BusinessId, p: &PaymentId) -> Result<Option<Payment>, StoreError> {
        let pk = keys::payment_partition(b, p);
        self.assembled(&pk, payments::payment).await
    }

    /// The payments of a customer, newest first, without their allocations and facts.
    pub async fn payments_of(&self, b: &BusinessId, c: &CustomerId, page: &Page) -> Result<Paged<Payment>, StoreError> {
        let pk = keys::account(b, c);
        let query = Query { newest_first: true, ..Query::of(Index::Parent, &pk, Range::Prefix(keys::PAYMENT)) };
        self.list(query, page, payments::payment_head).await
    }

    /// The payments of a business that were started in the month of an instant, oldest first, without their allocations and
    /// facts.
    pub async fn payments_of_month(
        &self,
        b: &BusinessId,
        at: Timestamp,
        page: &Page,
    ) -> Result<Paged<Payment>, StoreError> {
        let (pk, _) = keys::payments_of_month(b, at);
        self.list(Query::of(Index::List, &pk, Range::All), page, payments::payment_head).await
    }

    /// Payments as their records alone tell, without their allocations and facts.
    pub async fn payment_heads(
        &self,
        b: &BusinessId,
        payments: &BTreeSet<PaymentId>,
    ) -> Result<BTreeMap<PaymentId, Payment>, StoreError> {
        let keys: Vec<keys::Key> = payments.iter().map(|payment| keys::payment(b, payment)).collect();
        let heads = self.get_many(&self.tables.core, &keys).await?.into_iter().map(payments::payment_head);
        heads.map(|head| head.map(|head| (head.id().clone(), head))).collect()
    }

    /// Payments with only those of their facts that are named, by the sort keys that [`ProviderTransaction`](crate::ProviderTransaction)
    /// keeps, and without allocations.
    pub async fn payments_in_part(
        &self,
        b: &BusinessId,
        wanted: &BTreeMap<PaymentId, BTreeSet<String>>,
    ) -> Result<BTreeMap<PaymentId, Payment>, StoreError> {
        let of = |payment: &PaymentId| keys::payment(b, payment);
        let heads = wanted.keys().map(&of);
        let facts = wanted.iter().flat_map(|(payment, facts)| {
            let pk = of(payment).pk;
            facts.iter().map(move |fact| keys::Key { pk: pk.clone(), sk: fact.clone() })
        });
        let keys: Vec<keys::Key> = heads.chain(facts).collect();
        let mut items: BTreeMap<String, (Option<Item>, Vec<Item>)> = BTreeMap::new();
        for item in self.get_many(&self.tables.core, &keys).await? {
            let Some(pk) = text_of(&item, "pk").map(str::to_owned) else { continue };
            let (head, facts) = items.entry(pk).or_default();
            if text_of(&item, "sk") == Some("P") { *head = Some(item) } else { facts.push(item) }
        }
        let read = items.into_values().filter_map(|(head, facts)| Some((head?, facts)));
        let read = read.map(|(head, facts)| payments::payment_in_part(head, facts));
        read.map(|payment| payment.map(|payment| (payment.id().clone(), payment))).collect()
    }

    /// The payments that were meant for an invoice, newest first.
    pub async fn payments_of_invoice(&self, b: &BusinessId, i: &InvoiceId) -> Result<Vec<PaymentId>, StoreError> {
        let pk = keys::invoice_partition(b, i);
        let query = Query { newest_first: true, ..Query::of(Index::Parent, &pk, Range::Prefix(keys::PAYMENT)) };
        let items = self.whole(&self.tables.core, query).await?;
        let prefix = format!("P#{b}#");
        let ids = items
            .iter()
            .map(|item| text_of(item, "pk").and_then(|pk| pk.strip_prefix(&prefix)).unwrap_or_default().parse());
        ids.collect::<Result<_, _>>().map_err(|error| StoreError::defect("allocation", &error))
    }

    /// What a person should look at, oldest first.
    pub async fn reviews(&self, b: &BusinessId, page: &Page) -> Result<Paged<ListedReview>, StoreError> {
        let pk = keys::reviews(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, reviews::review).await
    }

    /// What is unapplied of an account, as stored now.
    pub async fn unapplied_of_account(&self, b: &BusinessId, c: &CustomerId) -> Result<Vec<UnappliedCash>, StoreError> {
        let pk = keys::account(b, c);
        let query = Query { range: Range::Prefix(keys::UNAPPLIED), ..Query::all(&pk) };
        self.whole(&self.tables.core, query).await?.into_iter().map(reviews::unapplied).collect()
    }

    /// Money of known customers that covers no invoice, oldest first.
    pub async fn unapplied(&self, b: &BusinessId, page: &Page) -> Result<Paged<UnappliedCash>, StoreError> {
        let pk = keys::unapplied(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, reviews::unapplied).await
    }
}
