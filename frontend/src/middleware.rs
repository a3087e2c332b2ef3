//! Reception: what happens to every request before a handler sees it, and to every answer before it leaves.

use axum::body::Body;
use axum::extract::{Request, State as Given};
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use function_runtime::AppState;

use crate::assets::stylesheet_address;
use crate::components::Frame;
use crate::error_page::page::{Trouble, trouble_page};
use crate::failure::Failure;
use crate::headers::{comes_from_us, protect};
use crate::request_context::{Visit, Wishes, html, is_secure};

/// Finds the business by its host, turns away what came from elsewhere, and dresses and protects the answer.
pub(crate) async fn receive(Given(state): Given<AppState>, mut request: Request, next: Next) -> Response {
    let secure = is_secure(&state.context.links);
    let wishes = Wishes::of(request.headers(), secure);
    let host = host_of(&request);
    let head = *request.method() == Method::HEAD;
    let path = request.uri().path().to_owned();
    let business = state.business_of_host(&host).await;
    let mut answer = match business {
        Ok(business) => {
            let here = address_to_return_to(&request);
            let now = state.clock.now();
            let visit = Visit { state, business, now, here, wishes };
            let strange = *request.method() == Method::POST && !comes_from_us(request.headers(), &host);
            request.extensions_mut().insert(visit.clone());
            let answer =
                if strange { Failure::from(Trouble::CrossSite).into_response() } else { next.run(request).await };
            dress(answer, |status, trouble| {
                let reader = visit.reader(None);
                visit.page(status, reader, None, trouble_page(reader, trouble))
            })
        }
        Err(error) => dress(Failure::from(error).into_response(), |status, trouble| {
            let reader = wishes.without_business();
            let frame = Frame {
                reader,
                business: None,
                email: None,
                languages: Vec::new(),
                here: String::new(),
                stylesheet: stylesheet_address(),
                place: None,
            };
            html(status, &frame, trouble_page(reader, trouble))
        }),
    };
    if head {
        *answer.body_mut() = Body::empty();
    }
    protect(answer.headers_mut(), &path, secure);
    answer
}

/// A bare failure becomes a page; a page, a redirect or a file is left as it is. The headers of the failure stay.
fn dress(answer: Response, page: impl FnOnce(StatusCode, Trouble) -> Response) -> Response {
    let dressed =
        answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    match Trouble::of_status(answer.status()) {
        Some(trouble) if !dressed => {
            let mut page = page(trouble.status(), trouble);
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
fn address_to_return_to(request: &Request) -> String {
    let uri = request.uri();
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        uri.path_and_query().map_or(uri.path(), |whole| whole.as_str()).to_owned()
    } else {
        uri.path().to_owned()
    }
}
