//! Idempotency keys: a request of the API is carried out once, an act of a person is decided once.

use jiff::{SignedDuration, Timestamp};
use receivables::BusinessId;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::items::{Item, expiring, item, record, text};
use crate::keys;
use crate::table::Store;
use crate::update::Update;

/// How long an idempotency key is remembered.
const IDEMPOTENCY_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// After how long a request whose worker fell silent may be carried out by another.
const IDEMPOTENCY_LEASE: SignedDuration = SignedDuration::from_secs(60);

/// What remembers in the transaction that carries an act out that it was. It is kept as long as the request may come again.
pub(crate) fn of_act(b: &BusinessId, name: &str, at: Timestamp) -> Item {
    let key = keys::act(b, name);
    let item = Item::from([("pk".to_owned(), text(&key.pk)), ("sk".to_owned(), text(&key.sk))]);
    expiring(item, at.saturating_add(IDEMPOTENCY_KEPT).unwrap_or(Timestamp::MAX))
}

/// What came of claiming a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours to carry out. The instant is that of the first claim: whatever is minted for the request is derived from
    /// it, so that carrying it out again makes nothing twice.
    Ours {
        /// When it was first claimed.
        first_at: Timestamp,
    },
    /// It was carried out; this was the answer.
    Done(IdempotentResponse),
    /// Another is carrying it out.
    InProgress,
    /// The key stands for another request.
    OtherRequest,
}

/// The answer to a request that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdempotentResponse {
    pub status: u16,
    pub content_type: String,
    pub body: String,
}

#[derive(Serialize, Deserialize)]
struct KeyRecord {
    request_hash: String,
    first_at: Timestamp,
    lease_ends_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    response: Option<IdempotentResponse>,
}

impl Store {
    /// Whether an act was carried out: by us, if our answer was lost, or by another try of the same request.
    pub async fn is_already_done(&self, b: &BusinessId, name: &str) -> Result<bool, StoreError> {
        Ok(self.get(&self.tables.inbox, &keys::act(b, name)).await?.is_some())
    }

    /// Claims a request of the API by its idempotency key.
    pub async fn claim_request(
        &self,
        b: &BusinessId,
        key_hash: &str,
        request_hash: &str,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let key = keys::idempotency(b, key_hash);
        let lease_ends_at = now.saturating_add(IDEMPOTENCY_LEASE).unwrap_or(Timestamp::MAX);
        let fresh = KeyRecord { request_hash: request_hash.to_owned(), first_at: now, lease_ends_at, response: None };
        let kept_until = now.saturating_add(IDEMPOTENCY_KEPT).unwrap_or(Timestamp::MAX);
        if self.put_new(&self.tables.inbox, expiring(item(&key, &fresh)?, kept_until)).await? {
            return Ok(Claim::Ours { first_at: now });
        }
        let Some(stored) = self.get(&self.tables.inbox, &key).await? else { return Ok(Claim::InProgress) };
        let stored: KeyRecord = record(stored)?;
        if stored.request_hash != request_hash {
            return Ok(Claim::OtherRequest);
        }
        if let Some(response) = stored.response {
            return Ok(Claim::Done(response));
        }
        if now < stored.lease_ends_at {
            return Ok(Claim::InProgress);
        }
        let update = Update {
            key: &key,
            set: "SET lease_ends_at = :ends",
            condition: "lease_ends_at = :seen",
            values: vec![
                (":ends", text(&lease_ends_at.to_string())),
                (":seen", text(&stored.lease_ends_at.to_string())),
            ],
            names: Vec::new(),
        };
        let ours = self.update(&self.tables.inbox, update).await?;
        Ok(if ours { Claim::Ours { first_at: stored.first_at } } else { Claim::InProgress })
    }

    /// Remembers the answer to a request.
    pub async fn request_done(
        &self,
        b: &BusinessId,
        key_hash: &str,
        response: &IdempotentResponse,
    ) -> Result<(), StoreError> {
        let key = keys::idempotency(b, key_hash);
        let value = serde_dynamo::to_attribute_value(response).map_err(|error| StoreError::defect("answer", &error))?;
        let update = Update {
            key: &key,
            set: "SET #response = :response",
            condition: "attribute_exists(pk)",
            values: vec![(":response", value)],
            names: vec![("#response", "response")],
        };
        self.update(&self.tables.inbox, update).await.map(drop)
    }

    /// Gives a claim back: the request came to nothing, and the same key may try again.
    pub async fn request_failed(&self, b: &BusinessId, key_hash: &str) -> Result<(), StoreError> {
        let key = keys::idempotency(b, key_hash);
        let update = Update {
            key: &key,
            set: "SET lease_ends_at = :now",
            condition: "attribute_exists(pk)",
            values: vec![(":now", text(&Timestamp::UNIX_EPOCH.to_string()))],
            names: Vec::new(),
        };
        self.update(&self.tables.inbox, update).await.map(drop)
    }
}
