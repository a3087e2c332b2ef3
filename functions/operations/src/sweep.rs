//! The sweep: the provider's own list of events is read, and what did not reach us is recorded as if it had.
//!
//! The inbox's stream applies it from there on. So a week without webhooks heals itself, by the same facts and the same code.

use jiff::{SignedDuration, Timestamp};
use receivables::{Business, BusinessId, ObjectId};
use sha2::{Digest, Sha256};
use store::{EVENT_BODY_BYTES_MAX, Envelope, ReceivedEvent, Recorded, Sweep};
use stripe_gateway::event::Event;
use stripe_gateway::facts::EVENT_TYPES_APPLIED;

use crate::due::DueRun;
use crate::payouts::match_payouts;
use crate::{OperationError, Rooms};

/// How often the list is read.
pub(crate) const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How far before the last sweep the next one begins: an event may be listed a while after it was made.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);
/// How long a claimed sweep is left to its claimant.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// How soon a sweep that could not be finished is begun again, and the next one after it found what had not reached us.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// What a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Events that the provider lists and that could matter here.
    pub listed: usize,
    /// Those of them that had not reached us.
    pub missed: usize,
}

/// Opens the books of a business, or changes what is known of it; from then on its provider's events are swept.
pub async fn put_business(rooms: &Rooms, business: &Business, now: Timestamp) -> Result<(), OperationError> {
    rooms.store.put_business(business).await?;
    watch(rooms, &business.id, now).await
}

/// Makes sure that the events of a business's provider are swept.
pub async fn watch(rooms: &Rooms, b: &BusinessId, now: Timestamp) -> Result<(), OperationError> {
    let sweep = Sweep { business: b.clone(), seen_until: now, due_at: later(now, SWEEP_EVERY) };
    Ok(rooms.store.ensure_sweep(&sweep).await?)
}

/// Does the sweeps that are due.
pub(crate) async fn run_due_sweeps(rooms: &Rooms, now: Timestamp, run: &mut DueRun) -> Result<(), OperationError> {
    for due in rooms.store.due_sweeps(now).await? {
        let claimed = Sweep { due_at: later(now, LEASE), ..due.clone() };
        if !rooms.store.move_sweep(&due, &claimed).await? {
            run.taken += 1;
            continue;
        }
        match swept(rooms, &due, now).await {
            Ok(swept) => {
                // Where something was missed, webhooks may be staying away.
                let wait = if swept.missed > 0 { AGAIN_AFTER } else { SWEEP_EVERY };
                let next = Sweep { seen_until: now, due_at: later(now, wait), ..claimed.clone() };
                rooms.store.move_sweep(&claimed, &next).await?;
                run.done += 1;
                tracing::info!(business.id = %due.business, listed = swept.listed, missed = swept.missed, "sweep");
            }
            Err(error) => {
                let again = Sweep { due_at: later(now, AGAIN_AFTER), ..claimed.clone() };
                rooms.store.move_sweep(&claimed, &again).await?;
                run.failed += 1;
                tracing::warn!(business.id = %due.business, %error, "a sweep could not be finished; it is begun again");
            }
        }
    }
    Ok(())
}

async fn swept(rooms: &Rooms, due: &Sweep, now: Timestamp) -> Result<Swept, OperationError> {
    let swept = sweep_provider_events(rooms, &due.business, due.seen_until, now).await?;
    match_payouts(rooms, &due.business).await?;
    Ok(swept)
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// Reads the provider's list of events since an instant, and records those that are new.
pub async fn sweep_provider_events(
    rooms: &Rooms,
    b: &BusinessId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Swept, OperationError> {
    let since = since.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
    let mut swept = Swept::default();
    let mut after: Option<String> = None;
    loop {
        let page = rooms.stripe.events_since(since, after.as_deref()).await?;
        for event in &page.events {
            let Some(event) = received(b, &event.body, now) else { continue };
            swept.listed += 1;
            if rooms.store.record_event(&event).await? == Recorded::Fresh {
                swept.missed += 1;
            }
        }
        match page.more {
            Some(more) => after = Some(more),
            None => return Ok(swept),
        }
    }
}

/// An event of the list, as the receiver would have recorded it. `None` for one that changes nothing here, of which the
/// endpoint would not have been told either.
fn received(b: &BusinessId, body: &[u8], now: Timestamp) -> Option<ReceivedEvent> {
    if body.len() > EVENT_BODY_BYTES_MAX {
        return None;
    }
    match Event::read(body) {
        Ok(event) => {
            let envelope = Envelope {
                id: event.id.as_str(),
                object: event.object_id.as_ref().map(ObjectId::as_str),
                kind: &event.kind,
                api_version: event.api_version.as_deref(),
                livemode: event.livemode,
            };
            let matters = EVENT_TYPES_APPLIED.contains(&envelope.kind);
            matters.then(|| ReceivedEvent::fresh(b.clone(), envelope, body, now))
        }
        Err(unreadable) => {
            let name = hex::encode(Sha256::digest(body));
            Some(ReceivedEvent::unreadable(b.clone(), name, unreadable.to_string(), body, now))
        }
    }
}
