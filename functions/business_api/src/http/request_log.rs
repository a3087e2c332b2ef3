//! One span and one log event per request. They carry the route, never the URL, which could name a person.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use function_runtime::AppState;
use receivables::BusinessId;
use tracing::field::Empty;
use tracing::{Instrument, Span};

/// Characters of a request's id in the log.
const REQUEST_ID_CHARS: usize = 16;

/// The business of a request, set once its key has been read.
#[derive(Clone, Debug, Default)]
pub(crate) struct BusinessOfRequest(Arc<OnceLock<BusinessId>>);

impl BusinessOfRequest {
    pub(crate) fn set(&self, business: &BusinessId) {
        Span::current().record("business.id", business.as_str());
        self.0.get_or_init(|| business.clone());
    }
}

pub(crate) async fn log_request(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let began_at = state.clock.now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let business = BusinessOfRequest::default();
    request.extensions_mut().insert(business.clone());
    let span = tracing::info_span!(
        "api.request",
        request.id = request_id(&request, &state),
        http.method = %method,
        http.route = route,
        business.id = Empty,
    );
    let response = next.run(request).instrument(span.clone()).await;
    let _entered = span.enter();
    let duration_ms = state.clock.now().duration_since(began_at).as_millis();
    tracing::info!(
        http.method = %method,
        http.route = route,
        http.status = response.status().as_u16(),
        business.id = business.0.get().map(BusinessId::as_str),
        duration_ms,
        "api request"
    );
    response
}

/// Lambda's id of the invocation, by which its own log lines are found too; elsewhere a random one. A header of the caller is not
/// believed: it could hold anything.
fn request_id(request: &Request, state: &AppState) -> String {
    if let Some(context) = request.extensions().get::<lambda_http::Context>() {
        return context.request_id.clone();
    }
    let mut id = state.ids.token();
    id.truncate(REQUEST_ID_CHARS);
    id
}
