//! Applying what a provider reports of a payment, until all of its money is placed.

use std::collections::{BTreeMap, BTreeSet};

use futures::FutureExt;
use futures::future::BoxFuture;
use jiff::Timestamp;
use receivables::allocation::ALLOCATIONS_PER_STEP;
use receivables::payment::OpenPages;
use receivables::{
    BusinessId, Decision, InvoiceHead, InvoiceId, Money, ObjectId, Payment, PaymentId, Refusal, Report, payment,
};
use store::{CommitOutcome, Conflict, EventKey, EventState};

use crate::commit::{RetryOnConflict, commit, commit_context, commit_once, is_already_done};
use crate::context::Context;
use crate::error::OperationError;
use crate::open_invoices::open_invoices;
use crate::payments::close_checkout;

/// Steps in which the money of one payment is placed; a thousand allocations take twenty-four.
const STEPS_MAX: u32 = 80;

/// Provider objects that one decision hears of. Each is an item and a name, and a transaction has a hundred items.
const OBJECTS_PER_DECISION: usize = 30;

/// Applies reports and commits the result, deciding again after each conflict. Reports about the same money that were kept
/// before its payment was known are applied in the same decision. Reports of many objects are several decisions, and the event is
/// applied with the last.
///
/// Boxed: its callers nest deeply, and the compiler follows every future into those inside it.
pub(crate) fn commit_reports<'a>(
    context: &'a Context,
    payment: Payment,
    reports: &'a [Report],
    applied: Option<&'a EventKey>,
    now: Timestamp,
) -> BoxFuture<'a, Result<Payment, OperationError>> {
    async move {
        let (mut payment, mut left) = (payment, reports.to_vec());
        loop {
            (payment, left) = commit_step(context, payment, &left, applied, now).await?;
            if left.is_empty() {
                return run_to_completion(context, payment, now).await;
            }
        }
    }
    .boxed()
}

/// Reports in steps of so many objects. In which order they are heard makes no difference to the end.
pub(crate) fn in_steps(reports: &[Report]) -> Vec<&[Report]> {
    let (mut steps, mut rest) = (Vec::new(), reports);
    loop {
        let mut objects = BTreeSet::new();
        let mut fits = |report: &Report| {
            objects.insert(report.object.clone());
            objects.len() <= OBJECTS_PER_DECISION
        };
        let (step, left) = rest.split_at(rest.iter().take_while(|report| fits(report)).count());
        steps.push(step);
        if left.is_empty() {
            return steps;
        }
        rest = left;
    }
}

/// Applies the first of the reports, as many as a decision hears of, and returns what is left of them and of what was claimed.
async fn commit_step(
    context: &Context,
    payment: Payment,
    reports: &[Report],
    applied: Option<&EventKey>,
    now: Timestamp,
) -> Result<(Payment, Vec<Report>), OperationError> {
    let (mut payment, mut claimed) = (payment, ClaimedReports::default());
    let (mut carries_mark, mut record) = (true, commit_context(context));
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let heard = claimed.with(reports);
        let step = in_steps(&heard).first().copied().unwrap_or(&heard);
        let left = heard.get(step.len()..).unwrap_or_default().to_vec();
        let mark = applied.filter(|_| left.is_empty());
        record.applied = mark.filter(|_| carries_mark).cloned();
        let Some((after, decision)) = payment::apply_reports(&payment, step, now) else {
            // Nothing in it is new, so there is no commit that could carry the mark.
            if let Some(event) = mark {
                context.store.mark_event(event, EventState::Applied, None, now).await?;
            }
            return Ok((payment, left));
        };
        match context.store.commit(&decision, &record).await? {
            CommitOutcome::Committed => return Ok((after, left)),
            // The event was marked before, perhaps by a version that could not read it. What is new is applied all the
            // same; only the mark is left alone.
            CommitOutcome::AlreadyDone => carries_mark = false,
            CommitOutcome::Conflict(conflicts) => {
                claimed.claim(context, &payment, &conflicts).await?;
                record.adopted = claimed.versions();
            }
        }
        payment = reload_with_invoices(context, &payment).await?;
    }
}

/// Reports about money without a known payment that are now claimed for one: by the object that carries the money, with the
/// number of reports that had been kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClaimedReports(BTreeMap<ObjectId, (u64, Vec<Report>)>);

impl ClaimedReports {
    /// Claims the reports kept for the objects in conflict. What another payment has claimed meanwhile is left to that payment.
    pub(crate) async fn claim(
        &mut self,
        context: &Context,
        payment: &Payment,
        conflicts: &[Conflict],
    ) -> Result<(), OperationError> {
        for conflict in conflicts {
            let Conflict::UnclaimedReports(anchor) = conflict else { continue };
            match context.store.waiting(payment.business(), payment.provider(), anchor).await? {
                Some(waiting) => drop(self.0.insert(anchor.clone(), (waiting.version, waiting.reports))),
                None => drop(self.0.remove(anchor)),
            }
        }
        Ok(())
    }

    /// The given reports together with those that were claimed.
    pub(crate) fn with(&self, reports: &[Report]) -> Vec<Report> {
        reports.iter().chain(self.0.values().flat_map(|(_, kept)| kept)).cloned().collect()
    }

    /// Whether reports of an object were claimed.
    pub(crate) fn has(&self, anchor: &ObjectId) -> bool {
        self.0.contains_key(anchor)
    }

    /// The number of reports kept for each object, which must be unchanged at the commit.
    pub(crate) fn versions(&self) -> BTreeMap<ObjectId, u64> {
        self.0.iter().map(|(anchor, (version, _))| (anchor.clone(), *version)).collect()
    }
}

/// Places the money of a payment, step by step, until none is left to place. If this stops early, the payment is due at once,
/// and the timer continues.
pub(crate) fn run_to_completion(
    context: &Context,
    payment: Payment,
    now: Timestamp,
) -> BoxFuture<'_, Result<Payment, OperationError>> {
    async move {
        let mut payment = payment;
        for _ in 0..STEPS_MAX {
            if !payment.unfinished() || payment.state().checkout_is_live() {
                return Ok(payment);
            }
            let now = context.present(now);
            let mut step = payment::next_step(&payment, now);
            if step.is_none() {
                let current = with_current_invoices(context, payment.clone()).await?;
                let open = placeable(context, &current, payment::remainder(&current), now).await?;
                step = payment::place_remainder(&current, &open, now);
            }
            let Some((after, decision)) = step else { return Ok(payment) };
            payment = match commit(context, &decision).await? {
                CommitOutcome::Committed => after,
                CommitOutcome::AlreadyDone | CommitOutcome::Conflict(_) => {
                    reload_with_invoices(context, &payment).await?
                }
            };
        }
        Err(OperationError::Conflict)
    }
    .boxed()
}

/// The open invoices of the account to which so much of a payment may go: the oldest due, as many as cover it or one more than one
/// step carries; all of them where they are fewer. A page that is open for one of them is closed first, since it asks for what the
/// money will cover. Where that fails, the invoice is passed over, and settled once the page is over.
pub(crate) async fn placeable(
    context: &Context,
    payment: &Payment,
    amount: Money,
    now: Timestamp,
) -> Result<Vec<InvoiceHead>, OperationError> {
    let (business, customer) = (payment.business(), payment.customer());
    let listed = async |pages: OpenPages| {
        let room = |head: &InvoiceHead| payment::placeable_on(payment, head, pages);
        open_invoices(context, business, customer, amount, ALLOCATIONS_PER_STEP + 1, room).await
    };
    let wanted = listed(OpenPages::Yield).await?;
    let pages = wanted.iter().filter_map(|head| head.balance.holds.page()).filter(|page| page != payment.id());
    let pages: BTreeSet<PaymentId> = pages.collect();
    if pages.is_empty() {
        return Ok(wanted);
    }
    for page in pages {
        if let Some(other) = context.store.payment(business, &page).await?
            && let Err(error) = close_checkout(context, other, now).await
        {
            tracing::warn!(payment.id = %page, %error, "a page that money has made needless could not be closed yet");
        }
    }
    listed(OpenPages::Bar).await
}

/// Abandons a payment for which nothing can have been taken, such as one whose page was never opened and cannot be open any more.
pub(crate) async fn abandon(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = payment;
    let mut retry = RetryOnConflict::new(context);
    let abandoned = loop {
        let now = retry.attempt_at(now).await?;
        let Some((after, decision)) = payment::abandon(&payment, now) else {
            break payment.clone();
        };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            break after;
        }
        payment = reload_with_invoices(context, &payment).await?;
    };
    run_to_completion(context, abandoned, now).await
}

/// Changes a payment once, as an operator requests, together with its invoices and those that the request names, all as stored
/// now, at the instant of the decision. Placing its money is finished first.
pub(crate) async fn change_payment<R: Into<Refusal>>(
    context: &Context,
    payment: Payment,
    named: &[InvoiceId],
    now: Timestamp,
    decide: impl Fn(&Payment, &[InvoiceHead], Timestamp) -> Result<(Payment, Decision), R>,
) -> Result<Payment, OperationError> {
    let mut payment = run_to_completion(context, payment, now).await?;
    let mut retry = RetryOnConflict::new(context);
    let changed = loop {
        let now = retry.attempt_at(now).await?;
        if is_already_done(context, payment.business()).await? {
            break reload(context, &payment).await?;
        }
        payment = with_current_invoices(context, payment.clone()).await?;
        let invoices = named_invoices(context, payment.business(), named).await?;
        if let Some(after) = commit_once(context, payment.business(), decide(&payment, &invoices, now)).await? {
            break after;
        }
        payment = reload(context, &payment).await?;
    };
    run_to_completion(context, changed, now).await
}

/// Invoices as stored now, in the order in which they are named.
pub(crate) async fn named_invoices(
    context: &Context,
    b: &BusinessId,
    named: &[InvoiceId],
) -> Result<Vec<InvoiceHead>, OperationError> {
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let found = context.store.invoice_heads(b, named).await?;
    named.iter().map(|id| found.get(id).cloned().ok_or(OperationError::NotFound)).collect()
}

/// The payment and its invoices as stored now.
pub(super) async fn reload_with_invoices(context: &Context, payment: &Payment) -> Result<Payment, OperationError> {
    with_current_invoices(context, reload(context, payment).await?).await
}

pub(crate) async fn with_current_invoices(context: &Context, payment: Payment) -> Result<Payment, OperationError> {
    let ids: Vec<InvoiceId> = payment.allocations().iter().map(|part| part.invoice.clone()).collect();
    let heads = context.store.invoice_heads(payment.business(), &ids).await?;
    Ok(payment.with_current_invoices(&heads))
}

pub(crate) async fn reload(context: &Context, payment: &Payment) -> Result<Payment, OperationError> {
    context.store.payment(payment.business(), payment.id()).await?.ok_or(OperationError::NotFound)
}
