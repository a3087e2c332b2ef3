//! Replaying: applying stored events again, after a repair or as a check.
//!
//! It is harmless by construction: an event consists of reports, merging a report twice changes nothing, and only differences
//! are written. The provider is asked only for objects that an event names without their content.

use jiff::{SignedDuration, Timestamp};
use receivables::BusinessId;
use store::{EventKey, Page, ReceivedEvent};

use crate::context::Context;
use crate::error::OperationError;
use crate::events::ApplyOutcome;
use crate::events::replay_event;

/// Events read at a time; each may be as large as a quarter of a mebibyte.
const PAGE: usize = 50;
/// How long events are kept, and so how far back a replay can begin.
const EVENTS_KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Which events to replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Those received since an instant; with the cursor of the last answer, from there on.
    Since(Timestamp, Option<String>),
    AllFailed,
    /// Every stored event.
    All,
}

/// The outcomes of a replay, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplayResult {
    /// All events that were replayed.
    pub replayed: usize,
    /// Events whose reports are in the books.
    pub in_the_books: usize,
    /// Events that report nothing that changes the books.
    pub nothing: usize,
    /// Events that report money without a known customer.
    pub unmatched: usize,
    /// Events that could not be understood or carried out.
    pub quarantined: usize,
    /// Events that were applied before and could not be carried out again; a person must look.
    pub failed: usize,
    /// Where to continue, if there are more events than the limit.
    pub next_cursor: Option<String>,
}

/// Replays stored events of a business, up to a limit.
pub async fn replay_events(
    context: &Context,
    b: &BusinessId,
    which: Replay,
    limit: usize,
    now: Timestamp,
) -> Result<ReplayResult, OperationError> {
    let (since, cursor) = match which {
        Replay::AllFailed => return quarantined(context, b, limit, now).await,
        Replay::Since(since, cursor) => (since.max(oldest(b, now)), cursor),
        Replay::All => (oldest(b, now), None),
    };
    let mut replayed = ReplayResult::default();
    let mut page = Page { limit: PAGE, cursor };
    loop {
        page.limit = PAGE.min(limit.saturating_sub(replayed.replayed));
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

/// All of the quarantine is listed before the first event is applied: an event that fails again goes to the end of the list.
async fn quarantined(
    context: &Context,
    b: &BusinessId,
    limit: usize,
    now: Timestamp,
) -> Result<ReplayResult, OperationError> {
    let (mut keys, mut page): (Vec<EventKey>, Page) = (Vec::new(), Page::first(PAGE));
    while keys.len() < limit {
        let events = context.store.quarantined_events(b, &page).await?;
        keys.extend(events.items.into_iter().map(|event| event.key));
        match events.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    keys.truncate(limit);
    let mut replayed = ReplayResult::default();
    for key in &keys {
        if let Some(event) = context.store.event(key).await? {
            replayed.apply(context, &event, now).await?;
        }
    }
    Ok(replayed)
}

impl ReplayResult {
    /// Applies one event. An error that may pass ends the replay; one that cannot is counted, and the replay continues.
    pub async fn apply(
        &mut self,
        context: &Context,
        event: &ReceivedEvent,
        now: Timestamp,
    ) -> Result<(), OperationError> {
        let applied = replay_event(context, event, now).await;
        let count = match applied {
            Ok(ApplyOutcome::InTheBooks) => &mut self.in_the_books,
            Ok(ApplyOutcome::Nothing) => &mut self.nothing,
            Ok(ApplyOutcome::Unmatched) => &mut self.unmatched,
            Ok(ApplyOutcome::Quarantined) => &mut self.quarantined,
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

/// The oldest instant at which an event can have been received: none is kept longer, and none is older than its business.
fn oldest(b: &BusinessId, now: Timestamp) -> Timestamp {
    let earliest = now.saturating_sub(EVENTS_KEPT_FOR).unwrap_or(Timestamp::MIN);
    b.created_at().max(earliest)
}
