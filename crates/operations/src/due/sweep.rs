//! The sweep: the provider's own list of events is read, and events that did not reach us are recorded as if they had.
//!
//! From there the inbox's stream applies them. So a week without webhooks repairs itself, by the same reports and the same
//! code.

use jiff::{SignedDuration, Timestamp};
use payment_gateway::webhook::listed_event;
use receivables::{Business, BusinessId, ObjectId, Provider};
use sha2::{Digest, Sha256};
use store::{DueItem, EVENT_BODY_BYTES_MAX, Envelope, ReceivedEvent, RecordOutcome, Sweep, SweepReading};

use super::{Outcome, after, claim};
use crate::context::Context;
use crate::error::OperationError;
use crate::payouts::{match_transactions, open_balance};
use crate::provider_accounts::join_accounts;

/// How often the list is read.
pub(crate) const SWEEP_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How long before the last sweep the next one begins: the provider may list an event some time after it happened.
const OVERLAP: SignedDuration = SignedDuration::from_hours(2);
/// Pages of the list that one run reads, of fifty events each, which takes far less than the time a run has.
const PAGES_PER_RUN: usize = 10;
/// How long a claimed sweep belongs to the worker that claimed it.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// How soon a failed sweep is begun again, and how soon one follows a sweep that found missed events.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Counts of what a sweep found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepResult {
    /// Events that the provider lists and that could change the books.
    pub listed: usize,
    /// Those of them that had not reached us.
    pub missed: usize,
}

/// Opens the books of a business, or changes its settings; from then on its provider's events are swept. Refused where another
/// business uses the account at the provider, and none of them is named its owner.
pub async fn put_business(context: &Context, business: &Business, now: Timestamp) -> Result<(), OperationError> {
    join_accounts(context, &business.id).await?;
    context.store.put_business(business).await?;
    watch(context, &business.id, now).await
}

/// Schedules the sweeps of a business's provider, and notes from when on its books are kept.
pub async fn watch(context: &Context, b: &BusinessId, now: Timestamp) -> Result<(), OperationError> {
    join_accounts(context, b).await?;
    for (provider, _) in context.gateways.all() {
        let due_at = after(now, SWEEP_EVERY);
        let sweep = Sweep { business: b.clone(), provider, seen_until: now, due_at, reading: None };
        context.store.ensure_sweep(&sweep).await?;
        open_balance(context, b, provider, now).await?;
    }
    Ok(())
}

/// Continues a sweep that is due.
pub(super) async fn run_due_sweep(
    context: &Context,
    due: &DueItem,
    (b, provider): (&BusinessId, Provider),
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    let Some(sweep) = context.store.sweep(b, provider).await? else { return Ok(Outcome::Done) };
    match read_on(context, &sweep, now).await {
        Ok(next) => {
            context.store.move_sweep(&claimed, &next).await?;
            Ok(Outcome::Done)
        }
        Err(error) => {
            // A cursor that the provider refuses is dropped.
            let reading = sweep.reading.clone().filter(|_| error.retryable());
            let again = Sweep { due_at: after(now, AGAIN_AFTER), reading, ..sweep };
            context.store.move_sweep(&claimed, &again).await?;
            tracing::warn!(business.id = %b, %error, "a sweep could not be finished; it starts again");
            Ok(Outcome::Failed)
        }
    }
}

/// Reads as much of the list as one run may, and returns the next sweep. So no list is too long for the time of a run.
async fn read_on(context: &Context, sweep: &Sweep, now: Timestamp) -> Result<Sweep, OperationError> {
    let b = &sweep.business;
    let mut reading = sweep.reading.clone();
    let mut swept = SweepResult::default();
    for _ in 0..PAGES_PER_RUN {
        let after = reading.as_ref().map(|reading| reading.after.as_str());
        let more = read_page(context, (b, sweep.provider), sweep.seen_until, after, now, &mut swept).await?;
        let (began_at, missed) = reading.map_or((now, false), |reading| (reading.began_at, reading.missed));
        let missed = missed || swept.missed > 0;
        let Some(after) = more else {
            tracing::info!(business.id = %b, listed = swept.listed, missed = swept.missed, "sweep");
            if let Err(error) = match_transactions(context, b, sweep.provider, now).await {
                tracing::warn!(business.id = %b, %error, "movements could not be matched; the next sweep tries again");
            }
            // If events were missed, webhooks may be failing.
            let wait = if missed { AGAIN_AFTER } else { SWEEP_EVERY };
            return Ok(Sweep { seen_until: began_at, due_at: super::after(now, wait), reading: None, ..sweep.clone() });
        };
        reading = Some(SweepReading { began_at, after, missed });
    }
    Ok(Sweep { due_at: now, reading, ..sweep.clone() })
}

/// Reads each provider's list of events since an instant to its end, and records those that are new.
pub async fn sweep_provider_events(
    context: &Context,
    b: &BusinessId,
    since: Timestamp,
    now: Timestamp,
) -> Result<SweepResult, OperationError> {
    let mut swept = SweepResult::default();
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

/// Reads a page of the list, newest first, and returns the cursor of the next. Where businesses share the account, its owner reads the
/// list for all of them.
async fn read_page(
    context: &Context,
    (b, provider): (&BusinessId, Provider),
    since: Timestamp,
    after: Option<&str>,
    now: Timestamp,
    swept: &mut SweepResult,
) -> Result<Option<String>, OperationError> {
    let since = since.saturating_sub(OVERLAP).unwrap_or(Timestamp::MIN);
    let account = context.store.provider_account(provider).await?;
    if !account.is_owned_by(b) {
        return Ok(None);
    }
    let page = context.gateways.of(provider)?.events_since(since, after).await?;
    for event in &page.events {
        for reader in std::iter::once(b).chain(account.others(b)) {
            let Some(event) = received(reader, provider, &event.body, now) else { continue };
            swept.listed += usize::from(reader == b);
            if context.store.record_event(&event).await? == RecordOutcome::Fresh {
                swept.missed += 1;
            }
        }
    }
    Ok(page.more)
}

/// A listed event, as the receiver would have recorded it. `None` for one that changes nothing here: the webhook endpoint does
/// not receive those either.
fn received(b: &BusinessId, provider: Provider, body: &[u8], now: Timestamp) -> Option<ReceivedEvent> {
    if body.len() > EVENT_BODY_BYTES_MAX {
        tracing::error!(business.id = %b, bytes = body.len(), metric.refused = 1, "a listed event is too large to be stored");
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
