//! Polling the provider about payments that no webhook has reported.

use jiff::{SignedDuration, Timestamp};
use receivables::payment::{next_poll, regular_poll};
use receivables::{BusinessId, Payment, PaymentId};
use store::DueItem;

use super::{Outcome, after, claim};
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{ask_provider, run_to_completion};
use crate::refunds::request_refunds;

/// How long a claimed item belongs to the worker that claimed it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long to wait before polling a payment again after an error that an early retry would not fix, such as a key that the
/// provider does not accept. It is never given up: what it waits for must still be done.
const AGAIN_AFTER_ERROR: SignedDuration = SignedDuration::from_hours(24);

/// Polls the provider about a due payment, under a lease.
pub(super) async fn poll_due_payment(
    context: &Context,
    due: &DueItem,
    (b, id): (&BusinessId, &PaymentId),
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let Some(claimed) = claim(context, due, LEASE, now).await? else { return Ok(Outcome::Taken) };
    let Some(payment) = context.store.payment(b, id).await? else { return Ok(Outcome::Done) };
    let regular = regular_poll(&payment, now).unwrap_or_else(|| after(now, AGAIN_AFTER_ERROR));
    match Box::pin(poll(context, payment, &claimed, now)).await {
        Ok(()) => Ok(Outcome::Done),
        Err(error) if error.retryable() => Err(error),
        Err(error) => {
            // Polling again at once would not help: the payment waits as long as if the provider had reported nothing new. A
            // payment at rest is due only because part of its work is not finished.
            context.store.retime_due(&claimed, regular, Some(&error.to_string())).await?;
            Err(error)
        }
    }
}

/// Asks the provider about one payment, and sets its next poll where nothing new was reported.
async fn poll(context: &Context, payment: Payment, claimed: &DueItem, now: Timestamp) -> Result<(), OperationError> {
    let version = payment.version();
    let polled = if payment.unfinished() && !payment.state().checkout_is_live() {
        run_to_completion(context, payment, now).await?
    } else if payment.refunds_waiting().next().is_some() {
        request_refunds(context, payment, now).await?
    } else {
        ask_provider(context, payment, now).await?
    };
    // A new version has its own next poll.
    if polled.version() == version {
        match next_poll(&polled, now) {
            Some(next) => context.store.retime_due(claimed, next, None).await?,
            None => context.store.finish_due(claimed).await?,
        };
    }
    Ok(())
}
