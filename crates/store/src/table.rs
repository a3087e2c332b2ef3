//! The client, the names of the tables, and the calls that everything else is made of.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::delete_item::builders::DeleteItemFluentBuilder;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{KeysAndAttributes, PutRequest, TransactWriteItem, WriteRequest};
use clock::Clock;
use jiff::Timestamp;
use receivables::{BillingZone, BusinessId};

use crate::calls::{CountAttempts, traced};
use crate::error::StoreError;
use crate::items::consistent_read::Assembled;
use crate::items::{Index, Item, text};
use crate::jitter::Jitter;
use crate::keys::Key;

/// The names of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tables {
    /// The system of record.
    pub core: String,
    /// Provider events, sessions, idempotency keys: bursty, and mostly expiring.
    pub inbox: String,
}

/// The longest pause before the second try, unless another is given.
const FIRST_PAUSE: Duration = Duration::from_millis(40);

/// The two tables behind one client. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) tables: Tables,
    first_pause: Duration,
    jitter: Jitter,
    clock: Clock,
    pub(crate) zones: BillingZones,
}

/// The billing zones of the businesses that were read. A business keeps its zone for good: its entries are dated by it.
pub(crate) type BillingZones = Arc<Mutex<BTreeMap<BusinessId, BillingZone>>>;

/// Keys fetched by one batch; DynamoDB takes a hundred.
const BATCH_KEYS_MAX: usize = 100;
/// Items written by one batch; DynamoDB takes 25.
const BATCH_WRITES_MAX: usize = 25;
/// Rounds of asking for, or sending, what a batch left over.
const BATCH_ROUNDS_MAX: u32 = 5;
/// Readings of what belongs together until it was read together. A transaction is carried out within milliseconds.
const TORN_TRIES_MAX: u32 = 8;

/// A question to one partition of a table or index.
pub(crate) struct Query<'a> {
    pub(crate) index: Option<Index>,
    pub(crate) pk: &'a str,
    pub(crate) range: Range<'a>,
    pub(crate) limit: Option<i32>,
    pub(crate) newest_first: bool,
    pub(crate) start: Option<Item>,
}

/// Which part of a partition.
pub(crate) enum Range<'a> {
    All,
    Prefix(&'a str),
    Between(&'a str, &'a str),
    UpTo(&'a str),
}

impl<'a> Query<'a> {
    pub(crate) fn all(pk: &'a str) -> Self {
        Self { index: None, pk, range: Range::All, limit: None, newest_first: false, start: None }
    }

    pub(crate) fn within(pk: &'a str, range: Range<'a>) -> Self {
        Self { range, ..Self::all(pk) }
    }

    pub(crate) fn of(index: Index, pk: &'a str, range: Range<'a>) -> Self {
        Self { index: Some(index), range, ..Self::all(pk) }
    }

    /// The same question from another place on, for at most so many items.
    pub(crate) fn again(&self, start: Option<Item>, limit: Option<i32>) -> Self {
        let Self { index, pk, newest_first, .. } = *self;
        Self { index, pk, range: same(&self.range), limit, newest_first, start }
    }
}

impl Store {
    /// The tables behind a client. `jitter` spreads the pauses between tries; `clock` dates decisions and tells their age.
    #[expect(clippy::needless_pass_by_value, reason = "the client is handed over: the store adds its own watch to it")]
    pub fn new(client: Client, tables: Tables, jitter: Jitter, clock: Clock) -> Self {
        let config = client.config().to_builder().interceptor(CountAttempts).build();
        Self {
            client: Client::from_conf(config),
            tables,
            first_pause: FIRST_PAUSE,
            jitter,
            clock,
            zones: BillingZones::default(),
        }
    }

    /// The present instant, by the clock that tells how old a decision is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The same tables, with other pauses between tries.
    #[must_use]
    pub fn with_first_pause(self, first_pause: Duration) -> Self {
        Self { first_pause, ..self }
    }

    /// How long to wait after a failed attempt, counted from 1: at random between nothing and `base`, whose limit doubles
    /// with each attempt.
    pub fn jittered(&self, base: Duration, attempt: u32) -> Duration {
        self.jitter.pause(base, attempt)
    }

    /// How long to wait after a failed attempt at the tables.
    pub fn pause(&self, attempt: u32) -> Duration {
        self.jittered(self.first_pause, attempt)
    }

    /// Whether the tables answer.
    pub async fn answers(&self) -> Result<(), StoreError> {
        self.get(&self.tables.core, &Key { pk: "H#".to_owned(), sk: "H".to_owned() }).await.map(drop)
    }

    pub(crate) async fn get(&self, table: &str, key: &Key) -> Result<Option<Item>, StoreError> {
        let got = self.client.get_item().table_name(table).key("pk", text(&key.pk)).key("sk", text(&key.sk));
        let got = traced("GetItem", table, got.consistent_read(true).send()).await;
        let got = got.map_err(|error| StoreError::of(&error))?;
        Ok(got.item)
    }

    /// The items at many keys of a table, in no order.
    pub(crate) async fn get_many(&self, table: &str, keys: &[Key]) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::with_capacity(keys.len());
        // The service refuses a batch that names a key twice.
        let mut keys: Vec<&Key> = keys.iter().collect();
        keys.sort_unstable_by(|one, other| (&one.pk, &one.sk).cmp(&(&other.pk, &other.sk)));
        keys.dedup();
        for chunk in keys.chunks(BATCH_KEYS_MAX) {
            let mut wanted = KeysAndAttributes::builder().consistent_read(true);
            for key in chunk {
                wanted = wanted.keys(Item::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))]));
            }
            let mut wanted = Some(wanted.build().map_err(|error| StoreError::defect("batch", &error))?);
            for round in 0..BATCH_ROUNDS_MAX {
                let Some(asked) = wanted.take() else { break };
                if round > 0 {
                    tokio::time::sleep(self.pause(round)).await;
                }
                let got = self.client.batch_get_item().request_items(table, asked).send();
                let got = traced("BatchGetItem", table, got).await.map_err(|error| StoreError::of(&error))?;
                items.extend(got.responses.and_then(|mut by_table| by_table.remove(table)).unwrap_or_default());
                wanted =
                    got.unprocessed_keys.and_then(|mut left| left.remove(table)).filter(|left| !left.keys.is_empty());
            }
            if wanted.is_some() {
                return Err(StoreError::Unavailable("a batch was left over".to_owned()));
            }
        }
        Ok(items)
    }

    /// One page of a partition, and where the next begins.
    pub(crate) async fn page(&self, table: &str, query: Query<'_>) -> Result<(Vec<Item>, Option<Item>), StoreError> {
        let (pk, sk) = query.index.map_or(("pk", "sk"), |index| (index.pk(), index.sk()));
        let mut ask = self
            .client
            .query()
            .table_name(table)
            .set_index_name(query.index.map(|index| index.name().to_owned()))
            .expression_attribute_names("#pk", pk)
            .expression_attribute_values(":pk", text(query.pk))
            .consistent_read(query.index.is_none())
            .scan_index_forward(!query.newest_first)
            .set_limit(query.limit)
            .set_exclusive_start_key(query.start);
        ask = match query.range {
            Range::All => ask.key_condition_expression("#pk = :pk"),
            Range::Prefix(prefix) => ask
                .key_condition_expression("#pk = :pk AND begins_with(#sk, :from)")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":from", text(prefix)),
            Range::Between(from, to) => ask
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":from", text(from))
                .expression_attribute_values(":to", text(to)),
            Range::UpTo(to) => ask
                .key_condition_expression("#pk = :pk AND #sk <= :to")
                .expression_attribute_names("#sk", sk)
                .expression_attribute_values(":to", text(to)),
        };
        let got = traced("Query", table, ask.send()).await.map_err(|error| StoreError::of(&error))?;
        Ok((got.items.unwrap_or_default(), got.last_evaluated_key))
    }

    /// All pages of a partition. Only for partitions whose size is bounded by what they are.
    pub(crate) async fn whole(&self, table: &str, mut query: Query<'_>) -> Result<Vec<Item>, StoreError> {
        let mut items = Vec::new();
        loop {
            let next = Query { range: same(&query.range), ..Query::all(query.pk) };
            let next = Query { index: query.index, limit: query.limit, newest_first: query.newest_first, ..next };
            let (page, last) = self.page(table, query).await?;
            items.extend(page);
            match last {
                Some(last) => query = Query { start: Some(last), ..next },
                None => return Ok(items),
            }
        }
    }

    /// What lies in several items of one partition of the core table, read again while it changes.
    pub(crate) async fn assembled<T>(
        &self,
        pk: &str,
        assemble: impl Fn(Vec<Item>) -> Result<Assembled<T>, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        for try_number in 1..=TORN_TRIES_MAX {
            match assemble(self.whole(&self.tables.core, Query::all(pk)).await?)? {
                Assembled::Absent => return Ok(None),
                Assembled::Whole(whole) => return Ok(Some(whole)),
                Assembled::Torn => tokio::time::sleep(self.pause(try_number)).await,
            }
        }
        Err(StoreError::Unavailable("what belongs together was never read together".to_owned()))
    }

    /// So many items of a query, or all there are. A page of the table ends at a megabyte, so it may take several.
    pub(crate) async fn first(&self, table: &str, query: Query<'_>, count: usize) -> Result<Vec<Item>, StoreError> {
        let (mut items, mut start) = (Vec::new(), None);
        loop {
            let limit = i32::try_from(count.saturating_sub(items.len())).ok();
            let next = Query { index: query.index, newest_first: query.newest_first, ..Query::all(query.pk) };
            let (page, last) = self.page(table, Query { range: same(&query.range), limit, start, ..next }).await?;
            items.extend(page);
            start = last;
            if start.is_none() || items.len() >= count {
                return Ok(items);
            }
        }
    }

    /// Puts an item that must not be there yet. Says whether it was put.
    pub(crate) async fn put_new(&self, table: &str, item: Item) -> Result<bool, StoreError> {
        let put = self.client.put_item().table_name(table).set_item(Some(item));
        match traced("PutItem", table, put.condition_expression("attribute_not_exists(pk)").send()).await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(service)) if service.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(StoreError::of(&error)),
        }
    }

    /// Puts an item over whatever is there.
    pub(crate) async fn put(&self, table: &str, item: Item) -> Result<(), StoreError> {
        let put = self.client.put_item().table_name(table).set_item(Some(item)).send();
        traced("PutItem", table, put).await.map(drop).map_err(|error| StoreError::of(&error))
    }

    /// Puts items over whatever is there, in batches.
    pub(crate) async fn put_many(&self, table: &str, items: Vec<Item>) -> Result<(), StoreError> {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            let mut puts = Vec::with_capacity(BATCH_WRITES_MAX);
            for item in items.by_ref().take(BATCH_WRITES_MAX) {
                let put = PutRequest::builder().set_item(Some(item)).build();
                let put = put.map_err(|error| StoreError::defect("batch", &error))?;
                puts.push(WriteRequest::builder().put_request(put).build());
            }
            let mut left = Some(HashMap::from([(table.to_owned(), puts)]));
            for round in 0..BATCH_ROUNDS_MAX {
                let Some(asked) = left.take() else { break };
                if round > 0 {
                    tokio::time::sleep(self.pause(round)).await;
                }
                let sent = self.client.batch_write_item().set_request_items(Some(asked)).send();
                let written = traced("BatchWriteItem", table, sent).await.map_err(|error| StoreError::of(&error))?;
                left = written.unprocessed_items.filter(|left| left.values().any(|puts| !puts.is_empty()));
            }
            if left.is_some() {
                return Err(StoreError::Unavailable("a batch was left over".to_owned()));
            }
        }
        Ok(())
    }

    /// Writes several items of the core table, all or nothing.
    pub(crate) async fn write_together(
        &self,
        writes: Vec<TransactWriteItem>,
    ) -> Result<(), SdkError<TransactWriteItemsError>> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send();
        traced("TransactWriteItems", &self.tables.core, sent).await.map(drop)
    }

    /// Deletes an item, where it is there and the condition holds.
    pub(crate) async fn delete(&self, table: &str, delete: DeleteItemFluentBuilder) -> Result<(), StoreError> {
        let gone = traced("DeleteItem", table, delete.table_name(table).send()).await;
        gone.map(drop).map_err(|error| StoreError::of(&error))
    }
}

fn same<'a>(range: &Range<'a>) -> Range<'a> {
    match range {
        Range::All => Range::All,
        Range::Prefix(prefix) => Range::Prefix(prefix),
        Range::Between(from, to) => Range::Between(from, to),
        Range::UpTo(to) => Range::UpTo(to),
    }
}
