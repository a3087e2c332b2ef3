//! Write-offs: an operator stops expecting a small open amount, within the business's tolerance.

use axum::extract::Path;
use axum::response::Response;
use receivables::Business;
use receivables::text::Description;

use crate::http::auth::Caller;
use crate::http::idempotency::{Posted, Work};
use crate::http::response::{Answer, Failure};
use crate::http::validation::checked;
use crate::resources::allocations::Because;
use crate::resources::invoices::{InvoiceShape, invoice_id_of_path};

/// Write off what is open of an invoice
///
/// As far as the business's `write_off_tolerances` allow, and while nobody is just paying it.
#[utoipa::path(
    post, path = "/api/v1/invoices/{id}/write-off", tag = "Invoices", request_body = Because,
    params(("id" = String, Path, description = "Our id of the invoice, or your `external_id`")),
    responses((status = 200, description = "The invoice as it is now", body = InvoiceShape))
)]
pub(crate) async fn write_off(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: Because = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| write(work, id, reason)).await)
}

async fn write(work: Work, id: String, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let id = invoice_id_of_path(caller, &id).await?;
    let (context, business) = (work.for_action(reason), business_now(caller).await?);
    let invoice = operations::write_off(&context, &business, &id, caller.now).await?;
    Answer::ok(&InvoiceShape::with_link(&invoice, caller).await?)
}

/// Take the write-off of an invoice back
///
/// The amount is expected again.
#[utoipa::path(
    post, path = "/api/v1/invoices/{id}/write-off/take-back", tag = "Invoices", request_body = Because,
    params(("id" = String, Path, description = "Our id of the invoice, or your `external_id`")),
    responses((status = 200, description = "The invoice as it is now", body = InvoiceShape))
)]
pub(crate) async fn take_back_write_off(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let draft: Because = posted.shape()?;
    let reason = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| take_back(work, id, reason)).await)
}

async fn take_back(work: Work, id: String, reason: Description) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let id = invoice_id_of_path(caller, &id).await?;
    let context = work.for_action(reason);
    let invoice = operations::take_back_write_off(&context, &caller.business, &id, caller.now).await?;
    Answer::ok(&InvoiceShape::with_link(&invoice, caller).await?)
}

/// The business as it stands now: elsewhere its settings are believed for a minute.
pub(crate) async fn business_now(caller: &Caller) -> Result<Business, Failure> {
    caller.store().business(caller.business_id()).await?.ok_or_else(Failure::not_found)
}
