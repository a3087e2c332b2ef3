//! Saved methods: what the provider says of them, kept for the customer who has them.

use jiff::Timestamp;
use receivables::customer;
use receivables::saved_method::{MethodFact, MethodReport};
use receivables::{BusinessId, ObjectId};
use store::{Commitment, SavedMethod};

use crate::{OperationError, Rooms, commit};

/// Times a change is made anew because another came first.
const TRIES_MAX: u32 = 6;

/// Hears what a provider says of saved methods.
pub(crate) async fn hear_methods(
    rooms: &Rooms,
    b: &BusinessId,
    reports: &[MethodReport],
) -> Result<(), OperationError> {
    for report in reports {
        hear_method(rooms, b, report).await?;
    }
    Ok(())
}

async fn hear_method(rooms: &Rooms, b: &BusinessId, report: &MethodReport) -> Result<(), OperationError> {
    for _ in 0..TRIES_MAX {
        let held = rooms.store.method(b, &report.method).await?;
        let mut method = held.clone().unwrap_or_else(|| SavedMethod {
            id: report.method.clone(),
            fact: MethodFact::default(),
            customer: None,
            version: 0,
        });
        method.fact.merge(&report.fact);
        if method.customer.is_none()
            && let Some(named) = &method.fact.customer
        {
            method.customer = rooms.store.customer_at_provider(b, named).await?;
        }
        if held.as_ref() == Some(&method) {
            return Ok(());
        }
        method.version += 1;
        if rooms.store.put_method(b, &method).await? {
            return Ok(());
        }
    }
    Err(OperationError::Conflict)
}

/// The provider's customer is gone: every method with it, and no page can be opened for it any more.
pub(crate) async fn customer_deleted(
    rooms: &Rooms,
    b: &BusinessId,
    deleted: &ObjectId,
    now: Timestamp,
) -> Result<(), OperationError> {
    let Some(id) = rooms.store.customer_at_provider(b, deleted).await? else { return Ok(()) };
    for method in rooms.store.methods_of(b, &id).await? {
        let fact = MethodFact { detached: true, ..MethodFact::default() };
        hear_method(rooms, b, &MethodReport { method: method.id, fact }).await?;
    }
    for _ in 0..TRIES_MAX {
        let held = rooms.store.customer(b, &id).await?.ok_or(OperationError::NotFound)?;
        let mut profile = held.profile.clone();
        if profile.stripe_id.as_ref() == Some(deleted) {
            profile.stripe_id = None;
        }
        let Some((_, decision)) = customer::change_profile(&held, profile, now) else { return Ok(()) };
        if commit(rooms, &decision).await? == Commitment::Committed {
            return Ok(());
        }
    }
    Err(OperationError::Conflict)
}
