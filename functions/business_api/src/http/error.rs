//! Why a request failed. Every failure is answered as a problem of RFC 9457.

use std::fmt::Display;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use function_runtime::http::{Problem, log_failure};
use operations::OperationError;
use receivables::{MoneyError, Permission};
use store::{IdempotentResponse, StoreError};

const PROBLEM_JSON: &str = "application/problem+json";

#[derive(Debug)]
pub(crate) struct ApiError {
    problem: Box<Problem>,
    /// Whether it follows from the request alone, and not from how the books stand.
    is_lasting: bool,
}

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

    pub(crate) fn not_permitted(permission: Permission) -> Self {
        let problem = Problem::new(StatusCode::FORBIDDEN, "not_permitted", "The API key may not do this");
        let problem = problem.detail(format!(
            "expected an API key with the permission {permission}, which is given when the key is made: guichet key create --may \
             {permission}"
        ));
        // A key of the same business may have it.
        Self::from(problem).decided_anew()
    }

    /// An operation's error, with the operation's field names replaced by those of this request.
    pub(crate) fn with_field_names(error: OperationError, names: &[(&str, &str)]) -> Self {
        let mut failure = Self::from(error);
        for error in &mut failure.problem.errors {
            if let Some((_, name)) = names.iter().find(|(field, _)| error.field == *field) {
                (*name).clone_into(&mut error.field);
            }
        }
        failure
    }

    /// Whether the same request may succeed later, so that this answer is not stored under its idempotency key. What the books
    /// refuse today they may allow tomorrow: the customer is there, or there is something to refund.
    pub(crate) fn is_temporary(&self) -> bool {
        !self.is_lasting
    }

    /// The same, of a request that is decided anew when it is repeated.
    pub(crate) fn decided_anew(self) -> Self {
        Self { is_lasting: false, ..self }
    }

    pub(crate) fn to_stored(&self) -> IdempotentResponse {
        let body = serde_json::to_string(&self.problem).unwrap_or_default();
        IdempotentResponse { status: self.problem.status, content_type: PROBLEM_JSON.to_owned(), body }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"guichet\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), is_lasting: true }
    }
}

impl From<OperationError> for ApiError {
    fn from(error: OperationError) -> Self {
        log_failure(&error);
        Self { problem: Box::new(Problem::from(&error)), is_lasting: false }
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
