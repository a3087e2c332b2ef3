//! The invoices of an account. Another account's are not found, as if they were not there.

use std::fmt::Write;

use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::Response;
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

#[derive(Deserialize)]
pub(crate) struct ListQuery {
    cursor: Option<String>,
}

/// `GET /invoices`
pub(crate) async fn list_invoices(
    SignedIn { request, session }: SignedIn,
    Query(query): Query<ListQuery>,
) -> Result<Response, Failure> {
    let (store, business) = (&request.context().store, &request.business.id);
    let continued = query.cursor.is_some();
    let page = Page { limit: ROWS_MAX, cursor: query.cursor };
    let (customer, invoices) = tokio::try_join!(
        store.customer(business, &session.customer),
        store.invoices_of(business, &session.customer, &page),
    )?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    let today = request.today();
    let list = InvoiceList {
        rows: invoices.items.iter().map(|invoice| invoice_row(invoice, today)).collect(),
        more: invoices.next_cursor.map(|cursor| format!("/invoices?cursor={}", escaped(&cursor))),
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
    let invoice = invoice.filter(|invoice| invoice.customer == session.customer).ok_or(ErrorPage::NotFound)?;
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

/// A cursor as a value of a query.
fn escaped(cursor: &str) -> String {
    let mut out = String::with_capacity(cursor.len());
    for byte in cursor.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
