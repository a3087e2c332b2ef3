//! Invoices and their pay links.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use receivables::text::{ExternalId, InvoiceNumber};
use receivables::{BusinessId, Currency, CustomerId, Invoice, InvoiceHead, InvoiceId, PayLink, PayLinkId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::{Index, Item, invoices, text_of};
use crate::keys::{self, Unique};
use crate::table::{Query, Range, Store};

impl Store {
    /// The invoice of an id, with its lines.
    pub async fn invoice(&self, b: &BusinessId, i: &InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.assembled(&keys::invoice_partition(b, i), invoices::invoice).await
    }

    /// Invoices with their lines, which are read for them.
    pub async fn with_lines(&self, heads: Vec<InvoiceHead>) -> Result<Vec<Invoice>, StoreError> {
        let keys: Vec<keys::Key> = heads.iter().map(|head| keys::invoice_lines(&head.business, &head.id)).collect();
        let mut lines = by_partition(self.get_many(&self.tables.core, &keys).await?);
        let mut whole = Vec::with_capacity(heads.len());
        for (head, key) in heads.into_iter().zip(keys) {
            match lines.remove(&key.pk) {
                Some(item) => whole.push(invoices::with_lines(head, item)?),
                // Head and lines become visible one after the other.
                None => whole.extend(self.invoice(&head.business, &head.id).await?),
            }
        }
        Ok(whole)
    }

    /// How the invoice of an id stands.
    pub async fn invoice_head(&self, b: &BusinessId, i: &InvoiceId) -> Result<Option<InvoiceHead>, StoreError> {
        self.get(&self.tables.core, &keys::invoice(b, i)).await?.map(invoices::head).transpose()
    }

    /// How the invoices of many ids stand, by id.
    pub async fn invoice_heads(
        &self,
        b: &BusinessId,
        ids: &[InvoiceId],
    ) -> Result<BTreeMap<InvoiceId, InvoiceHead>, StoreError> {
        let keys: Vec<keys::Key> = ids.iter().map(|id| keys::invoice(b, id)).collect();
        let items = self.get_many(&self.tables.core, &keys).await?;
        items.into_iter().map(|item| invoices::head(item).map(|head| (head.id.clone(), head))).collect()
    }

    /// The invoice of a number.
    pub async fn invoice_by_number(
        &self,
        b: &BusinessId,
        number: &InvoiceNumber,
    ) -> Result<Option<InvoiceId>, StoreError> {
        self.target(&keys::unique(b, Unique::InvoiceNumber, number.as_str())).await
    }

    /// The invoice of the business's own id.
    pub async fn invoice_by_external_id(
        &self,
        b: &BusinessId,
        id: &ExternalId,
    ) -> Result<Option<InvoiceId>, StoreError> {
        self.target(&keys::unique(b, Unique::InvoiceExternalId, id.as_str())).await
    }

    /// The open invoices of a customer, by currency and due date.
    pub async fn open_invoices(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        page: &Page,
    ) -> Result<Paged<InvoiceHead>, StoreError> {
        let pk = keys::account(b, c);
        self.heads(Query::of(Index::Parent, &pk, Range::Prefix(keys::INVOICE_OPEN)), page, is_open).await
    }

    /// The open invoices of a customer in one currency, by due date.
    pub async fn open_invoices_in(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        currency: Currency,
        page: &Page,
    ) -> Result<Paged<InvoiceHead>, StoreError> {
        let (pk, prefix) = (keys::account(b, c), keys::invoices_open_in(currency));
        self.heads(Query::of(Index::Parent, &pk, Range::Prefix(&prefix)), page, is_open).await
    }

    /// The invoices of a customer: open ones by currency and due date, then closed ones.
    pub async fn invoices_of(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        page: &Page,
    ) -> Result<Paged<InvoiceHead>, StoreError> {
        let pk = keys::account(b, c);
        self.heads(Query::of(Index::Parent, &pk, Range::Prefix(keys::INVOICE)), page, |_| true).await
    }

    /// The invoices of a business: open ones by due date, then closed ones.
    pub async fn invoices_of_business(&self, b: &BusinessId, page: &Page) -> Result<Paged<InvoiceHead>, StoreError> {
        let pk = keys::invoices(b);
        self.heads(Query::of(Index::List, &pk, Range::All), page, |_| true).await
    }

    /// The open invoices of a business due before a day, by due date.
    pub async fn open_invoices_of_business(
        &self,
        b: &BusinessId,
        due_before: Option<Date>,
        page: &Page,
    ) -> Result<Paged<InvoiceHead>, StoreError> {
        let pk = keys::invoices(b);
        let to = due_before.map_or_else(|| "O#~".to_owned(), |day| format!("O#{day}"));
        self.heads(Query::of(Index::List, &pk, Range::Between("O#", &to)), page, is_open).await
    }

    /// A page of a list of invoices. The list says which they are; how they stand is read again, because an index may be
    /// behind. So a page may hold fewer than its limit although there is a next one.
    async fn heads(
        &self,
        query: Query<'_>,
        page: &Page,
        keep: impl Fn(&InvoiceHead) -> bool,
    ) -> Result<Paged<InvoiceHead>, StoreError> {
        let listed = self.list(query, page, Ok).await?;
        let heads = self.read_again(&listed.items, invoices::head).await?;
        Ok(Paged { items: heads.into_iter().filter(keep).collect(), next_cursor: listed.next_cursor })
    }

    /// The open invoices of a query's list, so many or all, as they stand now.
    pub(crate) async fn first_open(
        &self,
        query: Query<'_>,
        count: Option<usize>,
    ) -> Result<Vec<InvoiceHead>, StoreError> {
        let (mut open, mut start) = (Vec::new(), None);
        loop {
            let limit = count.and_then(|count| i32::try_from(count.saturating_sub(open.len())).ok());
            let next = query.again(start, limit);
            let (listed, last) = self.page(&self.tables.core, next).await?;
            let heads = self.read_again(&listed, invoices::head).await?;
            open.extend(heads.into_iter().filter(is_open));
            start = last;
            if start.is_none() || count.is_some_and(|count| open.len() >= count) {
                return Ok(open);
            }
        }
    }

    /// The pay link of a token's hash.
    pub async fn pay_link(&self, token_hash: &str) -> Result<Option<PayLink>, StoreError> {
        self.get(&self.tables.core, &keys::pay_link(token_hash)).await?.map(invoices::pay_link).transpose()
    }

    /// The pay links of many tokens' hashes, by id.
    pub async fn pay_links(&self, token_hashes: &[String]) -> Result<BTreeMap<PayLinkId, PayLink>, StoreError> {
        let keys: Vec<keys::Key> = token_hashes.iter().map(|hash| keys::pay_link(hash)).collect();
        let items = self.get_many(&self.tables.core, &keys).await?;
        items.into_iter().map(|item| invoices::pay_link(item).map(|link| (link.id.clone(), link))).collect()
    }

    /// The pay links of an invoice, newest first. The list says which they are; whether one was revoked is read again, because an
    /// index may be behind.
    pub async fn pay_links_of_invoice(&self, b: &BusinessId, i: &InvoiceId) -> Result<Vec<PayLink>, StoreError> {
        let pk = keys::invoice_partition(b, i);
        let query = Query::of(Index::Parent, &pk, Range::Prefix(keys::PAY_LINK));
        let query = Query { newest_first: true, limit: Some(20), ..query };
        let (listed, _) = self.page(&self.tables.core, query).await?;
        self.read_again(&listed, invoices::pay_link).await
    }

    /// Listed items as they are now, in the order of the list.
    async fn read_again<T>(
        &self,
        listed: &[Item],
        read: impl Fn(Item) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let keys: Vec<keys::Key> = listed.iter().filter_map(key_of).collect();
        let mut items = by_partition(self.get_many(&self.tables.core, &keys).await?);
        keys.iter().filter_map(|key| items.remove(&key.pk)).map(read).collect()
    }
}

pub(super) fn by_partition(items: Vec<Item>) -> HashMap<String, Item> {
    items.into_iter().filter_map(|item| Some((text_of(&item, "pk")?.to_owned(), item))).collect()
}

fn key_of(item: &Item) -> Option<keys::Key> {
    Some(keys::Key { pk: text_of(item, "pk")?.to_owned(), sk: text_of(item, "sk")?.to_owned() })
}

fn is_open(head: &InvoiceHead) -> bool {
    !head.balance.open().is_zero()
}
