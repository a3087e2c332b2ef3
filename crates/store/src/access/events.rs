//! The inbox: provider events, each recorded once.

use jiff::{SignedDuration, Timestamp};
use receivables::BusinessId;

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::events::{self, EventKey, EventState, ReceivedEvent};
use crate::items::{DUE_ATTRIBUTES, Index, text};
use crate::keys;
use crate::table::{Query, Range, Store};
use crate::update::Update;

/// What came of recording an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordOutcome {
    Fresh,
    /// The same event, by the same id, is there already.
    Duplicate,
}

/// What came of marking an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarkOutcome {
    Now,
    /// It is not there, or was applied before.
    Before,
}

/// Seconds in an hour.
const SECONDS_PER_HOUR: i64 = 3_600;
/// Hours looked through for one page of events.
const HOURS_PER_PAGE_MAX: u32 = 48;

impl Store {
    /// Records an authentic event, once. This one conditional put is all that stands between a provider and its answer.
    pub async fn record_event(&self, event: &ReceivedEvent) -> Result<RecordOutcome, StoreError> {
        let fresh = self.put_new(&self.tables.inbox, events::of_event(event)).await?;
        Ok(if fresh { RecordOutcome::Fresh } else { RecordOutcome::Duplicate })
    }

    /// The event at a key.
    pub async fn event(&self, key: &EventKey) -> Result<Option<ReceivedEvent>, StoreError> {
        let key = keys::event(&key.business, key.provider, &key.object, &key.event);
        self.get(&self.tables.inbox, &key).await?.map(events::event).transpose()
    }

    /// Marks what became of an event that changes no books. It is no longer due.
    pub async fn mark_event(
        &self,
        key: &EventKey,
        state: EventState,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<MarkOutcome, StoreError> {
        let place = format!("{now:.3}#{}", key.event);
        let mut values = vec![(":state", text(state.as_str())), (":applied", text(EventState::Applied.as_str()))];
        let names = vec![("#state", "state"), ("#reason", "reason"), ("#ttl", "ttl")];
        let mut set = "SET #state = :state".to_owned();
        if let Some(reason) = reason {
            set += ", #reason = :reason";
            values.push((":reason", text(reason)));
        }
        let mut removed = Vec::new();
        if reason.is_none() {
            removed.push("#reason");
        }
        if state == EventState::Quarantined {
            set += ", gsi2pk = :list, gsi2sk = :place";
            values.extend([(":list", text(&keys::events_quarantined(&key.business))), (":place", text(&place))]);
            // It waits for a person, however long that takes.
            removed.push("#ttl");
        } else {
            set += ", #ttl = :ttl";
            values.push((":ttl", events::expiry(now)));
            removed.extend(["gsi2pk", "gsi2sk"]);
        }
        removed.push(DUE_ATTRIBUTES);
        set += " REMOVE ";
        set += &removed.join(", ");
        let item = keys::event(&key.business, key.provider, &key.object, &key.event);
        let condition = "attribute_exists(pk) AND #state <> :applied";
        let update = Update { key: &item, set: &set, condition, values, names };
        Ok(if self.update(&self.tables.inbox, update).await? { MarkOutcome::Now } else { MarkOutcome::Before })
    }

    /// The events received since an instant, oldest first. The cursor is a place in that order. A page looks through so many
    /// hours at most, so that one of quiet hours may be empty and not the last.
    pub async fn events_since(
        &self,
        b: &BusinessId,
        since: Timestamp,
        page: &Page,
        now: Timestamp,
    ) -> Result<Paged<ReceivedEvent>, StoreError> {
        let limit = usize::try_from(page.limit()).unwrap_or(1);
        let place = page.cursor.as_deref().and_then(|cursor| String::from_utf8(hex::decode(cursor).ok()?).ok());
        let mut place = place.unwrap_or_else(|| format!("{since:.3}"));
        for _ in 0..HOURS_PER_PAGE_MAX {
            let (hour, next) = hour_of(&place)?;
            let items = self.events_of_hour(b, hour, &place, limit).await?;
            if !items.is_empty() {
                let full = items.len() >= limit;
                let last = items.last().map(ReceivedEvent::place);
                let next_cursor = if full { last } else { (next <= now).then(|| format!("{next:.3}")) };
                return Ok(Paged { items, next_cursor: next_cursor.map(hex::encode) });
            }
            if next > now {
                return Ok(Paged { items, next_cursor: None });
            }
            place = format!("{next:.3}");
        }
        Ok(Paged { items: Vec::new(), next_cursor: Some(hex::encode(place)) })
    }

    /// So many events of an hour after a place in it, in their order.
    async fn events_of_hour(
        &self,
        b: &BusinessId,
        hour: Timestamp,
        after: &str,
        limit: usize,
    ) -> Result<Vec<ReceivedEvent>, StoreError> {
        let mut found = Vec::new();
        for shard in 0..keys::EVENT_SHARDS {
            let pk = keys::events_of_hour(b, hour, shard);
            let query = Query::of(Index::Parent, &pk, Range::Between(after, "~"));
            // The place itself may be in what is asked for.
            for item in self.first(&self.tables.inbox, query, limit.saturating_add(1)).await? {
                found.push(events::event(item)?);
            }
        }
        found.retain(|event| event.place().as_str() > after);
        found.sort_by_key(ReceivedEvent::place);
        found.truncate(limit);
        Ok(found)
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
}

/// The hour in which a place lies, and the next.
fn hour_of(place: &str) -> Result<(Timestamp, Timestamp), StoreError> {
    let at = place.split('#').next().unwrap_or_default();
    let at: Timestamp = at.parse().map_err(|error| StoreError::defect("place of an event", &error))?;
    let hour = Timestamp::from_second(at.as_second().div_euclid(SECONDS_PER_HOUR) * SECONDS_PER_HOUR)
        .map_err(|error| StoreError::defect("place of an event", &error))?;
    let next = hour.checked_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
    Ok((hour, next))
}
