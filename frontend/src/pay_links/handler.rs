//! Behind a pay link: one invoice, and nothing else of the account.

use axum::Form;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use operations::Links;
use receivables::pay_link::Scope;
use receivables::payment::Origin;

use crate::failure::Failure;
use crate::invoices::payable_invoice::{Opened, PayPost};
use crate::request_context::Visit;
use crate::router::is_token;
use crate::sign_in::page::pay_link_closed_page;

/// `GET /p/{token}`
pub(crate) async fn show_pay_link(visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    match open(&visit, &token).await? {
        Some(opened) => opened.show().await,
        None => Ok(closed(&visit)),
    }
}

/// `POST /p/{token}`
pub(crate) async fn pay_by_link(
    visit: Visit,
    Path(token): Path<String>,
    Form(post): Form<PayPost>,
) -> Result<Response, Failure> {
    match open(&visit, &token).await? {
        Some(opened) => Box::pin(opened.pay(post)).await,
        None => Ok(closed(&visit)),
    }
}

/// What a token opens. Unknown, expired, taken back and another business's are one and the same.
async fn open(visit: &Visit, token: &str) -> Result<Option<Opened>, Failure> {
    if !is_token(token) {
        return Ok(None);
    }
    let (store, business) = (&visit.context().store, &visit.business.id);
    let link = store.pay_link(&Links::hash(token)).await?;
    let Some(link) = link.filter(|link| link.business == *business && link.opens_on(visit.today())) else {
        return Ok(None);
    };
    let Scope::Invoice(invoice) = &link.scope;
    let (invoice, customer) =
        tokio::try_join!(store.invoice(business, invoice), store.customer(business, &link.customer))?;
    let (Some(invoice), Some(customer)) = (invoice, customer) else { return Ok(None) };
    let address = format!("/p/{token}");
    Ok(Some(Opened {
        visit: visit.clone(),
        invoice,
        customer,
        origin: Origin::PayLink(link.id),
        action: address.clone(),
        address,
        place: None,
    }))
}

fn closed(visit: &Visit) -> Response {
    let reader = visit.reader(None);
    visit.page(StatusCode::NOT_FOUND, reader, None, pay_link_closed_page(reader))
}
