//! Provider events as received.

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use lz4_flex::block;
use receivables::BusinessId;
use receivables::provider_object::Provider;
use serde::Deserialize;

use super::{Index, Item, VERSION, due, expiring, listed, number, record, text};
use crate::error::StoreError;
use crate::keys::{self, DueList, Key};

/// How long a provider's event is kept after it was applied. One that waits is kept until it is.
const EVENT_KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How long the stream has for an event, before the timer applies it.
const STREAM_HAS: SignedDuration = SignedDuration::from_mins(2);
/// The largest event body taken, and so the largest one inflated.
pub const EVENT_BODY_BYTES_MAX: usize = 256 * 1024;

/// Where an event lies in the inbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EventKey {
    pub business: BusinessId,
    pub provider: Provider,
    /// The object it speaks of.
    pub object: String,
    /// The provider's id of the event.
    pub event: String,
}

/// A provider's event, authentic, as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedEvent {
    pub key: EventKey,
    /// Its type, in the provider's word.
    pub kind: String,
    /// The version of the provider's API that shaped it.
    pub api_version: Option<String>,
    /// Whether it speaks of real money, where it says so.
    pub livemode: Option<bool>,
    pub received_at: Timestamp,
    /// The bytes that were signed.
    pub body: Vec<u8>,
    /// What became of it.
    pub state: EventState,
    /// Why, where that needs saying.
    pub reason: Option<String>,
}

impl ReceivedEvent {
    /// Its place in the order in which events were received.
    pub fn place(&self) -> String {
        format!("{:.3}#{}", self.received_at, self.key.event)
    }
}

/// The attributes of an event's item at most.
const ATTRIBUTES_MAX: usize = 18;
/// Characters of an event's type and version that are kept.
const WORD_CHARS_MAX: usize = 100;

/// What an event says of itself, before anything of it is applied.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// The provider's id of the event.
    pub id: &'a str,
    /// The object it speaks of, where it names one.
    pub object: Option<&'a str>,
    /// Its type.
    pub kind: &'a str,
    /// The version of the provider's API that shaped it.
    pub api_version: Option<&'a str>,
    /// Whether it speaks of real money, where it says so.
    pub livemode: Option<bool>,
}

impl ReceivedEvent {
    /// An event that is yet to be applied. However it came, webhook or sweep, the same event has the same place.
    pub fn fresh(
        business: BusinessId,
        provider: Provider,
        envelope: Envelope<'_>,
        body: &[u8],
        now: Timestamp,
    ) -> Self {
        let word = |text: &str| text.chars().take(WORD_CHARS_MAX).collect::<String>();
        let object = envelope.object.unwrap_or("none").to_owned();
        Self {
            key: EventKey { business, provider, object, event: envelope.id.to_owned() },
            kind: word(envelope.kind),
            api_version: envelope.api_version.map(word),
            livemode: envelope.livemode,
            received_at: now,
            body: body.to_vec(),
            state: EventState::Received,
            reason: None,
        }
    }

    /// An authentic event that cannot be read, kept under a name made of its bytes.
    pub fn unreadable(
        business: BusinessId,
        provider: Provider,
        name: String,
        reason: String,
        body: &[u8],
        now: Timestamp,
    ) -> Self {
        Self {
            key: EventKey { business, provider, object: "unreadable".to_owned(), event: name },
            kind: "unreadable".to_owned(),
            api_version: None,
            livemode: None,
            received_at: now,
            body: body.to_vec(),
            state: EventState::Quarantined,
            reason: Some(reason),
        }
    }
}

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventState {
    /// Recorded; not yet applied.
    Received,
    /// Applied, or found to change nothing.
    Applied,
    /// It speaks of a payment that we did not start; what it says is kept.
    Unmatched,
    /// Authentic, but not understood; kept for repair and replay.
    Quarantined,
}

impl EventState {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Applied => "applied",
            Self::Unmatched => "unmatched",
            Self::Quarantined => "quarantined",
        }
    }

    fn named(word: &str) -> Option<Self> {
        [Self::Received, Self::Applied, Self::Unmatched, Self::Quarantined]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

#[derive(Deserialize)]
struct EventRecord {
    business: BusinessId,
    object: String,
    event: String,
    kind: String,
    #[serde(default)]
    api_version: Option<String>,
    #[serde(default)]
    livemode: Option<bool>,
    received_at: Timestamp,
    state: String,
    #[serde(default)]
    reason: Option<String>,
}

/// Written attribute by attribute, because this is much of what the receiver does itself: by way of the record it takes a fifth
/// more instructions.
pub(crate) fn of_event(event: &ReceivedEvent) -> Item {
    let key = &event.key;
    let Key { pk, sk } = keys::event(&key.business, key.provider, &key.object, &key.event);
    let mut item = Item::with_capacity(ATTRIBUTES_MAX);
    let mut put = |name: &str, value: AttributeValue| drop(item.insert(name.to_owned(), value));
    put("pk", AttributeValue::S(pk));
    put("sk", AttributeValue::S(sk));
    put("v", AttributeValue::N(VERSION.to_owned()));
    put("business", text(key.business.as_str()));
    put("object", text(&key.object));
    put("event", text(&key.event));
    put("kind", text(&event.kind));
    put("received_at", AttributeValue::S(event.received_at.to_string()));
    put("state", text(event.state.as_str()));
    put("body", AttributeValue::B(Blob::new(compressed(&event.body))));
    if let Some(version) = &event.api_version {
        put("api_version", text(version));
    }
    if let Some(livemode) = event.livemode {
        put("livemode", AttributeValue::Bool(livemode));
    }
    if let Some(reason) = &event.reason {
        put("reason", text(reason));
    }
    let place = event.place();
    let shard = key.event.bytes().fold(0_u8, u8::wrapping_add) % keys::EVENT_SHARDS;
    let hour = keys::events_of_hour(&key.business, event.received_at, shard);
    let item = listed(item, Index::Parent, &hour, &place);
    match event.state {
        EventState::Quarantined => listed(item, Index::List, &keys::events_quarantined(&key.business), &place),
        EventState::Received => {
            let at = event.received_at.saturating_add(STREAM_HAS).unwrap_or(Timestamp::MAX);
            due(item, DueList::Events, at, &key.event)
        }
        EventState::Applied | EventState::Unmatched => expiring(item, kept_until(event.received_at)),
    }
}

/// A body as it is kept: one block of LZ4 after its length. An event of 2,048 bytes makes 830, where zstd makes 639 of it; but
/// that took a twelfth of the receiver's instructions for an event, and an item of either costs the same two units to write.
fn compressed(body: &[u8]) -> Vec<u8> {
    block::compress_prepend_size(body)
}

fn inflated(kept: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (length, packed) = block::uncompressed_size(kept).map_err(|error| StoreError::defect("event body", &error))?;
    if length > EVENT_BODY_BYTES_MAX {
        return Err(StoreError::Defect(format!("an event body of {length} bytes")));
    }
    let body = block::decompress(packed, length).map_err(|error| StoreError::defect("event body", &error))?;
    // A block that is cut may end well, only sooner.
    if body.len() == length { Ok(body) } else { Err(StoreError::Defect("an event body that is cut".to_owned())) }
}

/// When an event is forgotten that was applied at an instant. One in quarantine waits for a person and never is.
fn kept_until(at: Timestamp) -> Timestamp {
    at.saturating_add(EVENT_KEPT).unwrap_or(Timestamp::MAX)
}

/// The same, as the table has it.
pub(crate) fn expiry(at: Timestamp) -> AttributeValue {
    number(kept_until(at).as_second())
}

pub(crate) fn event(mut item: Item) -> Result<ReceivedEvent, StoreError> {
    let body = match item.remove("body") {
        Some(AttributeValue::B(blob)) => inflated(blob.as_ref())?,
        _ => return Err(StoreError::Defect("event without a body".to_owned())),
    };
    let provider = super::text_of(&item, "pk").and_then(keys::provider_in);
    let record: EventRecord = record(item)?;
    Ok(ReceivedEvent {
        key: EventKey {
            business: record.business,
            provider: provider.ok_or_else(|| StoreError::Defect("event without a provider".to_owned()))?,
            object: record.object,
            event: record.event,
        },
        kind: record.kind,
        api_version: record.api_version,
        livemode: record.livemode,
        received_at: record.received_at,
        body,
        state: EventState::named(&record.state)
            .ok_or_else(|| StoreError::Defect(format!("event state {}", record.state)))?,
        reason: record.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_inflated_to_what_it_was_and_never_to_more_than_is_taken() {
        let body = "{\"id\": \"evt_1\"}".repeat(100).into_bytes();
        let kept = compressed(&body);
        assert!(kept.len() < body.len() / 10);
        assert_eq!(inflated(&kept).unwrap(), body);
        assert_eq!(inflated(&compressed(b"")).unwrap(), b"");

        for cut in 1..kept.len() {
            assert!(inflated(&kept[..cut]).is_err(), "{cut}");
        }
        let longest = u32::try_from(EVENT_BODY_BYTES_MAX).unwrap();
        let claims_too_much = [&(longest + 1).to_le_bytes()[..], &kept[4..]].concat();
        let refused = inflated(&claims_too_much).unwrap_err().to_string();
        assert!(refused.contains("262145 bytes"), "{refused}");
    }
}
