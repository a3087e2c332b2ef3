//! The sweep: the provider's own list of events is read, and what did not reach us is recorded as if it had.
//!
//! The inbox's stream applies it from there on. So a week without webhooks heals itself, by the same facts and the same code.

use jiff::{SignedDuration, Timestamp};
use payment_gateway::webhook::listed_event;
use receivables::{Business, BusinessId, ObjectId, Provider};
use sha2::{Digest, Sha256};
use store::{EVENT_BODY_BYTES_MAX, Envelope, ReceivedEvent, RecordOutcome, Sweep, SweepReading};

use super::DueRun;
use crate::context::Context;
use crate::error::OperationError;
use crate::payouts::match_payouts;

/// How often the list is read.
pub(crate) const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How far before the last sweep the next one begins: an event may be listed a while after it was made.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);
/// Pages of the list that one run reads, of fifty events each: far less than its time.
const PAGES_PER_RUN: usize = 10;
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
pub async fn put_business(context: &Context, business: &Business, now: Timestamp) -> Result<(), OperationError> {
    context.store.put_business(business).await?;
    watch(context, &business.id, now).await
}

/// Makes sure that the events of a business's provider are swept.
pub async fn watch(context: &Context, b: &BusinessId, now: Timestamp) -> Result<(), OperationError> {
    for (provider, _) in context.gateways.all() {
        let due_at = later(now, SWEEP_EVERY);
        let sweep = Sweep { business: b.clone(), provider, seen_until: now, due_at, reading: None };
        context.store.ensure_sweep(&sweep).await?;
    }
    Ok(())
}

/// Does the sweeps that are due.
pub(super) async fn run_due_sweeps(context: &Context, now: Timestamp, run: &mut DueRun) -> Result<(), OperationError> {
    for due in context.store.due_sweeps(now).await? {
        let claimed = Sweep { due_at: later(now, LEASE), ..due.clone() };
        if !context.store.move_sweep(&due, &claimed).await? {
            run.taken += 1;
            continue;
        }
        match read_on(context, &claimed, now).await {
            Ok(next) => {
                context.store.move_sweep(&claimed, &next).await?;
                run.done += 1;
            }
            Err(error) => {
                // A place that the provider does not know any more is not asked for again.
                let reading = claimed.reading.clone().filter(|_| error.retryable());
                let again = Sweep { due_at: later(now, AGAIN_AFTER), reading, ..claimed.clone() };
                context.store.move_sweep(&claimed, &again).await?;
                run.failed += 1;
                tracing::warn!(business.id = %due.business, %error, "a sweep could not be finished; it is begun again");
            }
        }
    }
    Ok(())
}

/// Reads as much of the list as one run may, and says what is to be done next: so that no list is too long for the time that
/// a run is given.
async fn read_on(context: &Context, claimed: &Sweep, now: Timestamp) -> Result<Sweep, OperationError> {
    let b = &claimed.business;
    let mut reading = claimed.reading.clone();
    let mut swept = Swept::default();
    for _ in 0..PAGES_PER_RUN {
        let after = reading.as_ref().map(|reading| reading.after.as_str());
        let more = read_page(context, (b, claimed.provider), claimed.seen_until, after, now, &mut swept).await?;
        let (began_at, missed) = reading.map_or((now, false), |reading| (reading.began_at, reading.missed));
        let missed = missed || swept.missed > 0;
        let Some(after) = more else {
            tracing::info!(business.id = %b, listed = swept.listed, missed = swept.missed, "sweep");
            if let Err(error) = match_payouts(context, b).await {
                tracing::warn!(business.id = %b, %error, "payouts could not be matched; the next sweep does it");
            }
            // Where something was missed, webhooks may be staying away.
            let wait = if missed { AGAIN_AFTER } else { SWEEP_EVERY };
            return Ok(Sweep { seen_until: began_at, due_at: later(now, wait), reading: None, ..claimed.clone() });
        };
        reading = Some(SweepReading { began_at, after, missed });
    }
    Ok(Sweep { due_at: now, reading, ..claimed.clone() })
}

fn later(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// Reads each provider's list of events since an instant to its end, and records those that are new.
pub async fn sweep_provider_events(
    context: &Context,
    b: &BusinessId,
    since: Timestamp,
    now: Timestamp,
) -> Result<Swept, OperationError> {
    let mut swept = Swept::default();
    for (provider, _) in context.gateways.all() {
        let mut after = None;
        loop {
            after = read_page(context, (b, provider), since, after.as_deref(), now, &mut swept).await?;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(swept)
}

/// Reads a page of the list, newest first. Says where the next begins.
async fn read_page(
    context: &Context,
    (b, provider): (&BusinessId, Provider),
    since: Timestamp,
    after: Option<&str>,
    now: Timestamp,
    swept: &mut Swept,
) -> Result<Option<String>, OperationError> {
    let since = since.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
    let page = context.gateways.of(provider)?.events_since(since, after).await?;
    for event in &page.events {
        let Some(event) = received(b, provider, &event.body, now) else { continue };
        swept.listed += 1;
        if context.store.record_event(&event).await? == RecordOutcome::Fresh {
            swept.missed += 1;
        }
    }
    Ok(page.more)
}

/// An event of the list, as the receiver would have recorded it. `None` for one that changes nothing here, of which the
/// endpoint would not have been told either.
fn received(b: &BusinessId, provider: Provider, body: &[u8], now: Timestamp) -> Option<ReceivedEvent> {
    if body.len() > EVENT_BODY_BYTES_MAX {
        tracing::error!(business.id = %b, bytes = body.len(), metric.refused = 1, "a listed event is too large to be kept");
        return None;
    }
    match listed_event(provider, body).envelope {
        Ok(event) => {
            let envelope = Envelope {
                id: event.id.as_str(),
                object: event.object.as_ref().map(ObjectId::as_str),
                kind: &event.kind,
                api_version: event.api_version.as_deref(),
                livemode: event.livemode,
            };
            event.is_applied.then(|| ReceivedEvent::fresh(b.clone(), provider, envelope, body, now))
        }
        Err(unreadable) => {
            tracing::error!(business.id = %b, reason = %unreadable, metric.quarantined = 1, "a listed event cannot be read");
            let name = hex::encode(Sha256::digest(body));
            Some(ReceivedEvent::unreadable(b.clone(), provider, name, unreadable.to_string(), body, now))
        }
    }
}
