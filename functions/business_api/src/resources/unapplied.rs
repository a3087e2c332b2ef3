//! Unapplied cash and credit: what of customers' payments and credit notes covers no invoice, and where it could go.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use receivables::text::Description;
use receivables::{Allocation, CreditNoteId, Invoice, InvoiceId, Money, PaymentId, allocation};
use serde::{Deserialize, Serialize};
use store::{Page, Paged, UnappliedCash};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::checked;
use crate::resources::allocations::{AllocationShape, ApplyDraft};
use crate::resources::amount::Amount;
use crate::resources::{credit_notes, payments::apply as cash_moves};

/// Items whose proposals are worked out at a time.
const LOOK_UPS_AT_ONCE: usize = 10;
/// Open invoices that are looked at for proposals, oldest due first.
const OPEN_INVOICES_MAX: usize = 100;

/// Money or credit of a customer that covers no invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unapplied)]
pub(crate) struct UnappliedShape {
    /// Our id of the payment or credit note.
    id: String,
    amount: Amount,
    /// Always `unapplied`.
    reason: &'static str,
    /// Our id of the customer.
    customer: String,
    /// Our id of the payment, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    /// Our id of the credit note, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit_note: Option<String>,
    /// Open invoices it could cover, the oldest due first.
    proposals: Vec<ProposalShape>,
}

/// This much of it could cover this invoice. The amount is in the currency of what is unapplied.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalShape {
    /// Our id of the invoice.
    invoice: String,
    number: String,
    amount: String,
}

/// A payment or credit note of which something was applied.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Applied {
    /// Our id of the payment or credit note.
    id: String,
    /// Our id of the customer.
    customer: String,
    /// What is left of it.
    unapplied: Amount,
    allocations: Vec<AllocationShape>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnappliedQuery {
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Whose money or credit it is.
enum Source {
    Payment(PaymentId),
    CreditNote(CreditNoteId),
}

impl Source {
    fn of(id: &str) -> Option<Self> {
        let payment = id.parse().map(Self::Payment);
        payment.or_else(|_| id.parse().map(Self::CreditNote)).ok()
    }
}

impl UnappliedShape {
    fn of(cash: &UnappliedCash, proposals: &[(InvoiceId, Money)], invoices: &BTreeMap<InvoiceId, Invoice>) -> Self {
        let source = Source::of(&cash.source);
        let proposal = |(id, amount): &(InvoiceId, Money)| {
            let invoice = invoices.get(id)?;
            let (invoice, number) = (id.to_string(), invoice.number.to_string());
            Some(ProposalShape { invoice, number, amount: amount.to_plain() })
        };
        Self {
            id: cash.source.clone(),
            amount: cash.amount.into(),
            reason: "unapplied",
            customer: cash.customer.to_string(),
            payment: matches!(source, Some(Source::Payment(_))).then(|| cash.source.clone()),
            credit_note: matches!(source, Some(Source::CreditNote(_))).then(|| cash.source.clone()),
            proposals: proposals.iter().filter_map(proposal).collect(),
        }
    }
}

/// List unapplied cash and credit, oldest first, with the invoices it could cover
#[utoipa::path(
    get, path = "/api/v1/unapplied", tag = "Unapplied and unidentified", params(UnappliedQuery),
    responses((status = 200, description = "A page of what is unapplied", body = List<UnappliedShape>))
)]
pub(crate) async fn list_unapplied(caller: Caller, Asked(asked): Asked<UnappliedQuery>) -> Result<Answer, Failure> {
    let (store, business) = (caller.store(), caller.business_id());
    let list = Listing::new(business, "unapplied", &[]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let found = store.unapplied(business, &page).await?;
    let proposed: Vec<_> = found.items.iter().map(|cash| proposals(&caller, cash)).collect();
    let proposed: Vec<Vec<(InvoiceId, Money)>> =
        stream::iter(proposed).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    let ids: Vec<InvoiceId> = proposed.iter().flatten().map(|(id, _)| id.clone()).collect();
    let invoices = store.invoices(business, &ids).await?;
    let items = found.items.iter().zip(&proposed).map(|(cash, proposed)| UnappliedShape::of(cash, proposed, &invoices));
    let paged = Paged { items: items.collect(), next_cursor: found.next_cursor };
    Answer::ok(&list.answer(paged, |shape: UnappliedShape| shape))
}

/// Where it could go.
async fn proposals(caller: &Caller, cash: &UnappliedCash) -> Result<Vec<(InvoiceId, Money)>, Failure> {
    let (store, business) = (caller.store(), &caller.business);
    match Source::of(&cash.source) {
        Some(Source::Payment(id)) => match store.payment(&business.id, &id).await? {
            Some(payment) => Ok(operations::proposals_for(&caller.state.context, business, &payment).await?),
            None => Ok(Vec::new()),
        },
        Some(Source::CreditNote(id)) => {
            let Some(note) = store.credit_note(&business.id, &id).await? else { return Ok(Vec::new()) };
            let open = store.open_invoices(&business.id, &note.customer, &Page::first(OPEN_INVOICES_MAX)).await?;
            let allocations: &[Allocation] = &note.allocations;
            Ok(allocation::proposals(allocations, note.unapplied, &open.items))
        }
        None => Err(Failure::defect("unapplied", &cash.source)),
    }
}

/// Apply unapplied cash or credit
///
/// To open invoices of the same customer, in the order told.
#[utoipa::path(
    post, path = "/api/v1/unapplied/{id}/apply", tag = "Unapplied and unidentified", request_body = ApplyDraft,
    params(("id" = String, Path, description = "Our id of the payment or credit note")),
    responses((status = 200, description = "The payment or credit note as it is now", body = Applied))
)]
pub(crate) async fn apply_unapplied(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: ApplyDraft = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| apply(work, id, draft, reason)).await)
}

async fn apply(work: Work, id: String, draft: ApplyDraft, reason: Description) -> Result<Answer, Failure> {
    let shape = match Source::of(&id).ok_or_else(Failure::not_found)? {
        Source::Payment(_) => {
            let payment = cash_moves::applied(&work, &id, &draft, reason).await?;
            let allocations = payment.allocations.iter().map(AllocationShape::from).collect();
            Applied { id, customer: payment.customer.to_string(), unapplied: payment.unapplied.into(), allocations }
        }
        Source::CreditNote(_) => {
            let note = credit_notes::applied(&work, &id, &draft, reason).await?;
            let allocations = note.allocations.iter().map(AllocationShape::from).collect();
            Applied { id, customer: note.customer.to_string(), unapplied: note.unapplied.into(), allocations }
        }
    };
    Answer::ok(&shape)
}
