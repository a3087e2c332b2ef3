//! One event in the log for every request: the route, never the address, which could name a person.

use std::sync::{Arc, OnceLock};

use axum::extract::{MatchedPath, Request, State as Given};
use axum::middleware::Next;
use axum::response::Response;
use function_runtime::AppState;
use receivables::BusinessId;

/// The business of a request, once its key has been read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known(Arc<OnceLock<BusinessId>>);

impl Known {
    pub(crate) fn remember(&self, business: &BusinessId) {
        self.0.get_or_init(|| business.clone());
    }
}

/// Tells the log of a request when it is answered.
pub(crate) async fn log_request(Given(state): Given<AppState>, mut request: Request, next: Next) -> Response {
    let began_at = state.clock.now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let known = Known::default();
    request.extensions_mut().insert(known.clone());
    let answer = next.run(request).await;
    let duration_ms = state.clock.now().duration_since(began_at).as_millis();
    tracing::info!(
        http.method = %method,
        http.route = route,
        http.status = answer.status().as_u16(),
        business.id = known.0.get().map(BusinessId::as_str),
        duration_ms,
        "api request"
    );
    answer
}
