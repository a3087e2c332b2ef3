//! Errors over HTTP: the only mapping from an error to a status and a problem of RFC 9457.

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
    /// The kind of problem in words; the same for every problem of the type.
    pub title: String,
    pub status: u16,
    /// What was wrong this time, and what was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The invalid fields, if the problem is about fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
}

/// The error of one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldProblem {
    /// The field's path, as `lines[0].unit_price`.
    pub field: String,
    /// What was expected, in words.
    pub message: String,
}

impl Problem {
    /// A problem of a kind, without details.
    pub fn new(status: StatusCode, kind: &str, title: &str) -> Self {
        Self {
            r#type: format!("{TYPE_PREFIX}{kind}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
            errors: Vec::new(),
        }
    }

    /// Adds what was wrong in this case.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds an invalid field.
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
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), "The request was refused");
                let problem = problem.detail(refusal.to_string());
                match refusal.field() {
                    Some(field) => problem.field(field, refusal.to_string()),
                    None => problem,
                }
            }
            OperationError::NotFound => Self::new(StatusCode::NOT_FOUND, "not_found", "Not found"),
            OperationError::Conflict => {
                Self::new(StatusCode::CONFLICT, "contended", "Another request is changing the same data; try again")
            }
            OperationError::PayerMustChange { code, .. } | OperationError::ProviderRefused { code } => {
                let title = "The payment provider refused the request";
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "provider_refused", title);
                problem.detail(format!("the provider's code: {code}"))
            }
            OperationError::Misconfigured(_) => {
                let title = "The payment provider does not accept our settings; someone must correct them";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "misconfigured", title)
            }
            OperationError::TablesUnavailable(_) | OperationError::NewerVersion(_) | OperationError::Unavailable(_) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "A service is not available; try again")
            }
            OperationError::Defect(_) => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "defect", "Internal error"),
        }
    }
}

/// Logs what a person must look at, once, at the boundary. Errors of the caller are not logged.
pub fn log_failure(error: &OperationError) {
    match error {
        OperationError::Defect(why) => tracing::error!(why, "a defect"),
        OperationError::Misconfigured(why) => {
            tracing::error!(why, metric.misconfigured = 1, "a service refuses our settings");
        }
        OperationError::TablesUnavailable(why) | OperationError::Unavailable(why) => {
            tracing::warn!(why, "a service is unavailable");
        }
        OperationError::NewerVersion(what) => tracing::warn!(what, "left to a newer version"),
        OperationError::ProviderRefused { code } => {
            tracing::warn!(provider.code = code, "the provider refused a request");
        }
        OperationError::Refused(_)
        | OperationError::PayerMustChange { .. }
        | OperationError::NotFound
        | OperationError::Conflict => {}
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
