//! The business's API: JSON over HTTP, described by the OpenAPI document that it serves itself.
//!
//! A handler authenticates the caller, parses the request into the types of the books, calls one operation or reads the store, and
//! writes the answer. The API key alone decides whose books are open. Every failure is a problem of RFC 9457, and every POST and
//! PATCH honours `Idempotency-Key`. No amount is computed here. An unknown address under `/api` is answered here with a problem;
//! everything else is left to the router that this one is merged with.

mod http;
mod resources;

#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use function_runtime::AppState;
use function_runtime::http::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::resources::{
    audit, business, credit_notes, customers, effects, exports, invoices, outgoing_payments, pay_links, payments,
    payouts, provider_cash, provider_events, reviews, unapplied, unidentified,
};

/// Bytes of a request's body, at most.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Two years.
const HSTS: &str = "max-age=63072000; includeSubDomains";

/// The API, its description, and its health check.
pub fn router(state: AppState) -> Router {
    let (router, _) = routes().split_for_parts();
    router
        .route("/api", any(no_such_route))
        .route("/api/{*rest}", any(no_such_route))
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), add_security_headers))
        .layer(from_fn_with_state(state.clone(), http::request_log::log_request))
        .with_state(state)
}

/// Every route with its description: the router and the OpenAPI document are both made from this list.
fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(http::openapi::frame())
        .routes(routes!(business::show_business, business::change_business))
        .routes(routes!(customers::register_customer, customers::list_customers))
        .routes(routes!(customers::show_customer))
        .routes(routes!(customers::balance::show_balance))
        .routes(routes!(customers::statement::show_statement))
        .routes(routes!(customers::payment_methods::list_payment_methods))
        .routes(routes!(invoices::issue_invoice, invoices::list::list_invoices))
        .routes(routes!(invoices::show_invoice))
        .routes(routes!(payments::start_payment, payments::list_payments))
        .routes(routes!(invoices::write_off::write_off))
        .routes(routes!(invoices::write_off::take_back_write_off))
        .routes(routes!(payments::show_payment))
        .routes(routes!(payments::refunds::order_refund))
        .routes(routes!(payments::refunds::answer_refund))
        .routes(routes!(payments::cash::apply_cash))
        .routes(routes!(payments::cash::unapply_cash))
        .routes(routes!(payments::cash::move_cash))
        .routes(routes!(payments::cash::hand_over))
        .routes(routes!(credit_notes::issue_credit_note, credit_notes::list_credit_notes))
        .routes(routes!(credit_notes::show_credit_note))
        .routes(routes!(credit_notes::apply_credit_note))
        .routes(routes!(credit_notes::unapply_credit_note))
        .routes(routes!(unapplied::list_unapplied))
        .routes(routes!(unapplied::apply_unapplied))
        .routes(routes!(outgoing_payments::pay_out_credit))
        .routes(routes!(outgoing_payments::list_outgoing_payments))
        .routes(routes!(outgoing_payments::show_outgoing_payment))
        .routes(routes!(outgoing_payments::reverse_outgoing_payment))
        .routes(routes!(unidentified::list_unidentified))
        .routes(routes!(unidentified::apply_unidentified))
        .routes(routes!(unidentified::dismiss_unidentified))
        .routes(routes!(unidentified::restore_unidentified))
        .routes(routes!(provider_cash::list_provider_cash))
        .routes(routes!(pay_links::issue_pay_link))
        .routes(routes!(pay_links::show_pay_link))
        .routes(routes!(pay_links::show_qr_code))
        .routes(routes!(pay_links::revoke_pay_link))
        .routes(routes!(effects::list_effects))
        .routes(routes!(effects::retry_effect))
        .routes(routes!(reviews::list_reviews))
        .routes(routes!(reviews::close_review))
        .routes(routes!(provider_events::list_provider_events))
        .routes(routes!(provider_events::show_provider_event))
        .routes(routes!(provider_events::replay_provider_event))
        .routes(routes!(provider_events::replay_provider_events))
        .routes(routes!(payouts::list_payouts))
        .routes(routes!(payouts::show_payout))
        .routes(routes!(exports::export_journal))
        .routes(routes!(exports::export_payments))
        .routes(routes!(exports::in_steps::request_export, exports::in_steps::list_exports))
        .routes(routes!(exports::in_steps::show_export))
        .routes(routes!(exports::in_steps::show_export_file))
        .routes(routes!(audit::list_audit))
        .routes(routes!(http::openapi::show_document))
        .routes(routes!(http::docs_page::show_docs))
        .routes(routes!(http::health::show_health))
}

async fn no_such_route() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_route", "There is nothing at this address")
}

async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This address does not accept this method")
}

/// Answers are for one caller and one instant, so nothing may store them; no other site may embed or read them.
async fn add_security_headers(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("default-src 'none'"));
    if state.context.links.origin().starts_with("https://") {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
    response
}
