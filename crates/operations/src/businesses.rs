//! The settings of a business. Each change leaves a record in the audit.

use jiff::Timestamp;
use receivables::business::SettingsChange;
use receivables::{Business, BusinessId};

use crate::commit::{RetryOnConflict, action_commit_context, is_already_done};
use crate::context::Context;
use crate::error::OperationError;

/// Changes settings of the business.
pub async fn change_settings(
    context: &Context,
    id: &BusinessId,
    change: &SettingsChange,
    now: Timestamp,
) -> Result<Business, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let before = context.store.business(id).await?.ok_or(OperationError::NotFound)?;
        // A repeated request must not undo a change that was made after it.
        if is_already_done(context, id).await? {
            return Ok(before);
        }
        let Some((after, differences)) = before.with_settings(change) else {
            return Ok(before);
        };
        let change = store::BusinessChange { before: &before, after: &after, differences, at: now };
        if context.store.commit_settings(change, &action_commit_context(context)).await? {
            return Ok(after);
        }
    }
}
