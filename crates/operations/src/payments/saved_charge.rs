//! The charge of a saved method while its owner is away: requesting it, asking what became of it, and what follows from a decline.
//!
//! The payment is committed with its holds before the request is made. From then on nobody gives it up but the provider: a request
//! without an answer is made again under its idempotency key, and once the provider may have forgotten the key, the list of the
//! customer's charges says whether there is one.

use jiff::{SignedDuration, Timestamp};
use payment_gateway::{
    Alarm, ChargeOutcome, CloseOutcome, Gateway, IdempotencyKey, Operation, Reaction, RequestError, SavedCharge,
};
use receivables::payment::{self, Charge, Decline, DeclineReason, Instead, Remedy, State};
use receivables::{Decision, Payment, PaymentId};
use store::CommitOutcome;

use super::{StartPayment, commit_reports, start_payment};
use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;
use crate::methods::end_method;

/// How much longer than the provider knows an idempotency key we wait before its list decides: a request that was made under the key at
/// the last moment is in the list by then.
const LIST_DECIDES_AFTER_KEY: SignedDuration = SignedDuration::from_hours(1);

/// What the provider says of a charge.
enum Answer {
    /// It was requested, and stands so.
    Outcome(ChargeOutcome),
    /// It was never made, and never will be.
    NotMade,
    /// That is not known yet.
    Unknown,
}

/// Asks about the charge of a payment, and does what follows from the answer. An error leaves open what became of it: the timer asks
/// again.
pub(super) async fn ask_about_charge(
    context: &Context,
    payment: Payment,
    charge: &Charge,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let gateway = context.gateways.of(payment.provider())?;
    if charge.decline.is_some() && payment.has_unanswered_decline() {
        return Box::pin(follow_up(context, payment, now)).await;
    }
    let payment = match ask(gateway, &payment, charge, context.present(now)).await? {
        Answer::Unknown => payment,
        Answer::NotMade => {
            tracing::warn!(payment.id = %payment.id(), "a charge was never made, and is given up");
            changed(context, payment, now, payment::charge_not_made).await?
        }
        Answer::Outcome(ChargeOutcome::Made { intent, reports }) => {
            let payment = commit_reports(context, payment, &reports, None, now).await?;
            // It has failed, and the provider does not say why any more.
            let word = payment.decline_word().filter(|_| payment.state() == State::Failed);
            let decline = word.map(unexplained);
            let answered =
                |payment: &Payment, now| payment::charge_answered(payment, Some(&intent), decline.as_ref(), now);
            changed(context, payment, now, answered).await?
        }
        Answer::Outcome(ChargeOutcome::Declined { intent, decline, reports }) => {
            declined(context, payment, charge, (intent, decline), &reports, now).await?
        }
    };
    Box::pin(follow_up(context, payment, now)).await
}

fn unexplained(word: String) -> Decline {
    Decline { reason: DeclineReason::Refused, remedy: Remedy::TryLater, word, ends_method: false }
}

/// Asks the provider in the surest way that there is now.
async fn ask(gateway: &Gateway, payment: &Payment, charge: &Charge, now: Timestamp) -> Result<Answer, RequestError> {
    if let Some(intent) = &charge.intent {
        return gateway.look_up_charge(intent).await.map(Answer::Outcome);
    }
    let order = SavedCharge {
        payment: payment.id().clone(),
        business: payment.business().clone(),
        amount: payment.amount(),
        customer: charge.customer.clone(),
        method: charge.method.clone(),
    };
    let age = now.duration_since(charge.requested_at);
    let known_for = gateway.idempotency_keys_known_for();
    if age < known_for {
        let key = IdempotencyKey::new(payment.business(), payment.id(), Operation::ChargeSaved, charge.attempt);
        match gateway.charge_saved(&order, &key).await {
            Ok(outcome) => return Ok(Answer::Outcome(outcome)),
            // What the key was used for is in the list.
            Err(error) if error.reaction() == Reaction::Alarm(Alarm::KeyReused) => {}
            Err(error) => return Err(error),
        }
    }
    let found = gateway.find_charge(&order, charge.requested_at).await?;
    Ok(match found {
        Some(outcome) => Answer::Outcome(outcome),
        None if age > known_for.saturating_add(LIST_DECIDES_AFTER_KEY) => Answer::NotMade,
        None => Answer::Unknown,
    })
}

/// The charge was declined: its method is marked, where it is over, before the payment says why.
async fn declined(
    context: &Context,
    payment: Payment,
    charge: &Charge,
    (intent, decline): (Option<receivables::ObjectId>, Decline),
    reports: &[receivables::Report],
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let payment = commit_reports(context, payment, reports, None, now).await?;
    if matches!(payment.state(), State::Processing | State::Settled) {
        return Ok(payment);
    }
    if decline.reason == DeclineReason::ProviderRefused {
        tracing::error!(
            payment.id = %payment.id(),
            provider.code = decline.word,
            metric.charge.refused = 1,
            "the provider charges no method, and only the business can mend that"
        );
    }
    if decline.ends_method {
        end_method(context, payment.business(), payment.provider(), &charge.method, decline.reason).await?;
    }
    let answered = |payment: &Payment, now| payment::charge_answered(payment, intent.as_ref(), Some(&decline), now);
    changed(context, payment, now, answered).await
}

/// Where the method's owner must be there, the charge is given up at the provider, and a page asks for the same.
async fn follow_up(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let wants_owner = |payment: &Payment| payment.has_unanswered_decline() && !payment.unfinished();
    let Some(charge) = payment.charge().filter(|charge| wants_owner(&payment) && charge.decline.is_some()) else {
        return Ok(payment);
    };
    let mut payment = payment.clone();
    if let Some(intent) = charge.intent.clone() {
        let gateway = context.gateways.of(payment.provider())?;
        let key = IdempotencyKey::new(payment.business(), payment.id(), Operation::CancelCharge, charge.attempt);
        let reports = match gateway.cancel_charge(&intent, &key).await? {
            CloseOutcome::Closed(reports) => reports,
            CloseOutcome::NoLongerOpen => match gateway.look_up_charge(&intent).await? {
                ChargeOutcome::Made { reports, .. } | ChargeOutcome::Declined { reports, .. } => reports,
            },
        };
        payment = commit_reports(context, payment, &reports, None, now).await?;
        // Its owner has confirmed it meanwhile.
        if !wants_owner(&payment) {
            return Ok(payment);
        }
    }
    let instead = page_instead(context, &payment, now).await?;
    changed(context, payment, now, |payment, now| payment::asked_instead(payment, &instead, now)).await
}

/// Another payment of the same, on a page. Its id follows from this one's, so that there is one however often this is tried.
async fn page_instead(context: &Context, payment: &Payment, now: Timestamp) -> Result<Instead, OperationError> {
    let business = context.store.business(payment.business()).await?.ok_or(OperationError::NotFound)?;
    let wanted = StartPayment {
        id: PaymentId::derived(payment.id().as_str(), &["page"]),
        origin: payment.origin().clone(),
        locale: payment.locale(),
        parts: payment.allocations().iter().map(|part| (part.invoice.clone(), part.intended)).collect(),
    };
    match Box::pin(start_payment(context, &business, wanted, now)).await {
        Ok(started) => Ok(Instead::Page(started.payment.id().clone())),
        Err(
            error @ (OperationError::Refused(_)
            | OperationError::PayerMustChange { .. }
            | OperationError::ProviderRefused { .. }),
        ) => {
            tracing::warn!(payment.id = %payment.id(), %error, "no page asks for what a charge was to bring");
            Ok(Instead::Nothing)
        }
        Err(error) => Err(error),
    }
}

/// Changes what is known of a charge, on the payment as it is stored.
async fn changed(
    context: &Context,
    payment: Payment,
    now: Timestamp,
    decide: impl Fn(&Payment, Timestamp) -> Option<(Payment, Decision)>,
) -> Result<Payment, OperationError> {
    let mut payment = payment;
    let mut retry = RetryOnConflict::new(context);
    let after = loop {
        let now = retry.attempt_at(now).await?;
        let Some((after, decision)) = decide(&payment, now) else { break payment };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            break after;
        }
        payment = super::apply_reports::reload_with_invoices(context, &payment).await?;
    };
    super::run_to_completion(context, after, now).await
}
