//! The inbox: provider events, each recorded once.

use jiff::Timestamp;
use receivables::BusinessId;

use super::accounts::{Page, Paged};
use crate::items::events::{self, EventKey, EventState, ReceivedEvent};
use crate::items::{Index, text};
use crate::keys;
use crate::table::{Query, Range, Store, StoreError, Update};

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
}
