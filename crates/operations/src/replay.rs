//! Replaying: recorded events are heard again, after a repair or to be sure.
//!
//! It is harmless by construction: an event says facts, facts merge one way, and what they amount to is written only where it
//! differs. Nothing is asked of the provider but what an event names without saying it.

use jiff::{SignedDuration, Timestamp};
use receivables::BusinessId;
use store::{EventKey, Page, ReceivedEvent};

use crate::context::Context;
use crate::error::OperationError;
use crate::events::Applied;
use crate::events::replay_event;

/// Events read at a time; each may hold a quarter of a mebibyte.
const PAGE: usize = 50;
/// How long events are kept, and so how far back any can be.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Which events are heard again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Those received since an instant; from the cursor of the last answer on, where there is one.
    Since(Timestamp, Option<String>),
    /// Those in quarantine.
    AllFailed,
    /// Every one that is kept.
    All,
}

/// What became of events that were heard again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// How many were heard.
    pub replayed: usize,
    /// Of them: what they say is in the books.
    pub in_the_books: usize,
    /// They say nothing that changes them.
    pub nothing: usize,
    /// They speak of money that is nobody's known.
    pub unmatched: usize,
    /// They could not be understood or carried out.
    pub quarantined: usize,
    /// They were applied before and could not be carried out again; someone must look.
    pub failed: usize,
    /// Where to go on, where there were more than were asked for.
    pub next_cursor: Option<String>,
}

/// Hears recorded events of a business again, at most so many.
pub async fn replay_events(
    context: &Context,
    b: &BusinessId,
    which: Replay,
    most: usize,
    now: Timestamp,
) -> Result<Replayed, OperationError> {
    let (since, cursor) = match which {
        Replay::AllFailed => return quarantined(context, b, most, now).await,
        Replay::Since(since, cursor) => (since.max(oldest(b, now)), cursor),
        Replay::All => (oldest(b, now), None),
    };
    let mut replayed = Replayed::default();
    let mut page = Page { limit: PAGE, cursor };
    loop {
        page.limit = PAGE.min(most.saturating_sub(replayed.replayed));
        if page.limit == 0 {
            replayed.next_cursor = page.cursor;
            return Ok(replayed);
        }
        let events = context.store.events_since(b, since, &page, now).await?;
        for event in &events.items {
            replayed.apply(context, event, now).await?;
        }
        match events.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(replayed),
        }
    }
}

/// Those in quarantine are listed before the first is heard: one that goes back there goes to the end of the list.
async fn quarantined(
    context: &Context,
    b: &BusinessId,
    most: usize,
    now: Timestamp,
) -> Result<Replayed, OperationError> {
    let (mut keys, mut page): (Vec<EventKey>, Page) = (Vec::new(), Page::first(PAGE));
    while keys.len() < most {
        let events = context.store.quarantined_events(b, &page).await?;
        keys.extend(events.items.into_iter().map(|event| event.key));
        match events.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    keys.truncate(most);
    let mut replayed = Replayed::default();
    for key in &keys {
        if let Some(event) = context.store.event(key).await? {
            replayed.apply(context, &event, now).await?;
        }
    }
    Ok(replayed)
}

impl Replayed {
    /// Hears one event. What cannot be carried out now ends the whole; what never can is counted, and the next is heard.
    pub async fn apply(
        &mut self,
        context: &Context,
        event: &ReceivedEvent,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        let applied = replay_event(context, event, now).await;
        let count = match applied {
            Ok(Applied::InTheBooks) => &mut self.in_the_books,
            Ok(Applied::Nothing) => &mut self.nothing,
            Ok(Applied::Unmatched) => &mut self.unmatched,
            Ok(Applied::Quarantined) => &mut self.quarantined,
            Err(error) if error.retryable() => return Err(error),
            Err(error) => {
                tracing::error!(%error, provider.event_id = event.key.event, "an event could not be replayed");
                &mut self.failed
            }
        };
        *count += 1;
        self.replayed += 1;
        Ok(())
    }
}

/// Before this no event can have been received: none is kept so long, and no business has any from before it was made.
fn oldest(b: &BusinessId, now: Timestamp) -> Timestamp {
    let kept = now.saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    b.created_at().max(kept)
}
