//! Payments: what became of one, and what the payer can do about it.

mod handler;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod table;
pub(crate) mod view;

use axum::Router;
use axum::routing::get;
use function_runtime::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/payments/{id}", get(handler::show_payment))
}
