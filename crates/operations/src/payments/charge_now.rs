//! Starting a payment that charges a saved method at once.

use jiff::Timestamp;
use receivables::payment::{self, ChosenMethod, Instead, Instrument, Origin, StartRefusal};
use receivables::saved_method::MethodRefusal;
use receivables::{Business, CustomerId, InvoiceId, Locale, Money, ObjectId, Payment, PaymentId, Provider};
use store::{CommitOutcome, SavedMethod};

use super::{PAYMENTS_PER_FORM_MAX, abandon, another_id, ask_provider, claim, close_checkout, reload, request};
use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

/// A payment for which a saved method is charged while its owner is away.
#[derive(Clone, Debug)]
pub struct ChargeMethod {
    /// The payment's id: the same for every repetition of the request.
    pub id: PaymentId,
    /// On whose account it is.
    pub customer: CustomerId,
    /// The provider's id of the method.
    pub method: ObjectId,
    /// The language of what the customer reads of it.
    pub locale: Locale,
    /// The invoices and the amount for each.
    pub parts: Vec<(InvoiceId, Money)>,
}

/// A payment that charged a method, as it then stands.
#[derive(Clone, Debug)]
pub struct ChargedPayment {
    pub payment: Payment,
    /// The payment on whose page the customer is asked for the same, where the charge needs them.
    pub page: Option<Payment>,
}

/// Starts a payment with its holds, and then charges a saved method. Where the provider does not answer, the payment is on its way, and
/// the timer goes on asking.
pub async fn charge_method(
    context: &Context,
    business: &Business,
    wanted: ChargeMethod,
    now: Timestamp,
) -> Result<ChargedPayment, OperationError> {
    let payment = started(context, business, wanted, now).await?;
    let payment = match Box::pin(ask_provider(context, payment.clone(), now)).await {
        Ok(payment) => payment,
        Err(
            error @ (OperationError::Conflict | OperationError::TablesUnavailable(_) | OperationError::NewerVersion(_)),
        ) => return Err(error),
        Err(error) => {
            let id = payment.id();
            if error.retryable() {
                tracing::warn!(payment.id = %id, %error, "a charge is not answered yet");
            } else {
                tracing::error!(payment.id = %id, %error, metric.charge.refused = 1, "a charge is not answered");
            }
            reload(context, &payment).await?
        }
    };
    let page = match payment.charge().and_then(|charge| charge.instead.as_ref()) {
        Some(Instead::Page(page)) => context.store.payment(&business.id, page).await?,
        Some(Instead::Nothing) | None => None,
    };
    Ok(ChargedPayment { payment, page })
}

/// The payment that the request has started, now or before.
async fn started(
    context: &Context,
    business: &Business,
    wanted: ChargeMethod,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let mut wanted = wanted;
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        if let Some(known) = already_started(context, business, &mut wanted, now).await? {
            return Ok(known);
        }
        let (provider, method) = chosen(context, business, &wanted).await?;
        let start = super::StartPayment {
            id: wanted.id.clone(),
            origin: Origin::Api,
            locale: wanted.locale,
            parts: wanted.parts.clone(),
        };
        let gateway = context.gateways.of(provider)?;
        let asked = request(context, business, &start, (provider, gateway), Some(method)).await?;
        let (payment, decisions) = match payment::start(&asked, now) {
            Ok(started) => started,
            Err(StartRefusal::CheckoutOpen { payment: other }) => {
                let other = context.store.payment(&business.id, &other).await?.ok_or(OperationError::NotFound)?;
                Box::pin(close_checkout(context, other, now)).await?;
                continue;
            }
            Err(refusal) => return Err(refusal.into()),
        };
        if claim(context, &decisions, now).await? == CommitOutcome::Committed {
            return Ok(payment);
        }
    }
}

/// The payment of this request, if its claims are complete. One that died while it was making them is given up: nothing was charged for
/// it.
async fn already_started(
    context: &Context,
    business: &Business,
    wanted: &mut ChargeMethod,
    now: Timestamp,
) -> Result<Option<Payment>, OperationError> {
    for _ in 0..PAYMENTS_PER_FORM_MAX {
        let Some(known) = context.store.payment(&business.id, &wanted.id).await? else { return Ok(None) };
        let never_asked = known.allocations().len() < wanted.parts.len();
        let known = if never_asked { abandon(context, known, now).await? } else { known };
        if known.asks_for(&wanted.parts) && matches!(known.instrument(), Instrument::Charge(_)) {
            return Ok(Some(known));
        }
        wanted.id = another_id(&wanted.id, &wanted.parts);
    }
    Err(OperationError::Conflict)
}

/// The method that is to be charged, which must be allowed and able to be.
async fn chosen(
    context: &Context,
    business: &Business,
    wanted: &ChargeMethod,
) -> Result<(Provider, ChosenMethod), OperationError> {
    let currency = wanted.parts.first().map(|(_, amount)| amount.currency()).ok_or(StartRefusal::NothingToPay)?;
    for (provider, gateway) in context.gateways.all() {
        let Some(method) = context.store.method(&business.id, provider, &wanted.method).await? else { continue };
        if method.customer.as_ref() != Some(&wanted.customer) {
            continue;
        }
        method.state.check_chargeable(method.ended.as_ref())?;
        if !gateway.charges_in(method.state.kind.as_deref(), currency) {
            return Err(MethodRefusal::OtherCurrency(currency).into());
        }
        return as_ordered(method).map(|method| (provider, method)).ok_or(MethodRefusal::NotOfCustomer.into());
    }
    Err(MethodRefusal::NotOfCustomer.into())
}

fn as_ordered(method: SavedMethod) -> Option<ChosenMethod> {
    Some(ChosenMethod { id: method.id, kind: method.state.kind, customer: method.state.customer? })
}
