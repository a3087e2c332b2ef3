//! Texts that have a meaning: parsed once, at the door.
//!
//! Two texts that look the same are the same: every text is normalised to NFC, so that a number typed on one machine and
//! pasted on another is one number. What cannot be seen is refused. In **identifiers** (numbers, external ids, references) that
//! is every character without a shape of its own, and every kind of space is a plain one. **Prose** (names, descriptions)
//! keeps the joiners U+200C and U+200D between letters of the scripts that need them: Persian and the scripts of India spell
//! with them, and emoji are joined by one. Next to ASCII they could only hide, and are refused there too.
//!
//! The table is read by the same rules: a text that was taken once is taken again, since every rule holds of its own result.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use icu_normalizer::ComposingNormalizer;
use icu_properties::props::{BidiClass, DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};
use serde::{Deserialize, Serialize};

/// Characters in the longest name, number, reference or description, as normalised.
pub const TEXT_CHARS_MAX: usize = 200;
/// Characters in the longest e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_CHARS_MAX: usize = 254;
/// Zero width non-joiner and joiner.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];
/// Has a shape of its own by its category, and shows none: a Braille cell without dots.
const BRAILLE_BLANK: char = '\u{2800}';
/// Where a text of foreign direction begins and ends within a line (UAX #9): first strong isolate, pop directional isolate.
const ISOLATE: [char; 2] = ['\u{2068}', '\u{2069}'];

/// Why a text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct TextError {
    /// What was expected, in words.
    pub expected: &'static str,
}

const UNSEEN: TextError =
    TextError { expected: "characters that can be seen, not control, zero-width or direction-changing ones" };

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $kind:expr, $check:expr, $expected:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(into = "String", try_from = "String")]
            pub struct $name(String);

            impl $name {
                /// The text itself.
                pub fn as_str(&self) -> &str {
                    &self.0
                }
            }

            impl FromStr for $name {
                type Err = TextError;

                fn from_str(text: &str) -> Result<Self, TextError> {
                    let check: fn(&str) -> bool = $check;
                    let text = cleaned(text, $kind)?;
                    if check(&text) { Ok(Self(text.into_owned())) } else { Err(TextError { expected: $expected }) }
                }
            }

            impl TryFrom<String> for $name {
                type Error = TextError;

                fn try_from(text: String) -> Result<Self, TextError> {
                    text.parse()
                }
            }

            impl From<$name> for String {
                fn from(text: $name) -> Self {
                    text.0
                }
            }
        )*
    };
}

texts! {
    /// The name of a customer, business or contact. Never logged.
    PartyName, Kind::Prose, is_line, "a name of 1 to 200 characters on one line";
    /// The number printed on an invoice, unique within a business.
    InvoiceNumber, Kind::Identifier, is_line, "an invoice number of 1 to 200 characters on one line";
    /// The business's own id for a customer or invoice.
    ExternalId, Kind::Identifier, is_external_id, "an id of 1 to 200 characters without spaces, not of the form of our own ids";
    /// What a line of an invoice is for.
    Description, Kind::Prose, is_line, "a description of 1 to 200 characters on one line";
    /// The customer's own reference, such as a purchase order.
    Reference, Kind::Identifier, is_line, "a reference of 1 to 200 characters on one line";
}

macro_rules! shown {
    ($($name:ident)*) => {
        $(
            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    write!(f, "{:?}", self.0)
                }
            }
        )*
    };
}

shown! { InvoiceNumber ExternalId }

macro_rules! redacted {
    ($($name:ident)*) => {
        $(
            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(concat!(stringify!($name), "(redacted)"))
                }
            }
        )*
    };
}

redacted! { PartyName Description Reference EmailAddress }

/// An e-mail address. It has no `Display`, and its `Debug` tells nothing: addresses are not logged.
///
/// The local part is ASCII and keeps its case; the domain is lower-cased. Only what mail systems really deliver is taken: no
/// quoted local parts, no comments, no literal addresses, and no letters beyond ASCII before the `@`, which many systems on
/// the way refuse (RFC 6531 is optional).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address, with the domain in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings of one mailbox are the same: all lower case. The domain is so already, and
    /// of the local part only ASCII letters are folded, so that no other character becomes one of them.
    pub fn folded(&self) -> String {
        self.0.to_ascii_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        const ERROR: TextError = TextError { expected: "an e-mail address such as name@example.com" };
        const NOT_ASCII: TextError = TextError {
            expected: "an e-mail address with only the letters a to z, digits and signs before the @, such as name@example.com",
        };
        let (local, domain) = text.trim().rsplit_once('@').ok_or(ERROR)?;
        if !local.is_ascii() {
            return Err(NOT_ASCII);
        }
        // U+212A, the sign of Kelvin, is a k in lower case: such letters would make one address look like another.
        if domain.chars().any(|c| !c.is_ascii() && c.to_lowercase().any(|lower| lower.is_ascii())) {
            return Err(ERROR);
        }
        let domain = cleaned(domain, Kind::Identifier)?.to_lowercase();
        let local_good = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let domain_good = domain.contains('.') && domain.split('.').all(label);
        let address = format!("{local}@{domain}");
        if local_good && domain_good && address.len() <= EMAIL_CHARS_MAX { Ok(Self(address)) } else { Err(ERROR) }
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = TextError;

    fn try_from(text: String) -> Result<Self, TextError> {
        text.parse()
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.0
    }
}

/// What a text is for, and so what it may hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Compared and typed again: everything in it can be seen.
    Identifier,
    /// Read by people, in any script.
    Prose,
}

/// The text in the one form it is kept in: NFC, without spaces around it. Refuses what cannot be seen.
fn cleaned(text: &str, kind: Kind) -> Result<Cow<'_, str>, TextError> {
    let text = text.trim();
    if text.is_ascii() {
        return if text.contains(|c: char| c.is_ascii_control()) { Err(UNSEEN) } else { Ok(Cow::Borrowed(text)) };
    }
    let mut text = ComposingNormalizer::new_nfc().normalize(text);
    if kind == Kind::Identifier && text.contains(is_other_space) {
        text = Cow::Owned(text.replace(is_other_space, " "));
    }
    let chars: Vec<char> = text.chars().collect();
    let beyond_ascii = |place: Option<usize>| place.and_then(|place| chars.get(place)).is_some_and(|c| joins(*c));
    let seen = |(place, c): (usize, &char)| match kind {
        Kind::Identifier => !is_unseen(*c) && !is_meaningless(*c),
        Kind::Prose if JOINERS.contains(c) => beyond_ascii(place.checked_sub(1)) && beyond_ascii(Some(place + 1)),
        Kind::Prose => !is_unseen_in_prose(*c),
    };
    let shows = chars.iter().any(|c| !c.is_whitespace() && !is_unseen(*c));
    if shows && chars.iter().enumerate().all(seen) { Ok(text) } else { Err(UNSEEN) }
}

/// What a joiner may stand beside.
fn joins(c: char) -> bool {
    !c.is_ascii() && !c.is_whitespace() && !JOINERS.contains(&c)
}

fn category(c: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(c)
}

fn is_other_space(c: char) -> bool {
    c != ' ' && category(c) == GeneralCategory::SpaceSeparator
}

/// Controls, breaks of lines, formats, and whatever else is drawn as nothing.
fn is_unseen(c: char) -> bool {
    is_break(c)
        || category(c) == GeneralCategory::Format
        || c == BRAILLE_BLANK
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

/// Of what is unseen, prose may hold what gives its neighbours another look (variation selectors), and formats that are
/// drawn (the signs before Arabic numbers).
fn is_unseen_in_prose(c: char) -> bool {
    let ignorable = || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    is_break(c) || (ignorable() && category(c) != GeneralCategory::NonspacingMark)
}

fn is_break(c: char) -> bool {
    matches!(
        category(c),
        GeneralCategory::Control | GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator
    )
}

/// Code points that mean nothing, or something else on every machine.
fn is_meaningless(c: char) -> bool {
    matches!(category(c), GeneralCategory::Unassigned | GeneralCategory::PrivateUse)
}

/// A text as it stands within a line of ours: where it has letters that are written from right to left it is isolated, so that
/// it does not reorder what stands around it.
pub fn isolated(text: &str) -> Cow<'_, str> {
    let bidi = CodePointMapData::<BidiClass>::new();
    let turns = |c: char| {
        let class = bidi.get(c);
        class == BidiClass::RightToLeft || class == BidiClass::ArabicLetter || class == BidiClass::ArabicNumber
    };
    if text.is_ascii() || !text.contains(turns) {
        return Cow::Borrowed(text);
    }
    let [begin, end] = ISOLATE;
    Cow::Owned(format!("{begin}{text}{end}"))
}

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX
}

/// A caller's own id may not look like one of ours, or a look-up by either could find the wrong thing.
fn is_external_id(text: &str) -> bool {
    is_line(text)
        && !text.chars().any(char::is_whitespace)
        && !crate::ids::PREFIXES
            .iter()
            .any(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('_')))
}

#[cfg(test)]
mod tests;
