//! Exports that are being made, in steps of seconds, and those to be removed.

use jiff::{SignedDuration, Timestamp};
use receivables::{BusinessId, ExportId};
use store::DueItem;

use super::{FAILED_FIRST, FAILED_MAX, Outcome, after, claim, doubled};
use crate::context::Context;
use crate::error::OperationError;
use crate::exports::make_step;

/// How long a claimed export belongs to the worker that claimed it: many times what a step may take.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// Does the next step of an export. One that fails is tried again, ever later, with the reason: others wait for nothing of it.
pub(super) async fn make_on(
    context: &Context,
    due: &DueItem,
    (b, id): (&BusinessId, &ExportId),
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    let Some(export) = context.store.export(b, id).await? else { return Ok(Outcome::Done) };
    match make_step(context, &claimed, &export, now).await {
        Ok(true) => Ok(Outcome::Done),
        Ok(false) => Ok(Outcome::Taken),
        Err(error) => {
            let again = after(now, doubled(FAILED_FIRST, claimed.tries, FAILED_MAX));
            context.store.retime_due(&claimed, again, Some(&error.to_string())).await?;
            if error.is_outage() {
                tracing::warn!(export.id = %id, %error, "a step of an export failed; it is tried again");
            } else {
                tracing::error!(export.id = %id, %error, metric.stuck = 1, "a step of an export failed; it is tried again");
            }
            Ok(Outcome::Failed)
        }
    }
}
