//! Write-offs of small rests and bad debts, and reversing them.

use jiff::Timestamp;
use receivables::{Business, Decision, Invoice, InvoiceHead, InvoiceId, Money, Refusal, write_off as books};

use crate::commit::{RetryOnConflict, commit_once, is_already_done};
use crate::context::Context;
use crate::error::OperationError;

/// What is to be written off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewWriteOff {
    /// The open amount, within the business's tolerance.
    Rest,
    /// A bad debt: this much of what is open, or all of it.
    BadDebt(Option<Money>),
}

/// Writes off the open amount of an invoice, or a part of it.
pub async fn write_off(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    new: NewWriteOff,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    change_invoice(context, business, id, now, |invoice, now| match new {
        NewWriteOff::Rest => books::write_off(invoice, business.write_off_tolerance(invoice.currency()), now),
        NewWriteOff::BadDebt(amount) => books::write_off_bad_debt(invoice, amount, now),
    })
    .await
}

/// Reverses the write-off of an invoice, or so much of it.
pub async fn take_back_write_off(
    context: &Context,
    business: &Business,
    id: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<Invoice, OperationError> {
    change_invoice(context, business, id, now, |invoice, now| books::take_back(invoice, amount, now)).await
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
