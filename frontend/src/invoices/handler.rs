//! The invoices of an account. Another account's are not found, as if they were not there.

use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
use operations::charge_rule;
use receivables::InvoiceId;
use receivables::payment::Origin;
use serde::Deserialize;
use store::Page;

use crate::components::NavItem;
use crate::error_page::page::ErrorPage;
use crate::failure::Failure;
use crate::invoices::list_page::{InvoiceList, invoices_page};
use crate::invoices::payable_invoice::{PayPost, PayableInvoice};
use crate::invoices::view::invoice_row;
use crate::request_context::ClaimsSession;

/// Invoices on one page of the list.
const ROWS_MAX: usize = 50;
/// What the cursors of the list are sealed for.
const CURSOR: &str = "invoices";

#[derive(Deserialize)]
pub(crate) struct ListQuery {
    cursor: Option<String>,
}

/// `GET /invoices`
pub(crate) async fn list_invoices(claims: ClaimsSession, Query(query): Query<ListQuery>) -> Result<Response, Failure> {
    let (request, customer) = (claims.request(), claims.customer());
    // Whoever is not signed in is asked to, whatever the cursor.
    let cursor = query.cursor.as_ref().map(|sealed| claims.open_cursor(CURSOR, sealed));
    if cursor == Some(None) {
        return claims.and(async { Ok(()) }).await.and(Err(ErrorPage::NotFound.into()));
    }
    let cursor = cursor.flatten();
    let (store, business) = (&request.context().store, &request.business.id);
    let continued = cursor.is_some();
    let page = Page { limit: ROWS_MAX, cursor };
    let read = Box::pin(async {
        tokio::try_join!(store.customer(business, customer), store.invoices_of(business, customer, &page))
    });
    let (customer, invoices) = claims.and(read).await?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    let today = request.today();
    let next = invoices.next_cursor.map(|cursor| claims.seal_cursor(CURSOR, &cursor));
    let list = InvoiceList {
        rows: invoices
            .items
            .iter()
            .map(|invoice| invoice_row(invoice, charge_rule(request.context(), invoice.currency()), today))
            .collect(),
        more: next.map(|cursor| format!("/invoices?cursor={cursor}")),
        continued,
    };
    let localizer = request.localizer_for(&customer);
    Ok(request.page(StatusCode::OK, localizer, Some(NavItem::Invoices), invoices_page(localizer, &list)))
}

/// `GET /invoices/{id}`
pub(crate) async fn show_invoice(claims: ClaimsSession, Path(id): Path<String>) -> Result<Response, Failure> {
    open(claims, &id).await?.show().await
}

/// `POST /invoices/{id}/pay`
pub(crate) async fn pay_invoice(
    claims: ClaimsSession,
    Path(id): Path<String>,
    Form(post): Form<PayPost>,
) -> Result<Response, Failure> {
    Box::pin(open(claims, &id).await?.pay(post)).await
}

async fn open(claims: ClaimsSession, id: &str) -> Result<PayableInvoice, Failure> {
    let id: Result<InvoiceId, _> = id.parse();
    let (store, business) = (&claims.request().context().store, &claims.request().business.id);
    let read = Box::pin(async {
        let Ok(id) = &id else { return Ok((None, None)) };
        tokio::try_join!(store.invoice(business, id), store.customer(business, claims.customer()))
    });
    // Whoever is not signed in is asked to, whatever the address.
    let (invoice, customer) = claims.and(read).await?;
    let invoice = invoice.filter(|invoice| invoice.head.customer == *claims.customer()).ok_or(ErrorPage::NotFound)?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    let address = format!("/invoices/{}", invoice.head.id);
    Ok(PayableInvoice {
        invoice,
        customer,
        origin: Origin::Portal,
        action: format!("{address}/pay"),
        address,
        nav_item: Some(NavItem::Invoices),
        request: claims.into_request(),
    })
}
