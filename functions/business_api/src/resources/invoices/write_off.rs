//! Write-offs: an operator stops expecting an open amount: a small rest within the business's tolerance, or a bad debt.

use axum::extract::Path;
use axum::response::Response;
use operations::NewWriteOff;
use receivables::Permission;
use receivables::write_off::WriteOffKind;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{InvoiceResponse, invoice_id_of_path};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::allocations::optional_amount;
use crate::resources::business::current_business;
use crate::resources::reason::parse_reason;

/// What is not expected any more.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = WriteOffDraft)]
pub(crate) struct WriteOffRequest {
    /// `rest`: a small rest, within the business's `write_off_tolerances`. `bad_debt`: what the customer will not or cannot pay, of any
    /// amount; the API key needs the permission `bad_debts`. Default: `rest`.
    #[schema(example = "bad_debt")]
    kind: Option<String>,
    /// Of a bad debt: how much of what is open. Default: all of it.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200, example = "Rounding of the customer's bank")]
    reason: String,
}

/// What of a write-off is expected again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = WriteOffReversalDraft)]
pub(crate) struct TakeBackRequest {
    /// How much is expected again. Of an invoice with both kinds of write-offs the bad debt comes first. Default: all that is
    /// written off.
    #[schema(example = "40.00")]
    amount: Option<String>,
    /// Why you do this. The audit keeps it.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 200, example = "The administrator paid a dividend")]
    reason: String,
}

impl WriteOffRequest {
    fn read_kind(&self, errors: &mut FieldErrors) -> Option<WriteOffKind> {
        let kind = self.kind.as_deref().map_or(Some(WriteOffKind::Rest), WriteOffKind::named);
        if kind.is_none() {
            errors.add("kind", "expected rest or bad_debt");
        }
        if kind == Some(WriteOffKind::Rest) && self.amount.is_some() {
            errors.add("amount", "expected no amount: a rest is written off whole");
        }
        kind
    }
}

/// Write off the open amount of an invoice
///
/// The business stops expecting what is still open. Refused if nothing is open, or while a payment of the invoice is on its way. A
/// `rest` is refused if it is more than the business's `write_off_tolerances` allow. A `bad_debt` is refused with 403 if the API key
/// has no permission `bad_debts`. The same request sent again is refused, unless it repeats an `Idempotency-Key`; but a part of a bad
/// debt is written off again. Money that arrives for the invoice later waits on the account, and you say by taking back
/// as much of the write-off that it covers the invoice.
#[utoipa::path(
    post, path = "/api/v1/invoices/{id}/write-off", tag = "Invoices", request_body = WriteOffRequest,
    params(("id" = String, Path, description = "The invoice's id, or your `external_id`.")),
    responses((status = 200, description = "The invoice after the change.", body = InvoiceResponse))
)]
pub(crate) async fn write_off(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: WriteOffRequest = request.json()?;
    let (kind, reason) = validate(|errors| {
        let (kind, reason) = (body.read_kind(errors), parse_reason(&body.reason, errors));
        Some((kind?, reason?))
    })?;
    if kind == WriteOffKind::BadDebt {
        request.caller.check(Permission::BadDebts)?;
    }
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let id = invoice_id_of_path(caller, &id).await?;
            let (context, business) = (run.for_action(reason), current_business(caller).await?);
            let new = match kind {
                WriteOffKind::Rest => NewWriteOff::Rest,
                WriteOffKind::BadDebt => {
                    let currency = caller.store().invoice_head(caller.business_id(), &id).await?;
                    let currency = currency.ok_or_else(ApiError::not_found)?.currency();
                    NewWriteOff::BadDebt(optional_amount(body.amount.as_deref(), currency)?)
                }
            };
            let invoice = operations::write_off(&context, &business, &id, new, caller.now).await?;
            ApiResponse::ok(&InvoiceResponse::with_link(&invoice, caller).await?)
        })
        .await
}

/// Reverse the write-off of an invoice
///
/// The amount is open again, or a part of it, as where some of a bad debt is paid after all: money that waits on the account covers it at
/// once. Refused if nothing of the invoice is written off. So the same request sent again is refused, unless it
/// repeats an `Idempotency-Key`; but a part is taken back again.
#[utoipa::path(
    post, path = "/api/v1/invoices/{id}/write-off/take-back", tag = "Invoices", request_body = TakeBackRequest,
    params(("id" = String, Path, description = "The invoice's id, or your `external_id`.")),
    responses((status = 200, description = "The invoice after the change.", body = InvoiceResponse))
)]
pub(crate) async fn take_back_write_off(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: TakeBackRequest = request.json()?;
    let reason = validate(|errors| parse_reason(&body.reason, errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let id = invoice_id_of_path(caller, &id).await?;
            let context = run.for_action(reason);
            let amount = match body.amount.as_deref() {
                Some(text) => {
                    let head = caller.store().invoice_head(caller.business_id(), &id).await?;
                    optional_amount(Some(text), head.ok_or_else(ApiError::not_found)?.currency())?
                }
                None => None,
            };
            let invoice = operations::take_back_write_off(&context, &caller.business, &id, amount, caller.now).await?;
            ApiResponse::ok(&InvoiceResponse::with_link(&invoice, caller).await?)
        })
        .await
}
