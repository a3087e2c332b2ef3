//! How errors are told over HTTP: the one mapping of what went wrong to a status and a problem of RFC 9457.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use operations::OperationError;
use serde::Serialize;

/// The prefix of problem types: a stable name, not an address.
const TYPE_PREFIX: &str = "urn:guichet:problem:";

/// A problem, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// A stable name of the kind of problem.
    pub r#type: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time, and what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The fields at fault.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// Where, as `lines[0].unit_price`.
    pub field: String,
    /// What was expected.
    pub message: String,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(status: StatusCode, kind: &str, title: &str) -> Self {
        Self {
            r#type: format!("{TYPE_PREFIX}{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
        }
    }

    /// With what was wrong this time.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// With a field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>, message: impl Into<String>) -> Self {
        self.errors.push(FieldProblem { field: field.into(), message: message.into() });
        self
    }
}

impl From<&OperationError> for Problem {
    fn from(error: &OperationError) -> Self {
        match error {
            OperationError::Refused(refusal) => {
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), "The books refuse this");
                let problem = problem.detail(refusal.to_string());
                match refusal.field() {
                    Some(field) => problem.field(field, refusal.to_string()),
                    None => problem,
                }
            }
            OperationError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing"),
            OperationError::Conflict => {
                Self::new(StatusCode::CONFLICT, "contended", "Others are changing the same thing; try again")
            }
            OperationError::ProviderRefused { code } => {
                let problem =
                    Self::new(StatusCode::BAD_GATEWAY, "provider_refused", "The payment provider refuses this");
                problem.detail(format!("its word for it: {code}"))
            }
            OperationError::Unavailable(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "Something we need does not answer; try again",
            ),
            OperationError::Defect(_) => {
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "defect", "Something went wrong on our side")
            }
        }
    }
}

/// Logs what someone must look at, once, at the boundary. What callers did wrong is not logged.
pub fn log_failure(error: &OperationError) {
    match error {
        OperationError::Defect(why) => tracing::error!(why, "a defect"),
        OperationError::Unavailable(why) => tracing::warn!(why, "something does not answer"),
        OperationError::ProviderRefused { code } => tracing::warn!(provider.code = code, "the provider refuses"),
        OperationError::Refused(_) | OperationError::NotFound | OperationError::Conflict => {}
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if status == StatusCode::SERVICE_UNAVAILABLE || status == StatusCode::CONFLICT {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
