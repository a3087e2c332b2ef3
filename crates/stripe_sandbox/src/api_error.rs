//! Errors of the sandbox, in Stripe's error shape.

use serde_json::{Value, json};

/// A refusal, or a failure of the sandbox itself. The transaction that it interrupts is rolled back.
#[derive(Debug)]
pub(super) struct ApiError {
    pub(super) status: u16,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl ApiError {
    /// The request is wrong, and Stripe has no error code for it.
    pub(super) fn invalid(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            param: Some(param.into()).filter(|param| !param.is_empty()),
            message: message.into(),
        }
    }

    /// The same, with one of Stripe's error codes.
    pub(super) fn coded(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: Some(code), ..Self::invalid(param, message) }
    }

    pub(super) fn missing_param(param: &str) -> Self {
        Self::coded("parameter_missing", param, format!("Missing required param: {param}."))
    }

    pub(super) fn no_such(object: &str, id: &str, param: &str) -> Self {
        Self { status: 404, ..Self::coded("resource_missing", param, format!("No such {object}: '{id}'")) }
    }

    /// The same where a parameter, not the address, names the missing object.
    pub(super) fn no_such_in(param: &str, object: &str, id: &str) -> Self {
        Self { status: 400, ..Self::no_such(object, id, param) }
    }

    pub(super) fn no_such_route(method: &str, path: &str) -> Self {
        let message = format!("Unrecognized request URL ({method}: {path}).");
        Self { status: 404, ..Self::invalid("", message) }
    }

    pub(super) fn unauthorised(message: impl Into<String>) -> Self {
        Self { status: 401, ..Self::invalid("", message) }
    }

    /// The card's issuer declines.
    pub(super) fn card_declined(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 402, kind: "card_error", ..Self::coded(code, "", message) }
    }

    pub(super) fn idempotency(message: impl Into<String>) -> Self {
        Self { kind: "idempotency_error", ..Self::invalid("", message) }
    }

    /// A refusal that a test has put into words.
    pub(super) fn in_words(status: u16, kind: &'static str, code: &'static str, param: &'static str) -> Self {
        let code = Some(code).filter(|code| !code.is_empty());
        Self { status, kind, code, ..Self::invalid(param, "A refusal was switched on.") }
    }

    /// An outage that was switched on by hand.
    pub(super) fn outage(status: u16) -> Self {
        let kind = if status == 429 { "rate_limit_error" } else { "api_error" };
        Self { status, kind, ..Self::invalid("", "An outage was switched on.") }
    }

    /// Whether the same request may succeed when repeated.
    pub(super) fn should_retry(&self) -> bool {
        self.status >= 500 || self.status == 429
    }

    pub(super) fn body(&self) -> Value {
        let mut error = json!({ "type": self.kind, "message": self.message });
        if let Some(code) = self.code {
            error["code"] = json!(code);
            error["doc_url"] = json!(format!("https://docs.stripe.com/error-codes#{}", code.replace('_', "-")));
        }
        if let Some(param) = &self.param {
            error["param"] = json!(param);
        }
        json!({ "error": error })
    }
}

impl From<rusqlite::Error> for ApiError {
    fn from(error: rusqlite::Error) -> Self {
        broken(&error)
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        broken(&error)
    }
}

impl From<tokio::task::JoinError> for ApiError {
    fn from(error: tokio::task::JoinError) -> Self {
        broken(&error)
    }
}

/// A failure of the sandbox itself. The cause goes to the log, never into the answer.
fn broken(error: &(dyn std::error::Error + 'static)) -> ApiError {
    tracing::error!(error, "the Stripe sandbox failed");
    ApiError {
        status: 500,
        kind: "api_error",
        code: None,
        param: None,
        message: "The sandbox failed; its log says why.".to_owned(),
    }
}
