//! Applying what a provider reported.

use jiff::Timestamp;
use payment_gateway::stripe::event::Event;
use payment_gateway::stripe::reports::{Meaning, reports};
use receivables::payment::{self, ExternalPayment, mention_cash};
use receivables::provider_object::Provider;
use receivables::{
    BusinessId, CustomerId, Invoice, InvoiceId, Locale, Money, ObjectId, Payment, PaymentId, Refusal, Report,
};
use sha2::{Digest, Sha256};
use store::{CommitContext, CommitOutcome, Conflict, EventKey, EventState, KeepOutcome, ReceivedEvent};

use crate::methods::{customer_deleted, hear_methods};
use crate::payments::{ClaimedReports, commit_reports, finish, in_order};
use crate::payouts::hear_payout;
use crate::{Context, OperationError};

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
    context: &Context,
    event: &ReceivedEvent,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    take(context, event, Some(&event.key), now).await
}

/// Hears a recorded event again, whatever became of it. What was applied stays marked so: its facts merge to what they are.
pub async fn replay_event(context: &Context, event: &ReceivedEvent, now: Timestamp) -> Result<Applied, OperationError> {
    let marked = (event.state != EventState::Applied).then_some(&event.key);
    take(context, event, marked, now).await
}

/// Takes an event in. What no other try would change puts it into quarantine, where it is in nobody's way and a replay finds
/// it; but what was applied before stays so.
async fn take(
    context: &Context,
    event: &ReceivedEvent,
    marked: Option<&EventKey>,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    match (hear(context, event, marked, now).await, marked) {
        (Err(error), Some(key)) if !error.retryable() => {
            let reason = format!("it cannot be applied: {error}");
            context.store.mark_event(key, EventState::Quarantined, Some(&reason), now).await?;
            Ok(Applied::Quarantined)
        }
        (heard, _) => heard,
    }
}

async fn hear(
    context: &Context,
    event: &ReceivedEvent,
    marked: Option<&EventKey>,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    let mark = async |state, reason: Option<&str>| match marked {
        Some(key) => context.store.mark_event(key, state, reason, now).await.map(drop),
        None => Ok(()),
    };
    if event.livemode.is_some_and(|livemode| livemode != context.livemode) {
        mark(EventState::Applied, Some("the other mode")).await?;
        return Ok(Applied::Nothing);
    }
    let b = &event.key.business;
    let meaning = match Event::read(&event.body).and_then(|envelope| reports(&envelope)) {
        Ok(Meaning::Fetch { object, kind }) => Ok(context.stripe.fetch(kind, &object).await?),
        read => read,
    };
    match meaning {
        Ok(Meaning::Reports(said)) if !said.is_empty() => Box::pin(hear_reports(context, b, &said, marked, now)).await,
        Ok(Meaning::Methods(said)) => {
            hear_methods(context, b, &said).await?;
            mark(EventState::Applied, None).await?;
            Ok(Applied::InTheBooks)
        }
        Ok(Meaning::CustomerDeleted(customer)) => {
            customer_deleted(context, b, &customer, now).await?;
            mark(EventState::Applied, None).await?;
            Ok(Applied::InTheBooks)
        }
        Ok(Meaning::Payout(said)) => {
            hear_payout(context, b, &said, now).await?;
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
    context: &Context,
    b: &BusinessId,
    said: &[Report],
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<Applied, OperationError> {
    // Two businesses may share one account at Stripe. What is another's is its own to hear, and nothing is kept of it here,
    // where an operator could take it for this business's money.
    if said.iter().any(|report| report.business.as_ref().is_some_and(|named| named != b)) {
        if let Some(event) = event {
            context.store.mark_event(event, EventState::Applied, Some("another business's"), now).await?;
        }
        return Ok(Applied::Nothing);
    }
    for _ in 0..TRIES_MAX {
        if let Some(id) = whose(context, b, said).await?
            && let Some(payment) = context.store.payment(b, &id).await?
        {
            commit_reports(context, payment, said, event, now).await?;
            return Ok(Applied::InTheBooks);
        }
        if let Some(customer) = find_customer(context, b, said).await?
            && begin(context, b, &customer, said, Begin::default(), event, now).await?.is_some()
        {
            return Ok(Applied::InTheBooks);
        }
        let Some(anchor) = said.iter().map(Report::anchor).next() else { return Ok(Applied::Nothing) };
        match context.store.keep_unidentified(b, Provider::Stripe, anchor, said, now).await? {
            KeepOutcome::Kept => {
                if let Some(event) = event {
                    context.store.mark_event(event, EventState::Unmatched, Some("no payment of ours"), now).await?;
                }
                return Ok(Applied::Unmatched);
            }
            // It has become somebody's in the meantime.
            KeepOutcome::Belongs(_) => {}
        }
    }
    Err(OperationError::Conflict)
}

/// The payment that reports speak of: by our own reference, else by the objects that were seen before.
async fn whose(context: &Context, b: &BusinessId, said: &[Report]) -> Result<Option<PaymentId>, OperationError> {
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
        if let Some(id) = context.store.payment_of_object(b, Provider::Stripe, object).await? {
            return Ok(Some(id));
        }
        asked.push(object);
    }
    Ok(None)
}

/// The customer of whom reports tell that money came.
async fn find_customer(
    context: &Context,
    b: &BusinessId,
    said: &[Report],
) -> Result<Option<CustomerId>, OperationError> {
    let Some(customer) = said.iter().find_map(|report| report.customer.as_ref()) else { return Ok(None) };
    if !mention_cash(said) {
        return Ok(None);
    }
    Ok(context.store.customer_at_provider(b, customer).await?)
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
    context: &Context,
    b: &BusinessId,
    customer: &CustomerId,
    said: &[Report],
    with: Begin,
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<Option<Payment>, OperationError> {
    let anchor = with.anchor.as_ref().or_else(|| said.iter().map(Report::anchor).next());
    let Some(anchor) = anchor.cloned() else { return Ok(None) };
    let held = context.store.customer(b, customer).await?.ok_or(OperationError::NotFound)?;
    let mut outside = ExternalPayment {
        id: payment_id(b, &anchor)?,
        business: b.clone(),
        customer: customer.clone(),
        locale: held.profile.locale.unwrap_or(Locale::English),
        parts: with.parts,
    };
    let (mut adopted, mut event) = (ClaimedReports::default(), event.cloned());
    for _ in 0..TRIES_MAX {
        let said = adopted.with(said);
        let Some(begun) = payment::start_external(outside.clone(), &said, now)? else { return Ok(None) };
        let (payment, decision) = begun;
        let also = CommitContext { applied: event.clone(), adopted: adopted.versions(), ..context.also() };
        match context.store.commit(&decision, &also).await? {
            CommitOutcome::Committed => return finish(context, payment, now).await.map(Some),
            // It is there, or the event was marked by a version that could make nothing of it.
            CommitOutcome::AlreadyDone => match context.store.payment(b, &payment.id).await? {
                Some(payment) => return commit_reports(context, payment, &said, event.as_ref(), now).await.map(Some),
                None => event = None,
            },
            CommitOutcome::Conflict(contested) => {
                adopted.take_over(context, &payment, &contested).await?;
                let named: Vec<InvoiceId> = outside.parts.iter().map(|(invoice, _)| invoice.id.clone()).collect();
                let fresh = in_order(context, b, &named).await?;
                outside.parts = fresh.into_iter().zip(outside.parts).map(|(now, (_, part))| (now, part)).collect();
                // What was kept has become another payment's, which has heard it.
                if contested.contains(&Conflict::UnclaimedReports(anchor.clone())) && !adopted.has(&anchor) {
                    return Ok(None);
                }
            }
        }
    }
    Err(OperationError::Conflict)
}

/// An operator says whose money it is that was nobody's, and what it is for.
pub async fn identify(
    context: &Context,
    b: &BusinessId,
    object: &ObjectId,
    customer: &CustomerId,
    parts: Vec<(Invoice, Money)>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let waiting = context.store.waiting(b, Provider::Stripe, object).await?;
    let Some(waiting) = waiting else {
        // The same again finds the payment that was made of it.
        let known =
            context.store.payment_of_object(b, Provider::Stripe, object).await?.ok_or(OperationError::NotFound)?;
        return context.store.payment(b, &known).await?.ok_or(OperationError::NotFound);
    };
    if !mention_cash(&waiting.reports) {
        return Err(Refusal::NothingReceived.into());
    }
    let with = Begin { parts, anchor: Some(object.clone()) };
    let begun = begin(context, b, customer, &waiting.reports, with, None, now).await?;
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
