//! Texts that have a meaning: parsed once, at the door.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Characters in the longest name, number, reference or description.
pub const TEXT_CHARS_MAX: usize = 200;
/// Characters in the longest e-mail address (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_CHARS_MAX: usize = 254;

/// Why a text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct TextError {
    /// What was expected, in words.
    pub expected: &'static str,
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident, $check:expr, $expected:literal;)*) => {
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
                    let text = text.trim();
                    let check: fn(&str) -> bool = $check;
                    if check(text) { Ok(Self(text.to_owned())) } else { Err(TextError { expected: $expected }) }
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
    PartyName, is_line, "a name of 1 to 200 characters on one line";
    /// The number printed on an invoice, unique within a business.
    InvoiceNumber, is_line, "an invoice number of 1 to 200 characters on one line";
    /// The business's own id for a customer or invoice.
    ExternalId, is_external_id, "an id of 1 to 200 characters without spaces, not of the form of our own ids";
    /// What a line of an invoice is for.
    Description, is_line, "a description of 1 to 200 characters on one line";
    /// The customer's own reference, such as a purchase order.
    Reference, is_line, "a reference of 1 to 200 characters on one line";
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
/// The local part keeps its case; the domain is lower-cased. Only what mail systems really deliver is taken: no quoted
/// local parts, no comments, no literal addresses.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form under which two spellings of one mailbox are the same: all lower case.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl FromStr for EmailAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        const ERROR: TextError = TextError { expected: "an e-mail address such as name@example.com" };
        let (local, domain) = text.trim().rsplit_once('@').ok_or(ERROR)?;
        let local_good = !local.is_empty()
            && local.len() <= 64
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..")
            && local.chars().all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
        let label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        let domain_good = domain.contains('.') && domain.split('.').all(label);
        if local_good && domain_good && text.trim().len() <= EMAIL_CHARS_MAX {
            Ok(Self(format!("{local}@{}", domain.to_lowercase())))
        } else {
            Err(ERROR)
        }
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

fn is_line(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(char::is_control)
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
mod tests {
    use super::*;

    #[test]
    fn addresses_that_mail_systems_deliver_are_taken_and_others_are_not() {
        for good in ["a@b.fr", "Zoé.O'Neil+tag@Exemple.CA", "x_y@sub.domain.example"] {
            assert!(good.parse::<EmailAddress>().is_ok(), "{good}");
        }
        for bad in
            ["", "a", "a@b", "@b.fr", "a b@c.fr", "a@-b.fr", "a@b..fr", "a..b@c.fr", "a@b.fr\nBcc: x@y.z", "<a@b.fr>"]
        {
            assert!(bad.parse::<EmailAddress>().is_err(), "{bad:?} was taken");
        }
        assert_eq!("A@B.FR".parse::<EmailAddress>().unwrap().as_str(), "A@b.fr");
    }

    #[test]
    fn nothing_personal_shows_in_debug_output() {
        let address: EmailAddress = "someone@example.com".parse().unwrap();
        let name: PartyName = "Someone".parse().unwrap();
        let shown = format!("{address:?} {name:?}");
        assert!(!shown.contains("omeone"), "{shown}");
    }

    #[test]
    fn an_external_id_never_looks_like_ours() {
        assert!("inv_7".parse::<ExternalId>().is_err());
        assert!("invoice-7".parse::<ExternalId>().is_ok());
    }
}
