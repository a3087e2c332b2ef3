//! Publishing what was committed: mails are sent here, after the commit and never before.
//!
//! A mail is claimed, sent, and marked. SES has no idempotency key: where it is unknown whether SES took a mail, the mail is
//! not sent again automatically, and is listed among the mails whose fate is unknown.

use jiff::Timestamp;
use mail::{IdempotencyKey, Message, Receipt, ReceiptLine, SendError, SignIn};
use receivables::{Business, BusinessId, FactKind, InvoiceId, PaymentId};
use store::{AnnouncedFact, MailClaim};

use crate::context::Context;
use crate::error::OperationError;
use crate::payments::close_checkout;

pub async fn publish_fact(context: &Context, announced: &AnnouncedFact, now: Timestamp) -> Result<(), OperationError> {
    let business = &announced.business;
    if let FactKind::PaymentSettled { payment, .. } = &announced.fact.kind {
        send_receipt(context, business, payment, now).await
    } else if let FactKind::InvoicePaid { invoice } = &announced.fact.kind {
        close_idle_page(context, business, invoice, now).await
    } else {
        Ok(())
    }
}

/// An invoice that was paid may still have another payment's page open, if the money came late. That page is closed, so that
/// nobody pays the same invoice twice.
async fn close_idle_page(
    context: &Context,
    b: &BusinessId,
    id: &InvoiceId,
    now: Timestamp,
) -> Result<(), OperationError> {
    let invoice = context.store.invoice(b, id).await?.ok_or(OperationError::NotFound)?;
    let paid = invoice.balance.open().is_zero();
    let Some(open) = invoice.balance.live_checkout.filter(|_| paid) else { return Ok(()) };
    let payment = context.store.payment(b, &open).await?.ok_or(OperationError::NotFound)?;
    match close_checkout(context, payment, now).await {
        Ok(_) => Ok(()),
        Err(error) if error.retryable() => Err(error),
        // This must not hold back the stream: the timer polls that payment anyway.
        Err(error) => {
            tracing::error!(payment.id = %open, %error, metric.stuck = 1, "an idle page could not be closed");
            Ok(())
        }
    }
}

async fn send_receipt(context: &Context, b: &BusinessId, id: &PaymentId, now: Timestamp) -> Result<(), OperationError> {
    let payment = context.store.payment(b, id).await?.ok_or(OperationError::NotFound)?;
    // Money in another currency alone goes to a review; there is nothing to confirm yet.
    if payment.received.is_zero() {
        return Ok(());
    }
    let business = business(context, b).await?;
    let customer = context.store.customer(b, &payment.customer).await?.ok_or(OperationError::NotFound)?;
    let Some(to) = customer.profile.email.clone() else { return Ok(()) };
    let lines = payment.allocations.iter().filter(|part| !part.applied.is_zero()).map(|part| ReceiptLine {
        number: part.number.clone(),
        amount: part.applied,
        open_after: part.balance.open(),
    });
    let receipt = Receipt {
        business: &business,
        // The customer's language, else the one they paid in.
        locale: business.locale_for(customer.profile.locale.or(Some(payment.locale))),
        to,
        customer_name: customer.profile.name,
        payment: payment.id.clone(),
        paid_on: business.time_zone.date_at(payment.settled_at.unwrap_or(now)),
        amount: payment.received,
        lines: lines.collect(),
        unapplied: payment.unapplied,
        payment_url: context.links.payment_url(&payment),
    };
    send_once(context, &business, &receipt.compose(), &IdempotencyKey::new("receipt", id), now).await
}

/// Mails the link and code of a sign-in, if the address is a customer's. Nothing is sent to any other address.
pub async fn send_sign_in_mail(
    context: &Context,
    sign_in: &store::SignIn,
    now: Timestamp,
) -> Result<(), OperationError> {
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
    send_once(context, &business, &message.compose(), &IdempotencyKey::new("sign-in", &sign_in.id), now).await
}

async fn business(context: &Context, b: &BusinessId) -> Result<Business, OperationError> {
    context.store.business(b).await?.ok_or(OperationError::NotFound)
}

async fn send_once(
    context: &Context,
    business: &Business,
    message: &Message,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<(), OperationError> {
    let worker = context.worker.next();
    match context.store.claim_mail(&business.id, key.as_str(), &worker, now).await? {
        MailClaim::Taken => return Ok(()),
        MailClaim::Ours => {}
    }
    match context.mailer.send(message, business, key, now).await {
        Ok(sent) => {
            context.store.mail_sent(&business.id, key.as_str(), &sent.provider_id).await?;
            Ok(())
        }
        Err(SendError::NotSent { reason, retryable: true }) => {
            context.store.mail_not_sent(&business.id, key.as_str()).await?;
            Err(OperationError::Unavailable(reason))
        }
        // It is known not to be sent, so it is not one of the mails whose fate is unknown.
        Err(SendError::NotSent { reason, retryable: false }) => {
            context.store.mail_not_sent(&business.id, key.as_str()).await?;
            Err(OperationError::Defect(reason))
        }
        Err(SendError::OutcomeUnknown { reason }) => {
            tracing::error!(
                mail.once = key.as_str(),
                reason,
                "a mail may have been sent; it is not sent again automatically"
            );
            Ok(())
        }
    }
}
