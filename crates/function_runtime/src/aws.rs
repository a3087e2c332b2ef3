//! The clients of AWS, each built once.
//!
//! They share one HTTP client, which trusts only Amazon's own certificate authorities. Reading and checking the machine's more
//! than a hundred was most of what a function did before its first request, and no request to AWS needs them: the receiver's
//! first poll comes 2.9 ms after its start, with the machine's authorities 6.5 ms (the fastest of 41 alternating starts, on two
//! cores).
//!
//! `amazon_roots.pem` holds the five roots that <https://www.amazontrust.com/repository/> asks private trust stores to contain,
//! each with the hash of its public key as that page gives it. Where AWS is reached through another authority (in China, or
//! through a proxy that opens TLS), `SSL_CERT_FILE` names the file of those to trust instead.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::{RuntimeComponents, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};

use crate::config::environment;

/// Tries of one request, the first included, with the client's own jittered pauses.
const TRIES_MAX: u32 = 4;
/// How long one try may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(5);
/// The roots of Amazon Trust Services.
const AMAZON_ROOTS: &[u8] = include_bytes!("amazon_roots.pem");

/// The configuration that all clients share, from the environment that Lambda gives. The SDK's behaviour is pinned: it changes
/// with a commit of ours, not with a release of the SDK.
pub async fn shared() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client())
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES_MAX))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(TRY_TIMEOUT).build())
        // It watches that long bodies keep flowing. Ours are short, and each try has a timeout.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await
}

/// The SDK's default client, with its own list of trusted authorities.
fn http_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        let mut connector = connector.tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        // This never fails; if it did, the machine's authorities would serve.
        if let Ok(context) = TlsContext::builder().with_trust_store(trusted()).build() {
            connector.set_tls_context(context);
        }
        connector.build()
    })
}

fn trusted() -> TrustStore {
    if environment("SSL_CERT_FILE").is_some() {
        // The native loader reads that variable first.
        return TrustStore::default();
    }
    TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_clients_can_be_built_on_amazons_roots_alone() {
        // The certificates are parsed when the client is made: a damaged one would end the process there.
        let marks = AMAZON_ROOTS.windows(27).filter(|window| *window == b"-----BEGIN CERTIFICATE-----").count();
        assert_eq!(marks, 5);
        let shared = shared().await;
        drop(aws_sdk_dynamodb::Client::new(&shared));
    }
}
