//! Applying what a provider reports.

use futures::FutureExt;
use jiff::Timestamp;
use payment_gateway::{Meaning, labels_of, meaning_of};
use receivables::not_ours::ObjectLabels;
use receivables::{BusinessId, ObjectId, Provider, Report};
use store::{EventKey, EventState, KeepOutcome, ReceivedEvent};

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;
use crate::methods::{apply_method_reports, customer_deleted};
use crate::outside_payments::{OutsideMoney, find_payment, outside_money, record_external_payment};
use crate::payments::{commit_reports, in_steps};
use crate::payouts::apply_payout_report;
use crate::provider_accounts::left_to_another;
use crate::provider_cash::apply_cash_balance;

/// The outcome of applying an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApplyOutcome {
    /// Its reports are in the books.
    InTheBooks,
    /// It reports nothing that changes the books.
    Nothing,
    /// It reports money without a known customer; its reports are kept.
    Unmatched,
    /// It could not be understood or carried out; it is kept for repair and replay.
    Quarantined,
}

/// Applies a recorded event: merges and folds its reports, and commits them in the transaction that marks the event as applied.
pub async fn apply_provider_event(
    context: &Context,
    event: &ReceivedEvent,
    now: Timestamp,
) -> Result<ApplyOutcome, OperationError> {
    quarantine_on_defect(context, event, Some(&event.key), now).await
}

/// Applies a recorded event again, whatever the earlier outcome. An applied event stays marked: merging its reports again
/// changes nothing.
pub async fn replay_event(
    context: &Context,
    event: &ReceivedEvent,
    now: Timestamp,
) -> Result<ApplyOutcome, OperationError> {
    let marked = (event.state != EventState::Applied).then_some(&event.key);
    quarantine_on_defect(context, event, marked, now).await
}

/// Applies an event. An error that no retry would fix puts the event into quarantine, where it holds nothing up and a replay
/// finds it. An event that was applied before stays applied; after an outage it stays due.
async fn quarantine_on_defect(
    context: &Context,
    event: &ReceivedEvent,
    marked: Option<&EventKey>,
    now: Timestamp,
) -> Result<ApplyOutcome, OperationError> {
    match (apply(context, event, marked, now).await, marked) {
        (Err(error), Some(key)) if !error.is_outage() => {
            let reason = format!("it cannot be applied: {error}");
            context.store.mark_event(key, EventState::Quarantined, Some(&reason), now).await?;
            Ok(ApplyOutcome::Quarantined)
        }
        (applied, _) => applied,
    }
}

async fn apply(
    context: &Context,
    event: &ReceivedEvent,
    marked: Option<&EventKey>,
    now: Timestamp,
) -> Result<ApplyOutcome, OperationError> {
    let provider = event.key.provider;
    let gateway = context.gateways.of(provider)?;
    let mark = async |state, reason: Option<&str>| match marked {
        Some(key) => context.store.mark_event(key, state, reason, now).await.map(drop),
        None => Ok(()),
    };
    if event.livemode.is_some_and(|livemode| livemode != gateway.livemode()) {
        mark(EventState::Applied, Some("it is an event of the other mode, test or live")).await?;
        return Ok(ApplyOutcome::Nothing);
    }
    let b = &event.key.business;
    let meaning = match meaning_of(provider, &event.body) {
        Ok(Meaning::Fetch(fetch)) => Ok(gateway.fetch(&fetch).await?),
        read => read,
    };
    match meaning {
        Ok(Meaning::Reports(reports)) if !reports.is_empty() => {
            let labels = labels_of(provider, &event.body);
            Box::pin(apply_reports(context, (b, provider), &reports, &labels, marked, now)).await
        }
        Ok(Meaning::ReportsAndMethods(reports, methods)) => {
            apply_method_reports(context, b, provider, &methods).await?;
            let labels = labels_of(provider, &event.body);
            Box::pin(apply_reports(context, (b, provider), &reports, &labels, marked, now)).await
        }
        Ok(Meaning::Methods(reports)) => {
            apply_method_reports(context, b, provider, &reports).await?;
            mark(EventState::Applied, None).await?;
            Ok(ApplyOutcome::InTheBooks)
        }
        Ok(Meaning::CustomerDeleted(customer)) => {
            customer_deleted(context, b, provider, &customer, now).await?;
            mark(EventState::Applied, None).await?;
            Ok(ApplyOutcome::InTheBooks)
        }
        Ok(Meaning::CashBalance(customer)) => {
            apply_cash_balance(context, b, provider, &customer, now).await?;
            mark(EventState::Applied, None).await?;
            Ok(ApplyOutcome::InTheBooks)
        }
        Ok(Meaning::Payout(report)) => {
            apply_payout_report(context, b, provider, &report, now).await?;
            mark(EventState::Applied, None).await?;
            Ok(ApplyOutcome::InTheBooks)
        }
        Ok(Meaning::OfOtherAccount) => {
            mark(EventState::Applied, Some("it is an event of another account")).await?;
            Ok(ApplyOutcome::Nothing)
        }
        Ok(Meaning::Reports(_) | Meaning::Nothing | Meaning::Fetch(_)) => {
            mark(EventState::Applied, None).await?;
            Ok(ApplyOutcome::Nothing)
        }
        Err(unreadable) => {
            mark(EventState::Quarantined, Some(&unreadable.to_string())).await?;
            Ok(ApplyOutcome::Quarantined)
        }
    }
}

/// Applies reports about money: to a payment of ours, else to the account of a known customer, else to the list of unidentified
/// money.
async fn apply_reports(
    context: &Context,
    (b, provider): (&BusinessId, Provider),
    reports: &[Report],
    labels: &ObjectLabels,
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<ApplyOutcome, OperationError> {
    // Two businesses may share one account at the provider. Reports for the other business are left to it: kept here, an
    // operator could take them for this business's money.
    if reports.iter().any(|report| report.business.as_ref().is_some_and(|named| named != b)) {
        if let Some(event) = event {
            context.store.mark_event(event, EventState::Applied, Some("it belongs to another business"), now).await?;
        }
        return Ok(ApplyOutcome::Nothing);
    }
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        if let Some(id) = find_payment(context, b, provider, reports).await?
            && let Some(payment) = context.store.payment(b, &id).await?
        {
            commit_reports(context, payment, reports, event, now).await?;
            return Ok(ApplyOutcome::InTheBooks);
        }
        if let Some(why) = left_to_another(context, b, provider, reports).await? {
            if let Some(event) = event {
                context.store.mark_event(event, EventState::Applied, Some(why), now).await?;
            }
            return Ok(ApplyOutcome::Nothing);
        }
        let mut not_ours = None;
        match outside_money(context, b, provider, reports, labels).await? {
            OutsideMoney::LeftAside => {
                if let Some(event) = event {
                    let why = "a payment of another program, which the business leaves aside";
                    context.store.mark_event(event, EventState::Applied, Some(why), now).await?;
                }
                return Ok(ApplyOutcome::Nothing);
            }
            OutsideMoney::Of(customer, money) => {
                let recorded = record_external_payment(context, b, &customer, reports, money, event, now).boxed();
                if recorded.await?.is_some() {
                    return Ok(ApplyOutcome::InTheBooks);
                }
            }
            OutsideMoney::NotOurs(rule) => not_ours = Some(rule),
            OutsideMoney::OfNobody => {}
        }
        let Some(anchor) = reports.iter().map(Report::anchor).next() else {
            return Ok(ApplyOutcome::Nothing);
        };
        match keep(context, (b, provider), anchor, reports, not_ours.as_deref(), now).await? {
            KeepOutcome::Kept => {
                let why = if not_ours.is_some() { "not ours, by a rule of the business" } else { "no payment of ours" };
                if let Some(event) = event {
                    context.store.mark_event(event, EventState::Unmatched, Some(why), now).await?;
                }
                return Ok(ApplyOutcome::Unmatched);
            }
            // A payment claimed it meanwhile.
            KeepOutcome::Belongs(_) => {}
        }
    }
}

/// Keeps reports that are nobody's, so many objects at a time.
async fn keep(
    context: &Context,
    (b, provider): (&BusinessId, Provider),
    anchor: &ObjectId,
    reports: &[Report],
    rule: Option<&str>,
    now: Timestamp,
) -> Result<KeepOutcome, OperationError> {
    for step in in_steps(reports) {
        match context.store.keep(b, provider, anchor, step, rule, now).await? {
            KeepOutcome::Kept => {}
            belongs @ KeepOutcome::Belongs(_) => return Ok(belongs),
        }
    }
    Ok(KeepOutcome::Kept)
}
