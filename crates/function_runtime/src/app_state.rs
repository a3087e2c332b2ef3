//! What a function holds while it lives.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use operations::{Context, Links, OperationError, WorkerId};
use payment_gateway::{Gateway, GatewayConfigError};
use receivables::{Business, BusinessId};
use store::Store;

use crate::config::{Config, ConfigError, ContextConfig, Reader, environment};
use clock::Clock;

use crate::{IdGenerator, aws};

/// How long a business's settings are believed without asking again.
const BUSINESS_BELIEVED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Host names remembered at a time.
const HOSTS_MAX: usize = 1_000;

/// What a function holds. Clones share it.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The rooms its verbs work with.
    pub context: Context,
    /// The clock.
    pub clock: Clock,
    /// Draws ids and tokens.
    pub ids: IdGenerator,
    /// The business of a host name that stands for none.
    pub default_business: Option<BusinessId>,
    businesses: Arc<Mutex<HashMap<String, Believed>>>,
}

/// A business, and until when its settings are believed.
type Believed = (Timestamp, Arc<Business>);

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its configuration is not right.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The payment provider's account is not configured right.
    #[error(transparent)]
    Gateway(#[from] GatewayConfigError),
}

impl AppState {
    /// The state of a function on Lambda, from its environment.
    pub async fn from_environment() -> Result<Self, StartError> {
        let mut reader = Reader::new(&environment);
        let (config, context) = (reader.config(), reader.context());
        let (config, context) = reader.finish(config.zip(context))?;
        let shared = aws::shared().await;
        let ids = IdGenerator::system();
        let store = Store::new(aws_sdk_dynamodb::Client::new(&shared), config.tables.clone(), ids.jitter());
        let mailer = mail::Sender::new(aws_sdk_ses::Client::new(&shared));
        Self::new(&config, &context, store, mailer, Clock::system(), ids)
    }

    /// The state over given clients.
    pub fn new(
        config: &Config,
        context: &ContextConfig,
        store: Store,
        mailer: mail::Sender,
        clock: Clock,
        ids: IdGenerator,
    ) -> Result<Self, StartError> {
        let gateway = Gateway::new(context.gateway.clone())?;
        let context = Context {
            actor: receivables::Actor::Program,
            action: None,
            store,
            gateway,
            mailer,
            links: Links::new(&context.origin, &context.link_secret),
            worker: WorkerId::new(&ids.token()),
        };
        Ok(Self { context, clock, ids, default_business: config.business.clone(), businesses: Arc::default() })
    }

    /// The business that a host name stands for, believed for a minute.
    pub async fn business_of_host(&self, host: &str) -> Result<Arc<Business>, OperationError> {
        let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let now = self.clock.now();
        if let Some(business) = self.remembered(&host, now) {
            return Ok(business);
        }
        let id = match self.context.store.business_of_host(&host).await? {
            Some(id) => id,
            None => self.default_business.clone().ok_or(OperationError::NotFound)?,
        };
        let business = self.context.store.business(&id).await?.ok_or(OperationError::NotFound)?;
        Ok(self.remember(&host, business, now))
    }

    /// The business of an id, believed for a minute.
    pub async fn business(&self, id: &BusinessId) -> Result<Arc<Business>, OperationError> {
        let now = self.clock.now();
        if let Some(business) = self.remembered(id.as_str(), now) {
            return Ok(business);
        }
        let business = self.context.store.business(id).await?.ok_or(OperationError::NotFound)?;
        Ok(self.remember(id.as_str(), business, now))
    }

    fn remembered(&self, name: &str, now: Timestamp) -> Option<Arc<Business>> {
        let held = self.businesses.lock().ok()?;
        held.get(name).filter(|(until, _)| now < *until).map(|(_, business)| Arc::clone(business))
    }

    fn remember(&self, name: &str, business: Business, now: Timestamp) -> Arc<Business> {
        let business = Arc::new(business);
        let until = now.saturating_add(BUSINESS_BELIEVED_FOR).unwrap_or(Timestamp::MAX);
        if let Ok(mut held) = self.businesses.lock() {
            if held.len() >= HOSTS_MAX {
                held.clear();
            }
            held.insert(name.to_owned(), (until, Arc::clone(&business)));
        }
        business
    }
}
