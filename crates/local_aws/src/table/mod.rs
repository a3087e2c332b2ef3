//! The embedded DynamoDB: two tables in one SQLite file, served over DynamoDB's own HTTP on loopback.
//!
//! The product reaches the tables through the SDK only, at [`Table::endpoint`]. Beside the engine this module keeps a
//! second connection to the same file, for what the engine does not do on its own: an index on the stream records
//! (without it every write scans them all), their trimming, and expiry by the clock of the product.
//!
//! The engine commits at once, its indexes never lag and it never refuses for being busy. DynamoDB does all of that, and so
//! does this table where a test asks for it: see [`faults`].
//!
//! Deliberately absent: signatures are not checked. The server listens on loopback only, and knows its clients by an access
//! key that is a secret.

mod access;
mod engine;
mod engine_file;
pub mod faults;
mod operation;
mod server;
#[cfg(test)]
pub(crate) mod tests;
mod watch_file;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dynoxide::Database;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::watch;

pub(crate) use self::engine_file::StoredRecord;
use self::faults::Faults;
use crate::checkpoints::Checkpoints;

/// The system of record: the ledger and everything decided.
pub const CORE: &str = "guichet-core";
/// Provider events, outgoing deliveries, idempotency keys, sessions and tokens.
pub const INBOX: &str = "guichet-inbox";
/// The attribute by which items of either table expire.
pub const TTL_ATTRIBUTE: &str = "ttl";

/// DynamoDB never expires an item whose time is further back than this: such a value is a mistake.
const TTL_AGE_SECONDS_MAX: i64 = 5 * 365 * 24 * 60 * 60;
const SWEPT_ITEMS_MAX: usize = 10_000;
const STREAM_AGE_SECONDS_MAX: i64 = 24 * 60 * 60;
const TRIMMED_PER_STATEMENT: usize = 1_000;

/// Why the embedded tables could not be opened, read or swept. Each of them stops the program, or is logged and tried again; no
/// caller reacts to one in particular.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("the embedded DynamoDB refused: {0}")]
    Engine(#[from] dynoxide::DynoxideError),
    #[error("the table's file: {0}")]
    File(#[from] rusqlite::Error),
    #[error("the table's server: {0}")]
    Server(#[from] std::io::Error),
    #[error("a record that is not JSON: {0}")]
    Record(#[from] serde_json::Error),
    #[error("the path of the table's file is not UTF-8")]
    Path,
}

/// The open tables. Dropping it stops the server and closes the file.
pub struct Table {
    database: Database,
    records: Mutex<Connection>,
    checkpoints: Checkpoints,
    access_key: String,
    faults: Faults,
    server: server::Server,
}

impl Table {
    /// Opens (or creates) the SQLite file, creates missing tables and serves them on a free port of loopback, to clients whose
    /// credentials have this access key id. It is a secret: it gives access to everything.
    pub fn open(file: &Path, access_key: &str) -> Result<Self, TableError> {
        let database = engine::open(file)?;
        let records = engine_file::connect(file)?;
        engine_file::prepare(&records)?;
        let watched = engine_file::connect(file)?;
        let checkpoints = Checkpoints::open(&file.with_extension("checkpoints"))?;
        let faults = Faults::new(file);
        let server = server::Server::start(database.clone(), watched, access_key, faults.clone())?;
        let access_key = access_key.to_owned();
        Ok(Self { database, records: Mutex::new(records), checkpoints, access_key, faults, server })
    }

    /// The address for the SDK's client: `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// The access key id that a client must have in its credentials. Their secret key may be anything.
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// What goes wrong with the calls of every client. Nothing does, unless a test lets it.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Deletes every item whose `ttl` is before `now`, as the service would, and returns how many. Blocks: call it from
    /// `spawn_blocking`.
    ///
    /// The engine has a sweep of its own, but over a file it can only use the system's clock, and the product's clock may be
    /// ahead of that.
    pub fn sweep_ttl(&self, now: Timestamp) -> Result<usize, TableError> {
        let mut swept = 0;
        for table in [CORE, INBOX] {
            let oldest = now.as_second().saturating_sub(TTL_AGE_SECONDS_MAX);
            let expired = engine_file::expired(&self.records(), table, oldest, now.as_second(), SWEPT_ITEMS_MAX)?;
            for item in expired {
                swept += usize::from(self.expire(table, &item)?);
            }
        }
        Ok(swept)
    }

    /// Deletes stream records older than 24 hours and returns how many. Blocks: call it from `spawn_blocking`.
    ///
    /// Unlike the service it keeps records that a mapping has not yet delivered, however old: a laptop sleeps for days.
    pub fn trim_streams(&self) -> Result<usize, TableError> {
        let mut trimmed = 0;
        for table in [CORE, INBOX] {
            let delivered = self.checkpoints.delivered(table)?.unwrap_or(i64::MAX);
            loop {
                // The lock is released between statements, so that delivery waits for one of them at most.
                let count = engine_file::trim(
                    &self.records(),
                    table,
                    STREAM_AGE_SECONDS_MAX,
                    delivered,
                    TRIMMED_PER_STATEMENT,
                )?;
                trimmed += count;
                if count < TRIMMED_PER_STATEMENT {
                    break;
                }
            }
        }
        Ok(trimmed)
    }

    /// Empties both tables and their streams at once, without writing stream records. Deliveries should be drained before: a
    /// record on its way to a handler still arrives. Blocks: call it from `spawn_blocking`.
    pub fn clear(&self) -> Result<(), TableError> {
        engine_file::clear(&mut self.records())?;
        self.faults.forget();
        Ok(())
    }

    pub(crate) fn checkpoints(&self) -> &Checkpoints {
        &self.checkpoints
    }

    /// Changes whenever anything in the file does.
    pub(crate) fn changes(&self) -> watch::Receiver<i64> {
        self.server.changes()
    }

    pub(crate) fn records_after(
        &self,
        table: &str,
        sequence: i64,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, TableError> {
        Ok(engine_file::after(&self.records(), table, sequence, limit)?)
    }

    /// The number of the table's newest stream record; zero if there is none.
    pub(crate) fn newest_record(&self, table: &str) -> Result<i64, TableError> {
        Ok(engine_file::newest(&self.records(), table)?)
    }

    pub(crate) fn count_after(&self, table: &str, sequence: i64) -> Result<usize, TableError> {
        Ok(engine_file::count_after(&self.records(), table, sequence)?)
    }

    /// The instant at which the table's stream began, which is the last part of its ARN.
    pub(crate) fn stream_began_at(&self, table: &str) -> Result<Timestamp, TableError> {
        let label = self.database.get_table_metadata(table)?.and_then(|metadata| metadata.stream_label);
        let seconds = label.as_deref().and_then(|label| label.split('.').next()).and_then(|s| s.parse().ok());
        Ok(seconds.and_then(|s| Timestamp::from_second(s).ok()).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// Deletes one expired item if it has not changed, and marks the record as made by the service itself.
    fn expire(&self, table: &str, item: &engine_file::ExpiredItem) -> Result<bool, TableError> {
        // Locked across both steps: a reader of the stream sees the record with its mark or not at all.
        let records = self.records();
        let request = serde_json::from_value(json!({
            "TableName": table,
            "Key": { "pk": { "S": item.pk }, "sk": { "S": item.sk } },
            "ConditionExpression": "#ttl = :ttl",
            "ExpressionAttributeNames": { "#ttl": TTL_ATTRIBUTE },
            "ExpressionAttributeValues": { ":ttl": { "N": item.ttl.to_string() } },
        }))?;
        match self.database.delete_item(request) {
            Ok(_) => {}
            Err(dynoxide::DynoxideError::ConditionalCheckFailedException(..)) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        engine_file::mark_expired(&records, table, item)?;
        Ok(true)
    }

    fn records(&self) -> MutexGuard<'_, Connection> {
        // Every use is one statement, so a panic in between leaves nothing half done.
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
