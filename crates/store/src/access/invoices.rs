//! Invoices and their pay links.

use std::collections::BTreeMap;

use jiff::civil::Date;
use receivables::invoice::InvoiceBalance;
use receivables::text::{ExternalId, InvoiceNumber};
use receivables::{BusinessId, CustomerId, Invoice, InvoiceId, PayLink, PayLinkId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::{Index, invoices};
use crate::keys::{self, Unique};
use crate::table::{Query, Range, Store};

impl Store {
    /// The invoice of an id.
    pub async fn invoice(&self, b: &BusinessId, i: &InvoiceId) -> Result<Option<Invoice>, StoreError> {
        self.get(&self.tables.core, &keys::invoice(b, i)).await?.map(invoices::invoice).transpose()
    }

    /// The invoices of many ids, by id.
    pub async fn invoices(
        &self,
        b: &BusinessId,
        ids: &[InvoiceId],
    ) -> Result<BTreeMap<InvoiceId, Invoice>, StoreError> {
        let keys: Vec<keys::Key> = ids.iter().map(|id| keys::invoice(b, id)).collect();
        let items = self.get_many(&self.tables.core, &keys).await?;
        let read = items.into_iter().map(|item| invoices::invoice(item).map(|invoice| (invoice.id.clone(), invoice)));
        read.collect()
    }

    /// How many invoices stand now.
    pub async fn balances(
        &self,
        b: &BusinessId,
        ids: &[InvoiceId],
    ) -> Result<BTreeMap<InvoiceId, InvoiceBalance>, StoreError> {
        Ok(self.invoices(b, ids).await?.into_iter().map(|(id, invoice)| (id, invoice.balance)).collect())
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

    /// The open invoices of a customer, by due date.
    pub async fn open_invoices(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        page: &Page,
    ) -> Result<Paged<Invoice>, StoreError> {
        let pk = keys::account(b, c);
        self.list(Query::of(Index::Parent, &pk, Range::Prefix(keys::INVOICE_OPEN)), page, invoices::invoice).await
    }

    /// The invoices of a customer: open ones by due date, then closed ones.
    pub async fn invoices_of(&self, b: &BusinessId, c: &CustomerId, page: &Page) -> Result<Paged<Invoice>, StoreError> {
        let pk = keys::account(b, c);
        self.list(Query::of(Index::Parent, &pk, Range::Prefix(keys::INVOICE)), page, invoices::invoice).await
    }

    /// The invoices of a business: open ones by due date, then closed ones.
    pub async fn invoices_of_business(&self, b: &BusinessId, page: &Page) -> Result<Paged<Invoice>, StoreError> {
        let pk = keys::invoices(b);
        self.list(Query::of(Index::List, &pk, Range::All), page, invoices::invoice).await
    }

    /// The open invoices of a business due before a day, by due date.
    pub async fn open_invoices_of_business(
        &self,
        b: &BusinessId,
        due_before: Option<Date>,
        page: &Page,
    ) -> Result<Paged<Invoice>, StoreError> {
        let pk = keys::invoices(b);
        let to = due_before.map_or_else(|| "O#~".to_owned(), |day| format!("O#{day}"));
        self.list(Query::of(Index::List, &pk, Range::Between("O#", &to)), page, invoices::invoice).await
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

    /// The pay links of an invoice, newest first.
    pub async fn pay_links_of_invoice(&self, b: &BusinessId, i: &InvoiceId) -> Result<Vec<PayLink>, StoreError> {
        let pk = keys::invoice_partition(b, i);
        let query = Query::of(Index::Parent, &pk, Range::Prefix(keys::PAY_LINK));
        let query = Query { newest_first: true, limit: Some(20), ..query };
        let (items, _) = self.page(&self.tables.core, query).await?;
        items.into_iter().map(invoices::pay_link).collect()
    }
}
