//! Pay links: addresses under which an invoice is seen and paid, and the QR codes that lead there.

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
use crate::http::idempotency::{Posted, Work};
use crate::http::response::{Answer, Failure};
use crate::http::validation::{Faults, checked, fault};
use crate::resources::invoices::invoice_id_of;

/// Pixels of a QR code's side, at least; it is drawn in whole pixels and scales without loss.
const QR_SIDE_PX_MIN: u32 = 240;

/// A pay link that the business asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
pub(crate) struct PayLinkDraft {
    /// The invoice that it opens: our id, or its number. One for now.
    #[schema(min_items = 1, max_items = 1)]
    invoices: Vec<String>,
    /// The last day on which it opens; 90 days after the due date where nothing is said.
    #[schema(format = "date")]
    expires_on: Option<String>,
}

/// A pay link.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PayLink)]
pub(crate) struct PayLinkShape {
    id: String,
    /// Our ids of the invoices that it opens.
    invoices: Vec<String>,
    /// The address. Whoever has it may see and pay what it opens.
    url: String,
    /// The QR code of the address, as SVG; it needs the key, as everything here does.
    qr_svg_url: String,
    #[schema(format = "date")]
    expires_on: String,
    revoked: bool,
}

impl PayLinkShape {
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

impl PayLinkDraft {
    fn read(&self, faults: &mut Faults) -> Option<(String, Option<Date>)> {
        let expires_on = faults.some_date("expires_on", self.expires_on.as_deref());
        let [invoice] = self.invoices.as_slice() else {
            faults.note("invoices", "expected exactly one invoice: a pay link opens one invoice for now");
            return None;
        };
        Some((invoice.clone(), expires_on))
    }
}

/// Issue a pay link
///
/// Every invoice has one from the start; this is a further one, with its own expiry, which can be revoked on its own.
#[utoipa::path(
    post, path = "/api/v1/pay-links", tag = "Pay links", request_body = PayLinkDraft,
    responses((status = 201, description = "The pay link", body = PayLinkShape))
)]
pub(crate) async fn issue_pay_link(posted: Posted) -> Result<Response, Failure> {
    let draft: PayLinkDraft = posted.shape()?;
    let (invoice, expires_on) = checked(|faults| draft.read(faults))?;
    Ok(posted.once(|work| issue(work, invoice, expires_on)).await)
}

async fn issue(work: Work, invoice: String, expires_on: Option<Date>) -> Result<Answer, Failure> {
    let caller = &work.caller;
    let no_such = || fault("invoices[0]", "expected our id of an invoice, or the number of one");
    let invoice = invoice_id_of(caller, &invoice).await?.ok_or_else(no_such)?;
    let (context, id) = (work.context(), work.pay_link_id());
    let issued = operations::issue_pay_link(context, &caller.business, id, &invoice, expires_on, caller.now).await;
    let link = match issued {
        Err(OperationError::NotFound) => return Err(no_such()),
        issued => issued?,
    };
    Answer::json(StatusCode::CREATED, &PayLinkShape::of(&link, &context.links))
}

/// Show a pay link
#[utoipa::path(
    get, path = "/api/v1/pay-links/{id}", tag = "Pay links",
    params(("id" = String, Path, description = "Our id of the pay link")),
    responses((status = 200, description = "The pay link", body = PayLinkShape))
)]
pub(crate) async fn show_pay_link(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let link = link_of_path(&caller, &id).await?;
    Answer::ok(&PayLinkShape::of(&link, &caller.state.context.links))
}

/// Show the QR code of a pay link
///
/// As SVG, with the quiet margin that readers need. Print it on the invoice beside the address.
#[utoipa::path(
    get, path = "/api/v1/pay-links/{id}/qr.svg", tag = "Pay links",
    params(("id" = String, Path, description = "Our id of the pay link")),
    responses((status = 200, description = "The QR code", content_type = "image/svg+xml", body = String))
)]
pub(crate) async fn show_qr_code(caller: Caller, Path(id): Path<String>) -> Result<Answer, Failure> {
    let link = link_of_path(&caller, &id).await?;
    let url = caller.state.context.links.pay_url(&link.id);
    Ok(Answer::text("image/svg+xml", qr_code(&url)?))
}

/// Revoke a pay link
///
/// It opens nothing any more. Revoking it again changes nothing. A body is not needed.
#[utoipa::path(
    post, path = "/api/v1/pay-links/{id}/revoke", tag = "Pay links",
    params(("id" = String, Path, description = "Our id of the pay link")),
    responses((status = 200, description = "The pay link, revoked", body = PayLinkShape))
)]
pub(crate) async fn revoke_pay_link(Path(id): Path<String>, posted: Posted) -> Result<Response, Failure> {
    let id: PayLinkId = id.parse().map_err(|_| Failure::not_found())?;
    Ok(posted.once(|work| revoke(work, id)).await)
}

async fn revoke(work: Work, id: PayLinkId) -> Result<Answer, Failure> {
    let (context, caller) = (work.context(), &work.caller);
    let link = operations::revoke_pay_link(context, &caller.business, &id, caller.now).await?;
    Answer::ok(&PayLinkShape::of(&link, &context.links))
}

/// The table holds a link under the hash of its token, which follows from its id.
async fn link_of_path(caller: &Caller, text: &str) -> Result<PayLink, Failure> {
    let id: PayLinkId = text.parse().map_err(|_| Failure::not_found())?;
    let hash = Links::hash(&caller.state.context.links.pay_token(&id));
    let link = caller.store().pay_link(&hash).await?.filter(|link| link.business == *caller.business_id());
    link.ok_or_else(Failure::not_found)
}

fn qr_code(url: &str) -> Result<String, Failure> {
    let code =
        QrCode::with_error_correction_level(url, EcLevel::M).map_err(|error| Failure::defect("QR code", &error))?;
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
            let draft = PayLinkDraft { invoices, expires_on: None };
            assert!(checked(|faults| draft.read(faults)).is_err());
        }
    }
}
