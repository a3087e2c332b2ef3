//! Applying what a provider reported.

use jiff::Timestamp;
use payment_gateway::stripe::event::Event;
use payment_gateway::stripe::facts::{Meaning, reports};
use receivables::payment::{self, Outside, speak_of_money};
use receivables::provider_fact::Provider;
use receivables::{
    BusinessId, CustomerId, Invoice, InvoiceId, Locale, Money, ObjectId, Payment, PaymentId, Refusal, Report,
};
use sha2::{Digest, Sha256};
use store::{Also, Commitment, Contested, EventKey, EventState, Keeping, ReceivedEvent};

use crate::methods::{customer_deleted, hear_methods};
use crate::payments::{Adopted, commit_heard, finish, in_order};
use crate::payouts::hear_payout;
use crate::{OperationError, Rooms};

/// Times a decision is taken anew because another came first.
const TRIES_MAX: u32 = 6;

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// What it says is in the books.
    InTheBooks,
    /// It says nothing that changes them.
    Nothing,
    /// It speaks of money that is nobody's known; what it says is kept.
    Unmatched,
    /// It could not be understood or carried out; it is kept for repair and replay.
    Quarantined,
}

/// Applies a recorded event: facts merged, folded and committed with the event marked as applied in the same transaction.
pub async fn apply_provider_event(
    rooms: &Rooms,
    event: &ReceivedEvent,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    take(rooms, event, Some(&event.key), now).await
}

/// Hears a recorded event again, whatever became of it. What was applied stays marked so: its facts merge to what they are.
pub async fn replay_event(rooms: &Rooms, event: &ReceivedEvent, now: Timestamp) -> Result<Applied, OperationError> {
    let marked = (event.state != EventState::Applied).then_some(&event.key);
    take(rooms, event, marked, now).await
}

/// Takes an event in. What no other try would change puts it into quarantine, where it is in nobody's way and a replay finds
/// it; but what was applied before stays so.
async fn take(
    rooms: &Rooms,
    event: &ReceivedEvent,
    marked: Option<&EventKey>,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    match (hear(rooms, event, marked, now).await, marked) {
        (Err(error), Some(key)) if !error.retryable() => {
            let reason = format!("it cannot be applied: {error}");
            rooms.store.mark_event(key, EventState::Quarantined, Some(&reason), now).await?;
            Ok(Applied::Quarantined)
        }
        (heard, _) => heard,
    }
}

async fn hear(
    rooms: &Rooms,
    event: &ReceivedEvent,
    marked: Option<&EventKey>,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    let mark = async |state, reason: Option<&str>| match marked {
        Some(key) => rooms.store.mark_event(key, state, reason, now).await.map(drop),
        None => Ok(()),
    };
    if event.livemode.is_some_and(|livemode| livemode != rooms.livemode) {
        mark(EventState::Applied, Some("the other mode")).await?;
        return Ok(Applied::Nothing);
    }
    let b = &event.key.business;
    let meaning = match Event::read(&event.body).and_then(|envelope| reports(&envelope)) {
        Ok(Meaning::Fetch { object, kind }) => Ok(rooms.stripe.fetch(kind, &object).await?),
        read => read,
    };
    match meaning {
        Ok(Meaning::Reports(said)) if !said.is_empty() => Box::pin(hear_reports(rooms, b, &said, marked, now)).await,
        Ok(Meaning::Methods(said)) => {
            hear_methods(rooms, b, &said).await?;
            mark(EventState::Applied, None).await?;
            Ok(Applied::InTheBooks)
        }
        Ok(Meaning::CustomerDeleted(customer)) => {
            customer_deleted(rooms, b, &customer, now).await?;
            mark(EventState::Applied, None).await?;
            Ok(Applied::InTheBooks)
        }
        Ok(Meaning::Payout(said)) => {
            hear_payout(rooms, b, &said, now).await?;
            mark(EventState::Applied, None).await?;
            Ok(Applied::InTheBooks)
        }
        Ok(Meaning::Reports(_) | Meaning::Nothing | Meaning::Fetch { .. }) => {
            mark(EventState::Applied, None).await?;
            Ok(Applied::Nothing)
        }
        Err(unreadable) => {
            mark(EventState::Quarantined, Some(&unreadable.to_string())).await?;
            Ok(Applied::Quarantined)
        }
    }
}

/// Hears what a provider says of money, whoever's it is: a payment of ours, a customer's we know, or nobody's yet.
pub(crate) async fn hear_reports(
    rooms: &Rooms,
    b: &BusinessId,
    said: &[Report],
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    // Two businesses may share one account at Stripe. What is another's is its own to hear, and nothing is kept of it here,
    // where an operator could take it for this business's money.
    if said.iter().any(|report| report.business.as_ref().is_some_and(|named| named != b)) {
        if let Some(event) = event {
            rooms.store.mark_event(event, EventState::Applied, Some("another business's"), now).await?;
        }
        return Ok(Applied::Nothing);
    }
    for _ in 0..TRIES_MAX {
        if let Some(id) = whose(rooms, b, said).await?
            && let Some(payment) = rooms.store.payment(b, &id).await?
        {
            commit_heard(rooms, payment, said, event, now).await?;
            return Ok(Applied::InTheBooks);
        }
        if let Some(customer) = whose_customer(rooms, b, said).await?
            && begin(rooms, b, &customer, said, Begin::default(), event, now).await?.is_some()
        {
            return Ok(Applied::InTheBooks);
        }
        let Some(anchor) = said.iter().map(Report::anchor).next() else { return Ok(Applied::Nothing) };
        match rooms.store.keep_unidentified(b, Provider::Stripe, anchor, said, now).await? {
            Keeping::Kept => {
                if let Some(event) = event {
                    rooms.store.mark_event(event, EventState::Unmatched, Some("no payment of ours"), now).await?;
                }
                return Ok(Applied::Unmatched);
            }
            // It has become somebody's in the meantime.
            Keeping::Belongs(_) => {}
        }
    }
    Err(OperationError::Conflict)
}

/// The payment that reports speak of: by our own reference, else by the objects that were seen before.
async fn whose(rooms: &Rooms, b: &BusinessId, said: &[Report]) -> Result<Option<PaymentId>, OperationError> {
    let mut named = said.iter().filter_map(|report| report.payment.as_ref());
    if let Some(id) = named.next() {
        // What speaks of two payments at once speaks of none of ours.
        return Ok(named.all(|other| other == id).then(|| id.clone()));
    }
    let mut asked: Vec<&ObjectId> = Vec::new();
    // The anchor first: it is what most is found by.
    for object in said.iter().flat_map(|report| [report.anchor(), &report.object]) {
        if asked.contains(&object) {
            continue;
        }
        if let Some(id) = rooms.store.payment_of_object(b, Provider::Stripe, object).await? {
            return Ok(Some(id));
        }
        asked.push(object);
    }
    Ok(None)
}

/// The customer of whom reports tell that money came.
async fn whose_customer(rooms: &Rooms, b: &BusinessId, said: &[Report]) -> Result<Option<CustomerId>, OperationError> {
    let Some(customer) = said.iter().find_map(|report| report.customer.as_ref()) else { return Ok(None) };
    if !speak_of_money(said) {
        return Ok(None);
    }
    Ok(rooms.store.customer_at_provider(b, customer).await?)
}

/// What an operator adds to money that was nobody's.
#[derive(Default)]
struct Begin {
    /// The invoices it is for; none where the books find them.
    parts: Vec<(Invoice, Money)>,
    /// It was kept until now, and this is the object that carries it.
    anchor: Option<ObjectId>,
}

/// Makes a payment of money that was not started here. `None` where no money came.
async fn begin(
    rooms: &Rooms,
    b: &BusinessId,
    customer: &CustomerId,
    said: &[Report],
    with: Begin,
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<Option<Payment>, OperationError> {
    let anchor = with.anchor.as_ref().or_else(|| said.iter().map(Report::anchor).next());
    let Some(anchor) = anchor.cloned() else { return Ok(None) };
    let held = rooms.store.customer(b, customer).await?.ok_or(OperationError::NotFound)?;
    let mut outside = Outside {
        id: payment_id(b, &anchor)?,
        business: b.clone(),
        customer: customer.clone(),
        locale: held.profile.locale.unwrap_or(Locale::English),
        parts: with.parts,
    };
    let (mut adopted, mut event) = (Adopted::default(), event.cloned());
    for _ in 0..TRIES_MAX {
        let said = adopted.with(said);
        let Some(begun) = payment::took_place_elsewhere(outside.clone(), &said, now)? else { return Ok(None) };
        let (payment, decision) = begun;
        let also = Also { applied: event.clone(), adopted: adopted.versions(), ..rooms.also() };
        match rooms.store.commit(&decision, &also).await? {
            Commitment::Committed => return finish(rooms, payment, now).await.map(Some),
            // It is there, or the event was marked by a version that could make nothing of it.
            Commitment::AlreadyDone => match rooms.store.payment(b, &payment.id).await? {
                Some(payment) => return commit_heard(rooms, payment, &said, event.as_ref(), now).await.map(Some),
                None => event = None,
            },
            Commitment::Conflict(contested) => {
                adopted.take_over(rooms, &payment, &contested).await?;
                let named: Vec<InvoiceId> = outside.parts.iter().map(|(invoice, _)| invoice.id.clone()).collect();
                let fresh = in_order(rooms, b, &named).await?;
                outside.parts = fresh.into_iter().zip(outside.parts).map(|(now, (_, part))| (now, part)).collect();
                // What was kept has become another payment's, which has heard it.
                if contested.contains(&Contested::Waiting(anchor.clone())) && !adopted.has(&anchor) {
                    return Ok(None);
                }
            }
        }
    }
    Err(OperationError::Conflict)
}

/// An operator says whose money it is that was nobody's, and what it is for.
pub async fn identify(
    rooms: &Rooms,
    b: &BusinessId,
    object: &ObjectId,
    customer: &CustomerId,
    parts: Vec<(Invoice, Money)>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let waiting = rooms.store.waiting(b, Provider::Stripe, object).await?;
    let Some(waiting) = waiting else {
        // The same again finds the payment that was made of it.
        let known =
            rooms.store.payment_of_object(b, Provider::Stripe, object).await?.ok_or(OperationError::NotFound)?;
        return rooms.store.payment(b, &known).await?.ok_or(OperationError::NotFound);
    };
    if !speak_of_money(&waiting.reports) {
        return Err(Refusal::NothingReceived.into());
    }
    let with = Begin { parts, anchor: Some(object.clone()) };
    let begun = begin(rooms, b, customer, &waiting.reports, with, None, now).await?;
    begun.ok_or(OperationError::Conflict)
}

/// The id of the payment for money that was not started here: the same money always has the same.
fn payment_id(b: &BusinessId, anchor: &ObjectId) -> Result<PaymentId, OperationError> {
    const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let hash = Sha256::digest(format!("{b}/{anchor}"));
    let letters = hash.iter().take(26).enumerate();
    // The first letter of a ULID holds three bits.
    let letters = letters.map(|(place, byte)| usize::from(if place == 0 { byte % 8 } else { byte % 32 }));
    let ulid: String = letters.map(|place| char::from(CROCKFORD.get(place).copied().unwrap_or(b'0'))).collect();
    PaymentId::from_ulid(&ulid).map_err(|error| OperationError::Defect(error.to_string()))
}
