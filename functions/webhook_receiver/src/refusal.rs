//! Why a webhook is refused: the answer, which helps no forger, and the counter. Nothing else is recorded.

use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::Response;
use payment_gateway::webhook::SignatureError;

use crate::plain_text;

/// Why a webhook is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The body is larger than any event.
    TooLarge,
    /// The connection ended before the body did.
    Incomplete,
    /// The address names no business whose secrets are configured here.
    UnknownBusiness,
    /// The signature does not prove that the body is the provider's, and recent.
    Signature(SignatureError),
}

impl Refusal {
    pub(crate) fn of_body(rejection: &BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            _ => Self::Incomplete,
        }
    }

    pub(crate) fn answer(self) -> Response {
        match self {
            Self::TooLarge => plain_text(StatusCode::PAYLOAD_TOO_LARGE, "too large"),
            Self::Incomplete => plain_text(StatusCode::BAD_REQUEST, "incomplete body"),
            Self::UnknownBusiness => plain_text(StatusCode::NOT_FOUND, "not found"),
            Self::Signature(_) => plain_text(StatusCode::BAD_REQUEST, "not accepted"),
        }
    }

    /// A warning with a counter for each kind, for an alarm on many. It contains nothing that the sender wrote.
    pub(crate) fn log(self) {
        match self {
            Self::TooLarge => tracing::warn!(metric.too_large = 1, "a webhook was refused: too large"),
            Self::Incomplete => tracing::warn!(metric.incomplete = 1, "a webhook was refused: incomplete"),
            Self::UnknownBusiness => {
                tracing::warn!(metric.unknown_business = 1, "a webhook was refused: unknown business");
            }
            Self::Signature(SignatureError::TooOld) => {
                tracing::warn!(metric.too_old = 1, "a webhook was refused: its signature is too old");
            }
            Self::Signature(
                reason @ (SignatureError::NoHeader
                | SignatureError::NoTimestamp
                | SignatureError::NoSignature
                | SignatureError::NoMatch
                | SignatureError::FromTheFuture),
            ) => {
                tracing::warn!(%reason, metric.bad_signature = 1, "a webhook was refused: bad signature");
            }
        }
    }
}
