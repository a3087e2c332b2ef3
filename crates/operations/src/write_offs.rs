//! Write-offs of small open amounts, and reversing them.

use jiff::Timestamp;
use receivables::{Business, Decision, Invoice, InvoiceHead, InvoiceId, Refusal, write_off as books};

use crate::commit::{RetryOnConflict, commit_once, is_already_done};
use crate::context::Context;
use crate::error::OperationError;

/// Writes off the open amount of an invoice, within the business's tolerance.
pub async fn write_off(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    change_invoice(context, business, id, now, |invoice, now| {
        books::write_off(invoice, business.write_off_tolerance(invoice.currency()), now)
    })
    .await
}

/// Reverses the write-off of an invoice.
pub async fn take_back_write_off(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    change_invoice(context, business, id, now, books::take_back).await
}

/// Changes an invoice once, as an operator requests.
async fn change_invoice<R: Into<Refusal>>(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
    decide: impl Fn(&InvoiceHead, Timestamp) -> Result<(InvoiceHead, Decision), R>,
) -> Result<Invoice, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let invoice = context.store.invoice(&business.id, id).await?.ok_or(OperationError::NotFound)?;
        if is_already_done(context, &business.id).await? {
            return Ok(invoice);
        }
        if let Some(head) = commit_once(context, &business.id, decide(&invoice.head, now)).await? {
            return Ok(Invoice { head, ..invoice });
        }
    }
}
