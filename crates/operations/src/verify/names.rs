//! Names lead to what has them: numbers, the business's own ids, a provider's objects. Addresses are not among them: they are
//! no one's alone.

use futures::stream::{self, StreamExt, TryStreamExt};
use receivables::verify::Difference;
use receivables::{BusinessId, CreditNote, Customer, CustomerId, Invoice, Payment};

use super::{BooksProof, SIDE_BY_SIDE};
use crate::context::Context;
use crate::error::OperationError;

/// A name that was looked up.
struct Looked {
    /// What has it, and what it is.
    what: String,
    /// Whether it leads there.
    leads: bool,
    /// Where it leads.
    kept: String,
}

impl Looked {
    fn of<I: PartialEq + ToString>(id: &I, name: &str, found: Option<&I>) -> Self {
        Self {
            what: format!("{} known as {name}", id.to_string()),
            leads: found == Some(id),
            kept: found.map_or_else(|| "not found".to_owned(), |other| format!("leads to {}", other.to_string())),
        }
    }
}

fn tell(looked: Vec<Looked>, customer: &CustomerId, proof: &mut BooksProof) {
    let astray = looked.into_iter().filter(|looked| !looked.leads).map(|looked| Difference {
        customer: Some(customer.clone()),
        what: looked.what,
        computed: "found by it".to_owned(),
        kept: looked.kept,
    });
    proof.differences.extend(astray);
}

/// A customer is found by their external id, and by their id at the provider.
pub(super) async fn verify_customer(
    context: &Context,
    b: &BusinessId,
    customer: &Customer,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let (store, id, profile) = (&context.store, &customer.id, &customer.profile);
    let mut looked = Vec::new();
    if let Some(external) = &profile.external_id {
        looked.push(Looked::of(id, "external_id", store.customer_by_external_id(b, external).await?.as_ref()));
    }
    for (provider, at_provider) in &profile.provider_ids {
        let found = store.customer_at_provider(b, *provider, at_provider).await?;
        looked.push(Looked::of(id, "provider id", found.as_ref()));
    }
    tell(looked, id, proof);
    Ok(())
}

/// An invoice is found by its number and by the business's own id.
pub(super) async fn verify_invoices(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    invoices: &[Invoice],
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let looked = stream::iter(invoices).map(|invoice| async move {
        let found = context.store.invoice_by_number(b, &invoice.number).await?;
        let mut looked = vec![Looked::of(&invoice.id, invoice.number.as_str(), found.as_ref())];
        if let Some(external) = &invoice.external_id {
            let found = context.store.invoice_by_external_id(b, external).await?;
            looked.push(Looked::of(&invoice.id, external.as_str(), found.as_ref()));
        }
        Ok::<_, OperationError>(looked)
    });
    let looked: Vec<Vec<Looked>> = looked.buffered(SIDE_BY_SIDE).try_collect().await?;
    tell(looked.into_iter().flatten().collect(), c, proof);
    Ok(())
}

/// A credit note is found by its number.
pub(super) async fn verify_credit_notes(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    notes: &[CreditNote],
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let looked = stream::iter(notes).map(|note| async move {
        let found = context.store.credit_note_by_number(b, note.number.as_str()).await?;
        Ok::<_, OperationError>(Looked::of(&note.id, note.number.as_str(), found.as_ref()))
    });
    tell(looked.buffered(SIDE_BY_SIDE).try_collect().await?, c, proof);
    Ok(())
}

/// A provider that speaks of any object of a payment is understood to speak of that payment.
pub(super) async fn verify_payment(
    context: &Context,
    payment: &Payment,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let looked = stream::iter(payment.provider_state.names()).map(|name| async move {
        let owner = context.store.payment_of_object(&payment.business, payment.provider, &name).await?;
        Ok::<_, OperationError>(Looked::of(&payment.id, name.as_str(), owner.as_ref()))
    });
    tell(looked.buffered(SIDE_BY_SIDE).try_collect().await?, &payment.customer, proof);
    Ok(())
}
