//! What a function works with for as long as its process lives.

use std::collections::HashMap;
use std::net::Ipv6Addr;
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use operations::{Context, Links, OperationError};
use payment_gateway::{GatewayConfigError, Gateways};
use receivables::{Business, BusinessId};
use store::Store;

use crate::config::{Config, ConfigError, ContextConfig, Reader, environment};
use clock::Clock;

use crate::{IdGenerator, aws};

/// For how long a business's settings are used before they are read again.
const BUSINESS_CACHED_FOR: SignedDuration = SignedDuration::from_secs(60);
/// The most host names that are cached.
const HOSTS_MAX: usize = 1_000;
/// The longest name of a host (RFC 1035).
const HOST_BYTES_MAX: usize = 253;

/// What a function works with. Clones share it.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The adapters that its operations work with.
    pub context: Context,
    pub clock: Clock,
    pub ids: IdGenerator,
    /// The business for host names that belong to none.
    pub default_business: Option<BusinessId>,
    businesses: Arc<Mutex<HashMap<String, CachedBusiness>>>,
}

/// A business, and until when its cached settings may be used.
type CachedBusiness = (Timestamp, Arc<Business>);

/// Why a function could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The configuration of the payment provider's account is wrong.
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
        let (clock, tables) = (Clock::system(), config.tables.clone());
        let store = Store::new(aws_sdk_dynamodb::Client::new(&shared), tables, ids.jitter(), clock.clone());
        let mailer = mail::Sender::new(aws_sdk_ses::Client::new(&shared));
        Self::new(&config, &context, store, mailer, clock, ids)
    }

    /// The state made from given clients.
    pub fn new(
        config: &Config,
        context: &ContextConfig,
        store: Store,
        mailer: mail::Sender,
        clock: Clock,
        ids: IdGenerator,
    ) -> Result<Self, StartError> {
        let gateways = Gateways::new(context.gateway.clone(), Vec::new())?;
        let context = Context {
            actor: receivables::Actor::Program,
            action: None,
            store,
            gateways,
            mailer,
            object_storage: None,
            links: Links::new(&context.origin, &context.link_secret),
        };
        Ok(Self { context, clock, ids, default_business: config.default_business.clone(), businesses: Arc::default() })
    }

    /// The business that a host name belongs to; cached for a minute.
    pub async fn business_of_host(&self, host: &str) -> Result<Arc<Business>, OperationError> {
        // A text that is not a host name belongs to no business, and needs no read of the table.
        let host = host_name(host).ok_or(OperationError::NotFound)?;
        let now = self.clock.now();
        if let Some(business) = self.cached(&host, now) {
            return Ok(business);
        }
        let id = match self.context.store.business_of_host(&host).await? {
            Some(id) => id,
            None => self.default_business.clone().ok_or(OperationError::NotFound)?,
        };
        let business = self.context.store.business(&id).await?.ok_or(OperationError::NotFound)?;
        Ok(self.remember(&host, business, now))
    }

    /// The business of an id; cached for a minute.
    pub async fn business(&self, id: &BusinessId) -> Result<Arc<Business>, OperationError> {
        let now = self.clock.now();
        if let Some(business) = self.cached(id.as_str(), now) {
            return Ok(business);
        }
        let business = self.context.store.business(id).await?.ok_or(OperationError::NotFound)?;
        Ok(self.remember(id.as_str(), business, now))
    }

    /// The cached business of a name. Only businesses that exist are cached, never that a name is unknown.
    fn cached(&self, name: &str, now: Timestamp) -> Option<Arc<Business>> {
        let cached = self.businesses.lock().ok()?;
        cached.get(name).filter(|(until, _)| now < *until).map(|(_, business)| Arc::clone(business))
    }

    fn remember(&self, name: &str, business: Business, now: Timestamp) -> Arc<Business> {
        let business = Arc::new(business);
        let until = now.saturating_add(BUSINESS_CACHED_FOR).unwrap_or(Timestamp::MAX);
        if let Ok(mut cached) = self.businesses.lock() {
            if cached.len() >= HOSTS_MAX {
                // Strangers can invent host names for the default business, and must not push the others out of the cache.
                let default_business = self.default_business.as_ref();
                cached.retain(|_, (until, business)| now < *until && default_business != Some(&business.id));
            }
            if cached.len() >= HOSTS_MAX {
                cached.clear();
            }
            cached.insert(name.to_owned(), (until, Arc::clone(&business)));
        }
        business
    }
}

/// The name in a `Host` header, in lower case, without its port and without the dot that ends a fully qualified name. `None`
/// where it is not the name or address of a host.
fn host_name(header: &str) -> Option<String> {
    let (name, port) = match header.rsplit_once(':') {
        // The colons of an IPv6 address lie within its brackets.
        Some((name, port)) if !port.contains(']') => (name, port),
        Some(_) | None => (header, ""),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let of_labels = |name: &str| {
        name.split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        })
    };
    let valid = name.len() <= HOST_BYTES_MAX
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && bracketed.map_or_else(|| of_labels(name), |address| address.parse::<Ipv6Addr>().is_ok());
    valid.then(|| name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_known_by_its_name_alone() {
        for (header, expected) in [
            ("pay.example.com", Some("pay.example.com")),
            ("PAY.Example.com:8443", Some("pay.example.com")),
            ("pay.example.com.", Some("pay.example.com")),
            ("pay.example.com.:443", Some("pay.example.com")),
            ("127.0.0.1:3000", Some("127.0.0.1")),
            ("[::1]:3000", Some("[::1]")),
            ("[::1]", Some("[::1]")),
            ("localhost", Some("localhost")),
            ("", None),
            (".", None),
            ("pay..example.com", None),
            ("pay.example.com..", None),
            ("[::1", None),
            ("[::1]x", None),
            ("::1", None),
            ("a b", None),
            ("a/b", None),
            ("a#b", None),
            ("user@pay.example.com", None),
            ("pay.example.com:x", None),
            ("\u{212a}im.example", None),
        ] {
            assert_eq!(host_name(header).as_deref(), expected, "{header:?}");
        }
        assert!(host_name(&format!("{}.a", "a".repeat(251))).is_some());
        assert_eq!(host_name(&format!("{}.ab", "a".repeat(251))), None);
    }
}
