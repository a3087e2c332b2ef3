//! Outgoing requests: opening, looking at and closing checkouts (here), charging saved methods (`saved`), sending money back
//! (`refund`), fetching what a thin event names (`fetch`), and listing (`list`).
//!
//! The parameters are written by async-stripe's builders; what comes back is read by [`crate::stripe::reports`], as tolerantly as an
//! event. Its client trait is absent on purpose: it can hand a response out only as a generated type, which refuses the whole
//! of it for one surprising field. So is its own transport, which neither keeps connections nor repeats an idempotency key.
//!
//! Every effect takes a [`IdempotencyKey`], sent with every try of it. Where no answer came the outcome is unknown, and the only safe
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

use jiff::Timestamp;
use receivables::{BusinessId, ObjectId, PaymentId, RefundId, Report};
use stripe_checkout::checkout_session::{ExpireCheckoutSession, RetrieveCheckoutSession};
use stripe_client_core::StripeRequest;
use stripe_core::payment_intent::RetrievePaymentIntent;

pub use list::{EventsPage, RawEvent};
pub use order::{CheckoutOrder, LINES_MAX, OrderError};
pub use refund::{RefundOrder, RefundOutcome, RefundReason};
pub use saved::{ChargeOutcome, SavedCharge};
pub use transport::ConfigError;

use crate::stripe::secret::Secret;
use transport::Transport;

/// Where and how to ask.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// Where the API is, without its version: `https://api.stripe.com`. Only a loopback address may do without TLS.
    pub api_base: String,
    /// The account's secret key.
    pub secret_key: Secret,
    /// How long one try may take, its answer included.
    pub timeout: Duration,
    /// How long to wait, about, before the second try; twice as long before the third.
    pub first_pause: Duration,
}

impl ClientConfig {
    /// The usual patience: three tries of eight seconds fit into the half minute that a caller behind an API gateway has.
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
}

/// What is done, in an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A checkout is opened.
    OpenCheckout,
    /// A checkout is closed.
    ExpireCheckout,
    /// A saved method is charged.
    ChargeSaved,
}

/// The name under which an effect happens at most once: `{business}:{payment}:{operation}:{attempt}`.
///
/// The same on every retry. A new attempt only for a new decision of a person or of the cadence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of an attempt at an operation for a payment.
    pub fn new(business: &BusinessId, payment: &PaymentId, operation: Operation, attempt: u32) -> Self {
        let operation = match operation {
            Operation::OpenCheckout => "open_checkout",
            Operation::ExpireCheckout => "expire_checkout",
            Operation::ChargeSaved => "charge_saved",
        };
        Self(format!("{business}:{payment}:{operation}:{attempt}"))
    }

    /// The key of an order to send money back: the order itself is the attempt, because a person who decides anew gives another.
    pub fn of_refund(business: &BusinessId, payment: &PaymentId, refund: &RefundId) -> Self {
        Self(format!("{business}:{payment}:create_refund:{refund}"))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A checkout that is ready to be paid on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedCheckout {
    /// Its id.
    pub id: ObjectId,
    /// Where the payer is sent.
    pub url: String,
    /// When it closes.
    pub expires_at: Timestamp,
    /// What it says already.
    pub reports: Vec<Report>,
}

/// What an object says when it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it and the objects in it say.
    pub reports: Vec<Report>,
    /// Where it can be paid, if it can.
    pub url: Option<String>,
    /// Whether it can still be paid.
    pub open: bool,
}

/// How closing a checkout went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpireOutcome {
    /// It is closed, and says this.
    Expired(Vec<Report>),
    /// It was paid or closed before: look at it.
    NoLongerOpen,
}

/// Why there is no answer, or none that helps. One variant for each thing that a caller does about it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// What is asked for cannot be asked of Stripe.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// Stripe understood and says no; asking again would not help.
    #[error("Stripe refuses the request: {code}")]
    Refused {
        /// Stripe's word for it.
        code: String,
        /// Stripe's sentence, for an operator. It may quote what was sent, so it is not logged.
        message: String,
        /// The parameter at fault, where Stripe names one.
        param: Option<String>,
    },
    /// No answer came. Whether anything happened is unknown: ask again with the same key.
    #[error("Stripe does not answer; whether the request was carried out is unknown")]
    Unreachable,
    /// We ask too often.
    #[error("Stripe wants fewer requests")]
    RateLimited,
    /// Stripe has a fault, or is still busy with the same request.
    #[error("Stripe is not able to answer now (status {status})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
    },
    /// The key is wrong or may not do this: someone must put the settings right.
    #[error("Stripe does not accept the key (status {status})")]
    Misconfigured {
        /// The HTTP status; 0 where the request could not even be written.
        status: u16,
    },
    /// Stripe answered something that cannot be understood.
    #[error("Stripe's answer cannot be understood: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
}

impl RequestError {
    /// Whether asking again later, with the same key, may succeed.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Unreachable | Self::RateLimited | Self::Unavailable { .. } => true,
            Self::Order(_) | Self::Refused { .. } | Self::Misconfigured { .. } | Self::Unreadable { .. } => false,
        }
    }
}

impl fmt::Debug for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestError({self})")
    }
}

impl Client {
    /// A client that has not connected yet.
    pub fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        Transport::new(config).map(|transport| Self { transport })
    }

    /// Opens a checkout for a payment.
    pub async fn open_checkout(
        &self,
        order: &CheckoutOrder,
        once: &IdempotencyKey,
    ) -> Result<OpenedCheckout, RequestError> {
        let answer = self.transport.send(order.request()?, Some(once)).await?;
        reply::opened(&answer)
    }

    /// Looks at a checkout, and at the intent behind it.
    pub async fn checkout(&self, id: &ObjectId) -> Result<Seen, RequestError> {
        let request = RetrieveCheckoutSession::new(id.as_str()).expand(["payment_intent".to_owned()]);
        let answer = self.transport.send(request.build(), None).await?;
        reply::checkout(&answer)
    }

    /// Closes a checkout, so that it can no longer be paid on.
    pub async fn expire_checkout(&self, id: &ObjectId, once: &IdempotencyKey) -> Result<ExpireOutcome, RequestError> {
        let request = ExpireCheckoutSession::new(id.as_str());
        match self.transport.send(request.build(), Some(once)).await {
            Ok(answer) => Ok(ExpireOutcome::Expired(reply::checkout(&answer)?.reports)),
            // Stripe has no code of its own for a checkout that is no longer open, so the checkout is asked.
            Err(refusal @ RequestError::Refused { .. }) => match self.checkout(id).await {
                Ok(Seen { open: false, .. }) => Ok(ExpireOutcome::NoLongerOpen),
                Err(error) if error.retryable() => Err(error),
                Ok(Seen { open: true, .. }) | Err(_) => Err(refusal),
            },
            Err(error) => Err(error),
        }
    }

    /// Looks at an intent.
    pub async fn intent(&self, id: &ObjectId) -> Result<Seen, RequestError> {
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
