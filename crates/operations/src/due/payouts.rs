//! Payouts whose transactions are being read, and accounts whose movements are read by time, in steps of seconds.

use jiff::{SignedDuration, Timestamp};
use receivables::{BusinessId, ObjectId, Provider};
use store::DueItem;

use super::{Outcome, claim};
use crate::context::Context;
use crate::error::OperationError;
use crate::payouts::{read_by_time, read_payout};

/// How long a claimed payout or account belongs to the worker that claimed it: twice what a step may take.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

pub(super) async fn read(
    context: &Context,
    due: &DueItem,
    (b, provider, id): (&BusinessId, Provider, &ObjectId),
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    match context.store.payout(b, provider, id).await? {
        Some(payout) if payout.reading.is_some() => read_payout(context, b, payout, now).await?,
        Some(_) | None => drop(context.store.finish_due(&claimed).await?),
    }
    Ok(Outcome::Done)
}

pub(super) async fn read_account(
    context: &Context,
    due: &DueItem,
    (b, provider): (&BusinessId, Provider),
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    if claim(context, due, LEASE, now).await?.is_none() {
        return Ok(Outcome::Taken);
    }
    read_by_time(context, b, provider, now).await?;
    Ok(Outcome::Done)
}
