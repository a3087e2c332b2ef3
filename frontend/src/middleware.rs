//! What happens to every request for a page before a handler is called, and to its answer before it leaves.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use function_runtime::AppState;
use tracing::Span;

use crate::assets::stylesheet_address;
use crate::components::Frame;
use crate::error_page::page::{ErrorPage, error_page};
use crate::failure::Failure;
use crate::headers::{add_security_headers, is_same_origin};
use crate::request_context::{Preferences, RequestContext, html, is_secure};
use crate::request_log::AnswerBusiness;

/// Finds the business by its host, refuses a form that another site sent, and answers failures with a page.
pub(crate) async fn handle_page(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let secure = is_secure(&state.context.links);
    let preferences = Preferences::of(request.headers(), secure);
    let host = host_of(&request);
    let is_head = *request.method() == Method::HEAD;
    let business = state.business_of_host(&host).await;
    let mut answer = match business {
        Ok(business) => {
            Span::current().record("business.id", business.id.as_str());
            let now = state.clock.now();
            let return_address = return_address(&request);
            let context = RequestContext { state, business, now, return_address, preferences };
            let is_cross_site = *request.method() == Method::POST && !is_same_origin(request.headers(), &host);
            request.extensions_mut().insert(context.clone());
            let answer = if is_cross_site {
                tracing::warn!(
                    business.id = %context.business.id,
                    metric.post.cross_site = 1,
                    "a form that another site sent was refused"
                );
                Failure::from(ErrorPage::CrossSite).into_response()
            } else {
                next.run(request).await
            };
            let mut answer = as_error_page(answer, |status, error| {
                let localizer = context.localizer(None);
                context.page(status, localizer, None, error_page(localizer, error))
            });
            answer.extensions_mut().insert(AnswerBusiness(context.business.id.clone()));
            answer
        }
        Err(error) => as_error_page(Failure::from(error).into_response(), |status, error| {
            let localizer = preferences.without_business();
            let frame = Frame {
                localizer,
                business: None,
                email: None,
                languages: Vec::new(),
                return_address: String::new(),
                stylesheet: stylesheet_address(),
                nav_item: None,
            };
            html(status, &frame, error_page(localizer, error))
        }),
    };
    if is_head {
        *answer.body_mut() = Body::empty();
    }
    answer
}

/// Puts the security headers on every answer, also of the assets.
pub(crate) async fn protect_answer(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let secure = is_secure(&state.context.links);
    let path = request.uri().path().to_owned();
    let mut answer = next.run(request).await;
    add_security_headers(answer.headers_mut(), &path, secure);
    answer
}

/// Gives a bare failure its page; a page, a redirect or a file is left as it is. The headers of the failure stay.
fn as_error_page(answer: Response, page: impl FnOnce(StatusCode, ErrorPage) -> Response) -> Response {
    let is_page =
        answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    match ErrorPage::of_status(answer.status()) {
        Some(error) if !is_page => {
            let mut page = page(error.status(), error);
            for name in [header::ALLOW, header::RETRY_AFTER] {
                if let Some(value) = answer.headers().get(&name) {
                    page.headers_mut().insert(name, value.clone());
                }
            }
            page
        }
        Some(_) | None => answer,
    }
}

fn host_of(request: &Request) -> String {
    let header = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    header.or_else(|| request.uri().authority().map(Authority::as_str)).unwrap_or_default().to_owned()
}

/// A page can be asked for again where it was a GET; the answer to a form has the form's page at the same path.
fn return_address(request: &Request) -> String {
    let uri = request.uri();
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        uri.path_and_query().map_or(uri.path(), |whole| whole.as_str()).to_owned()
    } else {
        uri.path().to_owned()
    }
}
