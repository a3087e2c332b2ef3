//! Pay links: one invoice, open to whoever has the link.

mod handler;
pub(crate) mod messages;
pub(crate) mod page;

use axum::Router;
use axum::routing::get;
use function_runtime::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/p/{token}", get(handler::show_pay_link).post(handler::pay_by_link))
}
