//! A refund made at the provider gets the meaning that the business has chosen for such refunds.

use jiff::Timestamp;
use receivables::{BusinessId, PaymentId};

use super::NotDone;
use crate::context::Context;
use crate::error::OperationError;
use crate::refunds::answer_as_chosen;

/// Whether there is such a refund, and no person is to say what it means.
pub(super) async fn is_needed(context: &Context, b: &BusinessId, payment: &PaymentId) -> Result<bool, OperationError> {
    let Some(payment) = context.store.payment(b, payment).await? else { return Ok(false) };
    if payment.unanswered_refunds().is_empty() {
        return Ok(false);
    }
    let business = context.store.business(b).await?.ok_or(OperationError::NotFound)?;
    Ok(business.provider_refunds.meaning().is_some())
}

pub(super) async fn answer(
    context: &Context,
    b: &BusinessId,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<(), NotDone> {
    Ok(answer_as_chosen(context, b, payment, now).await?)
}
