//! Permissions: what a key of the business's API may do beyond what every key may.

use std::fmt;
use std::str::FromStr;

/// What a key may do only where it was given the permission when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// To write off a bad debt, of whatever amount.
    BadDebts,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::BadDebts];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BadDebts => "bad_debts",
        }
    }
}

/// Why a text names no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a permission: bad_debts")]
pub struct PermissionError;

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = PermissionError;

    fn from_str(word: &str) -> Result<Self, PermissionError> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == word).ok_or(PermissionError)
    }
}
