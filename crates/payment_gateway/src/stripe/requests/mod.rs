//! Requests to Stripe: opening, looking up and closing checkouts (here), charging saved methods (`saved`), refunds (`refund`),
//! fetching what a thin event names (`fetch`), and lists (`list`).
//!
//! The parameters are written by async-stripe's builders; answers are read by [`crate::stripe::reports`], as tolerantly as
//! events. Its client trait is absent on purpose: it returns responses only as generated types, which refuse the whole response
//! for one surprising field. So is its own transport, which neither keeps connections nor repeats an idempotency key.
//!
//! Every effect takes an [`IdempotencyKey`], sent with every try. If no answer came, the outcome is unknown, and the only safe
//! thing is to ask again with the same key; [`RequestError::retryable`] says when.

mod fetch;
mod list;
mod order;
mod refund;
mod reply;
mod saved;
mod transport;

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use receivables::{ObjectId, Report};
use stripe_checkout::checkout_session::{ExpireCheckoutSession, RetrieveCheckoutSession};
use stripe_client_core::StripeRequest;
use stripe_core::payment_intent::RetrievePaymentIntent;

pub use order::LINES_MAX;
pub use transport::ConfigError;

use crate::idempotency_key::IdempotencyKey;
use crate::orders::{CheckoutOrder, CloseOutcome, OpenedCheckout};
use crate::request_error::RequestError;
use crate::secret::Secret;
use transport::{Answer, Transport};

/// Stripe may forget a key once it is at least 24 hours old (<https://docs.stripe.com/api/idempotent_requests>); less than that, for
/// clocks that differ and requests under way.
pub(crate) const IDEMPOTENCY_KEYS_KNOWN_FOR: SignedDuration = SignedDuration::from_hours(20);

/// The API's address and the client's limits.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The API's address without its version: `https://api.stripe.com`. Only a loopback address may do without TLS.
    pub api_base: String,
    pub secret_key: Secret,
    /// How long one try may take, its answer included.
    pub timeout: Duration,
    /// About how long to wait before the second try; twice as long before the third.
    pub first_pause: Duration,
}

impl ClientConfig {
    /// The usual limits: three tries of eight seconds fit into the half minute that a caller behind an API gateway has.
    pub fn new(api_base: impl Into<String>, secret_key: Secret) -> Self {
        Self {
            api_base: api_base.into(),
            secret_key,
            timeout: Duration::from_secs(8),
            first_pause: Duration::from_millis(300),
        }
    }
}

/// A client of one account at Stripe. Clones share its connections.
#[derive(Clone)]
pub struct Client {
    transport: Transport,
    livemode: bool,
}

/// What an object reports when it is looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayableObject {
    /// The reports of it and of the objects in it.
    pub reports: Vec<Report>,
    /// The address where it can be paid, if it can.
    pub url: Option<String>,
    /// Whether it can still be paid.
    pub open: bool,
}

impl Client {
    /// A client, which connects with its first request.
    pub fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        // Stripe's keys contain their mode: `sk_test_…`, `rk_test_…`.
        let livemode = !config.secret_key.reveal().contains("_test_");
        Transport::new(config).map(|transport| Self { transport, livemode })
    }

    /// Whether the key moves real money.
    pub fn livemode(&self) -> bool {
        self.livemode
    }

    /// Opens a checkout for a payment.
    pub async fn open_checkout(
        &self,
        order: &CheckoutOrder,
        key: &IdempotencyKey,
    ) -> Result<OpenedCheckout, RequestError> {
        match self.transport.ask(order::checkout_request(order)?, Some(key)).await? {
            Answer::Yes { body, is_repeated } => reply::opened(&body, is_repeated),
            Answer::No { refusal, .. } => Err(refusal),
        }
    }

    /// Looks up a checkout, and the intent behind it.
    pub async fn checkout(&self, id: &ObjectId) -> Result<PayableObject, RequestError> {
        let request = RetrieveCheckoutSession::new(id.as_str()).expand(["payment_intent".to_owned()]);
        let answer = self.transport.send(request.build(), None).await?;
        reply::checkout(&answer)
    }

    /// Closes a checkout, so that it can no longer be paid on.
    pub async fn close_checkout(&self, id: &ObjectId, key: &IdempotencyKey) -> Result<CloseOutcome, RequestError> {
        let request = ExpireCheckoutSession::new(id.as_str());
        match self.transport.send(request.build(), Some(key)).await {
            Ok(answer) => Ok(CloseOutcome::Closed(reply::checkout(&answer)?.reports)),
            // Stripe has no error code for a checkout that is no longer open, so the checkout is looked up.
            Err(refusal @ RequestError::Refused { .. }) => match self.checkout(id).await {
                Ok(PayableObject { open: false, .. }) => Ok(CloseOutcome::NoLongerOpen),
                Err(error) if error.retryable() => Err(error),
                Ok(PayableObject { open: true, .. }) | Err(_) => Err(refusal),
            },
            Err(error) => Err(error),
        }
    }

    /// Looks up a payment intent.
    pub async fn intent(&self, id: &ObjectId) -> Result<PayableObject, RequestError> {
        let request = RetrievePaymentIntent::new(id.as_str());
        let answer = self.transport.send(request.build(), None).await?;
        reply::intent(&answer)
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

#[cfg(test)]
mod tests;
