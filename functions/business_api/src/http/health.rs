//! What answers and what does not.

use axum::extract::State as Given;
use axum::http::StatusCode;
use function_runtime::AppState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::response::{Answer, Failure};

/// What answers and what does not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// ok or unavailable.
    #[schema(example = "ok")]
    tables: &'static str,
}

/// Show what answers
#[utoipa::path(
    get, path = "/healthz", tag = "This API", security(()),
    responses(
        (status = 200, description = "Everything answers", body = Health),
        (status = 503, description = "Something does not answer", body = Health),
    )
)]
pub(crate) async fn show_health(Given(state): Given<AppState>) -> Result<Answer, Failure> {
    match state.context.store.answers().await {
        Ok(()) => Answer::ok(&Health { tables: "ok" }),
        Err(error) => {
            tracing::warn!(%error, "the tables do not answer");
            Answer::json(StatusCode::SERVICE_UNAVAILABLE, &Health { tables: "unavailable" })
        }
    }
}
