//! Saved methods: what the provider says of them, kept for the customer who has them.

use jiff::Timestamp;
use receivables::customer;
use receivables::saved_method::{MethodReport, MethodState};
use receivables::{BusinessId, ObjectId};
use store::{CommitOutcome, SavedMethod};

use crate::{Context, OperationError, commit};

/// Times a change is made anew because another came first.
const TRIES_MAX: u32 = 6;

/// Hears what a provider says of saved methods.
pub(crate) async fn hear_methods(
    context: &Context,
    b: &BusinessId,
    reports: &[MethodReport],
) -> Result<(), OperationError> {
    for report in reports {
        hear_method(context, b, report).await?;
    }
    Ok(())
}

async fn hear_method(context: &Context, b: &BusinessId, report: &MethodReport) -> Result<(), OperationError> {
    for _ in 0..TRIES_MAX {
        let held = context.store.method(b, &report.method).await?;
        let mut method = held.clone().unwrap_or_else(|| SavedMethod {
            id: report.method.clone(),
            state: MethodState::default(),
            customer: None,
            version: 0,
        });
        method.state.merge(&report.state);
        if method.customer.is_none()
            && let Some(named) = &method.state.customer
        {
            method.customer = context.store.customer_at_provider(b, named).await?;
        }
        if held.as_ref() == Some(&method) {
            return Ok(());
        }
        method.version += 1;
        if context.store.put_method(b, &method).await? {
            return Ok(());
        }
    }
    Err(OperationError::Conflict)
}

/// The provider's customer is gone: every method with it, and no page can be opened for it any more.
pub(crate) async fn customer_deleted(
    context: &Context,
    b: &BusinessId,
    deleted: &ObjectId,
    now: Timestamp,
) -> Result<(), OperationError> {
    let Some(id) = context.store.customer_at_provider(b, deleted).await? else { return Ok(()) };
    for method in context.store.methods_of(b, &id).await? {
        let fact = MethodState { detached: true, ..MethodState::default() };
        hear_method(context, b, &MethodReport { method: method.id, state: fact }).await?;
    }
    for _ in 0..TRIES_MAX {
        let held = context.store.customer(b, &id).await?.ok_or(OperationError::NotFound)?;
        let mut profile = held.profile.clone();
        if profile.stripe_id.as_ref() == Some(deleted) {
            profile.stripe_id = None;
        }
        let Some((_, decision)) = customer::change_profile(&held, profile, now) else { return Ok(()) };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            return Ok(());
        }
    }
    Err(OperationError::Conflict)
}
