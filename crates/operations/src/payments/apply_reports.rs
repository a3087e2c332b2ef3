//! Hearing what a provider says of a payment, and working it off until every unit has its place.

use std::collections::BTreeMap;

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use receivables::provider_object::Provider;
use receivables::{BusinessId, Decision, Invoice, InvoiceId, ObjectId, Payment, Refusal, Report, payment};
use store::{CommitContext, CommitOutcome, Conflict, EventKey, EventState, Page};

use crate::{Context, OperationError, commit, is_already_done, written};

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
pub(crate) fn commit_reports<'a>(
    context: &'a Context,
    payment: Payment,
    reports: &'a [Report],
    applied: Option<&'a EventKey>,
    now: Timestamp,
) -> BoxFuture<'a, Result<Payment, OperationError>> {
    heard(context, payment, reports, applied, now).boxed()
}

async fn heard(
    context: &Context,
    payment: Payment,
    reports: &[Report],
    applied: Option<&EventKey>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let (mut payment, mut adopted) = (payment, ClaimedReports::default());
    let mut also = CommitContext { applied: applied.cloned(), ..context.also() };
    for _ in 0..TRIES_MAX {
        let Some((changed, decision)) = payment::apply_reports(&payment, &adopted.with(reports), now) else {
            // Nothing of it is news, so there is nothing to commit the mark with.
            if let Some(event) = applied {
                context.store.mark_event(event, EventState::Applied, None, now).await?;
            }
            return finish(context, payment, now).await;
        };
        match context.store.commit(&decision, &also).await? {
            CommitOutcome::Committed => return finish(context, changed, now).await,
            // The event was marked before: with what it says, or by a version that could make nothing of it. What is news
            // is heard all the same, and only the mark is left alone.
            CommitOutcome::AlreadyDone => {
                also.applied = None;
                payment = fresh(context, &payment).await?;
            }
            CommitOutcome::Conflict(contested) => {
                adopted.take_over(context, &payment, &contested).await?;
                also.adopted = adopted.versions();
                payment = fresh(context, &payment).await?;
            }
        }
    }
    Err(OperationError::Conflict)
}

/// What was taken over of objects that were nobody's: by the object that carries the money, how much had been kept, and what.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimedReports(BTreeMap<ObjectId, (u64, Vec<Report>)>);

impl ClaimedReports {
    /// Takes over what is kept of the objects that were contested. What has become another's in the meantime is for that one to hear,
    /// and is let go.
    pub(crate) async fn take_over(
        &mut self,
        context: &Context,
        payment: &Payment,
        contested: &[Conflict],
    ) -> Result<(), OperationError> {
        for contested in contested {
            let Conflict::UnclaimedReports(anchor) = contested else { continue };
            match context.store.waiting(&payment.business, Provider::Stripe, anchor).await? {
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
    context: &Context,
    payment: Payment,
    now: Timestamp,
) -> BoxFuture<'_, Result<Payment, OperationError>> {
    run_steps(context, payment, now).boxed()
}

async fn run_steps(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = payment;
    for _ in 0..STEPS_MAX {
        if !payment.unfinished || payment.state.checkout_is_live() {
            return Ok(payment);
        }
        let mut step = payment::next_step(&payment, now);
        if step.is_none() {
            let current = with_current_invoices(context, payment.clone()).await?;
            step = payment::place_remainder(&current, &open_invoices(context, &current).await?, now);
        }
        let Some((changed, decision)) = step else { return Ok(payment) };
        payment = match commit(context, &decision).await? {
            CommitOutcome::Committed => changed,
            CommitOutcome::AlreadyDone | CommitOutcome::Conflict(_) => fresh(context, &payment).await?,
        };
    }
    Err(OperationError::Conflict)
}

/// The open invoices of the payment's account, oldest due first, as they stand now: the index may be a moment behind.
async fn open_invoices(context: &Context, payment: &Payment) -> Result<Vec<Invoice>, OperationError> {
    let page = Page::first(OPEN_INVOICES_MAX);
    let listed = context.store.open_invoices(&payment.business, &payment.customer, &page).await?;
    let ids: Vec<InvoiceId> = listed.items.into_iter().map(|invoice| invoice.id).collect();
    Ok(context.store.invoices(&payment.business, &ids).await?.into_values().collect())
}

/// Gives up a payment whose page was never opened and could not be open any more.
pub(crate) async fn abandon(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = payment;
    for _ in 0..TRIES_MAX {
        let Some((changed, decision)) = payment::abandon(&payment, now) else {
            return finish(context, payment, now).await;
        };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            return finish(context, changed, now).await;
        }
        payment = fresh(context, &payment).await?;
    }
    Err(OperationError::Conflict)
}

/// Carries out what a person does to a payment, once, on its invoices as they stand now, and on those that they name. An unfinished
/// payment is finished first.
pub(crate) async fn carry_out(
    context: &Context,
    payment: Payment,
    named: &[InvoiceId],
    now: Timestamp,
    decide: impl Fn(&Payment, &[Invoice]) -> Result<(Payment, Decision), Refusal>,
) -> Result<Payment, OperationError> {
    let mut payment = finish(context, payment, now).await?;
    for _ in 0..TRIES_MAX {
        if is_already_done(context, &payment.business).await? {
            return finish(context, reload(context, &payment).await?, now).await;
        }
        payment = with_current_invoices(context, payment).await?;
        let invoices = in_order(context, &payment.business, named).await?;
        if let Some(changed) = written(context, &payment.business, decide(&payment, &invoices)).await? {
            return finish(context, changed, now).await;
        }
        payment = reload(context, &payment).await?;
    }
    Err(OperationError::Conflict)
}

/// Invoices as they stand now, in the order in which they are named.
pub(crate) async fn in_order(
    context: &Context,
    b: &BusinessId,
    named: &[InvoiceId],
) -> Result<Vec<Invoice>, OperationError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let held = context.store.invoices(b, named).await?;
    named.iter().map(|id| held.get(id).cloned().ok_or(OperationError::NotFound)).collect()
}

/// The payment and its invoices as they stand now.
async fn fresh(context: &Context, payment: &Payment) -> Result<Payment, OperationError> {
    with_current_invoices(context, reload(context, payment).await?).await
}

async fn with_current_invoices(context: &Context, payment: Payment) -> Result<Payment, OperationError> {
    let ids: Vec<InvoiceId> = payment.allocations.iter().map(|part| part.invoice.clone()).collect();
    let balances = context.store.balances(&payment.business, &ids).await?;
    Ok(payment.with_current_invoices(&balances))
}

pub(crate) async fn reload(context: &Context, payment: &Payment) -> Result<Payment, OperationError> {
    context.store.payment(&payment.business, &payment.id).await?.ok_or(OperationError::NotFound)
}
