//! The envelope of an event: what the event is about.
//!
//! Snapshot events of any API version carry the object as it was; thin events (`v2.core.event`) only name it, and it has to be
//! fetched. Only an event's id and type are required. `created` is kept for people: it has a resolution of a second and says
//! nothing about order.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use receivables::ObjectId;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meaning::Unreadable;
use crate::stripe::field::{Field, document};

/// The `object` field of a thin event.
const THIN: &str = "v2.core.event";

/// An event, borrowed from the body it came in.
#[derive(Clone)]
pub struct Event<'a> {
    /// Its id, the same at every delivery of it.
    pub id: ObjectId,
    /// Its type, such as `payment_intent.succeeded`.
    pub kind: Cow<'a, str>,
    /// Whether it is about real money. An event that does not match the business's key changes nothing.
    pub livemode: Option<bool>,
    /// When it happened, to the second.
    pub created: Option<Timestamp>,
    /// The API version in which the object is written.
    pub api_version: Option<Cow<'a, str>>,
    /// The id of the object it is about.
    pub object_id: Option<ObjectId>,
    /// The kind of that object, such as `payment_intent`.
    pub object_kind: Option<Cow<'a, str>>,
    /// The object as it was; a thin event has none.
    pub object: Option<&'a RawValue>,
    /// Whether the object must be fetched.
    pub thin: bool,
    /// Whether it happened on another account than that of the endpoint: one that is connected to it, or of the same organisation.
    pub of_other_account: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    object: Field<'a>,
    r#type: Field<'a>,
    livemode: Field<'a>,
    created: Field<'a>,
    api_version: Field<'a>,
    data: Field<'a>,
    related_object: Field<'a>,
    account: Field<'a>,
    context: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow)]
    object: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    object: Field<'a>,
    r#type: Field<'a>,
}

impl<'a> Event<'a> {
    /// Reads the envelope. Whether the object in it can be read is checked later, and only where it matters.
    pub fn read(body: &'a [u8]) -> Result<Self, Unreadable> {
        let envelope: Envelope<'a> = document(body)?;
        let id = envelope.id.text().and_then(|id| id.parse().ok());
        let kind = envelope.r#type.text().filter(|kind| !kind.is_empty());
        let thin = envelope.object.text().as_deref() == Some(THIN);
        let data: Data<'a> = envelope.data.record().unwrap_or_default();
        let about = if thin { envelope.related_object } else { data.object };
        let subject: Subject<'a> = about.record().unwrap_or_default();
        Ok(Self {
            id: id.ok_or(Unreadable::because("the event has no id"))?,
            kind: kind.ok_or(Unreadable::because("the event has no type"))?,
            livemode: envelope.livemode.flag(),
            created: instant(envelope.created),
            api_version: envelope.api_version.text(),
            object_id: subject.id.text().and_then(|id| id.parse().ok()),
            object_kind: if thin { subject.r#type.text() } else { subject.object.text() },
            object: if thin { None } else { about.raw() },
            thin,
            of_other_account: [envelope.account, envelope.context].into_iter().any(|named| named.text().is_some()),
        })
    }
}

/// Seconds in snapshot events, RFC 3339 in thin ones.
fn instant(field: Field<'_>) -> Option<Timestamp> {
    match field.whole() {
        Some(seconds) => Timestamp::from_second(seconds).ok(),
        None => field.text()?.parse().ok(),
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
