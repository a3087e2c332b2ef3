//! Refunds that the business orders: the order is stored, then the provider is asked under the order's own idempotency key.

use std::collections::BTreeSet;

use jiff::Timestamp;
use payment_gateway::{Gateway, IdempotencyKey, RefundOrder, RefundOutcome};
use receivables::payment::{NoteOfRefund, RefundMeaning, RefundRefusal, RefundRequest, ReviewRefusal};
use receivables::text::{Description, InvoiceNumber};
use receivables::{
    Business, BusinessId, CreditNoteId, Currency, InvoiceId, Language, Money, ObjectId, ObjectState, Payment,
    PaymentId, RefundId, Refusal, payment,
};

use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{change_payment, check_amount, commit_reports, reload, run_to_completion, too_fine};

/// A refund that the business orders.
#[derive(Clone, Debug)]
pub struct NewRefund {
    /// Drawn for the order; it is the idempotency key of the request to the provider.
    pub id: RefundId,
    pub payment: PaymentId,
    /// The currency of money in suspense that is refunded; the payment's own money if `None`.
    pub currency: Option<Currency>,
    /// The amount; if `None`, all that can be refunded and that the provider can write.
    pub amount: Option<Money>,
    /// The invoice whose allocation is refunded; `None` for the payment as a whole.
    pub invoice: Option<InvoiceId>,
    /// What it means to the invoices that its money had covered.
    pub meaning: RefundMeaning,
    /// The number of its credit note, where it has one; one that follows from the order if `None`.
    pub credit_note_number: Option<InvoiceNumber>,
    pub reason: Description,
}

/// What a person says of a refund that was made at the provider.
#[derive(Clone, Debug)]
pub struct NewRefundAnswer {
    pub payment: PaymentId,
    /// The refund, by the provider's id.
    pub refund: ObjectId,
    pub meaning: RefundMeaning,
    /// The number of its credit note, where it has one; one that follows from the refund if `None`.
    pub credit_note_number: Option<InvoiceNumber>,
    pub reason: Description,
}

/// Parts of the id of a credit note that make up its number, where none is given: enough that no two are the same.
const NUMBER_CHARS: usize = 14;

/// Orders a refund and asks the provider for it. The same order sent again only asks again, and refunds nothing twice. If the
/// provider does not answer, the order stays, and the timer keeps asking.
pub async fn order_refund(
    context: &Context,
    business: &Business,
    new: &NewRefund,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let before = context.store.payment(&business.id, &new.payment).await?.ok_or(OperationError::NotFound)?;
    let gateway = context.gateways.of(before.provider())?;
    let payment = if before.refunds().iter().any(|order| order.id == new.id) {
        before
    } else {
        if let Some(amount) = new.amount {
            check_amount(gateway, "amount", amount)?;
        }
        check_number(context, business, new.credit_note_number.as_ref()).await?;
        let note = CreditNoteId::derived(new.id.as_str(), &[new.payment.as_str()]);
        let note = note_of_refund(business, note, new.credit_note_number.as_ref(), &new.reason, now)?;
        Box::pin(change_payment(context, before, &[], now, |payment, _, now| {
            let whole = || {
                if let Some(invoice) = &new.invoice {
                    let mut parts = payment.allocations().iter();
                    let part = parts.find(|allocation| allocation.invoice == *invoice);
                    return part.map_or(Money::zero(payment.currency()), |allocation| allocation.applied);
                }
                let currency = new.currency.unwrap_or(payment.currency());
                payment.refundable_in(currency).unwrap_or(Money::zero(currency))
            };
            let amount = new.amount.map_or_else(|| chargeable_part(gateway, whole()), Ok)?;
            let request = RefundRequest {
                id: new.id.clone(),
                amount,
                invoice: new.invoice.clone(),
                meaning: new.meaning,
                note: note.clone(),
                reason: new.reason.clone(),
            };
            Ok::<_, Refusal>(payment::order_refund(payment, request, now)?)
        }))
        .await?
    };
    match Box::pin(request_refunds(context, payment, now)).await {
        // The order is stored: the timer asks for it again.
        Err(error) if error.retryable() => {
            context.store.payment(&business.id, &new.payment).await?.ok_or(OperationError::NotFound)
        }
        requested => requested,
    }
}

/// Says what a refund means that was made at the provider. The same answer again changes nothing; another one is refused.
pub async fn answer_refund(
    context: &Context,
    business: &Business,
    new: &NewRefundAnswer,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let before = context.store.payment(&business.id, &new.payment).await?.ok_or(OperationError::NotFound)?;
    if is_answered_so(&before, new) {
        return Ok(before);
    }
    check_number(context, business, new.credit_note_number.as_ref()).await?;
    let note =
        CreditNoteId::derived(new.payment.as_str(), &[new.refund.as_str(), &before.refund_answers().len().to_string()]);
    let note = note_of_refund(business, note, new.credit_note_number.as_ref(), &new.reason, now)?;
    let answered = change_payment(context, before, &[], now, |payment, _, now| {
        payment::answer_refund(payment, &new.refund, new.meaning, note.clone(), now)
    })
    .await;
    match answered {
        // Another said the same meanwhile.
        Err(OperationError::Refused(Refusal::Refund(RefundRefusal::AlreadyAnswered { meaning })))
            if meaning == new.meaning =>
        {
            context.store.payment(&business.id, &new.payment).await?.ok_or(OperationError::NotFound)
        }
        answered => answered,
    }
}

/// Whether just this was said of the refund before, and nothing of it is open any more.
fn is_answered_so(payment: &Payment, new: &NewRefundAnswer) -> bool {
    let answers = payment.refund_answers().iter().rev();
    let is_open = payment.unanswered_refunds().iter().any(|open| open.refund == new.refund);
    !is_open && answers.filter(|answer| answer.refund == new.refund).any(|answer| answer.meaning == new.meaning)
}

/// Says of every refund made at the provider what the business has chosen for such refunds. Where a person is to say so, or one
/// credit note cannot be for all invoices, it is left to a person.
pub(crate) async fn answer_as_chosen(
    context: &Context,
    b: &BusinessId,
    payment: &PaymentId,
    now: Timestamp,
) -> Result<(), OperationError> {
    let business = context.store.business(b).await?.ok_or(OperationError::NotFound)?;
    let Some(meaning) = business.provider_refunds.meaning() else { return Ok(()) };
    let mut asked = BTreeSet::new();
    // The refund may be heard of under its own name while what was only counted is answered: so it is looked at again.
    loop {
        let Some(payment) = context.store.payment(b, payment).await? else { return Ok(()) };
        let payment = run_to_completion(context, payment, now).await?;
        let open = payment.unanswered_refunds().into_iter().map(|open| open.refund).find(|open| !asked.contains(open));
        let Some(refund) = open else { return Ok(()) };
        asked.insert(refund.clone());
        let word = match business.locale_for(Some(payment.locale())).language() {
            Language::English => "Refund",
            Language::French => "Remboursement",
        };
        let reason = word.parse().map_err(|_| OperationError::Defect("the reason of a refund".to_owned()))?;
        let new = NewRefundAnswer { payment: payment.id().clone(), refund, meaning, credit_note_number: None, reason };
        match answer_refund(context, &business, &new, now).await {
            Ok(_) => {}
            // A person sees it among the reviews, if there is anything to say.
            Err(OperationError::Refused(refusal)) => {
                tracing::warn!(payment.id = %new.payment, %refusal, "a refund is left to a person to explain");
            }
            Err(error) => return Err(error),
        }
    }
}

/// Refuses a number that another credit note has.
async fn check_number(
    context: &Context,
    business: &Business,
    number: Option<&InvoiceNumber>,
) -> Result<(), OperationError> {
    let Some(number) = number else { return Ok(()) };
    let known = context.store.credit_note_by_number(&business.id, number.as_str()).await?;
    if known.is_some() { Err(Refusal::from(RefundRefusal::NumberTaken).into()) } else { Ok(()) }
}

/// The credit note of a refund: of today, with the number that was given, else one that follows from its id.
fn note_of_refund(
    business: &Business,
    id: CreditNoteId,
    number: Option<&InvoiceNumber>,
    reason: &Description,
    now: Timestamp,
) -> Result<NoteOfRefund, OperationError> {
    let drawn = || {
        let drawn: String = id.ulid().chars().skip(id.ulid().len().saturating_sub(NUMBER_CHARS)).collect();
        format!("CN-{drawn}").parse().map_err(|_| OperationError::Defect("the number of a credit note".to_owned()))
    };
    let number = number.cloned().map_or_else(drawn, Ok)?;
    Ok(NoteOfRefund { id, number, issued_on: business.time_zone.date_at(now), reason: reason.clone() })
}

/// The part of an amount that the provider can send back: the greatest multiple of its step. If that is zero though the amount
/// is not, it is refused, and the refusal names the step.
pub(crate) fn chargeable_part(gateway: &Gateway, whole: Money) -> Result<Money, Refusal> {
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
            // The other refunds are requested all the same.
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
    let gateway = context.gateways.of(payment.provider())?;
    // A forgotten key would make a second refund of the same order, so the provider is first asked which it has made.
    if now.duration_since(order.ordered_at) > gateway.idempotency_keys_known_for() {
        payment = apply_money_back(context, payment, order.amount.currency(), now).await?;
    }
    let waits = payment.refunds_waiting().any(|waiting| waiting.id == order.id);
    let Some(of) = carriers(&payment, order.amount.currency()).pop().filter(|_| waits) else { return Ok(payment) };
    let wanted = RefundOrder {
        of,
        amount: order.amount,
        refund: order.id.clone(),
        payment: payment.id().clone(),
        business: payment.business().clone(),
    };
    let key = IdempotencyKey::of_refund(payment.business(), payment.id(), &order.id);
    match gateway.refund(&wanted, &key).await? {
        RefundOutcome::Made(reports) => commit_reports(context, payment, &reports, None, now).await,
        RefundOutcome::Refused { reason } => refused(context, payment, &order.id, &reason, now).await,
    }
}

/// Applies the provider's list of the payment's refunds: an order whose answer was lost may be among them.
async fn apply_money_back(
    context: &Context,
    payment: Payment,
    currency: Currency,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let mut payment = payment;
    for of in carriers(&payment, currency) {
        let reports = context.gateways.of(payment.provider())?.money_back_of(&of).await?;
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
    // The provider's answer is not part of the operator's request that ordered the refund.
    let context = Context { action: None, ..context.clone() };
    let recorded = change_payment(&context, payment.clone(), &[], now, |payment, _, now| {
        payment::refund_refused(payment, order, reason, now).ok_or(ReviewRefusal::NoSuchReview)
    })
    .await;
    match recorded {
        // Another worker applied the answer first, so there is nothing left to record.
        Err(OperationError::Refused(Refusal::Review(ReviewRefusal::NoSuchReview))) => reload(&context, &payment).await,
        recorded => recorded,
    }
}

/// The provider's objects that took the payment's money in a currency, in order; the last is the one with the most left, as far as
/// that is known.
fn carriers(payment: &Payment, currency: Currency) -> Vec<ObjectId> {
    let objects = &payment.provider_state().0;
    let sent_back = |of: &ObjectId| {
        let intent = objects.get(of).and_then(ObjectState::intent);
        intent.map_or(Money::zero(currency), |intent| intent.refunded.in_currency(currency))
    };
    let carriers = objects.iter().filter_map(|(id, state)| {
        // The money of a page belongs to its intent, and cannot be refunded before the intent is known.
        let of = state.checkout().map_or(Some(id), |checkout| checkout.intent.as_ref())?;
        Some((state.received()?.in_currency(currency), of))
    });
    let carriers = carriers.filter(|(received, _)| !received.is_zero());
    let mut carriers: Vec<_> = carriers.map(|(received, of)| (received.less(sent_back(of)).minor(), of)).collect();
    carriers.sort();
    carriers.dedup_by(|(_, one), (_, other)| one == other);
    carriers.into_iter().map(|(_, id)| id.clone()).collect()
}
