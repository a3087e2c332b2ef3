//! The inbox: provider events, each recorded once.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use jiff::Timestamp;
use receivables::provider_fact::{ObjectId, Provider, Report};
use receivables::{BusinessId, PaymentId};

use super::accounts::{Page, Paged};
use crate::items::events::{self, EventKey, EventState, ReceivedEvent};
use crate::items::facts::{MergedRecord, merged, of_merged};
use crate::items::{Index, Item, listed, number, text, text_of};
use crate::keys;
use crate::table::{Query, Range, Store, StoreError, Update, pause};

/// What came of recording an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is new.
    Fresh,
    /// It was recorded before.
    Duplicate,
}

/// What came of marking an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is marked.
    Now,
    /// It was marked before.
    Before,
}

/// What came of keeping a fact that belonged to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept.
    Kept,
    /// Its object has a payment by now, which should hear of it.
    Belongs(PaymentId),
}

/// Tries of merging a fact that belongs to nobody, against rivals.
const TRIES_MAX: u32 = 6;

impl Store {
    /// Records an authentic event, once. This one conditional put is all that stands between a provider and its answer.
    pub async fn record_event(&self, event: &ReceivedEvent) -> Result<Recorded, StoreError> {
        let fresh = self.put_new(&self.tables.inbox, events::of_event(event)?).await?;
        Ok(if fresh { Recorded::Fresh } else { Recorded::Duplicate })
    }

    /// The event at a key.
    pub async fn event(&self, key: &EventKey) -> Result<Option<ReceivedEvent>, StoreError> {
        let key = keys::event(&key.business, key.provider, &key.object, &key.event);
        self.get(&self.tables.inbox, &key).await?.map(events::event).transpose()
    }

    /// Marks what became of an event that changes no books.
    pub async fn mark_event(
        &self,
        key: &EventKey,
        state: EventState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Marked, StoreError> {
        let place = format!("{now:.3}#{}", key.event);
        let mut values = vec![(":state", text(state.as_str())), (":applied", text(EventState::Applied.as_str()))];
        let mut names = vec![("#state", "state")];
        let mut set = "SET #state = :state".to_owned();
        if let Some(reason) = reason {
            set += ", #reason = :reason";
            values.push((":reason", text(reason)));
            names.push(("#reason", "reason"));
        }
        if state == EventState::Quarantined {
            set += ", gsi2pk = :list, gsi2sk = :place";
            values.extend([(":list", text(&keys::events_quarantined(&key.business))), (":place", text(&place))]);
        } else {
            set += " REMOVE gsi2pk, gsi2sk";
        }
        let item = keys::event(&key.business, key.provider, &key.object, &key.event);
        let condition = "attribute_exists(pk) AND #state <> :applied";
        let update = Update { key: &item, set: &set, condition, values, names };
        Ok(if self.update(&self.tables.inbox, update).await? { Marked::Now } else { Marked::Before })
    }

    /// The events that were not understood, oldest first.
    pub async fn quarantined_events(&self, b: &BusinessId, page: &Page) -> Result<Paged<ReceivedEvent>, StoreError> {
        let pk = keys::events_quarantined(b);
        let start = page.cursor.as_deref().and_then(|cursor| super::accounts::start_of(cursor, Index::List, &pk));
        let query = Query { limit: Some(page.limit()), start, ..Query::of(Index::List, &pk, Range::All) };
        let (items, last) = self.page(&self.tables.inbox, query).await?;
        let next_cursor = last.and_then(|last| super::accounts::cursor_of(&last, Index::List));
        Ok(Paged { items: items.into_iter().map(events::event).collect::<Result<_, _>>()?, next_cursor })
    }

    /// Keeps a fact that belongs to nobody yet with the object it speaks of, merged with what was kept before.
    pub async fn keep_unidentified(
        &self,
        b: &BusinessId,
        provider: Provider,
        report: &Report,
        now: Timestamp,
    ) -> Result<Keeping, StoreError> {
        let key = keys::object(b, provider, &report.object);
        for try_number in 1..=TRIES_MAX {
            let held = self.get(&self.tables.core, &key).await?;
            let mut fact = report.fact.clone();
            let version: u64 = match &held {
                Some(item) => {
                    if let Some(payment) = text_of(item, "payment") {
                        let payment = payment.parse().map_err(|error| StoreError::defect("provider object", &error))?;
                        return Ok(Keeping::Belongs(payment));
                    }
                    if let Some(kept) = item.get("fact") {
                        let kept: MergedRecord = serde_dynamo::from_attribute_value(kept.clone())
                            .map_err(|error| StoreError::defect("unidentified fact", &error))?;
                        fact.merge(&merged(kept)?);
                    }
                    item.get("version").and_then(|n| n.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0)
                }
                None => 0,
            };
            let item = unidentified_item(b, &key, &report.object, &fact, version + 1, now)?;
            let put = self.client.put_item().table_name(&self.tables.core).set_item(Some(item));
            let put = if held.is_some() {
                put.condition_expression("version = :was").expression_attribute_values(":was", number(version))
            } else {
                put.condition_expression("attribute_not_exists(pk)")
            };
            match put.send().await {
                Ok(_) => return Ok(Keeping::Kept),
                Err(error)
                    if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) =>
                {
                    tokio::time::sleep(pause(try_number, &key.pk)).await;
                }
                Err(error) => return Err(StoreError::of(&error)),
            }
        }
        Err(StoreError::Unavailable("rivals kept changing the object".to_owned()))
    }
}

fn unidentified_item(
    b: &BusinessId,
    key: &keys::Key,
    object: &ObjectId,
    fact: &receivables::ObjectFact,
    version: u64,
    now: Timestamp,
) -> Result<Item, StoreError> {
    let fact: aws_sdk_dynamodb::types::AttributeValue = serde_dynamo::to_attribute_value(of_merged(fact))
        .map_err(|error| StoreError::defect("unidentified fact", &error))?;
    let item = Item::from([
        ("pk".to_owned(), text(&key.pk)),
        ("sk".to_owned(), text(&key.sk)),
        ("object".to_owned(), text(object.as_str())),
        ("fact".to_owned(), fact),
        ("version".to_owned(), number(version)),
    ]);
    Ok(listed(item, Index::List, &keys::unidentified(b), &format!("{now:.3}#{object}")))
}
