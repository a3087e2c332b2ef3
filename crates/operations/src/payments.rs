//! Starting payments, closing their pages, and asking the provider for their state.
//!
//! An invoice has at most one live checkout. A second payment of the same invoice first closes the open page at the provider,
//! or, if it asks for the same amounts, is sent to it. So two tabs, a back button or a double click never pay twice.

use jiff::{SignedDuration, Timestamp};
use payment_gateway::{CloseOutcome, Gateway, IdempotencyKey, Operation, OrderError, RequestError};
use receivables::money::AmountRefusal;
use receivables::payment::{
    self, ChargeRule, ChosenMethod, HostedPage, Instrument, Origin, Request, StartRefusal, State,
};
use receivables::{
    Business, Change, Currency, Decision, InvoiceId, Locale, Money, MoneyError, Payment, PaymentId, Provider, Refusal,
};
use store::CommitOutcome;

mod apply_reports;
mod charge_now;
mod hosted_page;
mod saved_charge;

use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;
pub use charge_now::{ChargeMethod, ChargedPayment, charge_method};

pub(crate) use apply_reports::{
    ClaimedReports, abandon, change_payment, commit_reports, in_steps, named_invoices, placeable, reload,
    run_to_completion, with_current_invoices,
};

/// A page that closes so soon is not offered any more.
const CHECKOUT_MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// A payment whose page was never opened, or whose claims were never completed, is abandoned after this time. Until then somebody may
/// still be at it.
const ABANDON_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// Payments that one form can start, one after the other.
const PAYMENTS_PER_FORM_MAX: usize = 20;

/// A payment that a payer wants to make.
#[derive(Clone, Debug)]
pub struct StartPayment {
    /// Drawn when the page was rendered, so that a form sent twice starts one payment.
    pub id: PaymentId,
    /// The route by which the payer came.
    pub origin: Origin,
    pub locale: Locale,
    /// The invoices and the amount for each, in the payer's order.
    pub parts: Vec<(InvoiceId, Money)>,
}

/// A payment, and the address where the payer pays it.
#[derive(Clone, Debug)]
pub struct StartedPayment {
    pub payment: Payment,
    /// The hosted page while it is open, else the page of the payment.
    pub checkout_url: String,
}

/// Starts a payment and opens its hosted page.
pub async fn start_payment(
    context: &Context,
    business: &Business,
    wanted: StartPayment,
    now: Timestamp,
) -> Result<StartedPayment, OperationError> {
    let mut wanted = wanted;
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        // The same form may have been sent before, or at the same time, or the answer to our own commit was lost.
        if let Some(known) = already_started(context, business, &mut wanted).await? {
            return resume(context, business, known, now).await;
        }
        let request = request(context, business, &wanted, context.gateways.for_checkouts(), None).await?;
        let (payment, decisions) = match payment::start(&request, now) {
            Ok(started) => started,
            Err(StartRefusal::CheckoutOpen { payment: other }) => {
                let joined = Box::pin(join_or_close(context, business, &other, &wanted, now)).await?;
                match joined {
                    Some(started) => return Ok(started),
                    None => continue,
                }
            }
            Err(refusal) => return Err(refusal.into()),
        };
        if claim(context, &decisions, now).await? == CommitOutcome::Committed {
            return resume(context, business, payment, now).await;
        }
    }
}

/// The payment that the same form has started. Else the form's next payment gets an id that is free: the back button sends the
/// same form with another amount, and one that was given up before it had a page, such as one that the provider refused, is no
/// answer to a payer who tries again.
async fn already_started(
    context: &Context,
    business: &Business,
    wanted: &mut StartPayment,
) -> Result<Option<Payment>, OperationError> {
    for _ in 0..PAYMENTS_PER_FORM_MAX {
        let Some(known) = context.store.payment(&business.id, &wanted.id).await? else { return Ok(None) };
        let never_had_a_page = known.state() == State::Cancelled && known.checkout().is_none();
        if known.asks_for(&wanted.parts) && !never_had_a_page {
            return Ok(Some(known));
        }
        wanted.id = another_id(&wanted.id, &wanted.parts);
    }
    Err(OperationError::Conflict)
}

/// What can be charged in a currency on a page that opens now; `None` where the provider does not take it.
/// [`OnlinePayable`](receivables::payment::OnlinePayable) uses it to decide what of an invoice can be paid online.
pub fn charge_rule(context: &Context, currency: Currency) -> Option<ChargeRule> {
    let (_, gateway) = context.gateways.for_checkouts();
    gateway.charge_rule(currency)
}

/// Commits the claims of a payment, one after the other. If one of its invoices has another claim by then, the claims made so
/// far are released.
async fn claim(context: &Context, decisions: &[Decision], now: Timestamp) -> Result<CommitOutcome, OperationError> {
    for (place, decision) in decisions.iter().enumerate() {
        let commitment = commit(context, decision).await?;
        if commitment == CommitOutcome::Committed {
            continue;
        }
        let begun = decisions.get(..place).and_then(|done| done.last()).and_then(payment_of);
        if let Some(begun) = begun {
            abandon(context, reload(context, begun).await?, now).await?;
        }
        return Ok(commitment);
    }
    Ok(CommitOutcome::Committed)
}

fn payment_of(decision: &Decision) -> Option<&Payment> {
    decision.changes.iter().find_map(Change::payment)
}

async fn request(
    context: &Context,
    business: &Business,
    wanted: &StartPayment,
    (provider, gateway): (Provider, &Gateway),
    method: Option<ChosenMethod>,
) -> Result<Request, OperationError> {
    let ids: Vec<InvoiceId> = wanted.parts.iter().map(|(invoice, _)| invoice.clone()).collect();
    let invoices = named_invoices(context, &business.id, &ids).await?;
    for (place, (_, amount)) in wanted.parts.iter().enumerate() {
        check_amount(gateway, &format!("allocations[{place}].amount"), *amount)?;
    }
    let (_, first) = wanted.parts.first().ok_or(StartRefusal::NothingToPay)?;
    let rule = gateway.charge_rule(first.currency());
    Ok(Request {
        id: wanted.id.clone(),
        method,
        provider,
        origin: wanted.origin.clone(),
        locale: wanted.locale,
        parts: invoices.into_iter().zip(wanted.parts.iter().map(|(_, amount)| *amount)).collect(),
        // Without a rule, the amount was refused above.
        rule: rule.ok_or_else(|| OperationError::Defect(format!("no charge rule for {}", first.currency())))?,
    })
}

/// Refuses an amount that the provider cannot write before anything is claimed for it: some take dinars to the hundredth only.
pub(crate) fn check_amount(gateway: &Gateway, field: &str, amount: Money) -> Result<(), OperationError> {
    match gateway.check_amount(amount) {
        Ok(()) => Ok(()),
        Err(OrderError::TooFine { step }) => Err(too_fine(field, step).into()),
        Err(error) => Err(RequestError::from(error).into()),
    }
}

/// The refusal of an amount that is not a multiple of the provider's step.
pub(crate) fn too_fine(field: &str, step: Money) -> Refusal {
    let coarser = step.minor().checked_ilog10().unwrap_or_default();
    let cause = MoneyError::TooPrecise(step.currency().exponent().saturating_sub(coarser));
    AmountRefusal::new(field, cause).into()
}

/// Where to send the payer of an existing payment: to its hosted page while that is open, else to its own page. A page that was
/// opened before may have been paid or closed unheard, so the provider is asked first.
async fn resume(
    context: &Context,
    business: &Business,
    payment: Payment,
    now: Timestamp,
) -> Result<StartedPayment, OperationError> {
    if !payment.state().checkout_is_live() {
        let checkout_url = context.links.payment_url(&payment);
        return Ok(StartedPayment { payment, checkout_url });
    }
    let payment = match Box::pin(hosted_page::with_page(context, business, payment.clone(), now)).await {
        Ok(payment) => payment,
        Err(error) if error.retryable() => return Err(error),
        Err(error) => {
            // The provider will never open this page: the invoices are released at once, so that another try is possible.
            abandon(context, payment, now).await?;
            return Err(error);
        }
    };
    let open = payment.checkout().filter(|checkout| {
        payment.state().checkout_is_live() && checkout.expires_at.duration_since(now) > CHECKOUT_MARGIN
    });
    let checkout_url = open.map_or_else(|| context.links.payment_url(&payment), |checkout| checkout.url.clone());
    Ok(StartedPayment { payment, checkout_url })
}

/// Another payment's page is open for an invoice. If it asks for the same amounts, the payer is sent there, or sees that it is
/// paid; else it is closed. `None` where a new payment can start.
async fn join_or_close(
    context: &Context,
    business: &Business,
    other: &PaymentId,
    wanted: &StartPayment,
    now: Timestamp,
) -> Result<Option<StartedPayment>, OperationError> {
    let other = context.store.payment(&business.id, other).await?.ok_or(OperationError::NotFound)?;
    let open_long_enough =
        other.checkout().is_none_or(|checkout| checkout.expires_at.duration_since(now) > CHECKOUT_MARGIN);
    if other.asks_for(&wanted.parts) && other.state().checkout_is_live() && open_long_enough {
        let joined = resume(context, business, other, now).await?;
        return Ok(match joined.payment.state() {
            State::Started | State::NeedsAction | State::Processing | State::Settled => Some(joined),
            State::Failed | State::Cancelled => None,
        });
    }
    close_checkout(context, other, now).await?;
    Ok(None)
}

/// Closes the hosted page of a payment, and applies what the provider reports of it.
pub(crate) async fn close_checkout(
    context: &Context,
    payment: Payment,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    if !payment.state().checkout_is_live() {
        // Its page is closed, but its claims on invoices may not be released yet.
        return run_to_completion(context, payment, now).await;
    }
    // A page whose address never reached us cannot be paid on: only the provider's answer has the address, and a request that
    // still waits for it will find the payment cancelled and show no address.
    let Some(checkout) = payment.checkout().cloned() else { return abandon(context, payment, now).await };
    // A payment is one attempt; a new decision of the payer is another payment.
    let key = IdempotencyKey::new(payment.business(), payment.id(), Operation::CloseCheckout, 1);
    match context.gateways.of(payment.provider())?.close_checkout(&checkout.id, &key).await? {
        CloseOutcome::Closed(reports) => commit_reports(context, payment, &reports, None, now).await,
        CloseOutcome::NoLongerOpen => Box::pin(ask_provider(context, payment, now)).await,
    }
}

/// The payment's current state. While it is not at rest the provider itself is asked, so that the payer sees the truth even
/// where the webhook is slower. Where the provider does not answer in time, the payer sees what is known.
pub async fn poll_payment(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    hosted_page::ask_in_time(context, payment, now).await
}

/// Asks the provider about a payment, in the way of its instrument, and applies the answer. This is the one place that says how.
pub(crate) async fn ask_provider(
    context: &Context,
    payment: Payment,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let is_old = now.duration_since(payment.started_at()) > ABANDON_AFTER;
    match payment.instrument().clone() {
        // Whoever makes the claims asks once they are complete. If that died, nothing was asked for.
        _ if payment.is_being_claimed() => {
            if is_old {
                abandon(context, payment, now).await
            } else {
                Ok(payment)
            }
        }
        Instrument::Page(HostedPage { checkout: Some(checkout), .. }) => {
            let reports = context.gateways.of(payment.provider())?.look_up_checkout(&checkout.id).await?;
            commit_reports(context, payment, &reports, None, now).await
        }
        Instrument::Page(HostedPage { checkout: None, .. }) => {
            if is_old {
                abandon(context, payment, now).await
            } else {
                Ok(payment)
            }
        }
        Instrument::Charge(charge) => Box::pin(saved_charge::ask_about_charge(context, payment, &charge, now)).await,
        Instrument::Outside => Ok(payment),
    }
}

/// An id for the same form with other content: the same content always gives the same id.
fn another_id(id: &PaymentId, parts: &[(InvoiceId, Money)]) -> PaymentId {
    let parts: Vec<String> = parts.iter().map(|(invoice, amount)| format!("{invoice}={amount:?}")).collect();
    PaymentId::derived(id.as_str(), &parts.iter().map(String::as_str).collect::<Vec<&str>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_form_with_another_amount_is_another_payment_and_always_the_same_one() {
        let id: PaymentId = "pay_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
        let invoice: InvoiceId = "inv_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
        let parts = |minor| vec![(invoice.clone(), Money::new(minor, receivables::Currency::EUR).unwrap())];
        let one = another_id(&id, &parts(4000));
        assert_eq!(one, another_id(&id, &parts(4000)));
        assert_ne!(one, another_id(&id, &parts(4001)));
        assert_eq!(one.ulid().get(..10), id.ulid().get(..10), "it stays in its place in time");
        // The id is an idempotency key, so the ids of existing payments must not change.
        assert_eq!(one.as_str(), "pay_01JD8Z0000ZJGMEM7ERJG66WEK");
    }
}
