//! Credit of an account is paid out: by the provider, as refunds of the payments that hold it, or by the business's bank, as an
//! outgoing payment.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::outgoing_payment::{
    Credit, CreditSource, OutgoingPaymentDraft, OutgoingPaymentRefusal, pay_out, reverse, split,
};
use receivables::payment::{CreditRefund, REFUNDS_PER_PAYMENT_MAX, refund_credit};
use receivables::text::{Description, Reference};
use receivables::{
    Business, BusinessId, Currency, CustomerId, Money, OutgoingPayment, OutgoingPaymentId, Payment, PaymentId,
    RefundId, Refusal,
};

use crate::commit::{RetryOnConflict, commit_once, is_already_done};
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::run_to_completion;
use crate::refunds::{chargeable_part, request_refunds};
use crate::verify::all;

/// Credit that the business sends by its bank.
#[derive(Clone, Debug)]
pub struct NewOutgoingPayment {
    pub id: OutgoingPaymentId,
    pub customer: CustomerId,
    pub amount: Money,
    /// The day on which the bank sends it; today if `None`.
    pub sent_on: Option<Date>,
    /// What stands on the transfer.
    pub reference: Option<Reference>,
    pub reason: Description,
}

/// Credit that the provider is to send back.
#[derive(Clone, Debug)]
pub struct NewCreditRefund {
    /// Drawn for the order; the ids of its refunds follow from it.
    pub id: RefundId,
    pub customer: CustomerId,
    pub amount: Money,
    pub reason: Description,
}

/// Records that the business pays credit of an account out by its bank.
pub async fn pay_out_credit(
    context: &Context,
    business: &Business,
    new: &NewOutgoingPayment,
    now: Timestamp,
) -> Result<OutgoingPayment, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        if is_already_done(context, &business.id).await? {
            let done = context.store.outgoing_payment(&business.id, &new.id).await?;
            return done.ok_or(OperationError::NotFound);
        }
        let credits = credits_of(context, &business.id, &new.customer, new.amount.currency()).await?;
        let draft = OutgoingPaymentDraft {
            amount: new.amount,
            sent_on: new.sent_on.unwrap_or(business.time_zone.date_at(now)),
            reference: new.reference.clone(),
            reason: new.reason.clone(),
        };
        let of = (new.id.clone(), business.id.clone(), new.customer.clone());
        if let Some(outgoing) = commit_once(context, &business.id, pay_out(of, draft, &credits, now)).await? {
            return Ok(outgoing);
        }
    }
}

/// Reverses an outgoing payment: the credit is the account's again, and covers what is open.
pub async fn reverse_outgoing_payment(
    context: &Context,
    b: &BusinessId,
    id: &OutgoingPaymentId,
    now: Timestamp,
) -> Result<OutgoingPayment, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let before = context.store.outgoing_payment(b, id).await?.ok_or(OperationError::NotFound)?;
        if is_already_done(context, b).await? {
            return Ok(before);
        }
        let mut credits = Vec::new();
        for part in &before.parts {
            credits.push(credit(context, b, &part.source).await?.ok_or(OperationError::NotFound)?);
        }
        if let Some(after) = commit_once(context, b, reverse(&before, &credits, now)).await? {
            return Ok(after);
        }
    }
}

/// Orders refunds of the payments that hold free credit, the oldest first, and asks the provider for them. Returns them with the
/// payments.
pub async fn refund_account_credit(
    context: &Context,
    business: &Business,
    new: &NewCreditRefund,
    now: Timestamp,
) -> Result<Vec<(Payment, RefundId)>, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    let ordered = loop {
        let now = retry.attempt_at(now).await?;
        if is_already_done(context, &business.id).await? {
            break ordered_before(context, &business.id, new).await?;
        }
        let refunds = credit_refunds(context, &business.id, new).await?;
        let decided = refund_credit(refunds, &new.reason, now);
        let (payments, decision) = decided.map_err(Refusal::from)?;
        let Some(decision) = decision else { break Vec::new() };
        if let Some(payments) =
            commit_once::<Vec<Payment>>(context, &business.id, Ok::<_, Refusal>((payments, decision))).await?
        {
            break payments;
        }
    };
    let mut refunds = Vec::with_capacity(ordered.len());
    for payment in ordered {
        let id = refund_of(&new.id, payment.id());
        let refund = match request_refunds(context, payment.clone(), now).await {
            // The order is stored: the timer asks for it again.
            Err(error) if error.retryable() => {
                context.store.payment(&business.id, payment.id()).await?.ok_or(OperationError::NotFound)?
            }
            requested => requested?,
        };
        refunds.push((refund, id));
    }
    Ok(refunds)
}

/// The id of the refund of one payment.
fn refund_of(order: &RefundId, payment: &PaymentId) -> RefundId {
    RefundId::derived(order.as_str(), &[payment.as_str()])
}

/// What each payment is to send back, so that it comes to the amount: of each as much as its provider can send back.
async fn credit_refunds(
    context: &Context,
    b: &BusinessId,
    new: &NewCreditRefund,
) -> Result<Vec<CreditRefund>, OperationError> {
    let mut there = Vec::new();
    for credit in credits_of(context, b, &new.customer, new.amount.currency()).await? {
        let Credit::Payment(payment) = credit else { continue };
        if payment.refunds().len() >= REFUNDS_PER_PAYMENT_MAX {
            continue;
        }
        let gateway = context.gateways.of(payment.provider())?;
        // What is too little for the provider stays on the account.
        if let Ok(part) = chargeable_part(gateway, payment.free()) {
            there.push((payment, part));
        }
    }
    let less = |available| OutgoingPaymentRefusal::MoreThanProviderCan { available };
    let parts = split(new.amount, &there, less).map_err(Refusal::from)?;
    let refund = |(payment, amount): (Payment, Money)| {
        let id = refund_of(&new.id, payment.id());
        CreditRefund { payment, id, amount }
    };
    Ok(parts.into_iter().map(refund).collect())
}

/// The payments of which this request has ordered refunds before.
async fn ordered_before(
    context: &Context,
    b: &BusinessId,
    new: &NewCreditRefund,
) -> Result<Vec<Payment>, OperationError> {
    let heads = all(|page| async move { Ok(context.store.payments_of(b, &new.customer, &page).await?) }).await?;
    let is_of_it = |head: &Payment| {
        let id = refund_of(&new.id, head.id());
        head.refunds().iter().any(|order| order.id == id)
    };
    let mut payments = Vec::new();
    for head in heads.iter().filter(|head| is_of_it(head)) {
        payments.extend(context.store.payment(b, head.id()).await?);
    }
    Ok(payments)
}

/// The sources of credit of an account in a currency, in the order in which credit is taken. Payments are worked off first.
async fn credits_of(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    currency: Currency,
) -> Result<Vec<Credit>, OperationError> {
    let unapplied = context.store.unapplied_of_account(b, c).await?;
    let mut credits = Vec::new();
    for cash in unapplied.iter().filter(|cash| cash.amount.currency() == currency) {
        let source = CreditSource::named(&cash.source);
        let source = source.ok_or_else(|| OperationError::Defect(format!("credit of {}", cash.source)))?;
        credits.extend(credit(context, b, &source).await?);
    }
    credits.sort_by_key(Credit::rank);
    Ok(credits)
}

async fn credit(context: &Context, b: &BusinessId, source: &CreditSource) -> Result<Option<Credit>, OperationError> {
    Ok(match source {
        CreditSource::CreditNote(id) => context.store.credit_note(b, id).await?.map(Credit::CreditNote),
        CreditSource::Payment(id) => match context.store.payment(b, id).await? {
            // What is worked off is not part of the operator's request.
            Some(payment) => {
                let context = Context { action: None, ..context.clone() };
                let now = context.present(payment.started_at());
                Some(Credit::Payment(run_to_completion(&context, payment, now).await?))
            }
            None => None,
        },
    })
}
