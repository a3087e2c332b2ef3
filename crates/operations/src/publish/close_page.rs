//! The page that is still open for an invoice that needs no payment any more is closed, so that nobody pays twice.

use jiff::Timestamp;
use receivables::{BusinessId, InvoiceId, PaymentId};

use super::NotDone;
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::close_checkout;

/// The payment whose page is open for an invoice though nothing is left to pay.
pub(super) async fn idle_page(
    context: &Context,
    b: &BusinessId,
    id: &InvoiceId,
) -> Result<Option<PaymentId>, OperationError> {
    let Some(invoice) = context.store.invoice_head(b, id).await? else { return Ok(None) };
    let paid = invoice.balance.open().is_zero();
    Ok(invoice.balance.holds.page().filter(|_| paid))
}

pub(super) async fn close(context: &Context, b: &BusinessId, id: &InvoiceId, now: Timestamp) -> Result<(), NotDone> {
    let Some(open) = idle_page(context, b, id).await? else { return Ok(()) };
    let payment = context.store.payment(b, &open).await?;
    close_checkout(context, payment.ok_or(OperationError::NotFound)?, now).await?;
    Ok(())
}
