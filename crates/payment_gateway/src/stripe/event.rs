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
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::meaning::Unreadable;
use crate::stripe::field::{Field, IfObject, document};

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
    /// The whole event.
    body: &'a [u8],
    /// Whether the object must be fetched.
    pub thin: bool,
    /// Whether it happened on another account than that of the endpoint: one that is connected to it, or of the same organisation.
    pub of_other_account: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope<'a, D> {
    #[serde(borrow)]
    id: Field<'a>,
    object: Field<'a>,
    r#type: Field<'a>,
    livemode: Field<'a>,
    created: Field<'a>,
    api_version: Field<'a>,
    data: D,
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

/// The same, of which only the object's own names are read.
#[derive(Default, Deserialize)]
#[serde(default)]
struct NamesInData<'a> {
    #[serde(borrow)]
    object: IfObject<Subject<'a>>,
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
        // One pass over the event. A name that stands twice ends it, and within the data that is no fault of the envelope.
        let envelope: Envelope<'a, IfObject<NamesInData<'a>>> =
            document(body).or_else(|_| document::<Envelope<'a, IgnoredAny>>(body).map(Envelope::without_data))?;
        let id = envelope.id.text().and_then(|id| id.parse().ok());
        let kind = envelope.r#type.text().filter(|kind| !kind.is_empty());
        let thin = envelope.object.text().as_deref() == Some(THIN);
        let subject: Subject<'a> =
            if thin { envelope.related_object.record().unwrap_or_default() } else { envelope.data.0.object.0 };
        Ok(Self {
            id: id.ok_or(Unreadable::because("the event has no id"))?,
            kind: kind.ok_or(Unreadable::because("the event has no type"))?,
            livemode: envelope.livemode.flag(),
            created: instant(envelope.created),
            api_version: envelope.api_version.text(),
            object_id: subject.id.text().and_then(|id| id.parse().ok()),
            object_kind: if thin { subject.r#type.text() } else { subject.object.text() },
            body,
            thin,
            of_other_account: [envelope.account, envelope.context].into_iter().any(|named| named.text().is_some()),
        })
    }

    /// The object as it was; a thin event has none.
    pub fn object(&self) -> Option<&'a RawValue> {
        let envelope: Envelope<'a, Field<'a>> = document(self.body).ok().filter(|_| !self.thin)?;
        envelope.data.record::<Data<'a>>()?.object.raw()
    }
}

impl<'a> Envelope<'a, IgnoredAny> {
    fn without_data<D: Default>(self) -> Envelope<'a, D> {
        let Self { id, object, r#type, livemode, created, api_version, data: _, related_object, account, context } =
            self;
        let data = D::default();
        Envelope { id, object, r#type, livemode, created, api_version, data, related_object, account, context }
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
