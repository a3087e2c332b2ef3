//! The page of a payment: where the hosted page leads back to, and where receipts point.

use axum::extract::{Path, Query};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use operations::poll_payment;
use receivables::payment::{Origin, State};
use receivables::{InvoiceId, Payment, PaymentId};
use serde::Deserialize;

use crate::components::Place;
use crate::error_page::page::Trouble;
use crate::failure::Failure;
use crate::payments::page::payment_page;
use crate::payments::view::payment_view;
use crate::request_context::{SignedIn, Visit};

/// Times the page of an unfinished payment asks by itself to be loaded again.
const RELOADS_MAX: u8 = 5;
/// Seconds between them.
const RELOAD_SECONDS: u8 = 3;
const REFRESH: HeaderName = HeaderName::from_static("refresh");

#[derive(Deserialize)]
pub(crate) struct Asked {
    key: Option<String>,
    #[serde(default)]
    n: u8,
}

/// `GET /payments/{id}`. It opens to the key in its address and to the customer's own session, and is nothing to others.
pub(crate) async fn show_payment(
    visit: Visit,
    signed_in: Option<SignedIn>,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let id: PaymentId = id.parse().map_err(|_| Trouble::NotFound)?;
    let customer = signed_in.map(|signed_in| signed_in.session.customer);
    if asked.key.is_none() && customer.is_none() {
        return Err(Trouble::NotFound.into());
    }
    let business = &visit.business;
    let payment = visit.context().store.payment(&business.id, &id).await?.ok_or(Trouble::NotFound)?;
    let key = asked.key.as_deref().filter(|key| visit.context().links.payment_key_opens(&payment, key));
    let own = customer.as_ref() == Some(&payment.customer);
    if key.is_none() && !own {
        return Err(Trouble::NotFound.into());
    }
    // The provider is asked only for those to whom the page opens.
    let payment = poll_payment(visit.context(), payment, visit.now).await?;
    let ids: Vec<InvoiceId> = payment.allocations.iter().map(|allocation| allocation.invoice.clone()).collect();
    let invoices = visit.context().store.invoices(&business.id, &ids).await?;
    let back = where_it_began(&visit, &payment).await?;
    let address = match key {
        Some(key) => format!("/payments/{id}?key={key}"),
        None => format!("/payments/{id}"),
    };
    let reader = visit.reader(Some(payment.locale));
    let view = payment_view(&payment, &invoices, back, business, visit.now);
    let page = payment_page(reader, &view, &address);
    let place = own.then_some(Place::Elsewhere);
    let mut answer = visit.clone().at(address.clone()).page(StatusCode::OK, reader, place, page);
    if payment.state == State::Started && asked.n < RELOADS_MAX {
        let separator = if address.contains('?') { '&' } else { '?' };
        let next = format!("{RELOAD_SECONDS};url={address}{separator}n={}", asked.n + 1);
        if let Ok(next) = HeaderValue::from_str(&next) {
            answer.headers_mut().insert(REFRESH, next);
        }
    }
    Ok(answer)
}

/// Where the payer came from, and can start again a payment that came to nothing.
async fn where_it_began(visit: &Visit, payment: &Payment) -> Result<Option<String>, Failure> {
    let context = visit.context();
    let link = match &payment.origin {
        Origin::PayLink(link) => Some(link.clone()),
        Origin::Portal => {
            let [allocation] = payment.allocations.as_slice() else { return Ok(Some("/invoices".to_owned())) };
            return Ok(Some(format!("/invoices/{}", allocation.invoice)));
        }
        Origin::Api | Origin::Provider => {
            let Some(first) = payment.allocations.first() else { return Ok(None) };
            let links = context.store.pay_links_of_invoice(&visit.business.id, &first.invoice).await?;
            links.into_iter().find(|link| link.opens_on(visit.today())).map(|link| link.id)
        }
    };
    Ok(link.map(|link| format!("/p/{}", context.links.pay_token(&link))))
}
