//! How much for which invoice: how allocations are told and read, and the reason that every act of an operator has.

use futures::{StreamExt, TryStreamExt, stream};
use operations::CashPart;
use receivables::allocation::ALLOCATIONS_PER_STEP;
use receivables::text::Description;
use receivables::{Allocation, Currency, Invoice, InvoiceId, Money, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::response::Failure;
use crate::http::validation::{Faults, checked, fault};
use crate::resources::invoices::invoice_id_of;

/// What names no invoice of the business.
pub(crate) const NO_SUCH_INVOICE: &str = "expected our id of an invoice, or the number of one";
/// Invoices looked up at a time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// This much of a payment or credit note for this invoice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct AllocationDraft {
    /// Our id of the invoice, or its number.
    #[schema(example = "2026-0042")]
    pub(crate) invoice: String,
    #[schema(example = "40.00")]
    pub(crate) amount: String,
}

/// What is unapplied, and is applied now.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct ApplyDraft {
    /// What it is for.
    #[schema(min_items = 1, max_items = 43)]
    pub(crate) allocations: Vec<AllocationDraft>,
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// An allocation that is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct UnapplyDraft {
    /// Our id of the invoice, or its number.
    #[schema(example = "2026-0042")]
    pub(crate) invoice: String,
    /// How much of it; all where nothing is said.
    #[schema(example = "40.00")]
    pub(crate) amount: Option<String>,
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200)]
    reason: String,
}

/// Why something is done, and nothing besides.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = Reason)]
pub(crate) struct Because {
    /// Why. The audit keeps it.
    #[schema(min_length = 1, max_length = 200, example = "Rounding of the customer's bank")]
    reason: String,
}

/// This much of a payment or credit note for this invoice. Amounts are in its currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allocation)]
pub(crate) struct AllocationShape {
    /// Our id of the invoice.
    invoice: String,
    number: String,
    /// What was meant for it.
    amount: String,
    /// What is applied to it.
    applied: String,
    /// What is on its way to it.
    pending: String,
}

impl From<&Allocation> for AllocationShape {
    fn from(part: &Allocation) -> Self {
        Self {
            invoice: part.invoice.to_string(),
            number: part.number.to_string(),
            amount: part.intended.to_plain(),
            applied: part.applied.to_plain(),
            pending: part.pending.to_plain(),
        }
    }
}

impl ApplyDraft {
    pub(crate) fn read(&self, faults: &mut Faults) -> Option<Description> {
        if self.allocations.is_empty() {
            faults.note("allocations", Refusal::NothingToPay);
        }
        count(&self.allocations, faults);
        read_reason(&self.reason, faults)
    }
}

impl UnapplyDraft {
    pub(crate) fn read(&self, faults: &mut Faults) -> Option<Description> {
        read_reason(&self.reason, faults)
    }
}

impl Because {
    pub(crate) fn read(&self, faults: &mut Faults) -> Option<Description> {
        read_reason(&self.reason, faults)
    }
}

/// No more than one act carries.
pub(crate) fn count(parts: &[AllocationDraft], faults: &mut Faults) {
    if parts.len() > ALLOCATIONS_PER_STEP {
        faults.note("allocations", Refusal::TooManyAllocations { max: ALLOCATIONS_PER_STEP });
    }
}

pub(crate) fn read_reason(text: &str, faults: &mut Faults) -> Option<Description> {
    let read = text.parse::<Description>();
    faults.take("reason", read.map_err(|_| "expected a reason of 1 to 200 characters on one line"))
}

/// An amount that may be left out, of a currency that is known.
pub(crate) fn some_amount(text: Option<&str>, currency: Currency) -> Result<Option<Money>, Failure> {
    let Some(text) = text else { return Ok(None) };
    checked(|faults| faults.take("amount", Money::parse(text, currency)).map(Some))
}

/// The invoice that a field names. Where it names none of ours, the books have not to be asked.
pub(crate) async fn invoice_of_field(caller: &Caller, field: &str, text: &str) -> Result<InvoiceId, Failure> {
    let id = invoice_id_of(caller, text).await?.ok_or_else(|| fault(field, NO_SUCH_INVOICE))?;
    let known = caller.store().invoices(caller.business_id(), std::slice::from_ref(&id)).await?;
    if known.is_empty() { Err(fault(field, NO_SUCH_INVOICE)) } else { Ok(id) }
}

/// Our ids of the invoices that allocations name.
pub(crate) async fn invoices_named(caller: &Caller, parts: &[AllocationDraft]) -> Result<Vec<InvoiceId>, Failure> {
    let named: Vec<_> = parts.iter().map(|part| invoice_id_of(caller, &part.invoice)).collect();
    let ids: Vec<Option<InvoiceId>> = stream::iter(named).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    checked(|faults| {
        for (place, id) in ids.iter().enumerate() {
            if id.is_none() {
                faults.note(&format!("allocations[{place}].invoice"), NO_SUCH_INVOICE);
            }
        }
        Some(ids.into_iter().flatten().collect())
    })
}

/// The invoices that allocations name, and how much for each; in the invoice's own currency where none is given.
pub(crate) async fn parts_named(
    caller: &Caller,
    drafts: &[AllocationDraft],
    currency: Option<Currency>,
) -> Result<Vec<(Invoice, Money)>, Failure> {
    let ids = invoices_named(caller, drafts).await?;
    let held = caller.store().invoices(caller.business_id(), &ids).await?;
    checked(|faults| {
        let mut parts = Vec::with_capacity(ids.len());
        for (place, (draft, id)) in drafts.iter().zip(&ids).enumerate() {
            let Some(invoice) = held.get(id) else {
                faults.note(&format!("allocations[{place}].invoice"), NO_SUCH_INVOICE);
                continue;
            };
            let amount = Money::parse(&draft.amount, currency.unwrap_or(invoice.currency()));
            let amount = faults.take(&format!("allocations[{place}].amount"), amount);
            parts.extend(amount.map(|amount| (invoice.clone(), amount)));
        }
        Some(parts)
    })
}

/// How much for which invoice, as the verbs take it.
pub(crate) async fn cash_parts(
    caller: &Caller,
    drafts: &[AllocationDraft],
    currency: Currency,
) -> Result<Vec<CashPart>, Failure> {
    let parts = parts_named(caller, drafts, Some(currency)).await?;
    Ok(parts.into_iter().map(|(invoice, amount)| CashPart { invoice: invoice.id, amount }).collect())
}
