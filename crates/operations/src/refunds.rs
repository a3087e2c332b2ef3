//! Refunds that the business asks for: the order is kept, then the provider is asked, under the order's own idempotency key.

use jiff::{SignedDuration, Timestamp};
use payment_gateway::{Gateway, IdempotencyKey, RefundOrder, RefundOutcome};
use receivables::payment::ReviewRefusal;
use receivables::text::Description;
use receivables::{Business, InvoiceId, Money, ObjectId, ObjectState, Payment, PaymentId, RefundId, Refusal, payment};

use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{change_payment, check_amount, commit_reports, reload, too_fine};

/// How long after an order its idempotency key is trusted. Stripe may forget a key once it is at least 24 hours old
/// (<https://docs.stripe.com/api/idempotent_requests>), and would then make another refund of the same order.
const REFUND_KEY_TRUSTED: SignedDuration = SignedDuration::from_hours(20);

/// What the business asks to be sent back.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// Minted for it; it is the idempotency key of the asking.
    pub id: RefundId,
    /// Of which payment.
    pub payment: PaymentId,
    /// How much; all that can be, and that the provider can write, where nothing is said.
    pub amount: Option<Money>,
    /// The invoice whose allocation gives it; none where it is of the payment as a whole.
    pub invoice: Option<InvoiceId>,
    /// Why.
    pub reason: Description,
}

/// Orders a refund and asks the provider for it. The same order again only asks again, and sends nothing twice. Where the
/// provider does not answer, the order stands, and the timer asks on.
pub async fn order_refund(
    context: &Context,
    business: &Business,
    new: &NewRefund,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let before = context.store.payment(&business.id, &new.payment).await?.ok_or(OperationError::NotFound)?;
    let gateway = context.gateways.of(before.provider)?;
    let payment = if before.refunds.iter().any(|order| order.id == new.id) {
        before
    } else {
        if let Some(amount) = new.amount {
            check_amount(gateway, "amount", amount)?;
        }
        change_payment(context, before, &[], now, |payment, _| {
            let whole = || match &new.invoice {
                Some(invoice) => payment
                    .allocations
                    .iter()
                    .find(|allocation| allocation.invoice == *invoice)
                    .map_or(Money::zero(payment.currency()), |allocation| allocation.applied),
                None => payment.refundable(),
            };
            let amount = new.amount.map_or_else(|| chargeable_part(gateway, whole()), Ok)?;
            let (invoice, reason) = (new.invoice.clone(), new.reason.clone());
            Ok::<_, Refusal>(payment::order_refund(payment, new.id.clone(), amount, invoice, reason, now)?)
        })
        .await?
    };
    match request_refunds(context, payment, now).await {
        // The order is kept: it is asked for again by itself.
        Err(error) if error.retryable() => {
            context.store.payment(&business.id, &new.payment).await?.ok_or(OperationError::NotFound)
        }
        requested => requested,
    }
}

/// What of an amount the provider can send back: its greatest multiple of the provider's step. Where that is nothing, though
/// there is something, it is refused with the step.
fn chargeable_part(gateway: &Gateway, whole: Money) -> Result<Money, Refusal> {
    let Some(rule) = gateway.charge_rule(whole.currency()) else { return Ok(whole) };
    let part = whole.less(rule.remainder_of(whole));
    if part.is_zero() && !whole.is_zero() { Err(too_fine("amount", rule.step)) } else { Ok(part) }
}

/// Asks the provider for every refund that was ordered and not answered yet.
pub(crate) async fn request_refunds(
    context: &Context,
    payment: Payment,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let (mut payment, mut failed) = (payment, None);
    let waiting: Vec<payment::RefundOrder> = payment.refunds_waiting().cloned().collect();
    for order in waiting {
        match request_refund(context, payment.clone(), &order, now).await {
            Ok(after) => payment = after,
            // The others are asked for all the same.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    failed.map_or(Ok(payment), Err)
}

async fn request_refund(
    context: &Context,
    payment: Payment,
    order: &payment::RefundOrder,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let mut payment = payment;
    if now.duration_since(order.ordered_at) > REFUND_KEY_TRUSTED {
        payment = apply_money_back(context, payment, now).await?;
    }
    let waits = payment.refunds_waiting().any(|waiting| waiting.id == order.id);
    let Some(of) = carriers(&payment).pop().filter(|_| waits) else { return Ok(payment) };
    let wanted = RefundOrder {
        of,
        amount: order.amount,
        refund: order.id.clone(),
        payment: payment.id.clone(),
        business: payment.business.clone(),
    };
    let key = IdempotencyKey::of_refund(&payment.business, &payment.id, &order.id);
    match context.gateways.of(payment.provider)?.refund(&wanted, &key).await? {
        RefundOutcome::Made(reports) => commit_reports(context, payment, &reports, None, now).await,
        RefundOutcome::Refused { reason } => refused(context, payment, &order.id, &reason, now).await,
    }
}

/// Applies what the provider lists of the payment's refunds: an order whose answer was lost may be among them.
async fn apply_money_back(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = payment;
    for of in carriers(&payment) {
        let reports = context.gateways.of(payment.provider)?.money_back_of(&of).await?;
        payment = commit_reports(context, payment, &reports, None, now).await?;
    }
    Ok(payment)
}

async fn refused(
    context: &Context,
    payment: Payment,
    order: &RefundId,
    reason: &str,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    // What the provider says is no part of the request that ordered the refund.
    let context = Context { action: None, ..context.clone() };
    let recorded = change_payment(&context, payment.clone(), &[], now, |payment, _| {
        payment::refund_refused(payment, order, reason, now).ok_or(ReviewRefusal::NoSuchReview)
    })
    .await;
    match recorded {
        // Another applied the answer first, and there is nothing to record any more.
        Err(OperationError::Refused(Refusal::Review(ReviewRefusal::NoSuchReview))) => reload(&context, &payment).await,
        recorded => recorded,
    }
}

/// The provider's objects that took the payment's money; the one of which most is left, as far as it is known, is the last.
fn carriers(payment: &Payment) -> Vec<ObjectId> {
    let currency = payment.currency();
    let objects = &payment.provider_state.0;
    let sent_back = |of: &ObjectId| {
        let intent = objects.get(of).and_then(ObjectState::intent);
        intent.map_or(Money::zero(currency), |intent| intent.refunded.in_currency(currency))
    };
    let carriers = objects.iter().filter_map(|(id, state)| {
        // The money of a page is its intent's, and cannot be sent back before that is known.
        let of = state.checkout().map_or(Some(id), |checkout| checkout.intent.as_ref())?;
        Some((state.received()?.in_currency(currency), of))
    });
    let carriers = carriers.filter(|(received, _)| !received.is_zero());
    let mut carriers: Vec<_> = carriers.map(|(received, of)| (received.less(sent_back(of)).minor(), of)).collect();
    carriers.sort();
    carriers.dedup_by(|(_, one), (_, other)| one == other);
    carriers.into_iter().map(|(_, id)| id.clone()).collect()
}
