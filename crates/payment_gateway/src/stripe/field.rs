//! One field of a provider's JSON, read without trusting that it is there or what it is.
//!
//! A generated or derived type refuses the whole object for one surprising field. A [`Field`] keeps the text of the value and
//! interprets it only when it is needed; a value of another type counts as absent.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use jiff::Timestamp;
use receivables::ObjectId;
use rust_decimal::Decimal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::meaning::Unreadable;

/// Characters of the longest word or label that is kept.
const CHARS_MAX: usize = 100;

/// The text of a value, or nothing where it is absent or null. It has no `Debug`, because values are personal.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Field<'a>(#[serde(borrow)] Option<&'a RawValue>);

impl<'a> Field<'a> {
    /// The value as it was written.
    pub(crate) fn raw(self) -> Option<&'a RawValue> {
        self.0
    }

    /// The value as a string.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let quoted = self.0?.get();
        let inner = quoted.strip_prefix('"')?.strip_suffix('"')?;
        if inner.contains('\\') {
            serde_json::from_str(quoted).ok().map(Cow::Owned)
        } else {
            Some(Cow::Borrowed(inner))
        }
    }

    /// The value as an integer.
    pub(crate) fn whole(self) -> Option<i64> {
        serde_json::from_str(self.0?.get()).ok()
    }

    /// A decimal number, digit by digit as it was written.
    pub(crate) fn decimal(self) -> Option<Decimal> {
        let written = self.0?.get();
        written.parse().or_else(|_| Decimal::from_scientific(written)).ok()
    }

    /// The value as a boolean.
    pub(crate) fn flag(self) -> Option<bool> {
        serde_json::from_str(self.0?.get()).ok()
    }

    /// An instant, in seconds since 1970. Zero is none.
    pub(crate) fn instant(self) -> Option<Timestamp> {
        self.whole().filter(|seconds| *seconds != 0).and_then(|seconds| Timestamp::from_second(seconds).ok())
    }

    /// A code of the provider's. Anything else, such as a sentence, is not kept.
    pub(crate) fn word(self) -> Option<String> {
        let text = self.text()?;
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        ((1..=CHARS_MAX).contains(&text.len()) && text.bytes().all(good)).then(|| text.into_owned())
    }

    /// A name that is shown to people: short, and of visible characters.
    pub(crate) fn label(self) -> Option<String> {
        let text = self.text()?;
        let label = text.trim();
        let short = (1..=CHARS_MAX).contains(&label.chars().count());
        (short && !label.chars().any(char::is_control)).then(|| label.to_owned())
    }

    /// The value as an object of a type.
    pub(crate) fn record<T: Deserialize<'a>>(self) -> Option<T> {
        record(self.0?).ok()
    }

    /// The values of a list; empty for anything else.
    pub(crate) fn list(self) -> Vec<Field<'a>> {
        self.0.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
    }

    /// The id of an object, whether it is only named or, expanded, included whole.
    pub(crate) fn id(self) -> Option<ObjectId> {
        let named = match self.text() {
            Some(id) => Some(id),
            None => self.record::<ExpandedObject<'_>>().and_then(|object| object.id.text()),
        };
        named?.parse().ok()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ExpandedObject<'a> {
    #[serde(borrow)]
    id: Field<'a>,
}

/// Reads an object. A list is refused, though serde would take its values in the order of the fields.
pub(crate) fn record<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Result<T, Unreadable> {
    if !raw.get().starts_with('{') {
        return Err(Unreadable::because("it is no JSON object"));
    }
    serde_json::from_str(raw.get()).map_err(|_| Unreadable::because("it names a field twice"))
}

/// Reads a whole body as one object.
pub(crate) fn document<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, Unreadable> {
    if json.trim_ascii_start().starts_with(b"{") {
        return serde_json::from_slice(json).map_err(|error| {
            Unreadable::because(if error.is_data() { "it names a field twice" } else { "it is no JSON" })
        });
    }
    let raw: &RawValue = serde_json::from_slice(json).map_err(|_| Unreadable::because("it is no JSON"))?;
    record(raw)
}

/// An object of a type; of anything else, the type's default. Unlike [`Field::record`] it reads while the value is passed, so that
/// what lies in a large object is read in one pass over it.
#[derive(Default)]
pub(crate) struct IfObject<T>(pub(crate) T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for IfObject<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(IfObjectVisitor(PhantomData)).map(Self)
    }
}

struct IfObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for IfObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<T, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }

    fn visit_unit<E>(self) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<T, E> {
        Ok(T::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<T, E> {
        Ok(T::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(json: &str) -> Field<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_value_is_read_as_what_it_is_or_not_at_all() {
        assert_eq!(field("\"plain\"").text().as_deref(), Some("plain"));
        assert_eq!(field("\"Soci\\u00e9t\\u00e9 \\\"A\\\"\"").text().as_deref(), Some("Société \"A\""));
        assert_eq!(field("\"\\ud800\"").text(), None);
        assert_eq!(field("12").text(), None);
        assert_eq!(field("12").whole(), Some(12));
        for no_whole in ["12.5", "\"12\"", "null", "1e3", "99999999999999999999", "true", "[1]"] {
            assert_eq!(field(no_whole).whole(), None, "{no_whole}");
        }
        assert_eq!(field("true").flag(), Some(true));
        assert_eq!(field("1").flag(), None);
        assert_eq!(field("1772442000").instant().map(Timestamp::as_second), Some(1_772_442_000));
        assert_eq!(field("0").instant(), None);
        assert_eq!(field("\"card_declined\"").word().as_deref(), Some("card_declined"));
        assert_eq!(field("\"a sentence\"").word(), None);
        assert_eq!(field("\" Banque d'\\u00c9pargne \"").label().as_deref(), Some("Banque d'Épargne"));
        assert_eq!(field("\"a\\nb\"").label(), None);
        assert!(field("null").raw().is_none());
        assert_eq!(field("[1, 2]").list().len(), 2);
        assert_eq!(field("{}").list().len(), 0);
    }

    #[test]
    fn an_id_is_named_or_expanded() {
        let id = |json| field(json).id().map(|id| id.to_string());
        assert_eq!(id("\"pi_1\"").as_deref(), Some("pi_1"));
        assert_eq!(id("{\"object\":\"payment_intent\",\"id\":\"pi_1\"}").as_deref(), Some("pi_1"));
        for none in ["null", "7", "\"\"", "\"pi 1\"", "{}", "{\"id\":null}", "[\"pi_1\"]"] {
            assert_eq!(id(none), None, "{none}");
        }
    }
}
