//! The account at a glance.

use axum::http::StatusCode;
use axum::response::Response;
use operations::charge_rule;
use store::Page;

use crate::account::page::overview_page;
use crate::account::view::AccountView;
use crate::components::NavItem;
use crate::components::balance::balances;
use crate::error_page::page::ErrorPage;
use crate::failure::Failure;
use crate::invoices::view::invoice_row;
use crate::payments::view::payment_row;
use crate::request_context::ClaimsSession;

/// Open invoices shown at a glance.
const OPEN_SHOWN_MAX: usize = 20;
/// Payments shown at a glance.
const PAYMENTS_SHOWN_MAX: usize = 5;

/// `GET /`
pub(crate) async fn show_account(claims: ClaimsSession) -> Result<Response, Failure> {
    let (request, customer) = (claims.request(), claims.customer());
    let (store, business) = (&request.context().store, &request.business);
    let (open_page, payments_page) = (Page::first(OPEN_SHOWN_MAX), Page::first(PAYMENTS_SHOWN_MAX));
    let read = Box::pin(async {
        tokio::try_join!(
            store.customer(&business.id, customer),
            store.account(&business.id, customer),
            store.open_invoices(&business.id, customer, &open_page),
            store.payments_of(&business.id, customer, &payments_page),
        )
    });
    let (customer, sums, open, payments) = claims.and(read).await?;
    let customer = customer.ok_or(ErrorPage::NotFound)?;
    let today = request.today();
    let view = AccountView {
        customer: customer.profile.name.as_str().to_owned(),
        balances: balances(&sums, today)?,
        open: open
            .items
            .iter()
            .map(|invoice| invoice_row(invoice, charge_rule(request.context(), invoice.currency()), today))
            .collect(),
        payments: payments.items.iter().map(|payment| payment_row(payment, business)).collect(),
    };
    let localizer = request.localizer_for(&customer);
    Ok(request.page(StatusCode::OK, localizer, Some(NavItem::Overview), overview_page(localizer, &view)))
}
