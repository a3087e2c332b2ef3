//! What a business sets for itself. Each change leaves its record in the audit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::{Business, BusinessId, Currency, Money};

use crate::{Context, OperationError, is_already_done};

/// Times a change is made anew because another came first.
const TRIES_MAX: u32 = 5;

/// Sets up to how much of an invoice a business writes off, by currency; nothing in those that are not named.
pub async fn set_write_off_tolerances(
    context: &Context,
    id: &BusinessId,
    tolerances: &BTreeMap<Currency, Money>,
    now: Timestamp,
) -> Result<Business, OperationError> {
    for _ in 0..TRIES_MAX {
        let before = context.store.business(id).await?.ok_or(OperationError::NotFound)?;
        // Told again after another's change, it does not bring its own back.
        if is_already_done(context, id).await? {
            return Ok(before);
        }
        let Some((changed, differences)) = before.with_tolerances(tolerances.clone()) else { return Ok(before) };
        if context
            .store
            .commit_tolerances(
                store::BusinessChange { before: &before, after: &changed, differences, at: now },
                &context.action_commit_context(),
            )
            .await?
        {
            return Ok(changed);
        }
    }
    Err(OperationError::Conflict)
}
