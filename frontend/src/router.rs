//! The routes of the portal.
//!
//! A handler reads what the address names, makes a view and answers with a page or an explicit 303. Whatever goes wrong leaves
//! it as a [`crate::failure::Failure`], which [`middleware`] turns into a page in the visitor's language. GET and HEAD change
//! nothing.

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use function_runtime::AppState;

use crate::{account, assets, invoices, language, middleware, pay_links, payments, request_log, sign_in, statement};

/// Bytes of a form; the longest has a few hundred.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// The portal. Unknown addresses end here too, so it comes last where routers are merged.
pub fn router(state: AppState) -> Router {
    let pages = Router::new()
        .merge(account::routes())
        .merge(invoices::routes())
        .merge(pay_links::routes())
        .merge(payments::routes())
        .merge(sign_in::routes())
        .merge(statement::routes())
        .route("/language", post(language::choose_language))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), middleware::handle_page));
    // Every page needs these, also the one that says the table is down, so they read nothing.
    let assets = Router::new()
        .route("/assets/{file}", get(assets::stylesheet))
        .route("/robots.txt", get(assets::robots))
        .route("/favicon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon));
    pages
        .merge(assets)
        .layer(from_fn_with_state(state.clone(), middleware::protect_answer))
        .layer(from_fn_with_state(state.clone(), request_log::log_request))
        .with_state(state)
}
