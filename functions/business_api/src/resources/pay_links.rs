//! Pay links: addresses at which an invoice can be seen and paid, and their QR codes.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::civil::Date;
use operations::{Links, OperationError};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use receivables::pay_link::Scope;
use receivables::{PayLink, PayLinkId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::idempotency::IdempotentRequest;
use crate::http::response::ApiResponse;
use crate::http::validation::{FieldErrors, unknown_reference, validate};
use crate::resources::allocations::NO_SUCH_INVOICE;
use crate::resources::invoices::invoice_id_of;

/// The least side of a QR code in pixels. It is a vector image and scales without loss.
const QR_SIDE_PX_MIN: u32 = 240;

/// A pay link to issue.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = PayLinkDraft)]
pub(crate) struct PayLinkRequest {
    /// The invoice that it opens: its id, or its number. Exactly one for now.
    #[serde(default)]
    #[schema(required, min_items = 1, max_items = 1)]
    invoices: Vec<String>,
    /// The last day on which it can be used. Default: 90 days after the due date.
    #[schema(format = "date")]
    expires_on: Option<String>,
}

/// A pay link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayLink)]
pub(crate) struct PayLinkResponse {
    /// Guichet's id of the pay link.
    id: String,
    /// The ids of the invoices that it opens.
    invoices: Vec<String>,
    /// The address. Whoever has it may see and pay the invoice.
    url: String,
    /// Where the API gives the QR code of the address, as SVG. Reading it needs the API key.
    qr_svg_url: String,
    /// The last day on which it can be used.
    #[schema(format = "date")]
    expires_on: String,
    /// Whether it was revoked and opens nothing any more.
    revoked: bool,
}

impl PayLinkResponse {
    fn of(link: &PayLink, links: &Links) -> Self {
        let Scope::Invoice(invoice) = &link.scope;
        Self {
            id: link.id.to_string(),
            invoices: vec![invoice.to_string()],
            url: links.pay_url(&link.id),
            qr_svg_url: format!("{}/api/v1/pay-links/{}/qr.svg", links.origin(), link.id),
            expires_on: link.expires_on.to_string(),
            revoked: link.revoked_at.is_some(),
        }
    }
}

impl PayLinkRequest {
    fn read(&self, errors: &mut FieldErrors) -> Option<(String, Option<Date>)> {
        let expires_on = errors.optional_date("expires_on", self.expires_on.as_deref());
        let [invoice] = self.invoices.as_slice() else {
            errors.add("invoices", "expected exactly one invoice");
            return None;
        };
        Some((invoice.clone(), expires_on))
    }
}

/// Issue a pay link
///
/// Every invoice has a pay link from the start. This issues another one with its own expiry, which can be revoked on its own.
/// Without an `Idempotency-Key`, the same request issues another link. Refused if `expires_on` is in the past.
#[utoipa::path(
    post, path = "/api/v1/pay-links", tag = "Pay links", request_body = PayLinkRequest,
    responses((status = 201, description = "The pay link was issued.", body = PayLinkResponse))
)]
pub(crate) async fn issue_pay_link(request: IdempotentRequest) -> Result<Response, ApiError> {
    let body: PayLinkRequest = request.json()?;
    let (invoice, expires_on) = validate(|errors| body.read(errors))?;
    request
        .run_once(async |run| {
            let (context, caller) = (run.context(), &run.caller);
            let no_such = || unknown_reference("invoices[0]", NO_SUCH_INVOICE);
            let invoice = invoice_id_of(caller, &invoice).await?.ok_or_else(no_such)?;
            let (id, business) = (run.pay_link_id(), &caller.business);
            let issued = operations::issue_pay_link(context, business, id, &invoice, expires_on, caller.now).await;
            let link = match issued {
                Err(OperationError::NotFound) => return Err(no_such()),
                issued => issued?,
            };
            ApiResponse::json(StatusCode::CREATED, &PayLinkResponse::of(&link, &context.links))
        })
        .await
}

/// Show a pay link
#[utoipa::path(
    get, path = "/api/v1/pay-links/{id}", tag = "Pay links",
    params(("id" = String, Path, description = "The pay link's id.")),
    responses((status = 200, description = "The pay link.", body = PayLinkResponse))
)]
pub(crate) async fn show_pay_link(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let link = link_of_path(&caller, &id).await?;
    ApiResponse::ok(&PayLinkResponse::of(&link, &caller.state.context.links))
}

/// Show the QR code of a pay link
///
/// An SVG image with the empty margin that scanners need. It can be printed on the invoice.
#[utoipa::path(
    get, path = "/api/v1/pay-links/{id}/qr.svg", tag = "Pay links",
    params(("id" = String, Path, description = "The pay link's id.")),
    responses((status = 200, description = "The QR code.", content_type = "image/svg+xml", body = String))
)]
pub(crate) async fn show_qr_code(caller: Caller, Path(id): Path<String>) -> Result<ApiResponse, ApiError> {
    let link = link_of_path(&caller, &id).await?;
    let url = caller.state.context.links.pay_url(&link.id);
    Ok(ApiResponse::text("image/svg+xml", qr_code(&url)?))
}

/// Revoke a pay link
///
/// The link opens nothing any more. Revoking it again changes nothing. The request needs no body.
#[utoipa::path(
    post, path = "/api/v1/pay-links/{id}/revoke", tag = "Pay links",
    params(("id" = String, Path, description = "The pay link's id.")),
    responses((status = 200, description = "The revoked pay link.", body = PayLinkResponse))
)]
pub(crate) async fn revoke_pay_link(Path(id): Path<String>, request: IdempotentRequest) -> Result<Response, ApiError> {
    let id: PayLinkId = id.parse().map_err(|_| ApiError::not_found())?;
    request
        .run_once(async |run| {
            let (context, caller) = (run.context(), &run.caller);
            let link = operations::revoke_pay_link(context, &caller.business, &id, caller.now).await?;
            ApiResponse::ok(&PayLinkResponse::of(&link, &context.links))
        })
        .await
}

/// The store keeps a link under the hash of its token, which is derived from its id.
async fn link_of_path(caller: &Caller, text: &str) -> Result<PayLink, ApiError> {
    let id: PayLinkId = text.parse().map_err(|_| ApiError::not_found())?;
    let hash = Links::hash(&caller.state.context.links.pay_token(&id));
    let link = caller.store().pay_link(&hash).await?.filter(|link| link.business == *caller.business_id());
    link.ok_or_else(ApiError::not_found)
}

fn qr_code(url: &str) -> Result<String, ApiError> {
    let code =
        QrCode::with_error_correction_level(url, EcLevel::M).map_err(|error| ApiError::defect("QR code", &error))?;
    Ok(code.render::<svg::Color>().min_dimensions(QR_SIDE_PX_MIN, QR_SIDE_PX_MIN).build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_qr_code_is_an_image_that_needs_nothing_else() {
        let image = qr_code("https://pay.example/p/0123456789012345678901234567890123456789012").unwrap();
        assert!(image.starts_with("<?xml") && image.ends_with("</svg>"), "{image}");
        assert!(!image.contains("pay.example") && !image.contains("href"), "{image}");
    }

    #[test]
    fn a_link_opens_one_invoice_for_now() {
        for invoices in [vec![], vec!["A".to_owned(), "B".to_owned()]] {
            let body = PayLinkRequest { invoices, expires_on: None };
            assert!(validate(|errors| body.read(errors)).is_err());
        }
    }
}
