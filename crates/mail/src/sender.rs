//! Sends a message by Amazon SES, once.
//!
//! The answer says which of three things happened: SES has the message, SES does not have it, or it is unknown. One call is one
//! try: the client's own retries are off, however the client was built, because a second try may be a second mail. Whoever
//! calls decides about it.
//!
//! No error contains prose of a service, because SES's refusals quote addresses. Only its codes are kept. The one thing logged
//! is that a message cannot be sent to its address, without the address.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_sdk_ses::Client;
use aws_sdk_ses::config::http::HttpResponse;
use aws_sdk_ses::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_ses::config::retry::RetryConfig;
use aws_sdk_ses::config::timeout::TimeoutConfig;
use aws_sdk_ses::config::{Builder, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_ses::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use jiff::Timestamp;
use receivables::Business;

use crate::idempotency_key::IdempotencyKey;
use crate::message::Message;
use crate::mime::mime;

/// How long SES may take over one message before its outcome counts as unknown.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// Characters of an error code that are kept.
const CODE_CHARS_MAX: usize = 64;

/// Sends messages through Amazon SES.
#[derive(Clone, Debug)]
pub struct Sender {
    client: Client,
    pub(crate) timeout: Duration,
}

/// SES has accepted the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentMessage {
    /// SES's id of it, which its notices about the message carry.
    pub provider_id: String,
}

/// Why it is not certain that SES has the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// SES does not have the message.
    #[error("the message was not sent: {reason}")]
    NotSent {
        /// A code, of ours or of SES.
        reason: String,
        /// What it waits for.
        wait: Wait,
    },
    /// SES may have the message.
    #[error("the message may have been sent: {reason}")]
    OutcomeUnknown {
        /// A code, of ours or of SES.
        reason: String,
    },
}

/// What a message that was not sent waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The same call may succeed later by itself.
    Retry,
    /// A person must mend the settings, such as a paused account; then the same call succeeds.
    Person,
    /// This message will never be accepted.
    Never,
}

impl Sender {
    /// A sender that uses a client.
    pub fn new(client: Client) -> Self {
        Self { client, timeout: SEND_TIMEOUT }
    }

    /// Sends a message from a business. One call is one try.
    ///
    /// SES's notices about the message carry the tags `business`, `kind` and `once`.
    pub async fn send(
        &self,
        mail: &Message,
        from: &Business,
        once: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<SentMessage, SendError> {
        if !(from.email.as_str().is_ascii() && mail.to().as_str().is_ascii()) {
            // SES does not speak SMTPUTF8. A person should correct the address; trying again would only repeat the alarm.
            tracing::warn!(
                business.id = from.id.as_str(),
                mail.kind = mail.kind().as_str(),
                metric.mail_refused = 1,
                "a mail cannot be sent: its address is not ASCII"
            );
            return Err(not_sent("address-not-ascii", Wait::Never));
        }
        let raw = RawMessage::builder()
            .data(Blob::new(mime(mail, from, once, now)))
            .build()
            .map_err(|_| not_sent("message-not-built", Wait::Never))?;
        let tags = [
            tag("business", from.id.as_str().to_owned())?,
            tag("kind", mail.kind().as_str().to_owned())?,
            tag("once", once.tag())?,
        ];
        let dispatched = DispatchFlag::default();
        self.client
            .send_raw_email()
            .source(from.email.as_str())
            .destinations(mail.to().as_str())
            .raw_message(raw)
            .set_tags(Some(tags.into()))
            .customize()
            .config_override(
                Builder::new()
                    .retry_config(RetryConfig::disabled())
                    .timeout_config(TimeoutConfig::builder().operation_timeout(self.timeout).build()),
            )
            .interceptor(dispatched.clone())
            .send()
            .await
            .map(|output| SentMessage { provider_id: output.message_id })
            .map_err(|error| outcome(&error, dispatched.happened()))
    }
}

/// Records that a request was handed to the connection: before that, nothing can have been sent.
#[derive(Clone, Debug, Default)]
struct DispatchFlag(Arc<AtomicBool>);

impl DispatchFlag {
    fn happened(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Intercept for DispatchFlag {
    fn name(&self) -> &'static str {
        "DispatchFlag"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.store(true, Ordering::Release);
        Ok(())
    }
}

/// The outcome for the message after an error of the client.
fn outcome(error: &SdkError<SendRawEmailError, HttpResponse>, dispatched: bool) -> SendError {
    match error {
        SdkError::ConstructionFailure(_) => not_sent("request-not-built", Wait::Never),
        // A success that cannot be read comes as an error without a code.
        SdkError::ServiceError(answer) if answer.raw().status().is_success() => unknown("answer-not-understood"),
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            refusal(answer.err().code(), answer.err().message().unwrap_or_default(), status)
        }
        SdkError::ResponseError(_) => unknown("answer-not-understood"),
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) if !dispatched => {
            not_sent("request-not-dispatched", Wait::Retry)
        }
        SdkError::DispatchFailure(_) | SdkError::TimeoutError(_) if never_connected(error) => {
            not_sent("not-connected", Wait::Retry)
        }
        SdkError::TimeoutError(_) => unknown("timed-out"),
        SdkError::DispatchFailure(_) => unknown("connection-broke"),
        _ => unknown("unclassified"),
    }
}

/// The outcome for the message after an error answer of SES. A server's own failure may come after it has accepted the message.
/// `message` is SES's sentence; it only tells an identity that is not verified from a message that is refused.
fn refusal(code: Option<&str>, message: &str, status: u16) -> SendError {
    let reason: String = match code {
        Some(code) => {
            code.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(CODE_CHARS_MAX).collect()
        }
        None => format!("http-{status}"),
    };
    let wait = match (reason.as_str(), status) {
        (
            "Throttling"
            | "ThrottlingException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "ServiceUnavailable"
            | "ExpiredToken"
            | "ExpiredTokenException"
            | "RequestExpired",
            _,
        )
        | (_, 429) => Wait::Retry,
        (
            "AccountSendingPausedException"
            | "AccountSendingPaused"
            | "ConfigurationSetSendingPausedException"
            | "ConfigurationSetSendingPaused"
            | "ConfigurationSetDoesNotExistException"
            | "ConfigurationSetDoesNotExist"
            | "MailFromDomainNotVerifiedException"
            | "MailFromDomainNotVerified"
            | "AccessDenied"
            | "AccessDeniedException"
            | "InvalidClientTokenId"
            | "SignatureDoesNotMatch",
            _,
        )
        | (_, 401 | 403) => Wait::Person,
        ("MessageRejected", _) if message.contains("not verified") => Wait::Person,
        (_, 400..=407 | 409..=499) => Wait::Never,
        (_, _) => return SendError::OutcomeUnknown { reason },
    };
    SendError::NotSent { reason, wait }
}

/// Whether the client says that there never was a connection. If it does not say so, there may have been one.
fn never_connected(error: &(dyn Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<hyper_util::client::legacy::Error>())
        .any(hyper_util::client::legacy::Error::is_connect)
}

fn tag(name: &str, value: String) -> Result<MessageTag, SendError> {
    MessageTag::builder().name(name).value(value).build().map_err(|_| not_sent("tag-not-built", Wait::Never))
}

fn not_sent(reason: &str, wait: Wait) -> SendError {
    SendError::NotSent { reason: reason.to_owned(), wait }
}

fn unknown(reason: &str) -> SendError {
    SendError::OutcomeUnknown { reason: reason.to_owned() }
}
