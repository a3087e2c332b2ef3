//! Secrets: the key that requests are made with and the keys that events are signed with.

use std::fmt;
use std::str::FromStr;

/// A secret text. It has no `Display`, and its `Debug` shows nothing.
#[derive(Clone)]
pub struct Secret(String);

/// Why a text cannot be a secret. It does not repeat the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The text is empty.
    #[error("the secret is empty")]
    Blank,
    /// It contains a space or a line break: something else was copied with it, and it would never match.
    #[error("there is a space or a line break in the secret")]
    Whitespace,
}

impl Secret {
    /// A secret of this text, exactly as it is.
    pub fn new(text: impl Into<String>) -> Result<Self, SecretError> {
        let text = text.into();
        if text.trim().is_empty() {
            Err(SecretError::Blank)
        } else if text.chars().any(char::is_whitespace) {
            Err(SecretError::Whitespace)
        } else {
            Ok(Self(text))
        }
    }

    /// The text, for code that must send it or sign with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_tells_nothing_and_is_never_blank_or_spaced() {
        let secret: Secret = "whsec_hidden".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(redacted)");
        assert_eq!(secret.reveal(), "whsec_hidden");
        for (text, why) in [
            ("", SecretError::Blank),
            (" \n", SecretError::Blank),
            ("whsec_a\n", SecretError::Whitespace),
            (" whsec_a", SecretError::Whitespace),
            ("whsec a", SecretError::Whitespace),
            ("whsec\u{a0}a", SecretError::Whitespace),
        ] {
            assert_eq!(Secret::new(text).map(|_| ()), Err(why), "{text:?}");
        }
    }
}
