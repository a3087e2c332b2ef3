//! What can go wrong with the tables.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

/// What can go wrong with the tables, by what the caller does about it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// They did not answer, or asked us to slow down, even after retries. Try again later.
    #[error("the table did not answer: {0}")]
    Unavailable(String),
    /// An item was written by a newer version of the program, which runs beside this one or did: it is left to that one.
    #[error("written by a newer version: {0}")]
    NewerVersion(String),
    /// An item contradicts the model, or a request does not fit the table: a bug of ours.
    #[error("defect: {0}")]
    Defect(String),
}

impl StoreError {
    pub(crate) fn defect(what: &str, error: &dyn std::fmt::Display) -> Self {
        Self::Defect(format!("{what}: {error}"))
    }

    /// What an error of the client means for the caller.
    pub(crate) fn of<E, R>(error: &SdkError<E, R>) -> Self
    where
        E: ProvideErrorMetadata + std::fmt::Debug,
        R: std::fmt::Debug,
    {
        match error {
            SdkError::ServiceError(service) => match service.err().code() {
                Some(code @ ("ValidationException" | "SerializationException")) => {
                    Self::Defect(format!("{code}: {}", service.err().message().unwrap_or_default()))
                }
                // A missing permission or table is an outage: nothing is wrong with what was asked, and once a person has mended
                // it everything goes on. So nobody's event is set aside for it, and an alarm is raised.
                Some(
                    code @ ("ResourceNotFoundException"
                    | "AccessDeniedException"
                    | "UnrecognizedClientException"
                    | "ExpiredTokenException"
                    | "InvalidSignatureException"),
                ) => {
                    tracing::error!(code, metric.misconfigured = 1, "the tables refuse this program");
                    Self::Unavailable(code.to_owned())
                }
                Some(code) => Self::Unavailable(code.to_owned()),
                None => Self::Unavailable("an error without a code".to_owned()),
            },
            SdkError::ConstructionFailure(_) => Self::Defect("the request could not be built".to_owned()),
            SdkError::TimeoutError(_) => Self::Unavailable("timed out".to_owned()),
            SdkError::DispatchFailure(_) => Self::Unavailable("unreachable".to_owned()),
            SdkError::ResponseError(_) => Self::Unavailable("unreadable answer".to_owned()),
            _ => Self::Unavailable("unknown failure".to_owned()),
        }
    }
}
