//! Publishing: what follows from a committed fact outside the books.
//!
//! Each fact fans out into effects, one file per kind. An effect is an item of its own: it is claimed, done and marked, and where
//! it fails it has its next time and its reason, so that none holds up another, the books or the audit. The stream tries each
//! once, at once; whatever the stream does not reach, the timer does.

use jiff::{SignedDuration, Timestamp};
use receivables::FactKind;
use store::{AnnouncedFact, DecisionRecord, DueItem, Effect, EffectKey, EffectKind, EffectState, StoreError};

use crate::context::Context;
use crate::error::OperationError;
use crate::settle::has_unapplied_cash;

mod answer_refund;
mod close_page;
pub(crate) mod mail;
mod receipt;
mod settle;

/// How long a claimed effect belongs to the worker that claimed it.
pub(crate) const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long an effect is tried before it is given up.
const TRIED_FOR: SignedDuration = SignedDuration::from_hours(24 * 30);
/// How often at least: where nothing ran for a month, what then waits is still tried for ten days.
const TRIES_MIN: u32 = 240;
/// The first pause after a failed try; each further one is twice as long.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The longest pause.
const PAUSE_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Why an effect was not done.
#[derive(Debug)]
pub(crate) enum NotDone {
    /// It may be done later, by itself or once a person has mended something.
    Later(String),
    /// It can never be done.
    Never(String),
}

impl From<StoreError> for NotDone {
    fn from(error: StoreError) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<OperationError> for NotDone {
    fn from(error: OperationError) -> Self {
        Self::Later(error.to_string())
    }
}

/// What follows from the facts of a decision. An account that several of them make payable is settled once.
pub(crate) fn effects_of(facts: &[AnnouncedFact]) -> Vec<Effect> {
    let mut effects: Vec<Effect> = Vec::new();
    for effect in facts.iter().flat_map(effects_of_fact) {
        let is_settled =
            matches!(effect.kind, EffectKind::Settle(_)) && effects.iter().any(|one| one.kind == effect.kind);
        if !is_settled {
            effects.push(effect);
        }
    }
    effects
}

fn effects_of_fact(announced: &AnnouncedFact) -> Vec<Effect> {
    let settle = || EffectKind::Settle(announced.customer.clone());
    let kinds = match &announced.fact.kind {
        FactKind::PaymentSettled { payment, .. } => vec![EffectKind::Receipt(payment.clone()), settle()],
        FactKind::InvoicePaid { invoice, .. }
        | FactKind::InvoicePartlyPaid { invoice, .. }
        | FactKind::InvoiceWrittenOff { invoice, .. } => vec![EffectKind::ClosePage(invoice.clone())],
        FactKind::InvoiceIssued { .. }
        | FactKind::InvoiceReopened { .. }
        | FactKind::WriteOffReversed { .. }
        | FactKind::PaymentFailed { .. }
        | FactKind::PaymentCancelled { .. }
        | FactKind::PaymentInSuspense { .. }
        | FactKind::PaymentReturned { .. }
        | FactKind::PaymentRefundFailed { .. }
        | FactKind::PaymentUnapplied { .. }
        | FactKind::PaymentReinstated { .. }
        | FactKind::CreditPayoutReversed { .. } => vec![settle()],
        FactKind::PaymentRefunded { payment, .. } => vec![EffectKind::AnswerRefund(payment.clone())],
        FactKind::CustomerRegistered
        | FactKind::PaymentStarted { .. }
        | FactKind::PaymentNeedsAction { .. }
        | FactKind::PaymentProcessing { .. }
        | FactKind::PaymentChargedBack { .. }
        | FactKind::CreditNoteIssued { .. }
        | FactKind::CreditPaidOut { .. } => return Vec::new(),
    };
    let of = |kind| Effect {
        business: announced.business.clone(),
        fact: announced.fact.id.0.clone(),
        kind,
        at: announced.fact.at,
    };
    kinds.into_iter().map(of).collect()
}

/// Does what follows from a decision, each effect once and on its own. An error is the tables' alone: then some effects may not
/// be stored yet.
pub async fn publish(context: &Context, record: &DecisionRecord, now: Timestamp) -> Result<(), OperationError> {
    for effect in effects_of(&record.facts) {
        let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
        if !is_needed(context, &effect).await? {
            continue;
        }
        // One that is stored already is done, or has its next time.
        if let Some(claimed) = context.store.claim_new_effect(&effect, until).await? {
            attempt(context, &effect, &claimed, now).await?;
        }
    }
    Ok(())
}

/// Whether an effect has anything to do. Nearly every invoice is paid without another page being open, and a payment may be of a
/// thousand.
async fn is_needed(context: &Context, effect: &Effect) -> Result<bool, OperationError> {
    match &effect.kind {
        EffectKind::ClosePage(invoice) => {
            Ok(close_page::idle_page(context, &effect.business, invoice).await?.is_some())
        }
        EffectKind::Settle(customer) => has_unapplied_cash(context, &effect.business, customer).await,
        EffectKind::AnswerRefund(payment) => answer_refund::is_needed(context, &effect.business, payment).await,
        EffectKind::Receipt(_) | EffectKind::Unknown { .. } => Ok(true),
    }
}

/// Makes sure that everything that follows from a decision is stored, and so is done or will be.
pub(crate) async fn ensure_effects(
    context: &Context,
    record: &DecisionRecord,
    now: Timestamp,
) -> Result<(), OperationError> {
    for effect in effects_of(&record.facts) {
        if is_needed(context, &effect).await? {
            context.store.ensure_effect(&effect, now).await?;
        }
    }
    Ok(())
}

/// Does a stored effect that was claimed. Says whether it is done, now or before.
pub(crate) async fn attempt_stored(
    context: &Context,
    key: &EffectKey,
    claimed: &DueItem,
    now: Timestamp,
) -> Result<bool, OperationError> {
    let Some(stored) = context.store.effect(key).await? else { return Ok(true) };
    match stored.state {
        EffectState::Waiting | EffectState::Failing => attempt(context, &stored.effect, claimed, now).await,
        EffectState::Done | EffectState::GivenUp => Ok(context.store.finish_due(claimed).await?),
    }
}

async fn attempt(
    context: &Context,
    effect: &Effect,
    claimed: &DueItem,
    now: Timestamp,
) -> Result<bool, OperationError> {
    let done = match &effect.kind {
        EffectKind::Receipt(payment) => receipt::send(context, &effect.business, payment, now).await,
        EffectKind::ClosePage(invoice) => close_page::close(context, &effect.business, invoice, now).await,
        EffectKind::Settle(customer) => Box::pin(settle::settle(context, effect, customer, now)).await,
        EffectKind::AnswerRefund(payment) => {
            Box::pin(answer_refund::answer(context, &effect.business, payment, now)).await
        }
        // It waits for the version that knows it.
        EffectKind::Unknown { kind, .. } => Err(NotDone::Later(format!("this version does not know {kind}"))),
    };
    let (key, kind) = (effect.key(), effect.kind.word());
    let why = match done {
        Ok(()) => {
            context.store.effect_done(claimed, now).await?;
            return Ok(true);
        }
        Err(NotDone::Later(why)) if now.duration_since(effect.at) < TRIED_FOR || claimed.tries < TRIES_MIN => {
            tracing::warn!(effect.kind = kind, fact.id = effect.fact, why, "an effect failed; it is tried again");
            let next = now.saturating_add(pause(claimed.tries)).unwrap_or(Timestamp::MAX);
            context.store.effect_failed(&key, claimed, next, &why, now).await?;
            return Ok(false);
        }
        Err(NotDone::Later(why) | NotDone::Never(why)) => why,
    };
    tracing::error!(effect.kind = kind, fact.id = effect.fact, why, metric.stuck = 1, "an effect was given up");
    context.store.effect_given_up(&key, claimed, &why, now).await?;
    Ok(false)
}

/// How long to wait after so many tries.
pub(crate) fn pause(tries: u32) -> SignedDuration {
    let doublings = tries.saturating_sub(1).min(16);
    FIRST_PAUSE.saturating_mul(1 << doublings).min(PAUSE_MAX)
}
