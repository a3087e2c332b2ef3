//! Sending mails: receipts and sign-ins.

use ::mail::{IdempotencyKey, Message, SendError, SignIn, Wait};
use jiff::Timestamp;
use receivables::{Business, BusinessId};
use store::{DueItem, SignIn as SignInRequest};

use super::{LEASE, NotDone, pause};
use crate::context::Context;
use crate::error::OperationError;

/// Mails the link and code of a sign-in whose mail is due, and gives it its next time where that fails. `due` is its place in
/// the list.
pub async fn send_sign_in_mail(
    context: &Context,
    sign_in: &SignInRequest,
    due: &DueItem,
    now: Timestamp,
) -> Result<(), OperationError> {
    let until = now.saturating_add(LEASE).unwrap_or(Timestamp::MAX);
    let Some(claimed) = context.store.claim_due(due, until).await? else { return Ok(()) };
    mail_claimed_sign_in(context, sign_in, &claimed, now).await.map(drop)
}

/// The same for one that is claimed. Says whether it is done.
pub(crate) async fn mail_claimed_sign_in(
    context: &Context,
    sign_in: &SignInRequest,
    claimed: &DueItem,
    now: Timestamp,
) -> Result<bool, OperationError> {
    match send_sign_in(context, sign_in, now).await {
        Ok(()) => context.store.finish_due(claimed).await?,
        Err(NotDone::Later(why)) => {
            tracing::warn!(why, "a sign-in could not be mailed; it is tried again");
            let next = now.saturating_add(pause(claimed.tries)).unwrap_or(Timestamp::MAX);
            context.store.retime_due(claimed, next, Some(&why)).await?;
            return Ok(false);
        }
        Err(NotDone::Never(why)) => {
            tracing::error!(why, metric.stuck = 1, "a sign-in cannot be mailed");
            context.store.finish_due(claimed).await?
        }
    };
    Ok(true)
}

/// Mails the link and code of a sign-in, if the address is a customer's. Nothing is sent to any other address.
async fn send_sign_in(context: &Context, sign_in: &SignInRequest, now: Timestamp) -> Result<(), NotDone> {
    if now >= sign_in.ends_at {
        return Ok(());
    }
    let business = business(context, &sign_in.business).await?;
    // The mail goes to the address in the books, not to what a visitor typed, however alike the two are.
    let customer = match &sign_in.customer {
        Some(id) => context.store.customer(&sign_in.business, id).await?,
        None => None,
    };
    let Some(to) = customer.and_then(|customer| customer.profile.email) else { return Ok(()) };
    if to.folded() != sign_in.email.folded() {
        return Ok(());
    }
    let message = SignIn {
        business: &business,
        locale: sign_in.locale,
        to,
        url: context.links.sign_in_url(&sign_in.id),
        code: context.links.sign_in_code(&sign_in.id),
        minutes: u16::try_from(store::SIGN_IN_GOOD_FOR.as_mins()).unwrap_or_default(),
    };
    send(context, &business, &message.compose(), &IdempotencyKey::new("sign-in", &sign_in.id), now).await
}

pub(super) async fn business(context: &Context, b: &BusinessId) -> Result<Business, OperationError> {
    context.store.business(b).await?.ok_or(OperationError::NotFound)
}

/// Sends a mail, once. Where its fate is unknown it counts as not sent.
pub(super) async fn send(
    context: &Context,
    business: &Business,
    message: &Message,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<(), NotDone> {
    match context.mailer.send(message, business, key, now).await {
        Ok(_) => Ok(()),
        Err(SendError::NotSent { reason, wait: Wait::Never }) => Err(NotDone::Never(reason)),
        Err(SendError::NotSent { reason, wait: Wait::Person }) => {
            tracing::error!(reason, metric.misconfigured = 1, "mail is refused until a person mends the settings");
            Err(NotDone::Later(reason))
        }
        Err(SendError::NotSent { reason, wait: Wait::Retry } | SendError::OutcomeUnknown { reason }) => {
            Err(NotDone::Later(reason))
        }
    }
}
