//! Effects of facts that the stream did not bring to their end.

use jiff::Timestamp;
use store::{DueItem, EffectKey};

use super::{Outcome, claim};
use crate::context::Context;
use crate::error::OperationError;
use crate::publish::{LEASE, attempt_stored};

pub(super) async fn attempt(
    context: &Context,
    due: &DueItem,
    key: &EffectKey,
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    let done = attempt_stored(context, key, &claimed, now).await?;
    Ok(if done { Outcome::Done } else { Outcome::Outage })
}
