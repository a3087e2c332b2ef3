//! Polling the provider about payments that nothing was heard of.

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use receivables::payment::{next_poll, poll_delay};
use receivables::{BusinessId, Payment, PaymentId};

use super::DueRun;
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{abandon, poll_provider, run_to_completion};
use crate::refunds::request_refunds;

/// How long a claimed item is left to its claimant.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// After how long a payment whose page was never opened is given up. Until then its payer may still be at it.
const ABANDON_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// How long a payment is left alone that cannot be looked at for a reason that asking again at once would not mend, such as a
/// key that the provider does not accept. It is never left alone for good: what it waits for is still to be done.
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
        // One item that cannot be claimed now does not hold up the others.
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
        tracing::warn!(payment.id = %due.id, %error, "a payment could not be looked at; its lease runs out");
    } else {
        // Asking again at once would not help: it is asked again as rarely as if nothing new had been heard.
        tracing::error!(payment.id = %due.id, %error, "a payment cannot be looked at");
        let claimed = Payment { next_poll_at: Some(lease), ..due.clone() };
        let again = now.saturating_add(AGAIN_AFTER_ERROR).unwrap_or(Timestamp::MAX);
        // A payment at rest is due only because something of it is not done yet.
        let next = poll_delay(due.state, due.started_at, now).unwrap_or(again);
        context.store.retime_payment(&claimed, Some(next)).await?;
    }
    Ok(())
}

/// Asks the provider about one payment, and gives it its next time where nothing new was heard.
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
