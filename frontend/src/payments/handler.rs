//! The page of a payment: where the hosted page leads back to, and where receipts point.

use axum::extract::{Path, Query};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use operations::{Links, poll_payment};
use receivables::payment::{Origin, State};
use receivables::{InvoiceId, Payment, PaymentId};
use serde::Deserialize;

use crate::components::NavItem;
use crate::error_page::page::ErrorPage;
use crate::failure::Failure;
use crate::payments::page::payment_page;
use crate::payments::view::{invoice_address, payment_view};
use crate::request_context::RequestContext;

/// Times the page of an unfinished payment asks by itself to be loaded again.
const RELOADS_MAX: u8 = 5;
/// Seconds between them.
const RELOAD_SECONDS: u8 = 3;
const REFRESH: HeaderName = HeaderName::from_static("refresh");

#[derive(Deserialize)]
pub(crate) struct PaymentQuery {
    key: Option<String>,
    #[serde(default)]
    n: u8,
}

/// `GET /payments/{id}`. It opens to the key in its address and to the customer's own session, and is nothing to others.
pub(crate) async fn show_payment(
    request: RequestContext,
    Path(id): Path<String>,
    Query(query): Query<PaymentQuery>,
) -> Result<Response, Failure> {
    let id: PaymentId = id.parse().map_err(|_| ErrorPage::NotFound)?;
    let cookie = request.session_cookie();
    if query.key.is_none() && cookie.is_none() {
        return Err(ErrorPage::NotFound.into());
    }
    let business = &request.business;
    let session = async {
        match cookie {
            Some(cookie) => request.session(cookie).await,
            None => Ok(None),
        }
    };
    let (session, payment) = tokio::try_join!(session, request.context().store.payment(&business.id, &id))?;
    let customer = session.map(|session| session.customer);
    let payment = payment.ok_or(ErrorPage::NotFound)?;
    let key = query.key.as_deref().filter(|key| request.context().links.payment_key_opens(&payment, key));
    let is_own = customer.as_ref() == Some(payment.customer());
    if key.is_none() && !is_own {
        return Err(ErrorPage::NotFound.into());
    }
    // The provider is called only for those to whom the page opens.
    let payment = poll_payment(request.context(), payment, request.now).await?;
    let ids: Vec<InvoiceId> = payment.allocations().iter().map(|allocation| allocation.invoice.clone()).collect();
    let store = &request.context().store;
    let invoices = async { store.invoice_heads(&business.id, &ids).await.map_err(Failure::from) };
    let (invoices, pay_link) = tokio::try_join!(invoices, open_pay_link(&request, &payment))?;
    let back = invoice_address(&payment, pay_link, is_own);
    let address = match key {
        Some(key) => format!("/payments/{id}?key={key}"),
        None => format!("/payments/{id}"),
    };
    let localizer = request.localizer(Some(payment.locale()));
    let view = payment_view(&payment, &invoices, back, business, request.now);
    let page = payment_page(localizer, &view, &address);
    let nav_item = is_own.then_some(NavItem::Other);
    let mut answer =
        request.clone().with_return_address(address.clone()).page(StatusCode::OK, localizer, nav_item, page);
    if payment.state() == State::Started && query.n < RELOADS_MAX {
        let separator = if address.contains('?') { '&' } else { '?' };
        let next = format!("{RELOAD_SECONDS};url={address}{separator}n={}", query.n + 1);
        if let Ok(next) = HeaderValue::from_str(&next) {
            answer.headers_mut().insert(REFRESH, next);
        }
    }
    Ok(answer)
}

/// The pay link that the payment began by, while it opens.
async fn open_pay_link(request: &RequestContext, payment: &Payment) -> Result<Option<String>, Failure> {
    let Origin::PayLink(id) = payment.origin() else { return Ok(None) };
    let context = request.context();
    let token = context.links.pay_token(id);
    let link = context.store.pay_link(&Links::hash(&token)).await?;
    // A payment that was handed to another account says nothing of the one it came from.
    let opens = link.is_some_and(|link| link.customer == *payment.customer() && link.opens_on(request.today()));
    Ok(opens.then(|| format!("/p/{token}")))
}
