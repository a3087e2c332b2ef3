//! The transport: it keeps connections, repeats idempotency keys with each try, and limits everything.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER, USER_AGENT};
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::RootCertStore;
use rustls::crypto::aws_lc_rs;
use sha2::{Digest, Sha256};
use stripe_client_core::{RequestBuilder, StripeMethod, VERSION};

use super::{ClientConfig, reply};
use crate::idempotency_key::IdempotencyKey;
use crate::request_error::RequestError;

/// Tries of one request, the first included.
const TRIES_MAX: u32 = 3;
/// The largest answer that is read. A checkout with its intent is some twenty kilobytes, a page of events some hundreds.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// The longest that Stripe's own advice makes us wait before a try. If Stripe wants a longer pause this is the last try: the
/// caller has no more time, and trying sooner would ignore the advice.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3);
/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long an unused connection is kept; Stripe keeps it a little longer.
const IDLE_TIMEOUT: Duration = Duration::from_secs(50);
/// The `User-Agent` header.
const AGENT: &str = concat!("guichet/", env!("CARGO_PKG_VERSION"));

/// Why there can be no client.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The address is malformed, or uses neither TLS nor a loopback host.
    #[error("expected the API's address to begin with https://, or with http:// and an address of this machine")]
    Address,
    /// The key cannot be sent in a header.
    #[error("there is a character in the secret key that no key has")]
    Key,
}

#[derive(Clone)]
pub(super) struct Transport {
    reach: Reach,
    /// Made for the first request: reading the machine's certificate authorities takes longer than everything else that a
    /// function does before its first invocation, and most invocations ask nothing of Stripe.
    pool: Arc<OnceLock<Connections>>,
    setup: Arc<Setup>,
}

struct Setup {
    base: String,
    authorization: HeaderValue,
    version: HeaderValue,
    timeout: Duration,
    first_pause: Duration,
}

type Connections = Pool<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// Which servers the connections may lead to.
#[derive(Clone, Copy)]
enum Reach {
    /// Any server with a certificate that this machine trusts.
    Tls,
    /// This machine only, without a certificate.
    Loopback,
}

/// Stripe's answer to a request that it understood.
pub(super) enum Answer {
    Yes {
        body: Bytes,
        /// Whether it is the answer to an earlier request with the same idempotency key, as it was then.
        is_repeated: bool,
    },
    No {
        refusal: RequestError,
        body: Bytes,
    },
}

/// The outcome of one try.
enum Try {
    Answered(Answer),
    Failed { error: RequestError, again: bool, after: Option<Duration> },
}

impl Try {
    fn failed(error: RequestError, again: bool) -> Self {
        Self::Failed { error, again, after: None }
    }
}

impl Transport {
    pub(super) fn new(config: ClientConfig) -> Result<Self, ConfigError> {
        let ClientConfig { api_base, secret_key, timeout, first_pause } = config;
        let base = api_base.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|_| ConfigError::Address)?;
        let reach = match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => Reach::Tls,
            (Some("http"), Some(host)) if is_loopback(host) => Reach::Loopback,
            (Some(_) | None, _) => return Err(ConfigError::Address),
        };
        if uri.query().is_some() {
            return Err(ConfigError::Address);
        }
        let bearer = format!("Bearer {}", secret_key.reveal());
        let mut authorization = HeaderValue::try_from(bearer).map_err(|_| ConfigError::Key)?;
        authorization.set_sensitive(true);
        let version = HeaderValue::try_from(VERSION.as_str()).map_err(|_| ConfigError::Key)?;
        let setup = Setup { base, authorization, version, timeout, first_pause };
        Ok(Self { reach, pool: Arc::default(), setup: Arc::new(setup) })
    }

    /// Sends a request, and returns the answer's body. A refusal is an error.
    pub(super) async fn send(
        &self,
        request: RequestBuilder,
        once: Option<&IdempotencyKey>,
    ) -> Result<Bytes, RequestError> {
        match self.ask(request, once).await? {
            Answer::Yes { body, .. } => Ok(body),
            Answer::No { refusal, .. } => Err(refusal),
        }
    }

    /// Sends a request, and repeats it where that is safe.
    pub(super) async fn ask(
        &self,
        request: RequestBuilder,
        once: Option<&IdempotencyKey>,
    ) -> Result<Answer, RequestError> {
        let mut number = 1;
        loop {
            let outcome = match tokio::time::timeout(self.setup.timeout, self.attempt(&request, once)).await {
                Ok(outcome) => outcome?,
                Err(_) => Try::failed(RequestError::Unreachable, true),
            };
            let advised = match outcome {
                Try::Answered(answer) => return Ok(answer),
                Try::Failed { error, again, .. } if !again || number == TRIES_MAX => return Err(error),
                Try::Failed { error, after: Some(after), .. } if after > RETRY_AFTER_MAX => return Err(error),
                Try::Failed { error, after, .. } => {
                    tracing::info!(stripe.path = request.path, stripe.attempt = number, "trying Stripe again: {error}");
                    after.unwrap_or_default()
                }
            };
            let seed = once.map_or(request.path.as_str(), IdempotencyKey::as_str);
            tokio::time::sleep(pause(self.setup.first_pause, seed, number).max(advised)).await;
            number += 1;
        }
    }

    async fn attempt(&self, request: &RequestBuilder, once: Option<&IdempotencyKey>) -> Result<Try, RequestError> {
        let request = self.http_request(request, once)?;
        let Ok(response) = self.connections()?.request(request).await else {
            return Ok(Try::failed(RequestError::Unreachable, true));
        };
        Ok(read(response).await)
    }

    fn connections(&self) -> Result<&Connections, RequestError> {
        if let Some(pool) = self.pool.get() {
            return Ok(pool);
        }
        // A machine that trusts no authority can connect to nobody; nothing was sent.
        let pool = pool(self.reach).map_err(|error| {
            tracing::error!(%error, "no certificate authorities were found on this machine");
            RequestError::Unreachable
        })?;
        Ok(self.pool.get_or_init(|| pool))
    }

    fn http_request(
        &self,
        request: &RequestBuilder,
        once: Option<&IdempotencyKey>,
    ) -> Result<Request<Full<Bytes>>, RequestError> {
        let mut uri = format!("{}/v1{}", self.setup.base, request.path);
        if let Some(query) = request.query.as_deref().filter(|query| !query.is_empty()) {
            uri.push('?');
            uri.push_str(query);
        }
        let method = match request.method {
            StripeMethod::Get => Method::GET,
            StripeMethod::Post => Method::POST,
            StripeMethod::Delete => Method::DELETE,
        };
        let mut built = Request::builder()
            .method(method)
            .uri(uri)
            .header(AUTHORIZATION, self.setup.authorization.clone())
            .header(USER_AGENT, AGENT)
            .header("stripe-version", self.setup.version.clone());
        if matches!(request.method, StripeMethod::Post) {
            built = built.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(once) = once {
            built = built.header("idempotency-key", once.as_str());
        }
        let body = Bytes::from(request.body.clone().unwrap_or_default());
        // Ids, keys and paths consist of letters and digits, so this is never taken.
        built
            .body(Full::new(body))
            .map_err(|_| RequestError::Misconfigured { status: 0, code: "unwritable".to_owned() })
    }
}

/// Reads an answer, and decides whether the request may be sent again.
async fn read(response: Response<Incoming>) -> Try {
    let status = response.status().as_u16();
    let advice = match response.headers().get("stripe-should-retry").map(HeaderValue::as_bytes) {
        Some(b"true") => Some(true),
        Some(b"false") => Some(false),
        Some(_) | None => None,
    };
    let is_repeated = response.headers().get("idempotent-replayed").is_some_and(|value| value == "true");
    let after = match status {
        429 | 503 => retry_after(response.headers()),
        _ => None,
    };
    let body = match Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => {
            let reason = format!("it is larger than {ANSWER_BYTES_MAX} bytes");
            return Try::failed(RequestError::Unreadable { reason }, false);
        }
        Err(_) => return Try::failed(RequestError::Unreachable, true),
    };
    match status {
        200..=299 => return Try::Answered(Answer::Yes { body, is_repeated }),
        300..=399 => {
            let reason = format!("it sends us elsewhere (status {status})");
            return Try::failed(RequestError::Unreadable { reason }, false);
        }
        _ => {}
    }
    let error = reply::refusal(status, &body);
    let again = advice.unwrap_or(error.retryable());
    if again || error.retryable() {
        Try::Failed { error, again, after }
    } else {
        Try::Answered(Answer::No { refusal: error, body })
    }
}

/// How long Stripe wants us to wait. It writes seconds; the date that HTTP also allows would need a clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// One pool for both: with two, each function would contain the whole client twice.
fn pool(reach: Reach) -> std::io::Result<Connections> {
    let mut http = HttpConnector::new();
    http.set_nodelay(true);
    http.set_connect_timeout(Some(CONNECT_TIMEOUT));
    http.enforce_http(false);
    let https = HttpsConnectorBuilder::new();
    let https = match reach {
        Reach::Tls => https.with_native_roots()?.https_only(),
        Reach::Loopback => {
            let tls = rustls::ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
            let tls = tls.with_safe_default_protocol_versions().map_err(std::io::Error::other)?;
            let trusts_nobody = tls.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
            https.with_tls_config(trusts_nobody).https_or_http()
        }
    };
    let mut pool = Pool::builder(TokioExecutor::new());
    pool.pool_timer(TokioTimer::new()).pool_idle_timeout(IDLE_TIMEOUT);
    Ok(pool.build(https.enable_http1().wrap_connector(http)))
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Between half and all of the pause, doubled with every try. The part is derived from the request, since there is no
/// randomness here: different requests wait differently, and that is its only purpose.
pub(super) fn pause(first: Duration, seed: &str, number: u32) -> Duration {
    let hash = Sha256::new().chain_update(seed).chain_update(number.to_be_bytes()).finalize();
    let part = hash.first().copied().map_or(0, u32::from);
    let whole = first.saturating_mul(2_u32.saturating_pow(number - 1));
    whole.saturating_mul(256 + part) / 512
}
