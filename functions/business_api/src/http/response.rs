//! What a handler answers: an [`Answer`], or a [`Failure`] that is told as a problem.

use std::fmt::Display;

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use function_runtime::http::{Problem, log_failure};
use operations::OperationError;
use receivables::MoneyError;
use serde::Serialize;
use store::{IdempotentResponse, StoreError};

/// The media type of most answers.
const JSON: &str = "application/json";
/// The media type of problems.
const PROBLEM_JSON: &str = "application/problem+json";

/// An answer whose body is a text, so that it can be remembered and given again.
#[derive(Debug)]
pub(crate) struct Answer {
    status: StatusCode,
    content_type: String,
    body: String,
}

impl Answer {
    /// A shape as JSON.
    pub(crate) fn json(status: StatusCode, shape: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_string(shape).map_err(|error| Failure::defect("answer", &error))?;
        Ok(Self { status, content_type: JSON.to_owned(), body })
    }

    /// A shape as JSON, with 200.
    pub(crate) fn ok(shape: &impl Serialize) -> Result<Self, Failure> {
        Self::json(StatusCode::OK, shape)
    }

    /// A text of another kind, with 200.
    pub(crate) fn text(content_type: &str, body: String) -> Self {
        Self { status: StatusCode::OK, content_type: content_type.to_owned(), body }
    }

    /// As it is remembered.
    pub(crate) fn to_remember(&self) -> IdempotentResponse {
        IdempotentResponse {
            status: self.status.as_u16(),
            content_type: self.content_type.clone(),
            body: self.body.clone(),
        }
    }

    /// As it was remembered.
    pub(crate) fn remembered(response: IdempotentResponse) -> Self {
        let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, content_type: response.content_type, body: response.body }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        if let Ok(kind) = HeaderValue::from_str(&self.content_type) {
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        response
    }
}

/// Why a request came to nothing.
#[derive(Debug)]
pub(crate) struct Failure(Box<Problem>);

impl Failure {
    /// Something that cannot be, and that someone must look at.
    pub(crate) fn defect(what: &str, error: &dyn Display) -> Self {
        OperationError::Defect(format!("{what}: {error}")).into()
    }

    /// There is no such thing, or not for this caller.
    pub(crate) fn not_found() -> Self {
        OperationError::NotFound.into()
    }

    /// The caller did not show a key of ours.
    pub(crate) fn unauthenticated() -> Self {
        let problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated", "This needs an API key");
        problem.detail("expected the header Authorization: Bearer gk_… with a key of the business").into()
    }

    /// Why a verb came to nothing, at the fields that this request has for those of the command.
    pub(crate) fn renamed(error: OperationError, names: &[(&str, &str)]) -> Self {
        let mut failure = Self::from(error);
        for error in &mut failure.0.errors {
            if let Some((_, name)) = names.iter().find(|(field, _)| error.field == *field) {
                (*name).clone_into(&mut error.field);
            }
        }
        failure
    }

    /// Whether trying the same again may end otherwise, so that it is not remembered as the answer.
    pub(crate) fn is_passing(&self) -> bool {
        self.0.status >= 500 || self.0.status == StatusCode::CONFLICT.as_u16()
    }

    /// As it is remembered.
    pub(crate) fn to_remember(&self) -> IdempotentResponse {
        let body = serde_json::to_string(&self.0).unwrap_or_default();
        IdempotentResponse { status: self.0.status, content_type: PROBLEM_JSON.to_owned(), body }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"guichet\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        log_failure(&error);
        Problem::from(&error).into()
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        OperationError::from(error).into()
    }
}

/// The sums of an account always add up; where they do not, that is ours to look at.
impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        Self::defect("sums", &error)
    }
}
