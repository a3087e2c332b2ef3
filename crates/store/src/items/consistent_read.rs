//! What lies in several items of one partition: a head, and its parts.
//!
//! A transaction writes them together, yet a query is isolated from it item by item only
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation>): it may
//! see the new head beside old parts. To decide by such a thing, under the version of the new head, would lose what the parts
//! say. So the head carries a digest of the parts that belong to it, and who reads anything else reads again.

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::StoreError;

/// How the digest is made. A change of what the records of parts hold is a change of this: a digest that was made otherwise
/// cannot be compared, and is made anew with the next change.
const MADE: &str = "2";
/// Bytes of it that are kept.
const BYTES: usize = 12;

/// What was read of a head and its parts.
#[derive(Debug)]
pub(crate) enum Assembled<T> {
    /// It is not there.
    Absent,
    /// They belong together.
    Whole(T),
    /// They were read while they changed.
    Torn,
}

impl<T> Assembled<T> {
    /// Whole, if the digest that the head carries is that of the parts. Of a head that carries none, or one made otherwise,
    /// nothing can be said.
    pub(crate) fn of(whole: T, carried: Option<&str>, digest: &str) -> Self {
        match carried {
            Some(carried) if carried != digest && carried.starts_with(MADE) => Self::Torn,
            Some(_) | None => Self::Whole(whole),
        }
    }
}

/// The digest of parts, in their order.
pub(crate) struct PartsDigest(Sha256);

impl PartsDigest {
    pub(crate) fn new() -> Self {
        Self(Sha256::new())
    }

    pub(crate) fn add<T: Serialize>(&mut self, part: &T) -> Result<(), StoreError> {
        serde_json::to_writer(&mut self.0, part).map_err(|error| StoreError::defect("digest", &error))?;
        self.0.update(b"\n");
        Ok(())
    }

    pub(crate) fn text(self) -> String {
        let digest = self.0.finalize();
        format!("{MADE}:{}", hex::encode(digest.get(..BYTES).unwrap_or_default()))
    }
}
