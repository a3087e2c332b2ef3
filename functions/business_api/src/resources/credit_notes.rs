//! Credit notes: documents that reduce what is owed, issued by the business and applied like money.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use operations::NewCreditNote;
use receivables::text::{Description, InvoiceNumber};
use receivables::{CreditNote, CreditNoteId, Currency, Money};
use serde::{Deserialize, Serialize};
use store::Paged;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::pagination::{List, Listing};
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{Faults, checked};
use crate::resources::allocations::{
    AllocationDraft, AllocationShape, ApplyDraft, UnapplyDraft, cash_parts, count, invoice_of_field, read_reason,
    some_amount,
};
use crate::resources::amount::Amount;
use crate::resources::customers::{customer_id_of, customer_of_field};

/// Credit notes looked up at a time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// A credit note as the business tells us of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct CreditNoteDraft {
    /// The number printed on it, unique among your credit notes.
    #[schema(max_length = 200, example = "CN-2026-007")]
    number: String,
    /// Our id of the customer, or your `external_id`.
    #[schema(example = "C-1024")]
    customer: String,
    /// ISO 4217; that of every invoice it is for.
    #[schema(example = "EUR")]
    currency: String,
    /// How much it reduces what is owed.
    #[schema(example = "40.00")]
    amount: String,
    /// Why.
    #[schema(min_length = 1, max_length = 200, example = "Two sacks were damaged")]
    reason: String,
    #[schema(format = "date", example = "2026-03-01")]
    issued_on: String,
    /// What it is for, in the order in which it is applied. What these leave over is kept for later.
    #[serde(default)]
    #[schema(max_items = 43)]
    allocations: Vec<AllocationDraft>,
}

/// A credit note, and what it covers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNote)]
pub(crate) struct CreditNoteShape {
    id: String,
    number: String,
    /// Our id of the customer.
    customer: String,
    amount: Amount,
    /// What of it covers no invoice.
    unapplied: Amount,
    /// Why it was issued.
    reason: String,
    #[schema(format = "date")]
    issued_on: String,
    allocations: Vec<AllocationShape>,
    /// When it reached us. RFC 3339, UTC.
    recorded_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreditNoteQuery {
    /// Our id of the customer, or your `external_id`.
    customer: Option<String>,
    /// How many at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before, under the same filters.
    cursor: Option<String>,
}

/// A draft as far as it can be read without the tables.
struct Told {
    number: InvoiceNumber,
    currency: Currency,
    amount: Money,
    reason: Description,
    issued_on: Date,
}

impl From<&CreditNote> for CreditNoteShape {
    fn from(note: &CreditNote) -> Self {
        Self {
            id: note.id.to_string(),
            number: note.number.to_string(),
            customer: note.customer.to_string(),
            amount: note.amount.into(),
            unapplied: note.unapplied.into(),
            reason: note.reason.as_str().to_owned(),
            issued_on: note.issued_on.to_string(),
            allocations: note.allocations.iter().map(AllocationShape::from).collect(),
            recorded_at: note.recorded_at.to_string(),
        }
    }
}

impl CreditNoteDraft {
    fn read(&self, faults: &mut Faults) -> Option<Told> {
        let number = faults
            .take("number", self.number.parse().map_err(|_| "expected a number of 1 to 200 characters on one line"));
        let currency = faults.read::<Currency>("currency", &self.currency);
        let amount = currency.and_then(|currency| faults.take("amount", Money::parse(&self.amount, currency)));
        let reason = read_reason(&self.reason, faults);
        let issued_on = faults.date("issued_on", &self.issued_on);
        count(&self.allocations, faults);
        Some(Told { number: number?, currency: currency?, amount: amount?, reason: reason?, issued_on: issued_on? })
    }
}

/// Issue a credit note
///
/// It reduces what the customer owes by its amount at once; `allocations` say of which invoices. The same credit note told
/// again, by its `number`, changes nothing and is answered 200.
#[utoipa::path(
    post, path = "/api/v1/credit-notes", tag = "Credit notes", request_body = CreditNoteDraft,
    responses(
        (status = 201, description = "The credit note is issued", body = CreditNoteShape),
        (status = 200, description = "The credit note was issued before", body = CreditNoteShape),
    )
)]
pub(crate) async fn issue_credit_note(posted: Posted) -> Result<Response, Failure> {
    let draft: CreditNoteDraft = posted.shape()?;
    let told = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| issue(work, draft, told)).await)
}

async fn issue(work: Work, draft: CreditNoteDraft, told: Told) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let customer = customer_of_field(caller, "customer", &draft.customer).await?;
    let id = work.credit_note_id();
    let new = NewCreditNote {
        id: id.clone(),
        customer: customer.id,
        number: told.number,
        amount: told.amount,
        reason: told.reason.clone(),
        issued_on: told.issued_on,
        parts: cash_parts(caller, &draft.allocations, told.currency).await?,
    };
    let context = work.for_action(told.reason);
    let note = operations::issue_credit_note(&context, &caller.business, new, caller.now).await?;
    // Carried out again after the first try died, it is still this request that issued it.
    let status = if note.id == id { StatusCode::CREATED } else { StatusCode::OK };
    Answer::json(status, &CreditNoteShape::from(&note))
}

/// Show a credit note
#[utoipa::path(
    get, path = "/api/v1/credit-notes/{id}", tag = "Credit notes",
    params(("id" = String, Path, description = "Our id of the credit note")),
    responses((status = 200, description = "The credit note", body = CreditNoteShape))
)]
pub(crate) async fn show_credit_note(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    Answer::ok(&CreditNoteShape::from(&credit_note_of_path(&caller, &id).await?))
}

async fn credit_note_of_path(caller: &Caller, text: &str) -> Result<CreditNote, Failure> {
    let id: CreditNoteId = text.parse().map_err(|_| Failure::not_found())?;
    caller.store().credit_note(caller.business_id(), &id).await?.ok_or_else(Failure::not_found)
}

/// List the credit notes, newest first
#[utoipa::path(
    get, path = "/api/v1/credit-notes", tag = "Credit notes", params(CreditNoteQuery),
    responses((status = 200, description = "A page of credit notes", body = List<CreditNoteShape>))
)]
pub(crate) async fn list_credit_notes(caller: Caller, Asked(asked): Asked<CreditNoteQuery>) -> Result<Answer, Failure> {
    let (store, business) = (caller.store(), caller.business_id());
    let list = Listing::new(business, "credit-notes", &[asked.customer.as_deref()]);
    let page = checked(|faults| list.page(asked.limit.as_deref(), asked.cursor.as_deref(), faults))?;
    let heads = match &asked.customer {
        None => store.credit_notes(business, &page).await?,
        Some(customer) => match customer_id_of(&caller, customer).await? {
            Some(customer) => store.credit_notes_of(business, &customer, &page).await?,
            None => Paged { items: Vec::new(), next_cursor: None },
        },
    };
    // The list holds no allocations; each credit note is one query.
    let whole: Vec<_> = heads.items.iter().map(|head| store.credit_note(business, &head.id)).collect();
    let whole: Vec<Option<CreditNote>> = stream::iter(whole).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    let paged = Paged { items: whole.into_iter().flatten().collect(), next_cursor: heads.next_cursor };
    Answer::ok(&list.answer(paged, |note: CreditNote| CreditNoteShape::from(&note)))
}

/// Apply what is left of a credit note
///
/// To open invoices of the same customer, in the order told.
#[utoipa::path(
    post, path = "/api/v1/credit-notes/{id}/apply", tag = "Credit notes", request_body = ApplyDraft,
    params(("id" = String, Path, description = "Our id of the credit note")),
    responses((status = 200, description = "The credit note as it is now", body = CreditNoteShape))
)]
pub(crate) async fn apply_credit_note(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: ApplyDraft = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted
        .once(async |work: Work| Answer::ok(&CreditNoteShape::from(&applied(&work, &id, &draft, reason).await?)))
        .await)
}

/// The credit note with what was left of it applied.
pub(crate) async fn applied(
    work: &Work,
    id: &str,
    draft: &ApplyDraft,
    reason: Description,
) -> Result<CreditNote, Failure> {
    let caller = &work.caller;
    let note = credit_note_of_path(caller, id).await?;
    let parts = cash_parts(caller, &draft.allocations, note.amount.currency()).await?;
    let context = work.for_action(reason);
    Ok(operations::apply_credit_note(&context, &caller.business, &note.id, &parts, caller.now).await?)
}

/// Take an allocation of a credit note back
///
/// All of it or a part. What it covered is unapplied.
#[utoipa::path(
    post, path = "/api/v1/credit-notes/{id}/unapply", tag = "Credit notes", request_body = UnapplyDraft,
    params(("id" = String, Path, description = "Our id of the credit note")),
    responses((status = 200, description = "The credit note as it is now", body = CreditNoteShape))
)]
pub(crate) async fn unapply_credit_note(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: UnapplyDraft = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| unapply(work, id, draft, reason)).await)
}

async fn unapply(work: Work, id: String, draft: UnapplyDraft, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let note = credit_note_of_path(caller, &id).await?;
    let amount = some_amount(draft.amount.as_deref(), note.amount.currency())?;
    let invoice = invoice_of_field(caller, "invoice", &draft.invoice).await?;
    let context = work.for_action(reason);
    let note =
        operations::unapply_credit_note(&context, &caller.business, &note.id, &invoice, amount, caller.now).await?;
    Answer::ok(&CreditNoteShape::from(&note))
}
