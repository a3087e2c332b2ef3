//! What an operator does with money that has arrived: apply it, unapply it, move it between invoices, hand it over to another
//! account, and close reviews.

use jiff::Timestamp;
use receivables::allocation::{ApplyRefusal, UnapplyRefusal};
use receivables::{
    Allocation, Business, BusinessId, CreditNote, Customer, CustomerId, InvoiceHead, InvoiceId, Money, Payment,
    PaymentId, allocation, payment,
};

use crate::context::Context;
use crate::error::OperationError;
use crate::open_invoices::open_invoices;
use crate::payments::{change_payment, named_invoices};

/// Invoices proposed for one source.
const PROPOSALS_MAX: usize = 100;

/// An amount for one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CashPart {
    pub invoice: InvoiceId,
    pub amount: Money,
}

/// The invoices of the parts, as they are stored now.
pub(crate) async fn parts_of(
    context: &Context,
    business: &Business,
    parts: &[CashPart],
) -> Result<Vec<(InvoiceHead, Money)>, OperationError> {
    Ok(with_amounts(named_invoices(context, &business.id, &named_by(parts)).await?, parts))
}

fn named_by(parts: &[CashPart]) -> Vec<InvoiceId> {
    parts.iter().map(|part| part.invoice.clone()).collect()
}

fn with_amounts(invoices: Vec<InvoiceHead>, parts: &[CashPart]) -> Vec<(InvoiceHead, Money)> {
    invoices.into_iter().zip(parts).map(|(invoice, part)| (invoice, part.amount)).collect()
}

/// Applies unapplied cash of a payment to invoices of its account.
pub async fn apply_cash(
    context: &Context,
    business: &Business,
    id: &PaymentId,
    parts: &[CashPart],
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let payment = load(context, business, id).await?;
    let named = named_by(parts);
    change_payment(context, payment, &named, now, |payment, invoices, now| {
        payment::apply(payment, &with_amounts(invoices.to_vec(), parts), now)
    })
    .await
}

/// Unapplies an allocation of a payment, whole or in part.
pub async fn unapply_cash(
    context: &Context,
    business: &Business,
    id: &PaymentId,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let payment = load(context, business, id).await?;
    change_payment(context, payment, &[], now, |payment, _, now| payment::unapply(payment, invoice, amount, now)).await
}

/// Moves an allocation of a payment to another invoice of the same account, whole or in part.
pub async fn move_cash(
    context: &Context,
    business: &Business,
    id: &PaymentId,
    from: &InvoiceId,
    to: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let payment = load(context, business, id).await?;
    change_payment(context, payment, std::slice::from_ref(to), now, |payment, invoices, now| match invoices {
        [to, ..] => payment::move_cash(payment, from, to, amount, now),
        [] => Err(UnapplyRefusal::NotAllocated.into()),
    })
    .await
}

/// Hands a payment over to the account it was meant for, where it stays unapplied.
pub async fn hand_over(
    context: &Context,
    business: &Business,
    id: &PaymentId,
    to: &Customer,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let payment = load(context, business, id).await?;
    change_payment(context, payment, &[], now, |payment, _, now| payment::hand_over(payment, to, now)).await
}

/// Closes a review that a person has looked at.
pub async fn close_review(
    context: &Context,
    business: &Business,
    id: &PaymentId,
    name: &str,
    now: Timestamp,
) -> Result<Payment, OperationError> {
    let payment = load(context, business, id).await?;
    change_payment(context, payment, &[], now, |payment, _, now| payment::close_review(payment, name, now)).await
}

/// Proposes invoices for a payment's unapplied cash: oldest due first, and never one that an operator has taken it off.
pub async fn proposals_for(
    context: &Context,
    business: &Business,
    payment: &Payment,
) -> Result<Vec<(InvoiceHead, Money)>, OperationError> {
    proposals(context, &business.id, payment.customer(), payment.allocations(), payment.unapplied()).await
}

/// Proposes invoices for what is unapplied of a credit note, as [`proposals_for`] does for a payment.
pub async fn proposals_for_credit_note(
    context: &Context,
    business: &Business,
    note: &CreditNote,
) -> Result<Vec<(InvoiceHead, Money)>, OperationError> {
    proposals(context, &business.id, &note.customer, &note.allocations, note.unapplied).await
}

async fn proposals(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    allocations: &[Allocation],
    unapplied: Money,
) -> Result<Vec<(InvoiceHead, Money)>, OperationError> {
    let room = |head: &InvoiceHead| allocation::proposable(allocations, head);
    let open = open_invoices(context, b, c, unapplied, PROPOSALS_MAX, room).await?;
    Ok(allocation::proposals(allocations, unapplied, &open))
}

async fn load(context: &Context, business: &Business, id: &PaymentId) -> Result<Payment, OperationError> {
    let payment = context.store.payment(&business.id, id).await?;
    payment.ok_or(OperationError::NotFound).and_then(|payment| {
        let nothing_came = payment.received().is_zero() && payment.suspense().is_empty();
        if nothing_came { Err(ApplyRefusal::NothingReceived.into()) } else { Ok(payment) }
    })
}
