//! Allocations, how much of a payment or credit note is for which invoice: as they are sent and as they are answered.

use futures::{StreamExt, TryStreamExt, stream};
use operations::CashPart;
use receivables::allocation::{ALLOCATIONS_PER_STEP, ApplyRefusal};
use receivables::{Allocation, Currency, InvoiceHead, InvoiceId, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::validation::{FieldErrors, unknown_reference, validate};
use crate::resources::invoices::invoice_id_of;

pub(crate) const NO_SUCH_INVOICE: &str = "expected the id or the number of an invoice of yours";
/// Invoices that are looked up at the same time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// How much of a payment or credit note is for one invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = AllocationDraft)]
pub(crate) struct AllocationRequest {
    /// The invoice's id, or its number.
    #[serde(default)]
    #[schema(required, example = "2026-0042")]
    pub(crate) invoice: String,
    /// In the currency of the payment or credit note.
    #[serde(default)]
    #[schema(required, example = "40.00")]
    pub(crate) amount: String,
}

/// How much of a payment or credit note is for one invoice. All amounts are in its currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub(crate) struct AllocationResponse {
    /// The invoice's id.
    invoice: String,
    /// The invoice's number.
    number: String,
    /// The amount that was intended for the invoice.
    amount: String,
    /// The amount that covers the invoice now.
    applied: String,
    /// The amount that is on its way to the invoice.
    pending: String,
}

impl From<&Allocation> for AllocationResponse {
    fn from(allocation: &Allocation) -> Self {
        Self {
            invoice: allocation.invoice.to_string(),
            number: allocation.number.to_string(),
            amount: allocation.intended.to_plain(),
            applied: allocation.applied.to_plain(),
            pending: allocation.pending.to_plain(),
        }
    }
}

pub(crate) fn check_at_least_one(allocations: &[AllocationRequest], errors: &mut FieldErrors) {
    if allocations.is_empty() {
        errors.add("allocations", ApplyRefusal::NothingToApply);
    }
}

/// One request of an operator must fit into one transaction.
pub(crate) fn check_count(allocations: &[AllocationRequest], errors: &mut FieldErrors) {
    if allocations.len() > ALLOCATIONS_PER_STEP {
        errors.add("allocations", ApplyRefusal::TooManyAllocations { max: ALLOCATIONS_PER_STEP });
    }
}

pub(crate) fn optional_amount(text: Option<&str>, currency: Currency) -> Result<Option<Money>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    validate(|errors| errors.check("amount", Money::parse(text, currency)).map(Some))
}

/// The invoice that a field names.
pub(crate) async fn invoice_of_field(caller: &Caller, field: &str, text: &str) -> Result<InvoiceId, ApiError> {
    let id = invoice_id_of(caller, text).await?.ok_or_else(|| unknown_reference(field, NO_SUCH_INVOICE))?;
    let found = caller.store().invoice_head(caller.business_id(), &id).await?;
    found.map(|head| head.id).ok_or_else(|| unknown_reference(field, NO_SUCH_INVOICE))
}

/// The ids of the invoices that allocations name.
pub(crate) async fn invoice_ids(
    caller: &Caller,
    allocations: &[AllocationRequest],
) -> Result<Vec<InvoiceId>, ApiError> {
    let look_ups: Vec<_> = allocations.iter().map(|allocation| invoice_id_of(caller, &allocation.invoice)).collect();
    let ids: Vec<Option<InvoiceId>> = stream::iter(look_ups).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    validate(|errors| {
        for (index, id) in ids.iter().enumerate() {
            if id.is_none() {
                errors.add_unknown(&format!("allocations[{index}].invoice"), NO_SUCH_INVOICE);
            }
        }
        Some(ids.into_iter().flatten().collect())
    })
}

/// The invoices that allocations name, and an amount for each; in the invoice's own currency where none is given.
pub(crate) async fn invoice_amounts(
    caller: &Caller,
    allocations: &[AllocationRequest],
    currency: Option<Currency>,
) -> Result<Vec<(InvoiceHead, Money)>, ApiError> {
    let ids = invoice_ids(caller, allocations).await?;
    let invoices = caller.store().invoice_heads(caller.business_id(), &ids).await?;
    validate(|errors| {
        let mut parts = Vec::with_capacity(ids.len());
        for (index, (allocation, id)) in allocations.iter().zip(&ids).enumerate() {
            let Some(invoice) = invoices.get(id) else {
                errors.add_unknown(&format!("allocations[{index}].invoice"), NO_SUCH_INVOICE);
                continue;
            };
            let amount = Money::parse(&allocation.amount, currency.unwrap_or(invoice.currency()));
            let amount = errors.check(&format!("allocations[{index}].amount"), amount);
            parts.extend(amount.map(|amount| (invoice.clone(), amount)));
        }
        Some(parts)
    })
}

/// Allocations in one currency, as the operations take them.
pub(crate) async fn cash_parts(
    caller: &Caller,
    allocations: &[AllocationRequest],
    currency: Currency,
) -> Result<Vec<CashPart>, ApiError> {
    let parts = invoice_amounts(caller, allocations, Some(currency)).await?;
    Ok(parts.into_iter().map(|(invoice, amount)| CashPart { invoice: invoice.id, amount }).collect())
}
