//! Money for which no payment was started here: of another program of the business, or sent by a customer of their own accord.

use jiff::Timestamp;
use receivables::allocation::ApplyRefusal;
use receivables::not_ours::ObjectLabels;
use receivables::payment::{self, ExternalPayment, mention_cash, mention_transfer, mentioned_cash};
use receivables::text::InvoiceNumber;
use receivables::{
    BusinessId, CustomerId, InvoiceHead, InvoiceId, Locale, Money, ObjectId, OutsidePayments, Payment, PaymentId,
    Provider, Report,
};
use store::{CommitContext, CommitOutcome, Conflict, EventKey};

use crate::commit::{RetryOnConflict, commit_context};
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{ClaimedReports, commit_reports, in_steps, named_invoices, run_to_completion};

/// What becomes of money for which no payment was started here.
pub(crate) enum OutsideMoney {
    /// It is on the account of this customer.
    Of(CustomerId, ExternalMoney),
    /// Nobody knows whose it is, or no money came yet.
    OfNobody,
    /// The business wants to hear nothing of such payments.
    LeftAside,
    /// It is not the business's to collect here, by the rule of this name.
    NotOurs(String),
}

/// Decides what becomes of money for which no payment was started here: what names an invoice is for that invoice, what a rule of the
/// business means is not ours, a bank transfer
/// of a known customer is for what is due first, and for the rest the business has chosen.
pub(crate) async fn outside_money(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
    labels: &ObjectLabels,
) -> Result<OutsideMoney, OperationError> {
    if !mention_cash(reports) {
        return Ok(OutsideMoney::OfNobody);
    }
    let money = ExternalMoney::of(provider);
    if let Some(invoice) = named_invoice(context, b, reports).await? {
        let came = mentioned_cash(reports, invoice.currency());
        let part = came.min(invoice.balance.payable());
        let customer = invoice.customer.clone();
        // Nothing more may be paid of it: a person says what the money is for.
        let parts = if part.is_zero() { Vec::new() } else { vec![(invoice, part)] };
        return Ok(OutsideMoney::Of(customer, ExternalMoney { propose: parts.is_empty(), parts, ..money }));
    }
    let business = context.store.business(b).await?.ok_or(OperationError::NotFound)?;
    if let Some(rule) = business.not_ours.iter().find(|rule| rule.matches(labels)) {
        return Ok(OutsideMoney::NotOurs(rule.name()));
    }
    let choice = if mention_transfer(reports) { OutsidePayments::Apply } else { business.outside_payments };
    if choice == OutsidePayments::Ignore {
        return Ok(OutsideMoney::LeftAside);
    }
    let Some(customer) = reports.iter().find_map(|report| report.customer.as_ref()) else {
        return Ok(OutsideMoney::OfNobody);
    };
    let customer = context.store.customer_at_provider(b, provider, customer).await?;
    let money = ExternalMoney { propose: choice == OutsidePayments::Propose, ..money };
    Ok(customer.map_or(OutsideMoney::OfNobody, |customer| OutsideMoney::Of(customer, money)))
}

/// The payment that reports are about: found by our own reference, else by the provider's objects seen before.
pub(crate) async fn find_payment(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
) -> Result<Option<PaymentId>, OperationError> {
    let mut named = reports.iter().filter_map(|report| report.payment.as_ref());
    if let Some(id) = named.next() {
        // Reports that name two payments at once belong to none of ours.
        return Ok(named.all(|other| other == id).then(|| id.clone()));
    }
    let mut looked_up: Vec<&ObjectId> = Vec::new();
    // The anchor first: most payments are found by it.
    for object in reports.iter().flat_map(|report| [report.anchor(), &report.object]) {
        if looked_up.contains(&object) {
            continue;
        }
        if let Some(id) = context.store.payment_of_object(b, provider, object).await? {
            return Ok(Some(id));
        }
        looked_up.push(object);
    }
    Ok(None)
}

/// Whether money for which no payment was started here names an invoice or a customer of a business.
pub(crate) async fn is_meant(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
) -> Result<bool, OperationError> {
    if named_invoice(context, b, reports).await?.is_some() {
        return Ok(true);
    }
    let Some(customer) = reports.iter().find_map(|report| report.customer.as_ref()) else { return Ok(false) };
    Ok(context.store.customer_at_provider(b, provider, customer).await?.is_some())
}

/// The invoice that the reports name, by its id or number.
async fn named_invoice(
    context: &Context,
    b: &BusinessId,
    reports: &[Report],
) -> Result<Option<InvoiceHead>, OperationError> {
    let Some(name) = reports.iter().find_map(|report| report.invoice.as_ref()) else { return Ok(None) };
    let id = match name.parse::<InvoiceId>() {
        Ok(id) => Some(id),
        Err(_) => match name.parse::<InvoiceNumber>() {
            Ok(number) => context.store.invoice_by_number(b, &number).await?,
            Err(_) => None,
        },
    };
    match id {
        Some(id) => Ok(context.store.invoice_head(b, &id).await?),
        None => Ok(None),
    }
}

/// Money that was not requested here, and what an operator adds to it.
pub(crate) struct ExternalMoney {
    provider: Provider,
    /// The invoices it is for; empty where the books choose them.
    parts: Vec<(InvoiceHead, Money)>,
    /// The object that carries it, where it was kept as unidentified until now.
    anchor: Option<ObjectId>,
    /// Nothing says what it is for.
    propose: bool,
}

impl ExternalMoney {
    /// Money known only from the provider's reports.
    fn of(provider: Provider) -> Self {
        Self { provider, parts: Vec::new(), anchor: None, propose: false }
    }
}

/// Makes a payment of money that was not started here. `None` where no money came.
pub(crate) async fn record_external_payment(
    context: &Context,
    b: &BusinessId,
    customer: &CustomerId,
    reports: &[Report],
    money: ExternalMoney,
    event: Option<&EventKey>,
    now: Timestamp,
) -> Result<Option<Payment>, OperationError> {
    let anchor = money.anchor.as_ref().or_else(|| reports.iter().map(Report::anchor).next());
    let Some(anchor) = anchor.cloned() else { return Ok(None) };
    let customer = context.store.customer(b, customer).await?.ok_or(OperationError::NotFound)?;
    let mut external = ExternalPayment {
        id: payment_id(b, money.provider, &anchor),
        business: b.clone(),
        customer: customer.id,
        provider: money.provider,
        locale: customer.profile.locale.unwrap_or(Locale::English),
        parts: money.parts,
        propose: money.propose,
    };
    let of_an_operator = money.anchor.is_some();
    let (mut claimed, mut event) = (ClaimedReports::default(), event.cloned());
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        // What is more than a decision hears of is heard once the payment is there.
        let all = claimed.with(reports);
        let first = in_steps(&all).first().copied().unwrap_or(&all);
        let more = first.len() < all.len();
        let begun = match payment::start_external(external.clone(), first, now) {
            // The invoice that the money names takes less of it by now.
            Err(_) if !of_an_operator && !external.parts.is_empty() => {
                (external.parts, external.propose) = (Vec::new(), true);
                continue;
            }
            begun => begun?,
        };
        let Some((payment, decision)) = begun else { return Ok(None) };
        let applied = event.clone().filter(|_| !more);
        let record = CommitContext { applied, adopted: claimed.versions(), ..commit_context(context) };
        match context.store.commit(&decision, &record).await? {
            CommitOutcome::Committed if more => {
                return Ok(Some(commit_reports(context, payment, &all, event.as_ref(), now).await?));
            }
            CommitOutcome::Committed => {
                return Ok(Some(run_to_completion(context, payment, now).await?));
            }
            // The payment exists, or a version that could not read the event has marked it as applied.
            CommitOutcome::AlreadyDone => match context.store.payment(b, payment.id()).await? {
                Some(payment) => {
                    let applied = commit_reports(context, payment, &all, event.as_ref(), now).await?;
                    return Ok(Some(applied));
                }
                None => event = None,
            },
            CommitOutcome::Conflict(conflicts) => {
                claimed.claim(context, &payment, &conflicts).await?;
                let named: Vec<InvoiceId> = external.parts.iter().map(|(invoice, _)| invoice.id.clone()).collect();
                let current = named_invoices(context, b, &named).await?;
                let amounts = external.parts.iter().map(|(_, amount)| *amount);
                external.parts = current.into_iter().zip(amounts).collect();
                // Another payment has claimed the kept reports, and applied them.
                if conflicts.contains(&Conflict::UnclaimedReports(anchor.clone())) && !claimed.has(&anchor) {
                    return Ok(None);
                }
            }
        }
    }
}

/// Makes a payment of unidentified money, for the customer and invoices that an operator names.
pub async fn identify(
    context: &Context,
    b: &BusinessId,
    object: &ObjectId,
    customer: &CustomerId,
    parts: Vec<(InvoiceHead, Money)>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let mut found = None;
    for (provider, _) in context.gateways.all() {
        if let Some(waiting) = context.store.waiting(b, provider, object).await? {
            found = Some((provider, waiting));
            break;
        }
        // A repeated request finds the payment that the first one made, perhaps before it had heard all that was kept.
        if let Some(known) = context.store.payment_of_object(b, provider, object).await? {
            let payment = context.store.payment(b, &known).await?.ok_or(OperationError::NotFound)?;
            let kept = context.store.kept_reports(b, provider, object).await?;
            return commit_reports(context, payment, &kept, None, now).await;
        }
    }
    let (provider, waiting) = found.ok_or(OperationError::NotFound)?;
    if !mention_cash(&waiting.reports) {
        return Err(ApplyRefusal::NothingReceived.into());
    }
    let money = ExternalMoney { provider, parts, anchor: Some(object.clone()), propose: false };
    let recorded = record_external_payment(context, b, customer, &waiting.reports, money, None, now).await?;
    context.store.look_for_owner_again(b, provider, object).await?;
    recorded.ok_or(OperationError::Conflict)
}

/// The id of the payment for money that was not started here: the same money always gives the same id.
fn payment_id(b: &BusinessId, provider: Provider, anchor: &ObjectId) -> PaymentId {
    PaymentId::derived_without_time(&[b.as_str(), provider.as_str(), anchor.as_str()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_money_always_makes_the_same_payment() {
        let business = "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
        let anchor = "pi_3QWabcdef".parse().unwrap();
        // The id is an idempotency key: those of payments that exist stay what they are.
        assert_eq!(
            payment_id(&business, "stripe".parse().unwrap(), &anchor).as_str(),
            "pay_4NW85MHMAKVX34G2SNGB713EKG"
        );
    }
}
