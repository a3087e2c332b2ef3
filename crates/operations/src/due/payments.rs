//! Polling the provider about payments that no webhook has reported.

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use receivables::payment::{next_poll, poll_delay};
use receivables::{BusinessId, Payment, PaymentId};

use super::DueRun;
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{abandon, poll_provider, run_to_completion};
use crate::refunds::request_refunds;

/// How long a claimed item belongs to the worker that claimed it.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// A payment whose page was never opened is abandoned after this time. Until then its payer may still be opening it.
const ABANDON_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// How long to wait before polling a payment again after an error that an early retry would not fix, such as a key that the
/// provider does not accept. It is never given up: what it waits for must still be done.
const AGAIN_AFTER_ERROR: SignedDuration = SignedDuration::from_hours(24);

/// Polls the provider about a due payment, under a lease.
pub(super) async fn poll_due_payment(
    context: &Context,
    due: &Payment,
    now: Timestamp,
    run: &mut DueRun,
) -> Result<(), OperationError> {
    let lease = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
    match context.store.retime_payment(due, Some(lease)).await {
        Ok(true) => {}
        Ok(false) => {
            run.taken += 1;
            return Ok(());
        }
        // One item that cannot be claimed now must not hold up the others.
        Err(error) => {
            run.failed += 1;
            tracing::warn!(payment.id = %due.id, %error, "a payment could not be claimed; it stays due");
            return Ok(());
        }
    }
    let error = match poll(context, &due.business, &due.id, now).boxed().await {
        Ok(()) => {
            run.done += 1;
            return Ok(());
        }
        Err(error) => error,
    };
    run.failed += 1;
    if error.retryable() {
        tracing::warn!(payment.id = %due.id, %error, "a payment could not be polled; its lease runs out");
    } else {
        // Polling again at once would not help: the payment waits as long as if the provider had reported nothing new.
        tracing::error!(payment.id = %due.id, %error, "a payment cannot be polled");
        let claimed = Payment { next_poll_at: Some(lease), ..due.clone() };
        let again = now.saturating_add(AGAIN_AFTER_ERROR).unwrap_or(Timestamp::MAX);
        // A payment at rest is due only because part of its work is not finished.
        let next = poll_delay(due.state, due.started_at, now).unwrap_or(again);
        context.store.retime_payment(&claimed, Some(next)).await?;
    }
    Ok(())
}

/// Asks the provider about one payment, and sets its next poll where nothing new was reported.
async fn poll(context: &Context, b: &BusinessId, id: &PaymentId, now: Timestamp) -> Result<(), OperationError> {
    let Some(payment) = context.store.payment(b, id).await? else { return Ok(()) };
    let version = payment.version;
    let age = now.duration_since(payment.started_at);
    let looked = if payment.unfinished && !payment.state.checkout_is_live() {
        run_to_completion(context, payment, now).await?
    } else if payment.refunds_waiting().next().is_some() {
        request_refunds(context, payment, now).await?
    } else if payment.checkout.is_some() {
        poll_provider(context, payment, now).await?
    } else if age > ABANDON_AFTER {
        abandon(context, payment, now).await?
    } else {
        payment
    };
    if looked.version == version {
        let next = next_poll(&looked, now);
        context.store.retime_payment(&looked, next).await?;
    }
    Ok(())
}
