//! Committing decisions, and deciding again where another came first.

use receivables::{BusinessId, Decision, Refusal};
use store::{CommitContext, CommitOutcome};

use crate::context::Context;
use crate::error::OperationError;

/// Attempts at one decision before it is given up as contended.
const ATTEMPTS_MAX: u32 = 6;

/// Counts the attempts at one decision. Each attempt decides on what is stored by then; where another came first, the next one
/// begins after a pause of a random length, so that rivals on one item do not meet again.
pub(crate) struct RetryOnConflict<'a> {
    context: &'a Context,
    attempts: u32,
}

impl<'a> RetryOnConflict<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context, attempts: 0 }
    }

    /// Begins an attempt, after a pause where it is not the first. An error once there were enough.
    pub(crate) async fn attempt(&mut self) -> Result<(), OperationError> {
        if self.attempts == ATTEMPTS_MAX {
            return Err(OperationError::Conflict);
        }
        if self.attempts > 0 {
            tokio::time::sleep(self.context.store.pause(self.attempts)).await;
        }
        self.attempts += 1;
        Ok(())
    }
}

/// Who acts, and why, as a commit records it.
pub(crate) fn commit_context(context: &Context) -> CommitContext {
    CommitContext {
        actor: context.actor.clone(),
        reason: context.action.as_ref().map(|action| action.reason.clone()),
        ..CommitContext::default()
    }
}

/// The same, for the commit by which an operator's request is carried out.
pub(crate) fn action_commit_context(context: &Context) -> CommitContext {
    CommitContext { act: context.action.as_ref().map(|action| action.name.clone()), ..commit_context(context) }
}

/// Commits a decision on behalf of whoever acts.
pub(crate) async fn commit(context: &Context, decision: &Decision) -> Result<CommitOutcome, OperationError> {
    Ok(context.store.commit(decision, &commit_context(context)).await?)
}

/// Commits what an operator decided, once, and gives what it changed. `None` where it has to be decided again: another came
/// first, or it was refused but another try of the same request was carried out in the meantime, so that its own effect may be
/// the reason.
pub(crate) async fn commit_once<T>(
    context: &Context,
    b: &BusinessId,
    decided: Result<(T, Decision), impl Into<Refusal>>,
) -> Result<Option<T>, OperationError> {
    match decided {
        Ok((changed, decision)) => {
            let outcome = context.store.commit(&decision, &action_commit_context(context)).await?;
            Ok((outcome == CommitOutcome::Committed).then_some(changed))
        }
        Err(_) if is_already_done(context, b).await? => Ok(None),
        Err(refusal) => Err(OperationError::Refused(refusal.into())),
    }
}

/// Whether the operator's request was carried out before: its answer was lost, or another try came first. To be asked before
/// deciding, since the books may well refuse what they have done already.
pub(crate) async fn is_already_done(context: &Context, b: &BusinessId) -> Result<bool, OperationError> {
    match &context.action {
        Some(action) => Ok(context.store.is_already_done(b, &action.name).await?),
        None => Ok(false),
    }
}
