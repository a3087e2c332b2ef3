//! A page that asks for more than may be paid of its invoice is closed, so that nobody pays what is paid, credited or contested.

use jiff::Timestamp;
use receivables::invoice::HoldKind;
use receivables::{BusinessId, InvoiceId, PaymentId};

use super::NotDone;
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::close_checkout;

/// The payment whose page is open for an invoice and asks for more than may be paid of it.
pub(super) async fn idle_page(
    context: &Context,
    b: &BusinessId,
    id: &InvoiceId,
) -> Result<Option<PaymentId>, OperationError> {
    let Some(invoice) = context.store.invoice_head(b, id).await? else { return Ok(None) };
    let payable = invoice.balance.payable();
    let mut pages = invoice.balance.holds.0.iter().filter(|(_, hold)| hold.kind == HoldKind::Page);
    let too_much = pages.find(|(_, hold)| payable.checked_sub(hold.amount).is_err());
    Ok(too_much.and_then(|(holder, _)| holder.payment()))
}

pub(super) async fn close(context: &Context, b: &BusinessId, id: &InvoiceId, now: Timestamp) -> Result<(), NotDone> {
    let Some(open) = idle_page(context, b, id).await? else { return Ok(()) };
    let payment = context.store.payment(b, &open).await?;
    close_checkout(context, payment.ok_or(OperationError::NotFound)?, now).await?;
    Ok(())
}
