//! Checks that names lead to what has them: numbers, the business's own ids, a provider's objects. E-mail addresses are not
//! checked: several customers may share one.

use futures::stream::{self, StreamExt, TryStreamExt};
use receivables::verify::Difference;
use receivables::{BusinessId, CreditNote, Customer, CustomerId, Invoice, Payment};

use super::{BooksProof, SIDE_BY_SIDE};
use crate::context::Context;
use crate::error::OperationError;

/// The result of looking up one name.
struct LookUp {
    /// The name, and the kind of thing that should have it.
    what: String,
    /// Whether the name leads to what has it.
    leads: bool,
    /// What the name leads to, in words.
    kept: String,
}

impl LookUp {
    fn of<I: PartialEq + ToString>(id: &I, name: &str, found: Option<&I>) -> Self {
        Self {
            what: format!("{} known as {name}", id.to_string()),
            leads: found == Some(id),
            kept: found.map_or_else(|| "not found".to_owned(), |other| format!("leads to {}", other.to_string())),
        }
    }
}

fn report_failures(look_ups: Vec<LookUp>, customer: &CustomerId, proof: &mut BooksProof) {
    let astray = look_ups.into_iter().filter(|look_up| !look_up.leads).map(|look_up| Difference {
        customer: Some(customer.clone()),
        what: look_up.what,
        computed: "found by it".to_owned(),
        kept: look_up.kept,
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
    let mut look_ups = Vec::new();
    if let Some(external) = &profile.external_id {
        look_ups.push(LookUp::of(id, "external_id", store.customer_by_external_id(b, external).await?.as_ref()));
    }
    for (provider, at_provider) in &profile.provider_ids {
        let found = store.customer_at_provider(b, *provider, at_provider).await?;
        look_ups.push(LookUp::of(id, "provider id", found.as_ref()));
    }
    report_failures(look_ups, id, proof);
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
    let look_ups = stream::iter(invoices).map(|invoice| async move {
        let head = &invoice.head;
        let found = context.store.invoice_by_number(b, &head.number).await?;
        let mut look_ups = vec![LookUp::of(&head.id, head.number.as_str(), found.as_ref())];
        if let Some(external) = &head.external_id {
            let found = context.store.invoice_by_external_id(b, external).await?;
            look_ups.push(LookUp::of(&head.id, external.as_str(), found.as_ref()));
        }
        Ok::<_, OperationError>(look_ups)
    });
    let look_ups: Vec<Vec<LookUp>> = look_ups.buffered(SIDE_BY_SIDE).try_collect().await?;
    report_failures(look_ups.into_iter().flatten().collect(), c, proof);
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
    let look_ups = stream::iter(notes).map(|note| async move {
        let found = context.store.credit_note_by_number(b, note.number.as_str()).await?;
        Ok::<_, OperationError>(LookUp::of(&note.id, note.number.as_str(), found.as_ref()))
    });
    report_failures(look_ups.buffered(SIDE_BY_SIDE).try_collect().await?, c, proof);
    Ok(())
}

/// A report about any object of a payment is matched to that payment.
pub(super) async fn verify_payment(
    context: &Context,
    payment: &Payment,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let look_ups = stream::iter(payment.provider_state().names()).map(|name| async move {
        let owner = context.store.payment_of_object(payment.business(), payment.provider(), &name).await?;
        Ok::<_, OperationError>(LookUp::of(payment.id(), name.as_str(), owner.as_ref()))
    });
    report_failures(look_ups.buffered(SIDE_BY_SIDE).try_collect().await?, payment.customer(), proof);
    Ok(())
}
