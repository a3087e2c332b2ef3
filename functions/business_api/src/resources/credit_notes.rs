//! Credit notes: documents that reduce what a customer owes, issued by the business and applied like cash.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use operations::{CashPart, Context, NewCreditNote, OperationError};
use receivables::text::{Description, InvoiceNumber};
use receivables::{Business, CreditNote, CreditNoteId, Currency, InvoiceId, Money};
use serde::{Deserialize, Serialize};
use store::Paged;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::changes::{ChangesPage, ChangesQuery};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::allocations::{AllocationRequest, AllocationResponse, cash_parts, check_count};
use crate::resources::amount::Amount;
use crate::resources::cash_source::{ApplyRequest, CashSource, UnapplyRequest, apply, unapply};
use crate::resources::customers::{customer_id_of, customer_of_field};
use crate::resources::reason::parse_reason;

/// Credit notes that are read at the same time.
const LOOK_UPS_AT_ONCE: usize = 20;

/// A credit note to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = CreditNoteDraft)]
pub(crate) struct CreditNoteRequest {
    /// The number printed on it, unique among your credit notes.
    #[serde(default)]
    #[schema(required, max_length = 200, example = "CN-2026-007")]
    number: String,
    /// The customer's id, or your `external_id`.
    #[serde(default)]
    #[schema(required, example = "C-1024")]
    customer: String,
    /// An ISO 4217 code. Every invoice in `allocations` must have this currency.
    #[serde(default)]
    #[schema(required, example = "EUR")]
    currency: String,
    /// How much it reduces what the customer owes.
    #[serde(default)]
    #[schema(required, example = "40.00")]
    amount: String,
    /// Why you issue it. It is kept with the credit note and in the audit.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200, example = "Two sacks were damaged")]
    reason: String,
    /// The date printed on it.
    #[serde(default)]
    #[schema(required, format = "date", example = "2026-03-01")]
    issued_on: String,
    /// The invoices to cover, in this order, with an amount for each. The rest stays unapplied. Default: none.
    #[serde(default)]
    #[schema(max_items = 43)]
    allocations: Vec<AllocationRequest>,
}

/// A credit note and the invoices that it covers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CreditNote)]
pub(crate) struct CreditNoteResponse {
    /// Guichet's id of the credit note.
    id: String,
    /// The number printed on it.
    number: String,
    /// The customer's id.
    customer: String,
    /// How much it reduces what the customer owes.
    amount: Amount,
    /// The part that covers no invoice.
    unapplied: Amount,
    /// The part that was paid out to the customer.
    paid_out: Amount,
    /// Why it was issued.
    reason: String,
    /// The date printed on it.
    #[schema(format = "date")]
    issued_on: String,
    /// The invoices that it covers.
    allocations: Vec<AllocationResponse>,
    /// When Guichet received it. RFC 3339, UTC.
    recorded_at: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreditNoteQuery {
    /// The customer's id, or your `external_id`.
    customer: Option<String>,
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page, with the same filters.
    cursor: Option<String>,
    /// For programs: lists what changed since this instant, RFC 3339, in the order in which it changed. Only for the first page;
    /// after it, give `next_cursor` as `cursor` and leave this out.
    #[param(format = "date-time")]
    changed_since: Option<String>,
}

/// The fields of a request that can be checked without reading the tables.
struct Fields {
    number: InvoiceNumber,
    currency: Currency,
    amount: Money,
    reason: Description,
    issued_on: Date,
}

impl From<&CreditNote> for CreditNoteResponse {
    fn from(note: &CreditNote) -> Self {
        Self {
            id: note.id.to_string(),
            number: note.number.to_string(),
            customer: note.customer.to_string(),
            amount: note.amount.into(),
            unapplied: note.unapplied.into(),
            paid_out: note.paid_out.into(),
            reason: note.reason.as_str().to_owned(),
            issued_on: note.issued_on.to_string(),
            allocations: note.allocations.iter().map(AllocationResponse::from).collect(),
            recorded_at: note.recorded_at.to_string(),
        }
    }
}

impl CreditNoteRequest {
    fn read(&self, errors: &mut FieldErrors) -> Option<Fields> {
        let number = errors
            .check("number", self.number.parse().map_err(|_| "expected a number of 1 to 200 characters on one line"));
        let currency = errors.parse::<Currency>("currency", &self.currency);
        let amount = currency.and_then(|currency| errors.check("amount", Money::parse(&self.amount, currency)));
        let reason = parse_reason(&self.reason, errors);
        let issued_on = errors.date("issued_on", &self.issued_on);
        check_count(&self.allocations, errors);
        Some(Fields { number: number?, currency: currency?, amount: amount?, reason: reason?, issued_on: issued_on? })
    }
}

/// Issue a credit note
///
/// It reduces the customer's balance by its full amount at once, and covers the invoices in `allocations`. The same credit note
/// sent again, recognised by its `number`, changes nothing and is answered with 200. Refused if another credit note has the
/// number, or if an invoice has less open than the amount given for it.
#[utoipa::path(
    post, path = "/api/v1/credit-notes", tag = "Credit notes", request_body = CreditNoteRequest,
    responses(
        (status = 201, description = "The credit note was issued.", body = CreditNoteResponse),
        (status = 200, description = "The credit note had been issued before.", body = CreditNoteResponse),
    )
)]
pub(crate) async fn issue_credit_note(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: CreditNoteRequest = request.json()?;
    let fields = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let customer = customer_of_field(caller, "customer", &body.customer).await?;
            let id = run.credit_note_id();
            let new = NewCreditNote {
                id: id.clone(),
                customer: customer.id,
                number: fields.number,
                amount: fields.amount,
                reason: fields.reason.clone(),
                issued_on: fields.issued_on,
                parts: cash_parts(caller, &body.allocations, fields.currency).await?,
            };
            let context = run.for_action(fields.reason);
            let note = operations::issue_credit_note(&context, &caller.business, new, caller.now).await?;
            // A second run after the first died finds the id that the first created: it is still this request that issued it.
            let status = if note.id == id { StatusCode::CREATED } else { StatusCode::OK };
            ApiResponse::json(status, &CreditNoteResponse::from(&note))
        })
        .await
}

/// Show a credit note
#[utoipa::path(
    get, path = "/api/v1/credit-notes/{id}", tag = "Credit notes",
    params(("id" = String, Path, description = "The credit note's id.")),
    responses((status = 200, description = "The credit note.", body = CreditNoteResponse))
)]
pub(crate) async fn show_credit_note(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    ApiResponse::ok(&CreditNoteResponse::from(&credit_note_of_path(&caller, &id).await?))
}

async fn credit_note_of_path(caller: &Caller, text: &str) -> Result<CreditNote, ApiError> {
    let id: CreditNoteId = text.parse().map_err(|_| ApiError::not_found())?;
    caller.store().credit_note(caller.business_id(), &id).await?.ok_or_else(ApiError::not_found)
}

/// List credit notes, newest first
///
/// The list is made for people: what changes between two pages may be on neither. For programs use `changed_since`: nothing is
/// missed, and what changes again comes again.
#[utoipa::path(
    get, path = "/api/v1/credit-notes", tag = "Credit notes", params(CreditNoteQuery),
    responses((status = 200, description = "A page of credit notes.", body = ListResponse<CreditNoteResponse>))
)]
pub(crate) async fn list_credit_notes(
    caller: Caller,
    StrictQuery(query): StrictQuery<CreditNoteQuery>,
) -> Result<ApiResponse, ApiError> {
    let (store, business) = (caller.store(), caller.business_id());
    let (limit, cursor) = (query.limit.as_deref(), query.cursor.as_deref());
    let filters = [("customer", query.customer.as_deref())];
    let changes = ChangesQuery { changed_since: query.changed_since.as_deref(), limit, cursor, filters: &filters };
    if let Some(page) = ChangesPage::asked(&caller, "credit-notes", &changes)? {
        let listed = page.ids(&caller).await?;
        let reads: Vec<_> = listed.ids.iter().map(|id| store.readable_credit_note(business, id)).collect();
        let whole: Vec<Option<CreditNote>> = stream::iter(reads).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
        let notes = whole.iter().flatten().map(CreditNoteResponse::from).collect();
        return ApiResponse::ok(&page.respond(&listed, notes));
    }
    let list = ListScope::new(&caller, "credit-notes", &[query.customer.as_deref()]);
    let page = validate(|errors| list.page(limit, cursor, errors))?;
    let heads = match &query.customer {
        None => store.credit_notes(business, &page).await?,
        Some(customer) => match customer_id_of(&caller, customer).await? {
            Some(customer) => store.credit_notes_of(business, &customer, &page).await?,
            None => Paged { items: Vec::new(), next_cursor: None },
        },
    };
    // The list in the store has no allocations, so each credit note is read on its own.
    let whole: Vec<_> = heads.items.iter().map(|head| store.credit_note(business, &head.id)).collect();
    let whole: Vec<Option<CreditNote>> = stream::iter(whole).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    let paged = Paged { items: whole.into_iter().flatten().collect(), next_cursor: heads.next_cursor };
    ApiResponse::ok(&list.respond(paged, |note: CreditNote| CreditNoteResponse::from(&note)))
}

impl CashSource for CreditNote {
    async fn find(caller: &Caller, id: &str) -> Result<Self, ApiError> {
        credit_note_of_path(caller, id).await
    }

    fn currency(&self) -> Currency {
        self.amount.currency()
    }

    async fn apply(
        &self,
        context: &Context,
        business: &Business,
        parts: &[CashPart],
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        operations::apply_credit_note(context, business, &self.id, parts, now).await
    }

    async fn unapply(
        &self,
        context: &Context,
        business: &Business,
        invoice: &InvoiceId,
        amount: Option<Money>,
        now: Timestamp,
    ) -> Result<Self, OperationError> {
        operations::unapply_credit_note(context, business, &self.id, invoice, amount, now).await
    }
}

/// Apply the unapplied credit of a credit note
///
/// Covers open invoices of the same customer, in the given order. Refused if the amounts come to more than the credit note has
/// unapplied, or to more than an invoice has open. Without an `Idempotency-Key`, the same request applies the amounts again.
#[utoipa::path(
    post, path = "/api/v1/credit-notes/{id}/apply", tag = "Credit notes", request_body = ApplyRequest,
    params(("id" = String, Path, description = "The credit note's id.")),
    responses((status = 200, description = "The credit note after the change.", body = CreditNoteResponse))
)]
pub(crate) async fn apply_credit_note(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: ApplyRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let note: CreditNote = apply(&run, &id, &body, reason).await?;
            ApiResponse::ok(&CreditNoteResponse::from(&note))
        })
        .await
}

/// Unapply credit of a credit note
///
/// Takes an allocation, or a part of it, off its invoice. The invoice is open again by that amount, and the credit is unapplied.
/// Refused if the credit note does not cover the invoice by that amount. Without an `Idempotency-Key`, the same request with an
/// `amount` takes it off again.
#[utoipa::path(
    post, path = "/api/v1/credit-notes/{id}/unapply", tag = "Credit notes", request_body = UnapplyRequest,
    params(("id" = String, Path, description = "The credit note's id.")),
    responses((status = 200, description = "The credit note after the change.", body = CreditNoteResponse))
)]
pub(crate) async fn unapply_credit_note(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: UnapplyRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let note: CreditNote = unapply(&run, &id, &body, reason).await?;
            ApiResponse::ok(&CreditNoteResponse::from(&note))
        })
        .await
}
