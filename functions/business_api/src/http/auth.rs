//! Authentication: the API key in `Authorization`, and the business that it belongs to.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use function_runtime::AppState;
use jiff::Timestamp;
use jiff::civil::Date;
use operations::OperationError;
use receivables::{Actor, Business, BusinessId, Permission};
use sha2::{Digest, Sha256};
use store::{ApiKey, Store};

use crate::http::error::ApiError;
use crate::http::request_log::BusinessOfRequest;

const KEY_PREFIX: &str = "gk_";
/// Bytes of the longest key that is looked up.
const KEY_BYTES_MAX: usize = 200;
/// Hexadecimal digits of the hash by which a refused key is recognised in the log: too few to find the key.
const LOGGED_HASH_DIGITS: usize = 8;

/// A program of a business, authenticated by its key. A handler that takes one answers 401 to everybody else.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) state: AppState,
    pub(crate) business: Arc<Business>,
    pub(crate) now: Timestamp,
    key: ApiKey,
}

impl Caller {
    pub(crate) fn store(&self) -> &Store {
        &self.state.context.store
    }

    pub(crate) fn business_id(&self) -> &BusinessId {
        &self.business.id
    }

    /// Refuses what the caller's key has no permission for.
    pub(crate) fn check(&self, permission: Permission) -> Result<(), ApiError> {
        if self.key.may(permission) { Ok(()) } else { Err(ApiError::not_permitted(permission)) }
    }

    /// The date in the time zone of the business.
    pub(crate) fn today(&self) -> Date {
        self.business.time_zone.date_at(self.now)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let presented = parts.headers.get(header::AUTHORIZATION);
        let refused = || refuse(presented.map(header::HeaderValue::as_bytes));
        let secret = presented.and_then(|value| value.to_str().ok()).and_then(bearer_key).ok_or_else(refused)?;
        let hash = hex::encode(Sha256::digest(secret.as_bytes()));
        let key = state.context.store.key(&hash).await?.ok_or_else(refused)?;
        let business = match state.business(&key.business).await {
            Ok(business) => business,
            Err(OperationError::NotFound) => return Err(refused()),
            Err(error) => return Err(error.into()),
        };
        if let Some(of_request) = parts.extensions.get::<BusinessOfRequest>() {
            of_request.set(&business.id);
        }
        // The audit names the key as the actor of everything this request does.
        let mut state = state.clone();
        state.context = state.context.acting_as(Actor::Key(key.id.clone()));
        let now = state.clock.now();
        Ok(Self { state, business, now, key })
    }
}

/// Counts a refused request. Of what was presented the log gets a short hash, so that repeated guesses can be told apart.
fn refuse(presented: Option<&[u8]>) -> ApiError {
    let hash = presented.map(|presented| hex::encode(Sha256::digest(presented)));
    let hash_prefix = hash.as_deref().and_then(|hash| hash.get(..LOGGED_HASH_DIGITS));
    tracing::info!(metric.refused_key = 1, authorization.hash_prefix = hash_prefix, "an API key was refused");
    ApiError::unauthenticated()
}

/// The key in the header, which must be written as `Bearer gk_…`: anything else is refused before the table is read. The name of
/// the scheme may be in either case (RFC 9110, section 11.1).
fn bearer_key(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return None;
    }
    let rest = key.strip_prefix(KEY_PREFIX)?;
    let well_formed = !rest.is_empty() && key.len() <= KEY_BYTES_MAX && key.bytes().all(|byte| byte.is_ascii_graphic());
    well_formed.then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_well_formed_bearer_key_is_looked_up() {
        for good in ["Bearer gk_abc", "bearer gk_abc", "BEARER gk_abc"] {
            assert_eq!(bearer_key(good), Some("gk_abc"), "{good:?}");
        }
        let bad = [
            "",
            "gk_abc",
            "Bearer",
            "Bearer ",
            "Bearer gk_",
            "Bearer  gk_abc",
            "Bearer gk_abc ",
            "Bearer gk_a bc",
            "Bearer\tgk_abc",
            "Bearer sk_abc",
            "Bearer GK_abc",
            "Basic gk_abc",
        ];
        for bad in bad {
            assert_eq!(bearer_key(bad), None, "{bad:?}");
        }
        assert_eq!(bearer_key(&format!("Bearer gk_{}", "x".repeat(8192))), None);
    }
}
