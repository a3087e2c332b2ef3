//! The gateway: every request to a provider, whichever provider it is.
//!
//! A closed enum, not a trait: everything that is asked of a provider can be read here, and a new provider does not compile
//! before it answers all of it. Every effect takes an [`IdempotencyKey`], sent with every try. If no answer came, the outcome
//! is unknown, and the only safe thing is to ask again with the same key; [`RequestError::retryable`] says when.
//!
//! Each request is a span `provider.call` with the provider and the operation as fields, and nothing of the request's content.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use receivables::payment::ChargeRule;
use receivables::{Currency, Money, ObjectId, Provider, Report};
use tracing::Instrument as _;

use crate::idempotency_key::IdempotencyKey;
use crate::meaning::{Fetch, Meaning};
use crate::orders::{
    ChargeOutcome, CheckoutOrder, CloseOutcome, EventsPage, OpenedCheckout, RefundOrder, RefundOutcome, SavedCharge,
    TransactionsPage,
};
use crate::request_error::{OrderError, RequestError};
use crate::secret::Secret;
use crate::stripe;

/// The configuration of an account at a provider.
#[derive(Clone, Debug)]
pub enum GatewayConfig {
    Stripe {
        /// The API's address, without a version.
        api_base: String,
        secret_key: Secret,
        /// About how long to wait before the second try of a request; the default pause if `None`.
        first_pause: Option<Duration>,
    },
}

/// Why a configuration gives no gateway.
#[derive(Debug, thiserror::Error)]
pub enum GatewayConfigError {
    /// Stripe's address or key is wrong.
    #[error("STRIPE_API_BASE or STRIPE_SECRET_KEY: {0}")]
    Stripe(#[from] stripe::requests::ConfigError),
    /// The provider's name is malformed: a bug of this program.
    #[error("{0} is no name of a provider")]
    Name(&'static str),
}

/// An account at a provider. Clones share its connections.
#[derive(Clone, Debug)]
pub enum Gateway {
    Stripe(stripe::requests::Client),
}

/// The accounts at providers that a business is paid through. There is always one for checkouts.
#[derive(Clone, Debug)]
pub struct Gateways {
    for_checkouts: (Provider, Gateway),
    others: Arc<[(Provider, Gateway)]>,
}

impl Gateways {
    /// The gateways of a configuration; the first takes checkouts.
    pub fn new(for_checkouts: GatewayConfig, others: Vec<GatewayConfig>) -> Result<Self, GatewayConfigError> {
        let named = |config| {
            let gateway = Gateway::new(config)?;
            let provider = gateway.name().parse().map_err(|_| GatewayConfigError::Name(gateway.name()))?;
            Ok((provider, gateway))
        };
        Ok(Self {
            for_checkouts: named(for_checkouts)?,
            others: others.into_iter().map(named).collect::<Result<_, GatewayConfigError>>()?,
        })
    }

    /// The provider on whose page new payments are made, and its gateway.
    pub fn for_checkouts(&self) -> (Provider, &Gateway) {
        (self.for_checkouts.0, &self.for_checkouts.1)
    }

    /// The gateway to a provider. An error where none is configured: a person must correct the settings.
    pub fn of(&self, provider: Provider) -> Result<&Gateway, RequestError> {
        self.all().find(|(known, _)| *known == provider).map(|(_, gateway)| gateway).ok_or(RequestError::NoAccount)
    }

    /// Every account with its provider, the one for checkouts included.
    pub fn all(&self) -> impl Iterator<Item = (Provider, &Gateway)> {
        std::iter::once(&self.for_checkouts).chain(&*self.others).map(|(provider, gateway)| (*provider, gateway))
    }
}

/// Asks the provider behind a gateway, within the span of the call.
macro_rules! ask {
    ($gateway:ident, $operation:literal, $client:ident => $request:expr) => {
        match $gateway {
            Self::Stripe($client) => {
                let span = tracing::info_span!("provider.call", provider = "stripe", provider.operation = $operation);
                $request.instrument(span).await
            }
        }
    };
}

impl Gateway {
    /// A gateway, which connects with its first request.
    pub fn new(config: GatewayConfig) -> Result<Self, GatewayConfigError> {
        match config {
            GatewayConfig::Stripe { api_base, secret_key, first_pause } => {
                let mut config = stripe::requests::ClientConfig::new(api_base, secret_key);
                if let Some(first_pause) = first_pause {
                    config.first_pause = first_pause;
                }
                Ok(Self::Stripe(stripe::requests::Client::new(config)?))
            }
        }
    }

    /// The provider's name in keys and addresses.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stripe(_) => stripe::NAME,
        }
    }

    /// Whether its key moves real money. An event of the other mode changes nothing.
    pub fn livemode(&self) -> bool {
        match self {
            Self::Stripe(client) => client.livemode(),
        }
    }

    /// For how long after a request its idempotency key is surely known, so that sending it again does nothing twice.
    pub fn idempotency_keys_known_for(&self) -> SignedDuration {
        match self {
            Self::Stripe(_) => stripe::requests::IDEMPOTENCY_KEYS_KNOWN_FOR,
        }
    }

    /// What can be charged in a currency; `None` where the provider does not take it.
    pub fn charge_rule(&self, currency: Currency) -> Option<ChargeRule> {
        match self {
            Self::Stripe(_) => stripe::currency::charge_rule(currency),
        }
    }

    /// Refuses an amount that the provider cannot write.
    pub fn check_amount(&self, amount: Money) -> Result<(), OrderError> {
        match self {
            Self::Stripe(_) => Ok(stripe::currency::to_stripe(amount).map(drop)?),
        }
    }

    /// Opens a checkout for a payment.
    pub async fn open_checkout(
        &self,
        order: &CheckoutOrder,
        key: &IdempotencyKey,
    ) -> Result<OpenedCheckout, RequestError> {
        ask!(self, "open_checkout", client => client.open_checkout(order, key))
    }

    /// Closes a checkout, so that it can no longer be paid on.
    pub async fn close_checkout(&self, id: &ObjectId, key: &IdempotencyKey) -> Result<CloseOutcome, RequestError> {
        ask!(self, "close_checkout", client => client.close_checkout(id, key))
    }

    /// The reports that a checkout, and the attempt behind it, give now.
    pub async fn look_up_checkout(&self, id: &ObjectId) -> Result<Vec<Report>, RequestError> {
        ask!(self, "look_up_checkout", client => async { Ok(client.checkout(id).await?.reports) })
    }

    /// Fetches an object that an event only named. Never returns [`Meaning::Fetch`].
    pub async fn fetch(&self, fetch: &Fetch) -> Result<Meaning, RequestError> {
        match fetch {
            Fetch::Stripe { object, kind } => ask!(self, "fetch", client => client.fetch(*kind, object)),
        }
    }

    /// Charges a saved method without its owner. An error leaves the outcome unknown: ask again with the same key.
    pub async fn charge_saved(&self, order: &SavedCharge, key: &IdempotencyKey) -> Result<ChargeOutcome, RequestError> {
        ask!(self, "charge_saved", client => client.charge_saved(order, key))
    }

    /// How the charge of a saved method stands now.
    pub async fn look_up_charge(&self, intent: &ObjectId) -> Result<ChargeOutcome, RequestError> {
        ask!(self, "look_up_charge", client => client.charge(intent))
    }

    /// How the charge of a saved method stands, found among all that were made of its customer since an instant. `None` where there is
    /// none among them.
    pub async fn find_charge(
        &self,
        order: &SavedCharge,
        since: Timestamp,
    ) -> Result<Option<ChargeOutcome>, RequestError> {
        ask!(self, "find_charge", client => client.find_charge(order, since))
    }

    /// Gives up a charge that waits for the method's owner, so that no money can come by it.
    pub async fn cancel_charge(&self, intent: &ObjectId, key: &IdempotencyKey) -> Result<CloseOutcome, RequestError> {
        ask!(self, "cancel_charge", client => client.cancel_charge(intent, key))
    }

    /// Whether a kind of saved method, in the provider's word, can be charged in a currency.
    pub fn charges_in(&self, kind: Option<&str>, currency: Currency) -> bool {
        match self {
            Self::Stripe(_) => stripe::currency::charges_in(kind, currency),
        }
    }

    /// Refunds money. An error leaves the outcome unknown: ask again with the same key.
    pub async fn refund(&self, order: &RefundOrder, key: &IdempotencyKey) -> Result<RefundOutcome, RequestError> {
        ask!(self, "refund", client => client.create_refund(order, key))
    }

    /// Every refund and every chargeback of the money that an object took.
    pub async fn money_back_of(&self, carrier: &ObjectId) -> Result<Vec<Report>, RequestError> {
        ask!(self, "list_money_back", client => client.money_back_of(carrier))
    }

    /// A page of the events since an instant, of every type. `after` is the `more` of the page before.
    pub async fn events_since(&self, created: Timestamp, after: Option<&str>) -> Result<EventsPage, RequestError> {
        ask!(self, "list_events", client => client.events_since(created, after))
    }

    /// A page of the transactions of a payout, the payout's own included. `after` is the `more` of the page before.
    pub async fn payout_transactions(
        &self,
        payout: &ObjectId,
        after: Option<&str>,
    ) -> Result<TransactionsPage, RequestError> {
        ask!(self, "list_payout_transactions", client => client.balance_transactions(payout, after))
    }

    /// A page of everything that moved on the account since an instant, of any payout or none. `after` is the `more` of the page
    /// before.
    pub async fn transactions_since(
        &self,
        created: Timestamp,
        after: Option<&str>,
    ) -> Result<TransactionsPage, RequestError> {
        ask!(self, "list_transactions", client => client.balance_transactions_since(created, after))
    }

    /// What lies at the provider for its customer and is part of no payment, by currency.
    pub async fn cash_balance(&self, customer: &ObjectId) -> Result<Vec<Money>, RequestError> {
        ask!(self, "fetch_cash_balance", client => client.cash_balance(customer))
    }
}
