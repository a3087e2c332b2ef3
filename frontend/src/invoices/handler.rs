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
use crate::request_context::SignedIn;

/// Invoices on one page of the list.
const ROWS_MAX: usize = 50;
/// What the cursors of the list are sealed for.
const CURSOR: &str = "invoices";

#[derive(Deserialize)]
pub(crate) struct ListQuery {
    cursor: Option<String>,
}

/// `GET /invoices`
pub(crate) async fn list_invoices(signed_in: SignedIn, Query(query): Query<ListQuery>) -> Result<Response, Failure> {
    let cursor = match &query.cursor {
        Some(sealed) => Some(signed_in.open_cursor(CURSOR, sealed).ok_or(ErrorPage::NotFound)?),
        None => None,
    };
    let (request, customer) = (&signed_in.request, &signed_in.session.customer);
    let (store, business) = (&request.context().store, &request.business.id);
    let continued = cursor.is_some();
    let page = Page { limit: ROWS_MAX, cursor };
    let (customer, invoices) =
        tokio::try_join!(store.customer(business, customer), store.invoices_of(business, customer, &page))?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    let today = request.today();
    let next = invoices.next_cursor.map(|cursor| signed_in.seal_cursor(CURSOR, &cursor));
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
pub(crate) async fn show_invoice(signed_in: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    open(signed_in, &id).await?.show().await
}

/// `POST /invoices/{id}/pay`
pub(crate) async fn pay_invoice(
    signed_in: SignedIn,
    Path(id): Path<String>,
    Form(post): Form<PayPost>,
) -> Result<Response, Failure> {
    Box::pin(open(signed_in, &id).await?.pay(post)).await
}

async fn open(SignedIn { request, session }: SignedIn, id: &str) -> Result<PayableInvoice, Failure> {
    let id: InvoiceId = id.parse().map_err(|_| ErrorPage::NotFound)?;
    let (store, business) = (&request.context().store, &request.business.id);
    let (invoice, customer) =
        tokio::try_join!(store.invoice(business, &id), store.customer(business, &session.customer))?;
    let invoice = invoice.filter(|invoice| invoice.head.customer == session.customer).ok_or(ErrorPage::NotFound)?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    let address = format!("/invoices/{id}");
    Ok(PayableInvoice {
        invoice,
        customer,
        origin: Origin::Portal,
        action: format!("{address}/pay"),
        address,
        nav_item: Some(NavItem::Invoices),
        request,
    })
}
