//! What a business sets for itself. Each change leaves its record in the audit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::{Business, BusinessId, Currency, Money};

use crate::commit::{RetryOnConflict, action_commit_context, is_already_done};
use crate::context::Context;
use crate::error::OperationError;

/// Sets up to how much of an invoice a business writes off, by currency; nothing in those that are not named.
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
        // Sent again after another's change, the request does not bring its own back.
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
