//! Why a request failed. Every failure is answered as a problem of RFC 9457.

use std::fmt::Display;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use function_runtime::http::{Problem, log_failure};
use operations::OperationError;
use receivables::MoneyError;
use store::{IdempotentResponse, StoreError};

const PROBLEM_JSON: &str = "application/problem+json";

#[derive(Debug)]
pub(crate) struct ApiError(Box<Problem>);

impl ApiError {
    /// A contradiction in our own data or code, which someone must look at.
    pub(crate) fn defect(what: &str, error: &dyn Display) -> Self {
        OperationError::Defect(format!("{what}: {error}")).into()
    }

    /// Also the answer for what belongs to another business: a caller cannot tell the two apart.
    pub(crate) fn not_found() -> Self {
        OperationError::NotFound.into()
    }

    pub(crate) fn unauthenticated() -> Self {
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "An API key is required");
        problem.detail("expected the header Authorization: Bearer gk_… with a valid API key").into()
    }

    /// An operation's error, with the operation's field names replaced by those of this request.
    pub(crate) fn with_field_names(error: OperationError, names: &[(&str, &str)]) -> Self {
        let mut failure = Self::from(error);
        for error in &mut failure.0.errors {
            if let Some((_, name)) = names.iter().find(|(field, _)| error.field == *field) {
                (*name).clone_into(&mut error.field);
            }
        }
        failure
    }

    /// Whether the same request may succeed later, so that this answer is not stored under its idempotency key.
    pub(crate) fn is_temporary(&self) -> bool {
        self.0.status >= 500 || self.0.status == StatusCode::CONFLICT.as_u16()
    }

    pub(crate) fn to_stored(&self) -> IdempotentResponse {
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        IdempotentResponse { status: self.0.status, content_type: PROBLEM_JSON.to_owned(), body }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"guichet\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        log_failure(&error);
        Problem::from(&error).into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        OperationError::from(error).into()
    }
}

/// The sums of an account always add up; where they do not, our own data is wrong.
impl From<MoneyError> for ApiError {
    fn from(error: MoneyError) -> Self {
        Self::defect("sums", &error)
    }
}
