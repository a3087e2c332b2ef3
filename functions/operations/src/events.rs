//! Applying what a provider reported.

use jiff::Timestamp;
use receivables::provider_fact::Provider;
use receivables::{BusinessId, PaymentId, Report};
use store::{Also, EventState, Keeping, ReceivedEvent};
use stripe_gateway::event::Event;
use stripe_gateway::facts::{Meaning, reports};

use crate::payments::commit_heard;
use crate::{OperationError, Rooms};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// What it says is in the books.
    InTheBooks,
    /// It says nothing that changes them.
    Nothing,
    /// It speaks of a payment that we did not start; what it says is kept.
    Unmatched,
    /// It could not be understood; it is kept for repair and replay.
    Quarantined,
}

/// Applies a recorded event: facts merged, folded and committed with the event marked as applied in the same transaction.
pub async fn apply_provider_event(
    rooms: &Rooms,
    event: &ReceivedEvent,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    let mark = |state, reason| rooms.store.mark_event(&event.key, state, reason, now);
    if event.livemode.is_some_and(|livemode| livemode != rooms.livemode) {
        mark(EventState::Applied, Some("the other mode")).await?;
        return Ok(Applied::Nothing);
    }
    let meaning = match Event::read(&event.body).and_then(|envelope| reports(&envelope)) {
        Ok(Meaning::Fetch { object, kind }) => Ok(rooms.stripe.fetch(kind, &object).await?),
        read => read,
    };
    let said = match meaning {
        Ok(Meaning::Reports(said)) => said,
        // Methods and payouts are understood, and kept with their events until there is a place for them.
        Ok(
            Meaning::Nothing
            | Meaning::Methods(_)
            | Meaning::CustomerDeleted(_)
            | Meaning::Payout(_)
            | Meaning::Fetch { .. },
        ) => Vec::new(),
        Err(unreadable) => {
            mark(EventState::Quarantined, Some(&unreadable.to_string())).await?;
            return Ok(Applied::Quarantined);
        }
    };
    if said.is_empty() {
        mark(EventState::Applied, None).await?;
        return Ok(Applied::Nothing);
    }
    let b = &event.key.business;
    let Some(id) = whose(rooms, b, &said).await? else {
        return unidentified(rooms, event, &said, now).await;
    };
    let Some(payment) = rooms.store.payment(b, &id).await? else {
        return unidentified(rooms, event, &said, now).await;
    };
    commit_heard(rooms, payment, &said, &Also::Applied(event.key.clone()), now).await?;
    Ok(Applied::InTheBooks)
}

/// The payment that reports speak of: by our own reference, else by the object that was seen before.
async fn whose(rooms: &Rooms, b: &BusinessId, said: &[Report]) -> Result<Option<PaymentId>, OperationError> {
    if said.iter().any(|report| report.business.as_ref().is_some_and(|named| named != b)) {
        return Ok(None);
    }
    let mut named = said.iter().filter_map(|report| report.payment.as_ref());
    if let Some(id) = named.next() {
        // What speaks of two payments at once speaks of none of ours.
        return Ok(named.all(|other| other == id).then(|| id.clone()));
    }
    for report in said {
        if let Some(id) = rooms.store.payment_of_object(b, Provider::Stripe, &report.object).await? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

async fn unidentified(
    rooms: &Rooms,
    event: &ReceivedEvent,
    said: &[Report],
    now: Timestamp,
) -> Result<Applied, OperationError> {
    for report in said {
        if let Keeping::Belongs(id) =
            rooms.store.keep_unidentified(&event.key.business, Provider::Stripe, report, now).await?
        {
            let payment = rooms.store.payment(&event.key.business, &id).await?.ok_or(OperationError::NotFound)?;
            commit_heard(rooms, payment, said, &Also::Applied(event.key.clone()), now).await?;
            return Ok(Applied::InTheBooks);
        }
    }
    rooms.store.mark_event(&event.key, EventState::Unmatched, Some("no payment of ours"), now).await?;
    Ok(Applied::Unmatched)
}
