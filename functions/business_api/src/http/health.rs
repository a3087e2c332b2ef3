//! Whether the services that the API needs answer.

use axum::extract::State;
use axum::http::StatusCode;
use function_runtime::AppState;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::response::ApiResponse;

/// Whether the services that the API needs answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Health)]
pub(crate) struct HealthResponse {
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    tables: &'static str,
}

/// Check the health of the API
#[utoipa::path(
    get, path = "/healthz", tag = "This API", security(()),
    responses(
        (status = 200, description = "The database answers.", body = HealthResponse),
        (status = 503, description = "The database does not answer.", body = HealthResponse),
    )
)]
pub(crate) async fn show_health(State(state): State<AppState>) -> Result<ApiResponse, ApiError> {
    match state.context.store.answers().await {
        Ok(()) => ApiResponse::ok(&HealthResponse { tables: "ok" }),
        Err(error) => {
            tracing::warn!(%error, "the tables do not answer");
            ApiResponse::json(StatusCode::SERVICE_UNAVAILABLE, &HealthResponse { tables: "unavailable" })
        }
    }
}
