//! Invoices: the list, and one of them with the form that pays it.

pub(crate) mod details;
mod handler;
pub(crate) mod list_page;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod payable_invoice;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod view;

use axum::Router;
use axum::routing::{get, post};
use function_runtime::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/invoices", get(handler::list_invoices))
        .route("/invoices/{id}", get(handler::show_invoice))
        .route("/invoices/{id}/pay", post(handler::pay_invoice))
}
