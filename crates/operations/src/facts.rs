//! Publishing what was committed: mails go out here, after the fact and never before.
//!
//! A mail is claimed, sent, and marked. SES has no key of once: where it is not known whether it took a mail, the mail is not
//! sent again by itself, and stands in the list of mails whose fate is unknown.

use jiff::Timestamp;
use mail::{Message, OnceKey, Receipt, ReceiptLine, SendError, SignIn};
use receivables::{Business, BusinessId, FactKind, InvoiceId, PaymentId};
use store::{Announced, MailClaim};

use crate::payments::close_checkout;
use crate::{OperationError, Rooms, locale_of};

/// Publishes a fact.
pub async fn publish_fact(rooms: &Rooms, announced: &Announced, now: Timestamp) -> Result<(), OperationError> {
    match &announced.fact.kind {
        FactKind::PaymentSettled { payment, .. } => send_receipt(rooms, &announced.business, payment, now).await,
        FactKind::InvoicePaid { invoice } => close_idle_page(rooms, &announced.business, invoice, now).await,
        FactKind::CustomerRegistered
        | FactKind::InvoiceIssued { .. }
        | FactKind::InvoicePartlyPaid { .. }
        | FactKind::InvoiceReopened { .. }
        | FactKind::PaymentStarted { .. }
        | FactKind::PaymentNeedsAction { .. }
        | FactKind::PaymentProcessing { .. }
        | FactKind::PaymentFailed { .. }
        | FactKind::PaymentCancelled { .. }
        | FactKind::PaymentInSuspense { .. }
        | FactKind::PaymentRefunded { .. }
        | FactKind::PaymentRefundFailed { .. }
        | FactKind::PaymentChargedBack { .. }
        | FactKind::PaymentReinstated { .. }
        | FactKind::CreditNoteIssued { .. } => Ok(()),
    }
}

/// An invoice that was paid may still have another payment's page open, if money came late: that page is closed, so that
/// nobody pays there what is paid.
async fn close_idle_page(rooms: &Rooms, b: &BusinessId, id: &InvoiceId, now: Timestamp) -> Result<(), OperationError> {
    let invoice = rooms.store.invoice(b, id).await?.ok_or(OperationError::NotFound)?;
    let paid = invoice.standing.open().is_zero();
    let Some(open) = invoice.standing.live_checkout.filter(|_| paid) else { return Ok(()) };
    let payment = rooms.store.payment(b, &open).await?.ok_or(OperationError::NotFound)?;
    match close_checkout(rooms, payment, now).await {
        Ok(_) => Ok(()),
        Err(error) if error.retryable() => Err(error),
        // What follows in the stream is not held back: the timer looks at that payment anyway.
        Err(error) => {
            tracing::error!(payment.id = %open, %error, metric.stuck = 1, "an idle page could not be closed");
            Ok(())
        }
    }
}

async fn send_receipt(rooms: &Rooms, b: &BusinessId, id: &PaymentId, now: Timestamp) -> Result<(), OperationError> {
    let payment = rooms.store.payment(b, id).await?.ok_or(OperationError::NotFound)?;
    // Money in another currency only is put before a person; there is nothing to confirm yet.
    if payment.received.is_zero() {
        return Ok(());
    }
    let business = business(rooms, b).await?;
    let customer = rooms.store.customer(b, &payment.customer).await?.ok_or(OperationError::NotFound)?;
    let Some(to) = customer.profile.email.clone() else { return Ok(()) };
    let lines = payment.allocations.iter().filter(|part| !part.applied.is_zero()).map(|part| ReceiptLine {
        number: part.number.clone(),
        amount: part.applied,
        open_after: part.standing.open(),
    });
    let receipt = Receipt {
        business: &business,
        locale: locale_of(&business, customer.profile.locale, payment.locale),
        to,
        customer_name: customer.profile.name,
        payment: payment.id.clone(),
        paid_on: business.time_zone.date_at(payment.settled_at.unwrap_or(now)),
        amount: payment.received,
        lines: lines.collect(),
        unapplied: payment.unapplied,
        payment_url: rooms.links.payment_url(&payment),
    };
    send_once(rooms, &business, &receipt.compose(), &OnceKey::new("receipt", id), now).await
}

/// Mails the link and code of a sign-in, if the address is a customer's. To any other address nothing is sent.
pub async fn send_sign_in_mail(rooms: &Rooms, asked: &store::SignIn, now: Timestamp) -> Result<(), OperationError> {
    if asked.customer.is_none() || now >= asked.ends_at {
        return Ok(());
    }
    let business = business(rooms, &asked.business).await?;
    let message = SignIn {
        business: &business,
        locale: asked.locale,
        to: asked.email.clone(),
        url: rooms.links.sign_in_url(&asked.id),
        code: rooms.links.sign_in_code(&asked.id),
        minutes: u16::try_from(store::SIGN_IN_GOOD_FOR.as_mins()).unwrap_or_default(),
    };
    send_once(rooms, &business, &message.compose(), &OnceKey::new("sign-in", &asked.id), now).await
}

async fn business(rooms: &Rooms, b: &BusinessId) -> Result<Business, OperationError> {
    rooms.store.business(b).await?.ok_or(OperationError::NotFound)
}

async fn send_once(
    rooms: &Rooms,
    business: &Business,
    message: &Message,
    once: &OnceKey,
    now: Timestamp,
) -> Result<(), OperationError> {
    let claimant = rooms.claimant.next();
    match rooms.store.claim_mail(&business.id, once.as_str(), &claimant, now).await? {
        MailClaim::Taken => return Ok(()),
        MailClaim::Ours => {}
    }
    match rooms.post.send(message, business, once, now).await {
        Ok(sent) => {
            rooms.store.mail_sent(&business.id, once.as_str(), &sent.provider_id).await?;
            Ok(())
        }
        Err(SendError::NotSent { reason, retryable: true }) => {
            rooms.store.mail_not_sent(&business.id, once.as_str()).await?;
            Err(OperationError::Unavailable(reason))
        }
        Err(SendError::NotSent { reason, retryable: false }) => Err(OperationError::Defect(reason)),
        Err(SendError::OutcomeUnknown { reason }) => {
            tracing::error!(
                mail.once = once.as_str(),
                reason,
                "a mail may have been sent; it is not sent again by itself"
            );
            Ok(())
        }
    }
}
