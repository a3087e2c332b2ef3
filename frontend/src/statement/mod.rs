//! The statement of an account, as a page and as a file.

mod handler;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod view;

use axum::Router;
use axum::routing::get;
use function_runtime::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/statement", get(handler::show_statement))
        .route("/statement.csv", get(handler::download_statement))
}
