//! Customers, and how their accounts stand.

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use jiff::civil::Date;
use receivables::invoice::ListPlace;
use receivables::ledger::Entry;
use receivables::statement::{AccountSums, StatementCursor, StatementData, StatementKind, StatementQuery};
use receivables::text::{EmailAddress, ExternalId};
use receivables::{BusinessId, Customer, CustomerId, InvoiceHead};

use crate::calls::traced;
use crate::error::StoreError;
use crate::items::{Index, Item, customers, ledger, text_of};
use crate::keys::{self, Unique};
use crate::table::{Query, Range, Store};

/// Items of a page where nothing is said, and at most.
const PAGE_LIMIT_MAX: usize = 100;
/// Customers that may share one address.
const CUSTOMERS_PER_ADDRESS_MAX: i32 = 25;

/// Which page of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// How many, at most 100.
    pub limit: usize,
    /// Where it begins: the `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    pub items: Vec<T>,
    /// Where the next begins, if there is more.
    pub next_cursor: Option<String>,
}

impl Page {
    /// The first `limit` items.
    pub fn first(limit: usize) -> Self {
        Self { limit, cursor: None }
    }

    pub(crate) fn limit(&self) -> i32 {
        i32::try_from(self.limit.clamp(1, PAGE_LIMIT_MAX)).unwrap_or(100)
    }
}

/// A cursor is the index's sort key and the item's own key, each part hexadecimal; the partition is never taken from it.
pub(crate) fn cursor_of(last: &Item, index: Index) -> Option<String> {
    let part = |name: &str| text_of(last, name).map(hex::encode);
    Some(format!("{}.{}.{}", part(index.sk())?, part("pk")?, part("sk")?))
}

pub(crate) fn start_of(cursor: &str, index: Index, partition: &str) -> Option<Item> {
    // No part of a key is empty; the table would refuse it.
    let part = |part| String::from_utf8(hex::decode(part).ok()?).ok().filter(|part| !part.is_empty());
    let mut parts = cursor.split('.').map(part);
    let (place, pk, sk) = (parts.next()??, parts.next()??, parts.next()??);
    let value = crate::items::text;
    Some(Item::from([
        (index.pk().to_owned(), value(partition)),
        (index.sk().to_owned(), value(&place)),
        ("pk".to_owned(), value(&pk)),
        ("sk".to_owned(), value(&sk)),
    ]))
}

impl Store {
    /// One page of an index, read into what it holds. A cursor that is not ours begins at the beginning.
    pub(crate) async fn list<T>(
        &self,
        query: Query<'_>,
        page: &Page,
        read: impl Fn(Item) -> Result<T, StoreError>,
    ) -> Result<Paged<T>, StoreError> {
        let index = query.index.unwrap_or(Index::Parent);
        let start = page.cursor.as_deref().and_then(|cursor| start_of(cursor, index, query.pk));
        let query = Query { limit: Some(page.limit()), start, ..query };
        let (items, last) = self.page(&self.tables.core, query).await?;
        let next_cursor = last.and_then(|last| cursor_of(&last, index));
        Ok(Paged { items: items.into_iter().map(read).collect::<Result<_, _>>()?, next_cursor })
    }

    /// The customer of an id.
    pub async fn customer(&self, b: &BusinessId, c: &CustomerId) -> Result<Option<Customer>, StoreError> {
        self.get(&self.tables.core, &keys::customer(b, c)).await?.map(customers::customer).transpose()
    }

    /// The customer of the business's own id.
    pub async fn customer_by_external_id(
        &self,
        b: &BusinessId,
        id: &ExternalId,
    ) -> Result<Option<CustomerId>, StoreError> {
        self.target(&keys::unique(b, Unique::CustomerExternalId, id.as_str())).await
    }

    /// The customers of an address.
    pub async fn customers_by_email(
        &self,
        b: &BusinessId,
        email: &EmailAddress,
    ) -> Result<Vec<CustomerId>, StoreError> {
        let pk = keys::emails(b, &email.folded());
        let query = Query { limit: Some(CUSTOMERS_PER_ADDRESS_MAX), ..Query::all(&pk) };
        let (items, _) = self.page(&self.tables.core, query).await?;
        let ids = items.iter().map(|item| text_of(item, "target").unwrap_or_default().parse());
        ids.collect::<Result<_, _>>().map_err(|error| StoreError::defect("address", &error))
    }

    /// The customers of a business, by name.
    pub async fn customers(&self, b: &BusinessId, page: &Page) -> Result<Paged<Customer>, StoreError> {
        let pk = keys::customers(b);
        self.list(Query::of(Index::Parent, &pk, Range::All), page, customers::customer).await
    }

    /// The sums of an account, from its balance item.
    pub async fn account(&self, b: &BusinessId, c: &CustomerId) -> Result<AccountSums, StoreError> {
        let item = self.get(&self.tables.core, &keys::balance(b, c)).await?;
        item.as_ref().map_or_else(|| Ok(AccountSums::default()), ledger::sums)
    }

    /// All that was entered on an account, in the order of its days.
    pub async fn entries(&self, b: &BusinessId, c: &CustomerId) -> Result<Vec<Entry>, StoreError> {
        let pk = keys::account(b, c);
        let query = Query { range: Range::Prefix(keys::LEDGER), ..Query::all(&pk) };
        self.whole(&self.tables.core, query).await?.into_iter().map(ledger::entry).collect()
    }

    /// Entries of an account in the order of their keys: those whose keys come after one, or from the first on, and that are of a day
    /// before one; so many, or all there are. An entry's own [`key`](Entry::key) is the place after which to go on.
    pub async fn entries_after_key(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        after: Option<&str>,
        before: Date,
        count: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let pk = keys::account(b, c);
        // What comes right after the place itself.
        let from = after.map_or_else(|| keys::LEDGER.to_owned(), |after| format!("{}{after}!", keys::LEDGER));
        let to = format!("{}{before}", keys::LEDGER);
        if to < from {
            return Ok(Vec::new());
        }
        let query = Query::within(&pk, Range::Between(&from, &to));
        self.first(&self.tables.core, query, count).await?.into_iter().map(ledger::entry).collect()
    }

    /// What a page of a statement is made of, in one round trip: the sums, its lines or open items, and what was entered
    /// after it; open items take a second, for how they stand. The last is nothing where the page ends today, so that the first page of an old account costs no more than
    /// that of a young one.
    pub async fn statement(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        ask: &StatementQuery,
    ) -> Result<StatementData, StoreError> {
        let until = ask.until().map(|until| format!("{}{until}", keys::LEDGER));
        let place = match &ask.place {
            Some(StatementCursor::Line(key)) => Some(format!("{}{key}", keys::LEDGER)),
            Some(StatementCursor::Item(..)) | None => None,
        };
        // A place is within what was asked for; one that is not, is nobody's making and shows nothing more.
        let top = [until, place].into_iter().flatten().min();
        let (sums, entries, later, open) = tokio::try_join!(
            Box::pin(self.account(b, c)),
            Box::pin(self.entries_of_page(b, c, ask, top.as_deref())),
            Box::pin(self.entries_after(b, c, top.as_deref())),
            Box::pin(self.open_items_of_page(b, c, ask)),
        )?;
        Ok(StatementData { sums, entries, later, open })
    }

    /// What is needed to tell how an account stood at the end of a day: the sums, and what was entered after it.
    pub async fn account_standing(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        ask: &StatementQuery,
    ) -> Result<StatementData, StoreError> {
        let top = ask.until().map(|until| format!("{}{until}", keys::LEDGER));
        let (sums, later) =
            tokio::try_join!(Box::pin(self.account(b, c)), Box::pin(self.entries_after(b, c, top.as_deref())),)?;
        Ok(StatementData { sums, later, ..StatementData::default() })
    }

    /// The entries of a period up to a place, the latest first, as many as the page has lines and one more.
    async fn entries_of_page(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        ask: &StatementQuery,
        top: Option<&str>,
    ) -> Result<Vec<Entry>, StoreError> {
        if ask.kind == StatementKind::OpenItem {
            return Ok(Vec::new());
        }
        let pk = keys::account(b, c);
        let from = format!("{}{}", keys::LEDGER, ask.period.from);
        let to = top.map_or_else(|| format!("{}~", keys::LEDGER), str::to_owned);
        if to < from {
            return Ok(Vec::new());
        }
        let query = Query { range: Range::Between(&from, &to), newest_first: true, ..Query::all(&pk) };
        self.some(query, ask.lines).await?.into_iter().map(ledger::entry).collect()
    }

    /// Every entry after a place; where there is no place, there is nothing after it.
    async fn entries_after(&self, b: &BusinessId, c: &CustomerId, top: Option<&str>) -> Result<Vec<Entry>, StoreError> {
        let Some(top) = top else { return Ok(Vec::new()) };
        let pk = keys::account(b, c);
        // What comes right after the place itself.
        let (from, to) = (format!("{top}!"), format!("{}~", keys::LEDGER));
        let query = Query { range: Range::Between(&from, &to), ..Query::all(&pk) };
        self.whole(&self.tables.core, query).await?.into_iter().map(ledger::entry).collect()
    }

    /// The open invoices of a page of today as they stand now, by currency and due date, and one more; for one of an earlier
    /// day all there are.
    async fn open_items_of_page(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        ask: &StatementQuery,
    ) -> Result<Vec<InvoiceHead>, StoreError> {
        if ask.kind == StatementKind::BalanceForward {
            return Ok(Vec::new());
        }
        let pk = keys::account(b, c);
        let (from, count) = match &ask.place {
            // On an earlier day an invoice may have stood elsewhere in the list.
            _ if !ask.is_of_today() => (keys::INVOICE_OPEN.to_owned(), None),
            Some(StatementCursor::Item(currency, due_on, invoice)) => {
                (keys::invoice_in_account(ListPlace { open: true, due_on: *due_on }, *currency, invoice), ask.lines)
            }
            Some(StatementCursor::Line(_)) | None => (keys::INVOICE_OPEN.to_owned(), ask.lines),
        };
        let to = format!("{}~", keys::INVOICE_OPEN);
        let query = Query::of(Index::Parent, &pk, Range::Between(&from, &to));
        self.first_open(query, count.map(|lines| lines + 1)).await
    }

    /// So many items and one more, or all. The service may answer fewer at once than it was asked for.
    async fn some(&self, query: Query<'_>, lines: Option<usize>) -> Result<Vec<Item>, StoreError> {
        match lines {
            Some(lines) => self.first(&self.tables.core, query, lines + 1).await,
            None => self.whole(&self.tables.core, query).await,
        }
    }

    /// Removes the due days of an account that hold nothing any more, where they still hold nothing.
    pub async fn prune_balance(&self, b: &BusinessId, c: &CustomerId, spent: &[String]) -> Result<(), StoreError> {
        let key = keys::balance(b, c);
        for name in spent {
            let remove = self
                .client
                .update_item()
                .table_name(&self.tables.core)
                .key("pk", crate::items::text(&key.pk))
                .key("sk", crate::items::text(&key.sk))
                .update_expression("REMOVE #day")
                .condition_expression("#day = :nothing")
                .expression_attribute_names("#day", name)
                .expression_attribute_values(":nothing", crate::items::number(0))
                .send();
            if let Err(error) = traced("UpdateItem", &self.tables.core, remove).await {
                let unchanged =
                    error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception);
                if !unchanged {
                    return Err(StoreError::of(&error));
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn target<T>(&self, key: &keys::Key) -> Result<Option<T>, StoreError>
    where
        T: std::str::FromStr,
        T::Err: std::fmt::Display,
    {
        let Some(item) = self.get(&self.tables.core, key).await? else { return Ok(None) };
        let id = text_of(&item, "target").unwrap_or_default().parse();
        id.map(Some).map_err(|error| StoreError::defect("target", &error))
    }
}
