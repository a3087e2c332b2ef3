//! Applying what a provider reports.

use jiff::Timestamp;
use payment_gateway::{Meaning, meaning_of};
use receivables::allocation::ApplyRefusal;
use receivables::payment::{self, ExternalPayment, mention_cash};
use receivables::{
    BusinessId, CustomerId, InvoiceHead, InvoiceId, Locale, Money, ObjectId, Payment, PaymentId, Provider, Report,
};
use store::{CommitContext, CommitOutcome, Conflict, EventKey, EventState, KeepOutcome, ReceivedEvent};

use crate::commit::{RetryOnConflict, commit_context};
use crate::context::Context;
use crate::error::OperationError;
use crate::methods::{apply_method_reports, customer_deleted};
use crate::payments::{ClaimedReports, commit_reports, named_invoices, run_to_completion};
use crate::payouts::apply_payout_report;

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
            Box::pin(apply_reports(context, b, provider, &reports, marked, now)).await
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
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
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
        retry.attempt().await?;
        if let Some(id) = find_payment(context, b, provider, reports).await?
            && let Some(payment) = context.store.payment(b, &id).await?
        {
            commit_reports(context, payment, reports, event, now).await?;
            return Ok(ApplyOutcome::InTheBooks);
        }
        if let Some(customer) = find_customer(context, b, provider, reports).await?
            && record_external_payment(context, b, &customer, reports, ExternalMoney::of(provider), event, now)
                .await?
                .is_some()
        {
            return Ok(ApplyOutcome::InTheBooks);
        }
        let Some(anchor) = reports.iter().map(Report::anchor).next() else {
            return Ok(ApplyOutcome::Nothing);
        };
        match context.store.keep_unidentified(b, provider, anchor, reports, now).await? {
            KeepOutcome::Kept => {
                if let Some(event) = event {
                    context.store.mark_event(event, EventState::Unmatched, Some("no payment of ours"), now).await?;
                }
                return Ok(ApplyOutcome::Unmatched);
            }
            // A payment claimed it meanwhile.
            KeepOutcome::Belongs(_) => {}
        }
    }
}

/// The payment that reports are about: found by our own reference, else by the provider's objects seen before.
async fn find_payment(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
) -> Result<Option<PaymentId>, OperationError> {
    let mut named = reports.iter().filter_map(|report| report.payment.as_ref());
    if let Some(id) = named.next() {
        // Reports that name two payments at once belong to none of ours.
        return Ok(named.all(|other| other == id).then(|| id.clone()));
    }
    let mut looked_up: Vec<&ObjectId> = Vec::new();
    // The anchor first: most payments are found by it.
    for object in reports.iter().flat_map(|report| [report.anchor(), &report.object]) {
        if looked_up.contains(&object) {
            continue;
        }
        if let Some(id) = context.store.payment_of_object(b, provider, object).await? {
            return Ok(Some(id));
        }
        looked_up.push(object);
    }
    Ok(None)
}

/// The customer whose money the reports are about.
async fn find_customer(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
) -> Result<Option<CustomerId>, OperationError> {
    let Some(customer) = reports.iter().find_map(|report| report.customer.as_ref()) else { return Ok(None) };
    if !mention_cash(reports) {
        return Ok(None);
    }
    Ok(context.store.customer_at_provider(b, provider, customer).await?)
}

/// Money that was not requested here, and what an operator adds to it.
struct ExternalMoney {
    provider: Provider,
    /// The invoices it is for; empty where the books choose them.
    parts: Vec<(InvoiceHead, Money)>,
    /// The object that carries it, where it was kept as unidentified until now.
    anchor: Option<ObjectId>,
}

impl ExternalMoney {
    /// Money known only from the provider's reports.
    fn of(provider: Provider) -> Self {
        Self { provider, parts: Vec::new(), anchor: None }
    }
}

/// Makes a payment of money that was not started here. `None` where no money came.
async fn record_external_payment(
    context: &Context,
    b: &BusinessId,
    customer: &CustomerId,
    reports: &[Report],
    money: ExternalMoney,
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<Option<Payment>, OperationError> {
    let anchor = money.anchor.as_ref().or_else(|| reports.iter().map(Report::anchor).next());
    let Some(anchor) = anchor.cloned() else { return Ok(None) };
    let customer = context.store.customer(b, customer).await?.ok_or(OperationError::NotFound)?;
    let mut external = ExternalPayment {
        id: payment_id(b, &anchor),
        business: b.clone(),
        customer: customer.id,
        provider: money.provider,
        locale: customer.profile.locale.unwrap_or(Locale::English),
        parts: money.parts,
    };
    let (mut claimed, mut event) = (ClaimedReports::default(), event.cloned());
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let reports = claimed.with(reports);
        let Some(begun) = payment::start_external(external.clone(), &reports, now)? else {
            return Ok(None);
        };
        let (payment, decision) = begun;
        let record = CommitContext { applied: event.clone(), adopted: claimed.versions(), ..commit_context(context) };
        match context.store.commit(&decision, &record).await? {
            CommitOutcome::Committed => {
                return Ok(Some(run_to_completion(context, payment, now).await?));
            }
            // The payment exists, or a version that could not read the event has marked it as applied.
            CommitOutcome::AlreadyDone => match context.store.payment(b, &payment.id).await? {
                Some(payment) => {
                    let applied = commit_reports(context, payment, &reports, event.as_ref(), now).await?;
                    return Ok(Some(applied));
                }
                None => event = None,
            },
            CommitOutcome::Conflict(conflicts) => {
                claimed.claim(context, &payment, &conflicts).await?;
                let named: Vec<InvoiceId> = external.parts.iter().map(|(invoice, _)| invoice.id.clone()).collect();
                let current = named_invoices(context, b, &named).await?;
                let amounts = external.parts.iter().map(|(_, amount)| *amount);
                external.parts = current.into_iter().zip(amounts).collect();
                // Another payment has claimed the kept reports, and applied them.
                if conflicts.contains(&Conflict::UnclaimedReports(anchor.clone())) && !claimed.has(&anchor) {
                    return Ok(None);
                }
            }
        }
    }
}

/// Makes a payment of unidentified money, for the customer and invoices that an operator names.
pub async fn identify(
    context: &Context,
    b: &BusinessId,
    object: &ObjectId,
    customer: &CustomerId,
    parts: Vec<(InvoiceHead, Money)>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let mut found = None;
    for (provider, _) in context.gateways.all() {
        if let Some(waiting) = context.store.waiting(b, provider, object).await? {
            found = Some((provider, waiting));
            break;
        }
        // A repeated request finds the payment that the first one made.
        if let Some(known) = context.store.payment_of_object(b, provider, object).await? {
            return context.store.payment(b, &known).await?.ok_or(OperationError::NotFound);
        }
    }
    let (provider, waiting) = found.ok_or(OperationError::NotFound)?;
    if !mention_cash(&waiting.reports) {
        return Err(ApplyRefusal::NothingReceived.into());
    }
    let money = ExternalMoney { provider, parts, anchor: Some(object.clone()) };
    let recorded = record_external_payment(context, b, customer, &waiting.reports, money, None, now).await?;
    recorded.ok_or(OperationError::Conflict)
}

/// The id of the payment for money that was not started here: the same money always gives the same id.
fn payment_id(b: &BusinessId, anchor: &ObjectId) -> PaymentId {
    PaymentId::derived_without_time(&[b.as_str(), anchor.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_money_always_makes_the_same_payment() {
        let business = "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
        let anchor = "pi_3QWabcdef".parse().unwrap();
        // The id is an idempotency key: those of payments that exist stay what they are.
        assert_eq!(payment_id(&business, &anchor).as_str(), "pay_7EKCDT7V68MDEG94XJGM8BNJDS");
    }
}
