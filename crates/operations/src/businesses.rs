//! The settings of a business. Each change leaves a record in the audit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::{Business, BusinessId, Currency, Money};

use crate::commit::{RetryOnConflict, action_commit_context, is_already_done};
use crate::context::Context;
use crate::error::OperationError;

/// Sets, by currency, how much of an invoice the business may write off; nothing in currencies that are not named.
pub async fn set_write_off_tolerances(
    context: &Context,
    id: &BusinessId,
    tolerances: &BTreeMap<Currency, Money>,
    now: Timestamp,
) -> Result<Business, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let before = context.store.business(id).await?.ok_or(OperationError::NotFound)?;
        // A repeated request must not undo a change that was made after it.
        if is_already_done(context, id).await? {
            return Ok(before);
        }
        let Some((after, differences)) = before.with_tolerances(tolerances.clone()) else {
            return Ok(before);
        };
        let change = store::BusinessChange { before: &before, after: &after, differences, at: now };
        if context.store.commit_tolerances(change, &action_commit_context(context)).await? {
            return Ok(after);
        }
    }
}
