//! Saved payment methods: applying what the provider reports of them.

use jiff::Timestamp;
use receivables::customer;
use receivables::payment::DeclineReason;
use receivables::saved_method::{MethodEnd, MethodReport, MethodState};
use receivables::{BusinessId, ObjectId, Provider};
use store::{CommitOutcome, SavedMethod};

use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;

/// Applies reports about saved methods.
pub(crate) async fn apply_method_reports(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[MethodReport],
) -> Result<(), OperationError> {
    for report in reports {
        apply_method_report(context, b, provider, report).await?;
    }
    Ok(())
}

async fn apply_method_report(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    report: &MethodReport,
) -> Result<(), OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let before = context.store.method(b, provider, &report.method).await?;
        let mut method = before.clone().unwrap_or_else(|| SavedMethod {
            provider,
            id: report.method.clone(),
            state: MethodState::default(),
            ended: None,
            customer: None,
            version: 0,
        });
        method.state.merge(&report.state);
        if method.customer.is_none()
            && let Some(named) = &method.state.customer
        {
            method.customer = context.store.customer_at_provider(b, provider, named).await?;
        }
        if before.as_ref() == Some(&method) {
            return Ok(());
        }
        method.version += 1;
        let written = context.store.put_method(b, &method).await?;
        if written {
            return Ok(());
        }
    }
}

/// Marks a saved method as over, because a charge of it was declined for good. The first reason stands, but for a card that has expired
/// and was renewed since.
pub(crate) async fn end_method(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    id: &ObjectId,
    reason: DeclineReason,
) -> Result<(), OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let Some(mut method) = context.store.method(b, provider, id).await? else { return Ok(()) };
        let is_over = |end: &MethodEnd| end.reason != DeclineReason::Expired || *end == method.state.ended_by(reason);
        if method.ended.as_ref().is_some_and(is_over) {
            return Ok(());
        }
        method.ended = Some(method.state.ended_by(reason));
        method.version += 1;
        if context.store.put_method(b, &method).await? {
            return Ok(());
        }
    }
}

/// The provider's customer was deleted: their methods are gone, and no page can be opened for them.
pub(crate) async fn customer_deleted(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    deleted: &ObjectId,
    now: Timestamp,
) -> Result<(), OperationError> {
    let Some(id) = context.store.customer_at_provider(b, provider, deleted).await? else { return Ok(()) };
    let methods = context.store.methods_of(b, &id).await?;
    for method in methods.into_iter().filter(|method| method.provider == provider) {
        let state = MethodState { detached: true, ..MethodState::default() };
        apply_method_report(context, b, provider, &MethodReport { method: method.id, state }).await?;
    }
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let before = context.store.customer(b, &id).await?.ok_or(OperationError::NotFound)?;
        let mut profile = before.profile.clone();
        profile.provider_ids.retain(|known, id| *known != provider || id != deleted);
        let Some((_, decision)) = customer::change_profile(&before, profile, now) else {
            return Ok(());
        };
        let outcome = commit(context, &decision).await?;
        if outcome == CommitOutcome::Committed {
            return Ok(());
        }
    }
}
