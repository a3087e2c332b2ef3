//! Write-offs of small open amounts, and taking them back.

use jiff::Timestamp;
use receivables::{Business, Invoice, InvoiceId, write_off as books};

use crate::{Context, OperationError, is_already_done, written};

/// Times a decision is taken anew because another came first.
const TRIES_MAX: u32 = 6;

/// Writes off what is open of an invoice, within the business's tolerance.
pub async fn write_off(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    for _ in 0..TRIES_MAX {
        let invoice = context.store.invoice(&business.id, id).await?.ok_or(OperationError::NotFound)?;
        if is_already_done(context, &business.id).await? {
            return Ok(invoice);
        }
        let decided = books::write_off(&invoice, business.write_off_tolerance(invoice.currency()), now);
        if let Some(invoice) = written(context, &business.id, decided).await? {
            return Ok(invoice);
        }
    }
    Err(OperationError::Conflict)
}

/// Takes the write-off of an invoice back.
pub async fn take_back_write_off(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    for _ in 0..TRIES_MAX {
        let invoice = context.store.invoice(&business.id, id).await?.ok_or(OperationError::NotFound)?;
        if is_already_done(context, &business.id).await? {
            return Ok(invoice);
        }
        if let Some(invoice) = written(context, &business.id, books::take_back(&invoice, now)).await? {
            return Ok(invoice);
        }
    }
    Err(OperationError::Conflict)
}
