//! The sandbox's memory: one SQLite file of objects, replies, outgoing webhooks and transitions that are still to happen.
//!
//! Everything a request changes, and every event about it, is written in one [`Transaction`]: an observer never sees a state
//! without its event, nor an event without its state.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::api_error::ApiError;

/// The API version of objects and events: the one that the product's request library is made for.
pub(super) const API_VERSION: &str = "2026-09-30.endive";

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE IF NOT EXISTS objects (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, object TEXT NOT NULL,
        body TEXT NOT NULL, aside TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (object, seq);
    CREATE TABLE IF NOT EXISTS replies (
        once_key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, request TEXT NOT NULL, status INTEGER NOT NULL,
        body TEXT NOT NULL, kept_at_ms INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS deliveries (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
        due_at_ms INTEGER NOT NULL, state TEXT NOT NULL DEFAULT 'waiting');
    CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (due_at_ms) WHERE state = 'waiting';
    CREATE INDEX IF NOT EXISTS deliveries_by_event ON deliveries (event);
    CREATE TABLE IF NOT EXISTS transitions (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, object TEXT NOT NULL, due_at_ms INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS transitions_due ON transitions (due_at_ms);
    CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    INSERT OR IGNORE INTO settings VALUES ('minted', '0');
";

/// An object as Stripe shows it, and what Stripe knows about it without showing it.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) body: Value,
    pub(super) internal: Value,
}

/// The ids of the current API request, for its events. Absent for what a customer or the clock causes.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestIds {
    pub(super) request: Option<String>,
    pub(super) idempotency_key: Option<String>,
}

/// One unit of work: all of it is stored, or none.
pub(super) struct Transaction<'c> {
    pub(super) sql: rusqlite::Transaction<'c>,
    pub(super) now: Timestamp,
    pub(super) request_ids: RequestIds,
    pub(super) origin: &'c str,
    /// Whether something was enqueued for which a sleeping deliverer should wake.
    pub(super) enqueued: bool,
}

pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(SCHEMA)
}

impl<'c> Transaction<'c> {
    pub(super) fn begin(
        connection: &'c mut Connection,
        now: Timestamp,
        request_ids: RequestIds,
        origin: &'c str,
    ) -> Result<Self, ApiError> {
        let sql = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        Ok(Self { sql, now, request_ids, origin, enqueued: false })
    }

    /// Stores everything; returns whether to wake a deliverer.
    pub(super) fn commit(self) -> Result<bool, ApiError> {
        self.sql.commit()?;
        Ok(self.enqueued)
    }

    /// A new id in Stripe's style. Reproducible: the n-th id of a file at a given instant is always the same.
    pub(super) fn new_id(&self, prefix: &str, length: usize) -> Result<String, ApiError> {
        let count: String = self.sql.query_row(
            "UPDATE settings SET value = CAST(value AS INTEGER) + 1 WHERE name = 'minted' RETURNING CAST(value AS TEXT)",
            [],
            |row| row.get(0),
        )?;
        Ok(format!("{prefix}{}", letters(&format!("{count}|{}", self.now.as_millisecond()), length)))
    }

    pub(super) fn find(&self, object: &str, id: &str) -> Result<Option<Record>, ApiError> {
        let row = self
            .sql
            .query_row("SELECT body, aside FROM objects WHERE id = ?1 AND object = ?2", params![id, object], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .optional()?;
        let Some((body, internal)) = row else { return Ok(None) };
        Ok(Some(Record { body: serde_json::from_str(&body)?, internal: serde_json::from_str(&internal)? }))
    }

    /// The object, or Stripe's 404 with the parameter that named it.
    pub(super) fn need(&self, object: &str, id: &str, param: &str) -> Result<Record, ApiError> {
        self.find(object, id)?.ok_or_else(|| ApiError::no_such(object, id, param))
    }

    /// The objects of a kind that name something in a field, oldest first.
    pub(super) fn ids_where(&self, object: &str, field: &str, value: &str) -> Result<Vec<String>, ApiError> {
        let mut statement = self.sql.prepare_cached(
            "SELECT id FROM objects WHERE object = ?1 AND json_extract(body, '$.' || ?2) = ?3 ORDER BY seq",
        )?;
        let ids = statement.query_map(params![object, field, value], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }

    /// Writes an object, new or changed.
    pub(super) fn put(&self, record: &Record) -> Result<(), ApiError> {
        self.sql.execute(
            "INSERT INTO objects (id, object, body, aside) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (id) DO UPDATE SET body = excluded.body, aside = excluded.aside",
            params![
                record.text("id"),
                record.text("object"),
                serde_json::to_string(&record.body)?,
                serde_json::to_string(&record.internal)?
            ],
        )?;
        Ok(())
    }

    /// Schedules a transition of an object.
    pub(super) fn later(&mut self, kind: &str, object: &str, after_s: i64) -> Result<(), ApiError> {
        let due_at = self.now.saturating_add(SignedDuration::from_secs(after_s)).unwrap_or(Timestamp::MAX);
        self.sql.execute(
            "INSERT INTO transitions (kind, object, due_at_ms) VALUES (?1, ?2, ?3)",
            params![kind, object, due_at.as_millisecond()],
        )?;
        self.enqueued = true;
        Ok(())
    }

    /// Takes the next due transition: its kind and its object.
    pub(super) fn take_due(&self) -> Result<Option<(String, String)>, ApiError> {
        let taken = self
            .sql
            .query_row(
                "DELETE FROM transitions WHERE seq = (
                     SELECT seq FROM transitions WHERE due_at_ms <= ?1 ORDER BY due_at_ms, seq LIMIT 1)
                 RETURNING kind, object",
                [self.now.as_millisecond()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(taken)
    }
}

impl Record {
    /// A text field of the object; empty where it has none.
    pub(super) fn text(&self, field: &str) -> &str {
        self.body[field].as_str().unwrap_or_default()
    }

    pub(super) fn integer(&self, field: &str) -> i64 {
        self.body[field].as_i64().unwrap_or_default()
    }
}

/// Letters and digits that depend on nothing but the seed.
pub(super) fn letters(seed: &str, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(length);
    let mut block = 0_u32;
    while text.len() < length {
        let digest = Sha256::digest(format!("guichet sandbox|{block}|{seed}"));
        let letters = digest.iter().filter_map(|byte| ALPHABET.get(usize::from(*byte) % ALPHABET.len()));
        text.extend(letters.map(|letter| char::from(*letter)).take(length - text.len()));
        block += 1;
    }
    text
}
