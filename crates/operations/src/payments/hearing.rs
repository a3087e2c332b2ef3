//! Hearing what a provider says of a payment, and working it off until every unit has its place.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use receivables::provider_fact::Provider;
use receivables::{BusinessId, Decision, Invoice, InvoiceId, ObjectId, Payment, Refusal, Report, payment};
use store::{Also, Commitment, Contested, EventKey, EventState, Page};

use crate::{OperationError, Rooms, act_is_done, commit, written};

/// Times a decision is taken anew because another came first.
const TRIES_MAX: u32 = 6;
/// Steps in which one payment is worked off; a thousand allocations take twenty-four.
const STEPS_MAX: u32 = 80;
/// Open invoices that are looked at for money that is left over, oldest due first.
const OPEN_INVOICES_MAX: usize = 100;

/// Hears reports and commits what follows, deciding again for as long as others come first. What was kept of the same money
/// while it was nobody's is heard in the same decision.
///
/// Boxed: what calls it is deep already, and the compiler follows every future into the ones it holds.
pub(crate) fn commit_heard<'a>(
    rooms: &'a Rooms,
    payment: Payment,
    reports: &'a [Report],
    applied: Option<&'a EventKey>,
    now: Timestamp,
) -> BoxFuture<'a, Result<Payment, OperationError>> {
    heard(rooms, payment, reports, applied, now).boxed()
}

async fn heard(
    rooms: &Rooms,
    payment: Payment,
    reports: &[Report],
    applied: Option<&EventKey>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let (mut payment, mut adopted) = (payment, Adopted::default());
    let mut also = Also { applied: applied.cloned(), ..rooms.also() };
    for _ in 0..TRIES_MAX {
        let Some((changed, decision)) = payment::hear(&payment, &adopted.with(reports), now) else {
            // Nothing of it is news, so there is nothing to commit the mark with.
            if let Some(event) = applied {
                rooms.store.mark_event(event, EventState::Applied, None, now).await?;
            }
            return finish(rooms, payment, now).await;
        };
        match rooms.store.commit(&decision, &also).await? {
            Commitment::Committed => return finish(rooms, changed, now).await,
            // The event was marked before: with what it says, or by a version that could make nothing of it. What is news
            // is heard all the same, and only the mark is left alone.
            Commitment::AlreadyDone => {
                also.applied = None;
                payment = fresh(rooms, &payment).await?;
            }
            Commitment::Conflict(contested) => {
                adopted.take_over(rooms, &payment, &contested).await?;
                also.adopted = adopted.versions();
                payment = fresh(rooms, &payment).await?;
            }
        }
    }
    Err(OperationError::Conflict)
}

/// What was taken over of objects that were nobody's: by the object that carries the money, how much had been kept, and what.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adopted(BTreeMap<ObjectId, (u64, Vec<Report>)>);

impl Adopted {
    /// Takes over what is kept of the objects that were contested. What has become another's in the meantime is for that one to hear,
    /// and is let go.
    pub(crate) async fn take_over(
        &mut self,
        rooms: &Rooms,
        payment: &Payment,
        contested: &[Contested],
    ) -> Result<(), OperationError> {
        for contested in contested {
            let Contested::Waiting(anchor) = contested else { continue };
            match rooms.store.waiting(&payment.business, Provider::Stripe, anchor).await? {
                Some(waiting) => drop(self.0.insert(anchor.clone(), (waiting.version, waiting.reports))),
                None => drop(self.0.remove(anchor)),
            }
        }
        Ok(())
    }

    /// What is said together with what was taken over.
    pub(crate) fn with(&self, said: &[Report]) -> Vec<Report> {
        said.iter().chain(self.0.values().flat_map(|(_, kept)| kept)).cloned().collect()
    }

    /// Whether something was taken over of an object.
    pub(crate) fn has(&self, anchor: &ObjectId) -> bool {
        self.0.contains_key(anchor)
    }

    /// How much had been kept of each, which must be so still when it is committed.
    pub(crate) fn versions(&self) -> BTreeMap<ObjectId, u64> {
        self.0.iter().map(|(anchor, (version, _))| (anchor.clone(), *version)).collect()
    }
}

/// Works a payment off, step by step, until nothing of it waits for a place. Where this ends early, the payment is due at once,
/// and the timer goes on with it.
pub(crate) fn finish(
    rooms: &Rooms,
    payment: Payment,
    now: Timestamp,
) -> BoxFuture<'_, Result<Payment, OperationError>> {
    worked_off(rooms, payment, now).boxed()
}

async fn worked_off(rooms: &Rooms, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = payment;
    for _ in 0..STEPS_MAX {
        if !payment.unfinished || payment.state.checkout_is_live() {
            return Ok(payment);
        }
        let mut step = payment::go_on(&payment, now);
        if step.is_none() {
            let current = on_fresh_standings(rooms, payment.clone()).await?;
            step = payment::settle(&current, &open_invoices(rooms, &current).await?, now);
        }
        let Some((changed, decision)) = step else { return Ok(payment) };
        payment = match commit(rooms, &decision).await? {
            Commitment::Committed => changed,
            Commitment::AlreadyDone | Commitment::Conflict(_) => fresh(rooms, &payment).await?,
        };
    }
    Err(OperationError::Conflict)
}

/// The open invoices of the payment's account, oldest due first, as they stand now: the index may be a moment behind.
async fn open_invoices(rooms: &Rooms, payment: &Payment) -> Result<Vec<Invoice>, OperationError> {
    let page = Page::first(OPEN_INVOICES_MAX);
    let listed = rooms.store.open_invoices(&payment.business, &payment.customer, &page).await?;
    let ids: Vec<InvoiceId> = listed.items.into_iter().map(|invoice| invoice.id).collect();
    Ok(rooms.store.invoices(&payment.business, &ids).await?.into_values().collect())
}

/// Gives up a payment whose page was never opened and could not be open any more.
pub(crate) async fn give_up(rooms: &Rooms, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = payment;
    for _ in 0..TRIES_MAX {
        let Some((changed, decision)) = payment::give_up(&payment, now) else {
            return finish(rooms, payment, now).await;
        };
        if commit(rooms, &decision).await? == Commitment::Committed {
            return finish(rooms, changed, now).await;
        }
        payment = fresh(rooms, &payment).await?;
    }
    Err(OperationError::Conflict)
}

/// Carries out what a person does to a payment, once, on its invoices as they stand now, and on those that they name. An unfinished
/// payment is finished first.
pub(crate) async fn carry_out(
    rooms: &Rooms,
    payment: Payment,
    named: &[InvoiceId],
    now: Timestamp,
    decide: impl Fn(&Payment, &[Invoice]) -> Result<(Payment, Decision), Refusal>,
) -> Result<Payment, OperationError> {
    let mut payment = finish(rooms, payment, now).await?;
    for _ in 0..TRIES_MAX {
        if act_is_done(rooms, &payment.business).await? {
            return finish(rooms, reload(rooms, &payment).await?, now).await;
        }
        payment = on_fresh_standings(rooms, payment).await?;
        let invoices = in_order(rooms, &payment.business, named).await?;
        if let Some(changed) = written(rooms, &payment.business, decide(&payment, &invoices)).await? {
            return finish(rooms, changed, now).await;
        }
        payment = reload(rooms, &payment).await?;
    }
    Err(OperationError::Conflict)
}

/// Invoices as they stand now, in the order in which they are named.
pub(crate) async fn in_order(
    rooms: &Rooms,
    b: &BusinessId,
    named: &[InvoiceId],
) -> Result<Vec<Invoice>, OperationError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let held = rooms.store.invoices(b, named).await?;
    named.iter().map(|id| held.get(id).cloned().ok_or(OperationError::NotFound)).collect()
}

/// The payment and its invoices as they stand now.
async fn fresh(rooms: &Rooms, payment: &Payment) -> Result<Payment, OperationError> {
    on_fresh_standings(rooms, reload(rooms, payment).await?).await
}

async fn on_fresh_standings(rooms: &Rooms, payment: Payment) -> Result<Payment, OperationError> {
    let ids: Vec<InvoiceId> = payment.allocations.iter().map(|part| part.invoice.clone()).collect();
    let standings = rooms.store.standings(&payment.business, &ids).await?;
    Ok(payment.on_fresh_standings(&standings))
}

pub(crate) async fn reload(rooms: &Rooms, payment: &Payment) -> Result<Payment, OperationError> {
    rooms.store.payment(&payment.business, &payment.id).await?.ok_or(OperationError::NotFound)
}
