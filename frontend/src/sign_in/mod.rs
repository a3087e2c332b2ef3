//! Signing in by e-mail, and signing out.

pub(crate) mod email_form;
mod handler;
pub(crate) mod messages;
pub(crate) mod page;

use axum::Router;
use axum::routing::{get, post};
use function_runtime::AppState;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/sign-in", get(handler::ask_for_address).post(handler::request_sign_in))
        .route("/sign-in/code", get(handler::start_again).post(handler::complete_by_code))
        .route("/sign-in/{token}", get(handler::confirm_link).post(handler::complete_by_link))
        .route("/sign-out", post(handler::sign_out))
}
