//! Unapplied cash and credit: the parts of payments and credit notes that cover no invoice, and where they could go.

use axum::extract::Path;
use axum::response::Response;
use futures::{StreamExt, TryStreamExt, stream};
use receivables::{CreditNote, CreditNoteId, InvoiceHead, Money, Payment, PaymentId};
use serde::{Deserialize, Serialize};
use store::{Paged, UnappliedCash};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::pagination::{ListResponse, ListScope};
use crate::http::response::ApiResponse;
use crate::http::strict_query::StrictQuery;
use crate::http::validation::validate;
use crate::resources::allocations::AllocationResponse;
use crate::resources::amount::Amount;
use crate::resources::cash_source::{ApplyRequest, apply};

/// Items whose proposals are computed at the same time.
const LOOK_UPS_AT_ONCE: usize = 10;

/// Cash or credit of a customer that covers no invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UnappliedCash)]
pub(crate) struct UnappliedCashResponse {
    /// The id of the payment or credit note.
    id: String,
    /// The amount that covers no invoice.
    amount: Amount,
    /// Always `unapplied`.
    reason: &'static str,
    /// The customer's id.
    customer: String,
    /// The payment's id, if it is cash of a payment.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    /// The credit note's id, if it is credit of a credit note.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit_note: Option<String>,
    /// Open invoices that it could cover, the oldest due first.
    proposals: Vec<ProposalResponse>,
}

/// An invoice that unapplied cash or credit could cover.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalResponse {
    /// The invoice's id.
    invoice: String,
    /// The invoice's number.
    number: String,
    /// How much of the invoice it could cover, in the currency of the unapplied amount.
    amount: String,
}

/// A payment or credit note after some of it was applied.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CashApplication)]
pub(crate) struct CashApplicationResponse {
    /// The id of the payment or credit note.
    id: String,
    /// The customer's id.
    customer: String,
    /// The amount that still covers no invoice.
    unapplied: Amount,
    /// The invoices that it covers.
    allocations: Vec<AllocationResponse>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UnappliedQuery {
    /// Items per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// What the unapplied amount is a part of.
enum Source {
    Payment(PaymentId),
    CreditNote(CreditNoteId),
}

impl Source {
    fn parse(id: &str) -> Option<Self> {
        let payment = id.parse().map(Self::Payment);
        payment.or_else(|_| id.parse().map(Self::CreditNote)).ok()
    }
}

impl UnappliedCashResponse {
    fn of(cash: &UnappliedCash, proposals: &[(InvoiceHead, Money)]) -> Self {
        let source = Source::parse(&cash.source);
        let proposal = |(invoice, amount): &(InvoiceHead, Money)| ProposalResponse {
            invoice: invoice.id.to_string(),
            number: invoice.number.to_string(),
            amount: amount.to_plain(),
        };
        Self {
            id: cash.source.clone(),
            amount: cash.amount.into(),
            reason: "unapplied",
            customer: cash.customer.to_string(),
            payment: matches!(source, Some(Source::Payment(_))).then(|| cash.source.clone()),
            credit_note: matches!(source, Some(Source::CreditNote(_))).then(|| cash.source.clone()),
            proposals: proposals.iter().map(proposal).collect(),
        }
    }
}

/// List unapplied cash and credit, oldest first
///
/// Each item comes with the open invoices that it could cover.
#[utoipa::path(
    get, path = "/api/v1/unapplied", tag = "Unapplied and unidentified", params(UnappliedQuery),
    responses((status = 200, description = "A page of unapplied cash and credit.", body = ListResponse<UnappliedCashResponse>))
)]
pub(crate) async fn list_unapplied(
    caller: Caller,
    StrictQuery(query): StrictQuery<UnappliedQuery>,
) -> Result<ApiResponse, ApiError> {
    let (store, business) = (caller.store(), caller.business_id());
    let list = ListScope::new(&caller, "unapplied", &[]);
    let page = validate(|errors| list.page(query.limit.as_deref(), query.cursor.as_deref(), errors))?;
    let found = store.unapplied(business, &page).await?;
    let proposals: Vec<_> = found.items.iter().map(|cash| proposals_for(&caller, cash)).collect();
    let proposals: Vec<Vec<(InvoiceHead, Money)>> =
        stream::iter(proposals).buffered(LOOK_UPS_AT_ONCE).try_collect().await?;
    let items = found.items.iter().zip(&proposals);
    let items = items.map(|(cash, proposals)| UnappliedCashResponse::of(cash, proposals)).collect();
    let paged = Paged { items, next_cursor: found.next_cursor };
    ApiResponse::ok(&list.respond(paged, |item: UnappliedCashResponse| item))
}

async fn proposals_for(caller: &Caller, cash: &UnappliedCash) -> Result<Vec<(InvoiceHead, Money)>, ApiError> {
    let (store, business) = (caller.store(), &caller.business);
    match Source::parse(&cash.source) {
        Some(Source::Payment(id)) => match store.payment(&business.id, &id).await? {
            Some(payment) => Ok(operations::proposals_for(&caller.state.context, business, &payment).await?),
            None => Ok(Vec::new()),
        },
        Some(Source::CreditNote(id)) => {
            let Some(note) = store.credit_note(&business.id, &id).await? else { return Ok(Vec::new()) };
            Ok(operations::proposals_for_credit_note(&caller.state.context, business, &note).await?)
        }
        None => Err(ApiError::defect("unapplied", &cash.source)),
    }
}

/// Apply unapplied cash or credit
///
/// Covers open invoices of the same customer, in the given order. Refused if the amounts come to more than is unapplied, or to
/// more than an invoice has open. Without an `Idempotency-Key`, the same request applies the amounts again.
#[utoipa::path(
    post, path = "/api/v1/unapplied/{id}/apply", tag = "Unapplied and unidentified", request_body = ApplyRequest,
    params(("id" = String, Path, description = "The id of the payment or credit note.")),
    responses((status = 200, description = "The payment or credit note after the change.", body = CashApplicationResponse))
)]
pub(crate) async fn apply_unapplied(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: ApplyRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let (customer, unapplied, allocations) = match Source::parse(&id).ok_or_else(ApiError::not_found)? {
                Source::Payment(_) => {
                    let payment: Payment = apply(&run, &id, &body, reason).await?;
                    (payment.customer().clone(), payment.unapplied(), payment.allocations().to_vec())
                }
                Source::CreditNote(_) => {
                    let note: CreditNote = apply(&run, &id, &body, reason).await?;
                    (note.customer, note.unapplied, note.allocations)
                }
            };
            ApiResponse::ok(&CashApplicationResponse {
                id: id.clone(),
                customer: customer.to_string(),
                unapplied: unapplied.into(),
                allocations: allocations.iter().map(AllocationResponse::from).collect(),
            })
        })
        .await
}
