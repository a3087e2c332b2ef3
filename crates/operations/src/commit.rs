//! Committing decisions, and deciding again after a conflict.

use jiff::Timestamp;
use receivables::{BusinessId, Decision, Refusal};
use store::{CommitContext, CommitOutcome};

use crate::context::Context;
use crate::error::OperationError;

/// Attempts at one decision before it fails as contended.
const ATTEMPTS_MAX: u32 = 6;

/// Counts the attempts at one decision. Each attempt decides on what is stored at that moment. After a conflict the next one
/// waits for a random time, so that two rivals on one item do not collide again.
pub(crate) struct RetryOnConflict<'a> {
    context: &'a Context,
    attempts: u32,
}

impl<'a> RetryOnConflict<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self { context, attempts: 0 }
    }

    /// Begins an attempt, after a pause unless it is the first. An error once there were [`ATTEMPTS_MAX`].
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

    /// Begins an attempt as [`Self::attempt`] does, and returns the instant of its decision. The work began at `since`, perhaps long
    /// ago, and a decision that is committed late is in no export of its period.
    pub(crate) async fn attempt_at(&mut self, since: Timestamp) -> Result<Timestamp, OperationError> {
        self.attempt().await?;
        Ok(self.context.present(since))
    }
}

/// The actor and the reason, as a commit records them.
pub(crate) fn commit_context(context: &Context) -> CommitContext {
    CommitContext {
        actor: context.actor.clone(),
        reason: context.action.as_ref().map(|action| action.reason.clone()),
        ..CommitContext::default()
    }
}

/// The same, with the name under which an operator's request is carried out once.
pub(crate) fn action_commit_context(context: &Context) -> CommitContext {
    CommitContext { act: context.action.as_ref().map(|action| action.name.clone()), ..commit_context(context) }
}

/// Commits a decision on behalf of the context's actor.
pub(crate) async fn commit(context: &Context, decision: &Decision) -> Result<CommitOutcome, OperationError> {
    Ok(context.store.commit(decision, &commit_context(context)).await?)
}

/// Commits what an operator's request decided, once, and returns what it changed. `None` where the caller must decide again:
/// there was a conflict, or the books refused, but another try of the same request succeeded meanwhile and its effect may be
/// the reason for the refusal.
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

/// Whether the operator's request was carried out before, because its answer was lost or another try came first. Callers check
/// this before they decide: the books may refuse what they have already done.
pub(crate) async fn is_already_done(context: &Context, b: &BusinessId) -> Result<bool, OperationError> {
    match &context.action {
        Some(action) => Ok(context.store.is_already_done(b, &action.name).await?),
        None => Ok(false),
    }
}
