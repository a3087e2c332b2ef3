//! The registry of ids: one prefix each, sortable by time, none colliding with a provider's.
//!
//! An id is `prefix_` and a ULID (26 characters of Crockford's base 32: 48 bits of milliseconds, 80 random bits). New ids are
//! drawn by `function_runtime`; here they are read, and derived from what they follow from: the same parts always give the
//! same id. Derived ids are idempotency keys and are kept by callers, so no derivation ever changes.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use ulid::Ulid;

/// Characters in a ULID.
const ULID_LEN: usize = 26;
/// Bits of a ULID's character.
const BITS_PER_CHAR: u32 = 5;
/// Characters of a ULID's random part.
const RANDOM_CHARS: usize = 16;

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

                /// The id that follows from a parent's id and what sets it apart from the parent's other children. It sorts where
                /// its parent does.
                pub fn derived(parent: &str, parts: &[&str]) -> Self {
                    Self(format!("{}_{}", $prefix, derived_in_time(parent, parts)))
                }

                /// The id that follows from parts of which none has a time of its own.
                pub fn derived_without_time(parts: &[&str]) -> Self {
                    Self(format!("{}_{}", $prefix, derived_by_digest(parts)))
                }

                /// When the id was drawn, to the millisecond. Of an id that was derived without a time it says nothing.
                pub fn created_at(&self) -> Timestamp {
                    created_at(self.ulid())
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
    /// An outgoing payment: money that the business sends a customer by its bank.
    OutgoingPaymentId = "out";
    /// An export: a file that is made of the books.
    ExportId = "exp";
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

/// What the derivations hash: the parts in their order, with slashes between them.
fn digest_of(parts: &[&str]) -> [u8; 32] {
    Sha256::digest(parts.join("/")).into()
}

/// The lowest five bits of each byte, one byte a character: what the first derived ids took of the digest, and so what all take.
fn low_bits(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |bits, byte| (bits << BITS_PER_CHAR) | u128::from(byte & 31))
}

/// A ULID with the time of the parent's, and of the digest of all parts the first bytes as the random part.
fn derived_in_time(parent: &str, parts: &[&str]) -> String {
    let all: Vec<&str> = [parent].into_iter().chain(parts.iter().copied()).collect();
    let random: Vec<u8> = digest_of(&all).into_iter().take(RANDOM_CHARS).collect();
    let time = parent.rsplit('_').next().and_then(|ulid| Ulid::from_string(ulid).ok()).unwrap_or_default();
    Ulid::from_parts(time.timestamp_ms(), low_bits(&random)).to_string()
}

/// A ULID that is all digest. Of the first character a ULID has room for three bits only.
fn derived_by_digest(parts: &[&str]) -> String {
    let bytes: Vec<u8> = digest_of(parts).into_iter().take(ULID_LEN).collect();
    Ulid::from(low_bits(&bytes)).to_string()
}

fn created_at(ulid: &str) -> Timestamp {
    let millis = Ulid::from_string(ulid).unwrap_or_default().timestamp_ms();
    i64::try_from(millis).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivations_of_ids_that_exist_never_change() {
        let (payment, invoice) = ("pay_01JD8Z0000ABCDEFGHJKMNPQRS", "inv_01JD8Z0000ABCDEFGHJKMNPQRS");
        let of_amount = |amount: &str| PaymentId::derived(payment, &[&format!("{invoice}={amount}")]).to_string();
        assert_eq!(of_amount("40.00 EUR"), "pay_01JD8Z0000ZJGMEM7ERJG66WEK");
        assert_eq!(of_amount("40.01 EUR"), "pay_01JD8Z00007TSMAENTWQ3Q97BP");
        let review = ReviewId::derived(payment, &["chargeback#dp_1"]);
        assert_eq!(review.as_str(), "rvw_01JD8Z0000AAC6R9AKDYJ99ERG");
        let external = PaymentId::derived_without_time(&["biz_01JD8Z0000ABCDEFGHJKMNPQRS", "pi_3QWabcdef"]);
        assert_eq!(external.as_str(), "pay_7EKCDT7V68MDEG94XJGM8BNJDS");
        for derived in [of_amount("40.00 EUR"), external.to_string()] {
            assert!(derived.parse::<PaymentId>().is_ok(), "{derived}");
        }
    }

    #[test]
    fn an_id_says_when_it_was_drawn() {
        let id: BusinessId = "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
        assert_eq!(id.created_at().strftime("%Y-%m").to_string(), "2024-11");
        let first: BusinessId = "biz_00000000010000000000000000".parse().unwrap();
        assert_eq!(first.created_at(), Timestamp::from_millisecond(1).unwrap());
        let last: BusinessId = "biz_7ZZZZZZZZZZZZZZZZZZZZZZZZZ".parse().unwrap();
        assert_eq!(last.created_at().strftime("%Y").to_string(), "9999", "beyond the calendar");
        assert_eq!(PaymentId::derived(last.as_str(), &["x"]).created_at(), last.created_at());
    }

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
