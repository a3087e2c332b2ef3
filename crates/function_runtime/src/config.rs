//! Configuration: read once, from the environment, as a whole.
//!
//! Every error is reported at once, each variable with what was expected of it. A secret is never repeated.
//!
//! | variable | what | default |
//! |---|---|---|
//! | `GUICHET_CORE_TABLE` | the table of record | `guichet-core` |
//! | `GUICHET_INBOX_TABLE` | the table of events, sessions and idempotency keys | `guichet-inbox` |
//! | `GUICHET_ORIGIN` | where customers reach the portal, `https://pay.example.com` | required |
//! | `GUICHET_LINK_SECRET` | 64 or more hexadecimal digits, from which link tokens are derived | required |
//! | `GUICHET_BUSINESS` | the default business: for host names that belong to none | none |
//! | | for the receiver of webhooks the only business: the owner of its signing secrets | required there |
//! | `STRIPE_SECRET_KEY` | the secret key at Stripe | required |
//! | `STRIPE_WEBHOOK_SECRET` | the webhook's signing secret; two, with a comma, while one is rolled | required |
//! | `STRIPE_API_BASE` | where Stripe's API is | `https://api.stripe.com` |
//! | `GUICHET_LOG` | what is logged, `info` or as `tracing` filters | `info` |

#[cfg(feature = "operations")]
use http::Uri;
#[cfg(feature = "operations")]
use payment_gateway::GatewayConfig;
use payment_gateway::Secret;
use receivables::BusinessId;
use store::Tables;

/// Hexadecimal digits of the link secret, at least: 256 bits.
#[cfg(feature = "operations")]
const LINK_SECRET_DIGITS_MIN: usize = 64;
/// The default business, or for the receiver of webhooks the only one.
const BUSINESS: &str = "GUICHET_BUSINESS";

/// A variable of the process's environment, if it is set.
pub fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is where the environment is read")]
    std::env::var(name).ok()
}

/// Everything that is wrong with the configuration, one sentence each.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration is wrong:\n{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

/// What every function needs to find its data.
#[derive(Clone, Debug)]
pub struct Config {
    /// The names of the tables.
    pub tables: Tables,
    /// The business for host names that belong to none.
    pub default_business: Option<BusinessId>,
}

/// The configuration of functions that serve people or call Stripe.
#[cfg(feature = "operations")]
#[derive(Clone)]
pub struct ContextConfig {
    /// Scheme and host under which customers reach the portal; links in mails begin with it.
    pub origin: String,
    /// 32 bytes or more, from which link tokens are derived.
    pub link_secret: Vec<u8>,
    /// The account at the payment provider.
    pub gateway: GatewayConfig,
}

/// Reads variables and collects what is wrong with them.
pub struct Reader<'a> {
    variables: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    /// Reads the variables that a function returns by name.
    pub fn new(variables: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { variables, faults: Vec::new() }
    }

    /// Ends the reading: returns what was read, or all errors.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, ConfigError> {
        match read {
            Some(read) if self.faults.is_empty() => Ok(read),
            Some(_) | None => Err(ConfigError(self.faults)),
        }
    }

    pub fn config(&mut self) -> Option<Config> {
        let default_business = match self.business() {
            Some(Err(error)) => return self.fault(BUSINESS, &error),
            Some(Ok(business)) => Some(business),
            None => None,
        };
        Some(Config { tables: self.tables(), default_business })
    }

    /// The names of the tables.
    pub fn tables(&self) -> Tables {
        Tables {
            core: self.text("GUICHET_CORE_TABLE").unwrap_or_else(|| "guichet-core".to_owned()),
            inbox: self.text("GUICHET_INBOX_TABLE").unwrap_or_else(|| "guichet-inbox".to_owned()),
        }
    }

    /// The only business for which the webhook's signing secrets are valid. There is no default: without it, anyone with one
    /// secret could send events for every business.
    pub fn only_business(&mut self) -> Option<BusinessId> {
        match self.business() {
            Some(Ok(business)) => Some(business),
            Some(Err(error)) => self.fault(BUSINESS, &error),
            None => self.fault(BUSINESS, "expected the business whose webhooks are received; it is not set"),
        }
    }

    fn business(&self) -> Option<Result<BusinessId, String>> {
        self.text(BUSINESS).map(|id| id.parse::<BusinessId>().map_err(|error| error.to_string()))
    }

    /// The configuration of functions that serve people or call Stripe.
    #[cfg(feature = "operations")]
    pub fn context(&mut self) -> Option<ContextConfig> {
        let origin = self.origin();
        let link_secret = self.link_secret();
        let stripe_key = self.secret("STRIPE_SECRET_KEY");
        let stripe_api_base = self.text("STRIPE_API_BASE").unwrap_or_else(|| "https://api.stripe.com".to_owned());
        let gateway = GatewayConfig::Stripe { api_base: stripe_api_base, secret_key: stripe_key?, first_pause: None };
        Some(ContextConfig { origin: origin?, link_secret: link_secret?, gateway })
    }

    /// One secret, or two separated by a comma while one is rolled.
    pub fn webhook_secrets(&mut self) -> Option<Vec<Secret>> {
        const NAME: &str = "STRIPE_WEBHOOK_SECRET";
        let Some(text) = self.text(NAME) else { return self.fault(NAME, "expected whsec_…; it is not set") };
        let secrets: Result<Vec<Secret>, _> = text.split(',').map(|part| Secret::new(part.trim())).collect();
        match secrets {
            Ok(secrets) => Some(secrets),
            Err(_) => self.fault(NAME, "expected one secret without spaces, or two with a comma between"),
        }
    }

    #[cfg(feature = "operations")]
    fn origin(&mut self) -> Option<String> {
        const NAME: &str = "GUICHET_ORIGIN";
        let Some(origin) = self.text(NAME) else { return self.fault(NAME, "expected https://…; it is not set") };
        if is_origin(&origin) {
            Some(origin)
        } else {
            self.fault(NAME, "expected https:// and a host name, without a path")
        }
    }

    #[cfg(feature = "operations")]
    fn link_secret(&mut self) -> Option<Vec<u8>> {
        const NAME: &str = "GUICHET_LINK_SECRET";
        let Some(text) = self.text(NAME) else {
            return self.fault(NAME, "expected 64 hexadecimal digits; it is not set");
        };
        match hex::decode(&text) {
            Ok(bytes) if text.len() >= LINK_SECRET_DIGITS_MIN => Some(bytes),
            Ok(_) | Err(_) => self.fault(NAME, "expected 64 or more hexadecimal digits"),
        }
    }

    #[cfg(feature = "operations")]
    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        match self.text(name).map(Secret::new) {
            Some(Ok(secret)) => Some(secret),
            Some(Err(error)) => self.fault(name, &error.to_string()),
            None => self.fault(name, "it is not set"),
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.variables)(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }

    fn fault<T>(&mut self, name: &str, what: &str) -> Option<T> {
        self.faults.push(format!("- {name}: {what}"));
        None
    }
}

/// Whether a text is an origin that links may begin with: a host with nothing behind it but a slash, reached over TLS or on
/// this machine.
#[cfg(feature = "operations")]
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default();
    let reachable = match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => ["127.0.0.1", "[::1]", "localhost"].contains(&host),
        Some(_) | None => false,
    };
    // A user before the host would make `https://pay.example.com@evil.example` look like ours.
    let bare = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    reachable && bare && uri.path() == "/" && uri.query().is_none() && !text.contains('#')
}

#[cfg(all(test, feature = "operations"))]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_host_over_tls_or_on_this_machine() {
        for (text, expected) in [
            ("https://pay.example.com", true),
            ("https://pay.example.com/", true),
            ("https://pay.example.com:8443", true),
            ("http://127.0.0.1:3000", true),
            ("http://localhost", true),
            ("http://[::1]:3000", true),
            ("http://127.0.0.1.evil.com", false),
            ("http://localhost.evil.com", false),
            ("http://localhost@evil.com", false),
            ("http://pay.example.com", false),
            ("https://pay.example.com@evil.com", false),
            ("https://pay.example.com/path", false),
            ("https://pay.example.com?query", false),
            ("https://pay.example.com#part", false),
            ("https://", false),
            ("https:///", false),
            ("ftp://pay.example.com", false),
            ("pay.example.com", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(is_origin(text), expected, "{text}");
        }
    }

    #[test]
    fn a_business_may_be_absent_as_the_default_and_not_as_the_only_one() {
        const ID: &str = "biz_01JD8Z0000ABCDEFGHJKMNPQRS";
        for (value, default, only) in
            [(None, Some(None), None), (Some(ID), Some(Some(ID)), Some(ID)), (Some("biz_7"), None, None)]
        {
            let variables = |name: &str| value.filter(|_| name == "GUICHET_BUSINESS").map(str::to_owned);
            let mut reader = Reader::new(&variables);
            let read = reader.config().map(|config| config.default_business);
            assert_eq!(read, default.map(|id| id.map(|id| id.parse().unwrap())), "{value:?}");
            let mut reader = Reader::new(&variables);
            let read = reader.only_business();
            assert_eq!(read, only.map(|id| id.parse().unwrap()), "{value:?}");
            assert_eq!(reader.finish(read).is_err(), only.is_none(), "{value:?}");
        }
    }

    #[test]
    fn every_fault_is_reported_at_once_and_no_secret_is_repeated() {
        let variables = |name: &str| match name {
            "GUICHET_ORIGIN" => Some("ftp://pay.example".to_owned()),
            "GUICHET_LINK_SECRET" => Some("topsecret".to_owned()),
            "STRIPE_SECRET_KEY" => Some("sk test with spaces".to_owned()),
            "GUICHET_BUSINESS" => Some("biz_7".to_owned()),
            _ => None,
        };
        let mut reader = Reader::new(&variables);
        let read = (reader.config(), reader.context(), reader.webhook_secrets());
        let ConfigError(faults) = reader.finish(read.0).unwrap_err();
        assert_eq!(faults.len(), 5, "{faults:?}");
        let said = faults.join(" ");
        assert!(!said.contains("topsecret") && !said.contains("sk test"), "{said}");
    }
}
