//! Write-offs: an operator stops expecting a small open amount, within the business's tolerance.

use axum::extract::Path;
use axum::response::Response;

use super::{InvoiceResponse, invoice_id_of_path};
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::validate;
use crate::resources::business::current_business;
use crate::resources::reason::ReasonRequest;

/// Write off the open amount of an invoice
///
/// The business stops expecting what is still open. Refused if that is more than the business's `write_off_tolerances` allow, if
/// nothing is open, or while a payment of the invoice is on its way. So the same request sent again is refused, unless it repeats
/// an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/v1/invoices/{id}/write-off", tag = "Invoices", request_body = ReasonRequest,
    params(("id" = String, Path, description = "The invoice's id, or your `external_id`.")),
    responses((status = 200, description = "The invoice after the change.", body = InvoiceResponse))
)]
pub(crate) async fn write_off(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: ReasonRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let id = invoice_id_of_path(caller, &id).await?;
            let (context, business) = (run.for_action(reason), current_business(caller).await?);
            let invoice = operations::write_off(&context, &business, &id, caller.now).await?;
            ApiResponse::ok(&InvoiceResponse::with_link(&invoice, caller).await?)
        })
        .await
}

/// Reverse the write-off of an invoice
///
/// The amount is open again. Refused if nothing of the invoice is written off. So the same request sent again is refused, unless it
/// repeats an `Idempotency-Key`.
#[utoipa::path(
    post, path = "/api/v1/invoices/{id}/write-off/take-back", tag = "Invoices", request_body = ReasonRequest,
    params(("id" = String, Path, description = "The invoice's id, or your `external_id`.")),
    responses((status = 200, description = "The invoice after the change.", body = InvoiceResponse))
)]
pub(crate) async fn take_back_write_off(
    Path(id): Path<String>,
    request: IdempotentRequest,
) -> Result<Response, ApiError> {
    let body: ReasonRequest = request.json()?;
    let reason = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let caller = &run.caller;
            let id = invoice_id_of_path(caller, &id).await?;
            let context = run.for_action(reason);
            let invoice = operations::take_back_write_off(&context, &caller.business, &id, caller.now).await?;
            ApiResponse::ok(&InvoiceResponse::with_link(&invoice, caller).await?)
        })
        .await
}
