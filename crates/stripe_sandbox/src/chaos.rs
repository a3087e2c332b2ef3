//! The chaos switch: webhooks lost, doubled, late and out of order, in the same way for the same seed.
//!
//! A dropped webhook is never sent: only a sweep of `/v1/events` finds the event.

use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::api_error::ApiError;

/// What goes wrong with deliveries. The default is nothing.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Chaos {
    /// How many events in a hundred are delivered twice.
    duplicate: u8,
    /// How many events in a hundred are not delivered at all.
    drop: u8,
    /// The longest delay of a delivery.
    delay_ms_max: u32,
    /// Whether deliveries that are due together go out in any order.
    pub(super) reorder: bool,
    seed: u64,
}

impl Chaos {
    pub(super) fn load(connection: &Connection) -> Result<Self, ApiError> {
        let text: Option<String> =
            connection.query_row("SELECT value FROM settings WHERE name = 'chaos'", [], |row| row.get(0)).optional()?;
        Ok(text.map(|text| serde_json::from_str(&text)).transpose()?.unwrap_or_default())
    }

    /// Replaces all settings: a field that is left out is off.
    pub(super) fn save(&self, connection: &Connection) -> Result<(), ApiError> {
        if self.duplicate > 100 || self.drop > 100 {
            return Err(ApiError::invalid("", "duplicate and drop are percentages, from 0 to 100."));
        }
        let text = serde_json::to_string(self)?;
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('chaos', ?1)", [text])?;
        Ok(())
    }

    /// One entry for each delivery of an event: its delay.
    pub(super) fn plan(&self, event: &str) -> Vec<i64> {
        let percentile = |what| self.roll(what, event) % 100;
        let copies = if percentile("drop") < u64::from(self.drop) {
            0
        } else if percentile("duplicate") < u64::from(self.duplicate) {
            2
        } else {
            1
        };
        let span = u64::from(self.delay_ms_max) + 1;
        let delays = ["first", "second"].into_iter().take(copies);
        delays.map(|copy| i64::try_from(self.roll(copy, event) % span).unwrap_or_default()).collect()
    }

    /// The position of a delivery among those that are due with it.
    pub(super) fn place(&self, seq: i64) -> u64 {
        if self.reorder { self.roll("place", &seq.to_string()) } else { 0 }
    }

    fn roll(&self, what: &str, about: &str) -> u64 {
        let digest = Sha256::digest(format!("{}|{what}|{about}", self.seed));
        digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
    }
}
