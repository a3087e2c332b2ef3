//! The name of a message, the same however often it is sent: where its fate is unknown, it is sent again.

use std::fmt;

use sha2::{Digest, Sha256};

/// Characters in the longest value of an SES tag.
const TAG_CHARS_MAX: usize = 256;
/// Bytes of the digest that are kept: 128 bits do not collide by chance.
const DIGEST_BYTES: usize = 16;

/// The effect and what it is for: `receipt/pay_01J…`. It consists of ids, never of text that a person wrote, so it may be
/// logged.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of an effect on one thing, such as the `receipt` of a payment.
    pub fn new(effect: &'static str, of: impl fmt::Display) -> Self {
        Self(format!("{effect}/{of}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name in the letters that SES takes in a tag; `receipt/pay_01J…` becomes `receipt-pay_01J…`.
    pub(crate) fn tag(&self) -> String {
        let taken = |c: char| {
            if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }
        };
        self.0.chars().take(TAG_CHARS_MAX).map(taken).collect()
    }

    /// A short digest of the name: the same for every try, and different for another effect.
    pub(crate) fn digest(&self) -> String {
        digest(&[&self.0])
    }
}

/// A short digest of texts. The boundaries between the texts count.
pub(crate) fn digest(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update(text.as_bytes());
        hasher.update([0]);
    }
    hex::encode(hasher.finalize().get(..DIGEST_BYTES).unwrap_or_default())
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
