//! The receipt of a payment. SES has no idempotency key: where it is unknown whether SES took the mail, it is sent again, since a
//! payer who gets none is worse off than one who gets two.

use ::mail::{IdempotencyKey, Receipt, ReceiptLine};
use jiff::Timestamp;
use receivables::{BusinessId, PaymentId};

use super::{NotDone, mail};
use crate::context::Context;
use crate::error::OperationError;

pub(super) async fn send(context: &Context, b: &BusinessId, id: &PaymentId, now: Timestamp) -> Result<(), NotDone> {
    let payment = context.store.payment(b, id).await?.ok_or(OperationError::NotFound)?;
    // Money in another currency alone goes to a review; there is nothing to confirm yet.
    if payment.received().is_zero() {
        return Ok(());
    }
    let business = mail::business(context, b).await?;
    let customer = context.store.customer(b, payment.customer()).await?;
    let customer = customer.ok_or(OperationError::NotFound)?;
    let Some(to) = customer.profile.email.clone() else { return Ok(()) };
    let lines = payment.allocations().iter().filter(|part| !part.applied.is_zero()).map(|part| ReceiptLine {
        number: part.number.clone(),
        amount: part.applied,
        open_after: part.invoice_open(),
    });
    let receipt = Receipt {
        business: &business,
        // The customer's language, else the one they paid in.
        locale: business.locale_for(customer.profile.locale.or(Some(payment.locale()))),
        to,
        customer_name: customer.profile.name,
        payment: payment.id().clone(),
        paid_on: business.time_zone.date_at(payment.settled_at().unwrap_or(now)),
        amount: payment.received(),
        lines: lines.collect(),
        unapplied: payment.unapplied(),
        payment_url: context.links.payment_url(&payment),
    };
    mail::send(context, &business, &receipt.compose(), &IdempotencyKey::new("receipt", id), now).await
}
