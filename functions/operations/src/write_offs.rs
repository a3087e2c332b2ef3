//! Write-offs of small open amounts, and taking them back.

use jiff::Timestamp;
use receivables::{Business, Invoice, InvoiceId, write_off as books};
use store::Commitment;

use crate::{OperationError, Rooms, act_is_done, commit_act};

/// Times a decision is taken anew because another came first.
const TRIES_MAX: u32 = 6;

/// Writes off what is open of an invoice, within the business's tolerance.
pub async fn write_off(
    rooms: &Rooms,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    for _ in 0..TRIES_MAX {
        let invoice = rooms.store.invoice(&business.id, id).await?.ok_or(OperationError::NotFound)?;
        if act_is_done(rooms, &business.id).await? {
            return Ok(invoice);
        }
        let (invoice, decision) = books::write_off(&invoice, business.write_off_tolerance(invoice.currency()), now)?;
        if commit_act(rooms, &decision).await? == Commitment::Committed {
            return Ok(invoice);
        }
    }
    Err(OperationError::Conflict)
}

/// Takes the write-off of an invoice back.
pub async fn take_back_write_off(
    rooms: &Rooms,
    business: &Business,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    for _ in 0..TRIES_MAX {
        let invoice = rooms.store.invoice(&business.id, id).await?.ok_or(OperationError::NotFound)?;
        if act_is_done(rooms, &business.id).await? {
            return Ok(invoice);
        }
        let (invoice, decision) = books::take_back(&invoice, now)?;
        if commit_act(rooms, &decision).await? == Commitment::Committed {
            return Ok(invoice);
        }
    }
    Err(OperationError::Conflict)
}
