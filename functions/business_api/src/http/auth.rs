//! Who calls: the key in `Authorization`, and the business whose books it opens.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use function_runtime::AppState;
use jiff::Timestamp;
use jiff::civil::Date;
use operations::OperationError;
use receivables::{Actor, Business, BusinessId};
use sha2::{Digest, Sha256};
use store::Store;

use crate::http::request_log::Known;
use crate::http::response::Failure;

/// What every key begins with.
const KEY_PREFIX: &str = "gk_";
/// Bytes of the longest key looked up.
const KEY_BYTES_MAX: usize = 200;

/// A program of a business, by its key. A handler that takes one answers only those who have a key.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) state: AppState,
    pub(crate) business: Arc<Business>,
    pub(crate) now: Timestamp,
}

impl Caller {
    pub(crate) fn store(&self) -> &Store {
        &self.state.context.store
    }

    pub(crate) fn business_id(&self) -> &BusinessId {
        &self.business.id
    }

    /// The day it is for the business.
    pub(crate) fn today(&self) -> Date {
        self.business.time_zone.date_at(self.now)
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Failure> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let secret = header.and_then(bearer).ok_or_else(Failure::unauthenticated)?;
        let hash = hex::encode(Sha256::digest(secret.as_bytes()));
        let key = state.context.store.key(&hash).await?.ok_or_else(Failure::unauthenticated)?;
        let business = match state.business(&key.business).await {
            Ok(business) => business,
            Err(OperationError::NotFound) => return Err(Failure::unauthenticated()),
            Err(error) => return Err(error.into()),
        };
        if let Some(known) = parts.extensions.get::<Known>() {
            known.remember(&business.id);
        }
        // Whatever is done for this request is done by its key.
        let mut state = state.clone();
        state.context = state.context.acting_as(Actor::Key(key.id));
        let now = state.clock.now();
        Ok(Self { state, business, now })
    }
}

/// The key in the header, where it has the form of one.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, secret) = header.split_once(' ')?;
    let secret = secret.trim();
    let good = scheme.eq_ignore_ascii_case("bearer") && secret.starts_with(KEY_PREFIX) && secret.len() <= KEY_BYTES_MAX;
    good.then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_key_of_our_form_is_looked_up() {
        assert_eq!(bearer("Bearer gk_abc"), Some("gk_abc"));
        assert_eq!(bearer("bearer  gk_abc "), Some("gk_abc"));
        for bad in ["", "gk_abc", "Basic gk_abc", "Bearer sk_abc", "Bearer"] {
            assert_eq!(bearer(bad), None, "{bad:?}");
        }
        assert_eq!(bearer(&format!("Bearer gk_{}", "x".repeat(KEY_BYTES_MAX))), None);
    }
}
