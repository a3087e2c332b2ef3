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

use crate::components::Place;
use crate::error_page::page::Trouble;
use crate::failure::Failure;
use crate::invoices::list_page::{InvoiceList, invoices_page};
use crate::invoices::payable_invoice::{Opened, PayPost};
use crate::invoices::view::invoice_row;
use crate::request_context::SignedIn;

/// Invoices on one page of the list.
const ROWS_MAX: usize = 50;

#[derive(Deserialize)]
pub(crate) struct Asked {
    cursor: Option<String>,
}

/// `GET /invoices`
pub(crate) async fn list_invoices(
    SignedIn { visit, session }: SignedIn,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (store, business) = (&visit.context().store, &visit.business.id);
    let continued = asked.cursor.is_some();
    let page = Page { limit: ROWS_MAX, cursor: asked.cursor };
    let (customer, invoices) = tokio::try_join!(
        store.customer(business, &session.customer),
        store.invoices_of(business, &session.customer, &page),
    )?;
    let customer = customer.ok_or(Trouble::NotFound)?;
    let today = visit.today();
    let list = InvoiceList {
        rows: invoices.items.iter().map(|invoice| invoice_row(invoice, today)).collect(),
        more: invoices.next_cursor.map(|cursor| format!("/invoices?cursor={}", escaped(&cursor))),
        continued,
    };
    let reader = visit.reader_for(&customer);
    Ok(visit.page(StatusCode::OK, reader, Some(Place::Invoices), invoices_page(reader, &list)))
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

async fn open(SignedIn { visit, session }: SignedIn, id: &str) -> Result<Opened, Failure> {
    let id: InvoiceId = id.parse().map_err(|_| Trouble::NotFound)?;
    let (store, business) = (&visit.context().store, &visit.business.id);
    let (invoice, customer) =
        tokio::try_join!(store.invoice(business, &id), store.customer(business, &session.customer))?;
    let invoice = invoice.filter(|invoice| invoice.customer == session.customer).ok_or(Trouble::NotFound)?;
    let customer = customer.ok_or(Trouble::NotFound)?;
    let address = format!("/invoices/{id}");
    Ok(Opened {
        invoice,
        customer,
        origin: Origin::Portal,
        action: format!("{address}/pay"),
        address,
        place: Some(Place::Invoices),
        visit,
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
