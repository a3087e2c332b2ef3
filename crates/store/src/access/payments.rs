//! Payments: one query loads a payment with its allocations and facts.

use jiff::Timestamp;
use receivables::{BusinessId, CustomerId, InvoiceId, Payment, PaymentId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::reviews::{self, ListedReview, UnappliedCash};
use crate::items::{Index, number, payments, text, text_of};
use crate::keys;
use crate::table::{Query, Range, Store, Update};

/// Items of one partition of the due list read at a time.
const DUE_PAGE: i32 = 25;

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

    /// Money of known customers that covers no invoice, oldest first.
    pub async fn unapplied(&self, b: &BusinessId, page: &Page) -> Result<Paged<UnappliedCash>, StoreError> {
        let pk = keys::unapplied(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, reviews::unapplied).await
    }

    /// The payments of one shard of the due list that are due to be looked at, the longest due first.
    pub async fn due_payments(&self, shard: u8, now: Timestamp) -> Result<Vec<Payment>, StoreError> {
        let (pk, to) = (keys::due_shard(shard), format!("{now:.3}~"));
        let query = Query { limit: Some(DUE_PAGE), ..Query::of(Index::Due, &pk, Range::UpTo(&to)) };
        let (items, _) = self.page(&self.tables.core, query).await?;
        items.into_iter().map(payments::payment_head).collect()
    }

    /// Moves the instant at which a payment is due, if it is still what it was. Says whether it was: so this is also how a
    /// worker claims it, by moving it a lease ahead.
    pub async fn retime_payment(&self, payment: &Payment, to: Option<Timestamp>) -> Result<bool, StoreError> {
        let Some(seen) = payment.next_poll_at else { return Ok(false) };
        let (b, p) = (&payment.business, &payment.id);
        let seen = (":seen", text(&seen.to_string()));
        let version = (":version", number(payment.version));
        let (set, mut values) = match to {
            Some(to) => (
                "SET look_at = :to, gsi3pk = :list, gsi3sk = :place",
                vec![
                    (":to", text(&to.to_string())),
                    (":list", text(&keys::due(p))),
                    (":place", text(&keys::due_payment(to, b, p))),
                ],
            ),
            None => ("REMOVE look_at, gsi3pk, gsi3sk", Vec::new()),
        };
        values.extend([seen, version]);
        let key = keys::payment(b, p);
        let condition = "look_at = :seen AND version = :version";
        self.update(&self.tables.core, Update { key: &key, set, condition, values, names: Vec::new() }).await
    }
}
