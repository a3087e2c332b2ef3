//! The registry of ids: one prefix each, sortable by time, none colliding with a provider's.
//!
//! An id is `prefix_` and a ULID (26 characters of Crockford's base 32: 48 bits of milliseconds, 80 bits of chance). Ids are
//! made by `function_runtime`; here they are only read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Characters in a ULID.
const ULID_LEN: usize = 26;

/// Why a text is not an id of the kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of the form {prefix}_ followed by {ULID_LEN} letters and digits")]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
            #[serde(into = "String", try_from = "String")]
            pub struct $name(String);

            impl $name {
                /// What every such id begins with, before the underscore.
                pub const PREFIX: &'static str = $prefix;

                /// An id of this kind from a ULID's text.
                pub fn from_ulid(ulid: &str) -> Result<Self, IdError> {
                    format!("{}_{ulid}", $prefix).parse()
                }

                /// The whole text of the id.
                pub fn as_str(&self) -> &str {
                    &self.0
                }

                /// The ULID behind the prefix.
                pub fn ulid(&self) -> &str {
                    self.0.get($prefix.len() + 1..).unwrap_or_default()
                }
            }

            impl FromStr for $name {
                type Err = IdError;

                fn from_str(text: &str) -> Result<Self, IdError> {
                    match text.strip_prefix(concat!($prefix, "_")) {
                        Some(rest) if is_ulid(rest) => Ok(Self(text.to_owned())),
                        Some(_) | None => Err(IdError { prefix: $prefix }),
                    }
                }
            }

            impl TryFrom<String> for $name {
                type Error = IdError;

                fn try_from(text: String) -> Result<Self, IdError> {
                    text.parse()
                }
            }

            impl From<$name> for String {
                fn from(id: $name) -> Self {
                    id.0
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(&self.0)
                }
            }
        )*

        /// Every prefix there is, in the order of the registry.
        pub const PREFIXES: &[&str] = &[$($prefix),*];
    };
}

ids! {
    /// A business: the tenant to which everything belongs.
    BusinessId = "biz";
    /// A customer, and their account: each has exactly one.
    CustomerId = "cst";
    /// An API key (its public name, not its secret).
    KeyId = "key";
    /// An invoice.
    InvoiceId = "inv";
    /// A payment: one attempt at one amount.
    PaymentId = "pay";
    /// A pay link.
    PayLinkId = "lnk";
    /// A sign-in request: the link and its code.
    SignInId = "sgn";
    /// A review: something a person should look at.
    ReviewId = "rvw";
    /// An order to send money back.
    RefundId = "rfd";
    /// A credit note.
    CreditNoteId = "crn";
}

/// Prefixes that belong to a provider; none of ours may begin with one.
pub const PROVIDER_PREFIXES: &[&str] = &[
    "acct_", "ch_", "cs_", "cus_", "dp_", "du_", "evt_", "in_", "pi_", "plan_", "pm_", "po_", "price_", "py_", "re_",
    "seti_", "sub_", "txn_", "we_",
];

fn is_ulid(text: &str) -> bool {
    text.len() == ULID_LEN
        && text.bytes().all(
            |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'H' | b'J' | b'K' | b'M' | b'N' | b'P'..=b'T' | b'V'..=b'Z'),
        )
        && text.as_bytes().first().is_some_and(|byte| (b'0'..=b'7').contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prefix_collides_with_another_or_with_a_providers() {
        for (place, prefix) in PREFIXES.iter().enumerate() {
            let ours = format!("{prefix}_");
            assert!(!PREFIXES[..place].contains(prefix), "{prefix} is there twice");
            for theirs in PROVIDER_PREFIXES {
                assert!(!ours.starts_with(theirs), "{ours} begins with the provider's {theirs}");
            }
        }
    }

    #[test]
    fn an_id_is_its_prefix_and_a_ulid() {
        let good = "inv_01JD8Z0000ABCDEFGHJKMNPQRS";
        assert_eq!(good.parse::<InvoiceId>().unwrap().ulid(), "01JD8Z0000ABCDEFGHJKMNPQRS");
        for bad in [
            "",
            "inv_",
            "pay_01JD8Z0000ABCDEFGHJKMNPQRS",
            "inv_01JD8Z0000ABCDEFGHJKMNPQR",
            "inv_01JD8Z0000ABCDEFGHJKMNPQRU#",
        ] {
            assert!(bad.parse::<InvoiceId>().is_err(), "{bad:?} was taken");
        }
    }
}
