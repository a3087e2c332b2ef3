//! The way in: routes, forms, sessions, languages and the headers of every answer.
//!
//! A handler opens what was asked for, makes a view and answers with a page or an explicit 303. Whatever goes wrong leaves it
//! as a [`failure::Failure`], which [`reception`] dresses as a page in the visitor's language. GET and HEAD change nothing.

mod account;
pub(crate) mod assets;
mod failure;
mod headers;
mod invoices;
mod language;
mod pay_links;
mod paying;
mod payments;
mod reception;
mod sign_in;
mod statement;
mod visit;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Router, http::StatusCode};
use function_runtime::AppState;

/// Bytes of a form; the longest has a few hundred.
const FORM_BYTES_MAX: usize = 16 * 1024;
/// Characters of a token: 256 bits in base64url.
const TOKEN_CHARS: usize = 43;

/// The portal. Addresses that are nobody's end here too, so it comes last where routers are merged.
pub fn router(state: AppState) -> Router {
    let pages = Router::new()
        .route("/", get(account::show_account))
        .route("/p/{token}", get(pay_links::show_pay_link).post(pay_links::pay_by_link))
        .route("/payments/{id}", get(payments::show_payment))
        .route("/sign-in", get(sign_in::ask_for_address).post(sign_in::request_sign_in))
        .route("/sign-in/code", get(sign_in::start_again).post(sign_in::complete_by_code))
        .route("/sign-in/{token}", get(sign_in::confirm_link).post(sign_in::complete_by_link))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/invoices", get(invoices::list_invoices))
        .route("/invoices/{id}", get(invoices::show_invoice))
        .route("/invoices/{id}/pay", post(invoices::pay_invoice))
        .route("/statement", get(statement::show_statement))
        .route("/statement.csv", get(statement::download_statement))
        .route("/language", post(language::choose_language))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), reception::receive));
    // What every page needs, also the page that says the table is down, asks nobody.
    let assets = Router::new()
        .route("/assets/{file}", get(assets::stylesheet))
        .route("/robots.txt", get(assets::robots))
        .route("/favicon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon));
    pages.merge(assets).with_state(state)
}

/// Whether a part of an address can be a token at all. Nothing else is looked up, or written into a form's address.
fn is_token(text: &str) -> bool {
    text.len() == TOKEN_CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
