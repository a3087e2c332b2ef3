//! Webhooks: requests of a provider, verified and taken apart into events.

use std::borrow::Cow;

use jiff::Timestamp;
use receivables::{ObjectId, Provider};

use crate::meaning::Unreadable;
use crate::providers::KnownProvider;
use crate::secret::Secret;
use crate::stripe;

/// Why a request is not accepted as the provider's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is absent or blank.
    #[error("there is no signature header")]
    NoHeader,
    /// The header has no time, more than one, or one that is no number of seconds.
    #[error("the signature header has no usable time")]
    NoTimestamp,
    /// The header has no signature of a scheme that is accepted.
    #[error("the signature header has no signature of an accepted scheme")]
    NoSignature,
    /// No signature was made with one of the secrets over this body.
    #[error("no signature matches")]
    NoMatch,
    /// It was signed with one of the secrets, but too long ago: perhaps it is being replayed.
    #[error("the signature is too old")]
    TooOld,
    /// It was signed with one of the secrets, at a time in the future: a clock is wrong.
    #[error("the signature is from the future")]
    FromTheFuture,
}

/// The outer fields of an event, read before any of it is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventEnvelope<'a> {
    /// The provider's id of the event, the same at every delivery of it.
    pub id: ObjectId,
    /// The object it is about, where it names one.
    pub object: Option<ObjectId>,
    /// Its type, as the provider calls it.
    pub kind: Cow<'a, str>,
    /// The version of the provider's API that shaped it.
    pub api_version: Option<Cow<'a, str>>,
    /// Whether it is about real money, where it says so.
    pub livemode: Option<bool>,
    /// Whether an event of this type can change anything.
    pub is_applied: bool,
}

/// One event of a request; it is authentic only if the request was verified.
pub struct WebhookEvent<'a> {
    /// Its outer fields, or why they cannot be read.
    pub envelope: Result<EventEnvelope<'a>, Unreadable>,
    pub body: &'a [u8],
}

/// Verifies that a request comes from the holder of one of the secrets, and is recent. `header` returns a header's value by its
/// lower-case name. A request of an unknown provider is never verified.
pub fn verify<'h>(
    provider: Provider,
    header: impl Fn(&str) -> Option<&'h str>,
    body: &[u8],
    secrets: &[Secret],
    now: Timestamp,
) -> Result<(), SignatureError> {
    match KnownProvider::of(provider).ok_or(SignatureError::NoMatch)? {
        KnownProvider::Stripe => {
            let claimed = header(stripe::signature::HEADER).unwrap_or_default();
            stripe::signature::verify(claimed, body, secrets, now)
        }
    }
}

/// The events in the body of a request; Stripe sends one.
pub fn events(provider: Provider, body: &[u8]) -> Vec<WebhookEvent<'_>> {
    match KnownProvider::of(provider) {
        Some(KnownProvider::Stripe) | None => vec![listed_event(provider, body)],
    }
}

/// One event as a provider's list of events holds it.
pub fn listed_event(provider: Provider, body: &[u8]) -> WebhookEvent<'_> {
    let envelope = match KnownProvider::of(provider) {
        Some(KnownProvider::Stripe) => stripe::Event::read(body).map(stripe::envelope::envelope),
        None => Err(Unreadable::because("its provider is not known here")),
    };
    WebhookEvent { envelope, body }
}
