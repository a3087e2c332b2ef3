//! The provider's hosted page of a payment: opening it, with what the provider takes of the order, and asking whether it is
//! still open before anybody is sent to it.

use std::time::Duration;

use jiff::Timestamp;
use payment_gateway::{
    Alarm, ChargeOutcome, CheckoutOrder, Detail, IdempotencyKey, OpenedCheckout, Operation, Reaction, RequestError,
};
use receivables::payment::{self, Charge, Checkout, HostedPage, Instrument, Origin, PAGE_OPEN_FOR, PageRefusal};
use receivables::{Business, Customer, Payment};
use store::CommitOutcome;

use super::{abandon, commit_reports, reload};
use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;

/// How long a payer waits for the provider to tell how a payment stands. The gateway itself tries for much longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The payment with its hosted page, which is opened if necessary. Where it was opened before, the provider says what became of
/// it: the payment may come back paid or closed.
pub(super) async fn with_page(
    context: &Context,
    business: &Business,
    payment: Payment,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    if payment.checkout().is_some() || payment.instrument().page().is_none() {
        return ask_in_time(context, payment, now).await;
    }
    let customer = context.store.customer(&business.id, payment.customer()).await?.ok_or(OperationError::NotFound)?;
    let gateway = context.gateways.of(payment.provider())?;
    let mut payment = payment;
    let opened = loop {
        let order = order(context, &payment, &customer);
        match gateway.open_checkout(&order, &opening_key(&payment)).await {
            Ok(opened) => break opened,
            Err(error) => payment = without_what_is_refused(context, payment, &order, error, now).await?,
        }
        if !payment.state().checkout_is_live() || payment.checkout().is_some() {
            return Ok(payment);
        }
    };
    keep_page(context, payment, opened, now).await
}

/// Records the page that the provider has opened. What is repeated of an earlier answer is old news, so then it is asked again.
async fn keep_page(
    context: &Context,
    payment: Payment,
    opened: OpenedCheckout,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let is_open = opened.url.is_some();
    // A page without an address cannot be paid on: the payment's own page stands for it.
    let url = opened.url.unwrap_or_else(|| context.links.payment_url(&payment));
    let checkout = Checkout { id: opened.id, url, expires_at: opened.expires_at };
    let (mut payment, mut by_another) = (payment, false);
    let mut retry = RetryOnConflict::new(context);
    let payment = loop {
        let now = retry.attempt_at(now).await?;
        let Some((after, decision)) = payment.opened(checkout.clone(), now) else { break payment };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            break after;
        }
        payment = reload(context, &payment).await?;
        by_another = true;
    };
    if is_open && !opened.is_repeated && !by_another {
        return Ok(payment);
    }
    let payment = commit_reports(context, payment, &opened.reports, None, now).await?;
    ask_in_time(context, payment, now).await
}

/// What the provider is asked to open. It follows from the payment and the customer alone, so that every try under the same
/// idempotency key sends the same.
fn order(context: &Context, payment: &Payment, customer: &Customer) -> CheckoutOrder {
    let cancel_url = match (payment.origin(), payment.allocations().first()) {
        (Origin::PayLink(link), _) => context.links.pay_url(link),
        (Origin::Portal, Some(first)) => context.links.invoice_url(&first.invoice),
        (Origin::Portal, None) | (Origin::Api | Origin::Provider, _) => context.links.payment_url(payment),
    };
    let profile = &customer.profile;
    let is_taken = |refusal: &PageRefusal| !payment.page_refusals().contains(refusal);
    let known_as = profile.provider_ids.get(&payment.provider());
    CheckoutOrder {
        payment: payment.id().clone(),
        business: payment.business().clone(),
        currency: payment.currency(),
        lines: payment.allocations().iter().map(|part| (part.number.to_string(), part.intended)).collect(),
        customer: known_as.filter(|id| is_taken(&PageRefusal::Customer((*id).clone()))).cloned(),
        customer_email: profile.email.clone().filter(|_| is_taken(&PageRefusal::EmailAddress)),
        locale: payment.locale(),
        success_url: context.links.payment_url(payment),
        cancel_url,
        expires_at: payment.started_at().checked_add(PAGE_OPEN_FOR).ok(),
    }
}

/// Each order without a detail that was refused is another request, and so has another key.
fn opening_key(payment: &Payment) -> IdempotencyKey {
    let attempt = u32::try_from(payment.page_refusals().len()).unwrap_or(u32::MAX).saturating_add(1);
    IdempotencyKey::new(payment.business(), payment.id(), Operation::OpenCheckout, attempt)
}

/// The payment for which another order may be made, without what the provider refuses of this one. Else an error.
async fn without_what_is_refused(
    context: &Context,
    payment: Payment,
    order: &CheckoutOrder,
    error: RequestError,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let (id, code) = (payment.id().clone(), error.code().to_owned());
    match error.reaction() {
        Reaction::GoOnWithout(detail) => match dispensable(detail, order) {
            Some(refusal) => {
                tracing::warn!(payment.id = %id, provider.code = code, "a page is opened without a detail");
                return record(context, payment, refusal, now).await;
            }
            None => tell_business(context, payment, code, now).await?,
        },
        Reaction::AskBusiness => tell_business(context, payment, code, now).await?,
        Reaction::Alarm(Alarm::Request) => {
            tracing::error!(payment.id = %id, provider.code = code, metric.page.refused = 1, "the order of a page is malformed");
        }
        // What is ordered has changed since the first try, whose page nobody can reach. Another payment orders it anew.
        Reaction::Alarm(Alarm::KeyReused) => {
            tracing::warn!(payment.id = %id, provider.code = code, "the order of a page has changed");
            abandon(context, payment, now).await?;
            return Err(OperationError::Conflict);
        }
        // The caller says it to whom it concerns.
        Reaction::AskPayer(_) | Reaction::Wait | Reaction::Alarm(Alarm::Settings | Alarm::Answer) => {}
    }
    Err(error.into())
}

/// The refusal of a detail, if the order has it. An address that is refused beside a customer is the customer's own at the
/// provider.
fn dispensable(detail: Detail, order: &CheckoutOrder) -> Option<PageRefusal> {
    match (&order.customer, detail) {
        (Some(customer), Detail::Customer | Detail::EmailAddress) => Some(PageRefusal::Customer(customer.clone())),
        (None, Detail::EmailAddress) => order.customer_email.as_ref().map(|_| PageRefusal::EmailAddress),
        (None, Detail::Customer) => None,
    }
}

/// Puts before the business that the provider opens no page.
async fn tell_business(
    context: &Context,
    payment: Payment,
    code: String,
    now: Timestamp,
) -> Result<(), OperationError> {
    tracing::error!(
        payment.id = %payment.id(),
        provider.code = code,
        metric.page.refused = 1,
        "the provider opens no page, and only the business can mend that"
    );
    record(context, payment, PageRefusal::Page(code), now).await.map(drop)
}

async fn record(
    context: &Context,
    payment: Payment,
    refusal: PageRefusal,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let mut payment = payment;
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let Some((after, decision)) = payment::page_refused(&payment, refusal.clone(), now) else {
            return Ok(payment);
        };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            return Ok(after);
        }
        payment = reload(context, &payment).await?;
    }
}

/// Asks the provider about a payment, for a payer who waits. What is known stands if the provider refuses, or does not answer in
/// time.
pub(super) async fn ask_in_time(
    context: &Context,
    payment: Payment,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    if payment.next_poll_at().is_none() {
        return Ok(payment);
    }
    let look_up = async {
        let gateway = context.gateways.of(payment.provider())?;
        match payment.instrument() {
            Instrument::Page(HostedPage { checkout: Some(checkout), .. }) => {
                gateway.look_up_checkout(&checkout.id).await
            }
            // Looking charges nothing: a charge that is not answered yet is the timer's.
            Instrument::Charge(Charge { intent: Some(intent), .. }) => {
                Ok(match gateway.look_up_charge(intent).await? {
                    ChargeOutcome::Made { reports, .. } | ChargeOutcome::Declined { reports, .. } => reports,
                })
            }
            Instrument::Page(_) | Instrument::Charge(_) | Instrument::Outside => Ok(Vec::new()),
        }
    };
    let reports = match tokio::time::timeout(ANSWER_WITHIN, look_up).await {
        Ok(Ok(reports)) if reports.is_empty() => return Ok(payment),
        Ok(Ok(reports)) => reports,
        Ok(Err(error)) => {
            report_failure(&payment, &error);
            return Ok(payment);
        }
        Err(_) => return Ok(payment),
    };
    commit_reports(context, payment, &reports, None, now).await
}

fn report_failure(payment: &Payment, error: &RequestError) {
    let (id, code) = (payment.id(), error.code());
    match error.reaction() {
        Reaction::Wait => tracing::warn!(payment.id = %id, provider.code = code, "the provider is not asked now"),
        Reaction::GoOnWithout(_) | Reaction::AskPayer(_) | Reaction::AskBusiness | Reaction::Alarm(_) => {
            tracing::error!(payment.id = %id, provider.code = code, metric.look_up.refused = 1, "a look-up is refused");
        }
    }
}
