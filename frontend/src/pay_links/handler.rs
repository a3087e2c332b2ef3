//! Behind a pay link: one invoice, and nothing else of the account.

use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use operations::Links;
use receivables::pay_link::Scope;
use receivables::payment::Origin;

use crate::failure::Failure;
use crate::invoices::payable_invoice::{PayPost, PayableInvoice};
use crate::pay_links::page::pay_link_closed_page;
use crate::request_context::RequestContext;
use crate::tokens::is_token;

/// `GET /p/{token}`
pub(crate) async fn show_pay_link(request: RequestContext, Path(token): Path<String>) -> Result<Response, Failure> {
    match open(&request, &token).await? {
        Some(payable) => payable.show().await,
        None => Ok(closed(&request)),
    }
}

/// `POST /p/{token}`
pub(crate) async fn pay_by_link(
    request: RequestContext,
    Path(token): Path<String>,
    Form(post): Form<PayPost>,
) -> Result<Response, Failure> {
    match open(&request, &token).await? {
        Some(payable) => Box::pin(payable.pay(post)).await,
        None => Ok(closed(&request)),
    }
}

/// What a token opens. Unknown, expired, taken back and another business's are one and the same.
async fn open(request: &RequestContext, token: &str) -> Result<Option<PayableInvoice>, Failure> {
    if !is_token(token) {
        return Ok(None);
    }
    let (store, business) = (&request.context().store, &request.business.id);
    let link = store.pay_link(&Links::hash(token)).await?;
    let Some(link) = link.filter(|link| link.business == *business && link.opens_on(request.today())) else {
        return Ok(None);
    };
    let Scope::Invoice(invoice) = &link.scope;
    let (invoice, customer) =
        tokio::try_join!(store.invoice(business, invoice), store.customer(business, &link.customer))?;
    let (Some(invoice), Some(customer)) = (invoice, customer) else { return Ok(None) };
    let address = format!("/p/{token}");
    Ok(Some(PayableInvoice {
        request: request.clone(),
        invoice,
        customer,
        origin: Origin::PayLink(link.id),
        action: address.clone(),
        address,
        nav_item: None,
    }))
}

fn closed(request: &RequestContext) -> Response {
    let localizer = request.localizer(None);
    request.page(StatusCode::NOT_FOUND, localizer, None, pay_link_closed_page(localizer))
}
