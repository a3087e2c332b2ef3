//! Sign-ins that the stream did not mail.

use jiff::Timestamp;
use receivables::{BusinessId, SignInId};
use store::DueItem;

use super::{Outcome, claim};
use crate::context::Context;
use crate::error::OperationError;
use crate::publish::LEASE;
use crate::publish::mail::mail_claimed_sign_in;

pub(super) async fn mail(
    context: &Context,
    due: &DueItem,
    (b, id): (&BusinessId, &SignInId),
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    let Some(sign_in) = context.store.sign_in(b, id).await? else { return Ok(Outcome::Done) };
    let done = mail_claimed_sign_in(context, &sign_in, &claimed, now).await?;
    Ok(if done { Outcome::Done } else { Outcome::Outage })
}
