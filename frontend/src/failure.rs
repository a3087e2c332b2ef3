//! What leaves a handler that could not answer, and its status.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use function_runtime::http::log_failure;
use operations::OperationError;
use receivables::MoneyError;
use store::StoreError;

use crate::error_page::page::ErrorPage;

/// Seconds after which a client may try again.
const RETRY_AFTER_SECONDS: HeaderValue = HeaderValue::from_static("5");

#[derive(Debug)]
pub(crate) enum Failure {
    /// Answered with a page that says why.
    Page(ErrorPage),
    /// It needs a session: the visitor is sent to sign in.
    NotSignedIn,
}

impl ErrorPage {
    /// The status that goes with it.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Unreadable => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Defect => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What a bare status of an answer means; none where the answer is no failure.
    pub(crate) fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::NOT_FOUND => Some(Self::NotFound),
            StatusCode::FORBIDDEN => Some(Self::CrossSite),
            StatusCode::METHOD_NOT_ALLOWED => Some(Self::Method),
            StatusCode::PAYLOAD_TOO_LARGE => Some(Self::TooLarge),
            StatusCode::SERVICE_UNAVAILABLE => Some(Self::Unavailable),
            status if status.is_server_error() => Some(Self::Defect),
            status if status.is_client_error() => Some(Self::Unreadable),
            _ => None,
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::NotSignedIn => see_other("/sign-in"),
            Self::Page(ErrorPage::Unavailable) => {
                (ErrorPage::Unavailable.status(), [(header::RETRY_AFTER, RETRY_AFTER_SECONDS)]).into_response()
            }
            Self::Page(error) => error.status().into_response(),
        }
    }
}

impl From<ErrorPage> for Failure {
    fn from(error: ErrorPage) -> Self {
        Self::Page(error)
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Self {
        log_failure(&error);
        Self::Page(match error {
            OperationError::NotFound => ErrorPage::NotFound,
            OperationError::Refused(_) | OperationError::PayerMustChange { .. } => ErrorPage::Unreadable,
            // What the provider refuses is no defect of ours, and the visitor can come back when it is mended.
            OperationError::Conflict
            | OperationError::TablesUnavailable(_)
            | OperationError::NewerVersion(_)
            | OperationError::Unavailable(_)
            | OperationError::ProviderRefused { .. }
            | OperationError::Misconfigured(_) => ErrorPage::Unavailable,
            OperationError::Defect(_) => ErrorPage::Defect,
        })
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        OperationError::from(error).into()
    }
}

impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        tracing::error!(error = %error, "the sums of an account cannot be");
        Self::Page(ErrorPage::Defect)
    }
}

/// An explicit 303, whatever the method of the request was.
pub(crate) fn see_other(address: &str) -> Response {
    match HeaderValue::from_str(address) {
        Ok(address) => (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response(),
        Err(error) => {
            tracing::error!(error = %error, "an address to redirect to cannot be a header");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
