//! One span and one event in the log for every request: the route, never the address, which is often a key.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use function_runtime::AppState;
use receivables::BusinessId;
use tracing::Instrument;
use tracing::field::Empty;

/// The business that an answer is for: the middleware that finds it leaves it with the answer, for the log.
#[derive(Clone, Debug)]
pub(crate) struct AnswerBusiness(pub(crate) BusinessId);

/// Logs a request when it is answered.
pub(crate) async fn log_request(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let began_at = state.clock.now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let span = tracing::info_span!(
        "portal.request",
        http.method = %method,
        http.route = route,
        business.id = Empty,
        http.status = Empty
    );
    let answer = next.run(request).instrument(span.clone()).await;
    let duration_ms = state.clock.now().duration_since(began_at).as_millis();
    let status = answer.status().as_u16();
    let business = answer.extensions().get::<AnswerBusiness>().map(|business| business.0.as_str());
    span.record("http.status", status);
    span.in_scope(|| {
        tracing::info!(
            http.method = %method,
            http.route = route,
            http.status = status,
            business.id = business,
            duration_ms,
            "portal request"
        );
    });
    answer
}
