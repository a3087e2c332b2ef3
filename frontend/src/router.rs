//! The routes of the portal.
//!
//! A handler reads what the address names, makes a view and answers with a page or an explicit 303. Whatever goes wrong leaves it
//! as a [`crate::failure::Failure`], which [`middleware`] dresses as a page in the visitor's language. GET and HEAD change nothing.

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use function_runtime::AppState;

use crate::{account, assets, invoices, language, middleware, pay_links, payments, sign_in, statement};

/// Bytes of a form; the longest has a few hundred.
const FORM_BYTES_MAX: usize = 16 * 1024;
/// Characters of a token: 256 bits in base64url.
const TOKEN_CHARS: usize = 43;

/// The portal. Unknown addresses end here too, so it comes last where routers are merged.
pub fn router(state: AppState) -> Router {
    let pages = Router::new()
        .route("/", get(account::handler::show_account))
        .route("/p/{token}", get(pay_links::handler::show_pay_link).post(pay_links::handler::pay_by_link))
        .route("/payments/{id}", get(payments::handler::show_payment))
        .route("/sign-in", get(sign_in::handler::ask_for_address).post(sign_in::handler::request_sign_in))
        .route("/sign-in/code", get(sign_in::handler::start_again).post(sign_in::handler::complete_by_code))
        .route("/sign-in/{token}", get(sign_in::handler::confirm_link).post(sign_in::handler::complete_by_link))
        .route("/sign-out", post(sign_in::handler::sign_out))
        .route("/invoices", get(invoices::handler::list_invoices))
        .route("/invoices/{id}", get(invoices::handler::show_invoice))
        .route("/invoices/{id}/pay", post(invoices::handler::pay_invoice))
        .route("/statement", get(statement::handler::show_statement))
        .route("/statement.csv", get(statement::handler::download_statement))
        .route("/language", post(language::choose_language))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), middleware::handle_page));
    // What every page needs, also the page that says the table is down, asks nobody.
    let assets = Router::new()
        .route("/assets/{file}", get(assets::stylesheet))
        .route("/robots.txt", get(assets::robots))
        .route("/favicon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon));
    pages.merge(assets).with_state(state)
}

/// Whether a part of an address can be a token at all. Nothing else is looked up, or written into a form's address.
pub(crate) fn is_token(text: &str) -> bool {
    text.len() == TOKEN_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
