//! Provider events that the stream did not apply.

use jiff::{SignedDuration, Timestamp};
use receivables::Actor;
use store::{DueItem, EventKey, EventState};

use super::{Outcome, claim};
use crate::context::Context;
use crate::error::OperationError;
use crate::events::apply_provider_event;

/// How long a claimed event belongs to the worker that claimed it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

pub(super) async fn apply(
    context: &Context,
    due: &DueItem,
    key: &EventKey,
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    let context = context.acting_as(Actor::ProviderEvent(key.event.clone()));
    match context.store.event(key).await? {
        Some(event) if event.state == EventState::Received => {
            apply_provider_event(&context, &event, now).await?;
        }
        // What became of it meanwhile takes it out of the list.
        Some(_) | None => drop(context.store.finish_due(&claimed).await?),
    }
    Ok(Outcome::Done)
}
