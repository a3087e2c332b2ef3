//! The account at a glance.

mod handler;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod view;

use axum::Router;
use axum::routing::get;
use function_runtime::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/", get(handler::show_account))
}
