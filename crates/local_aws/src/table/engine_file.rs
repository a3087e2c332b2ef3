//! Direct reads of the engine's file: its stream records and its expired items.
//!
//! The names of tables and columns are the engine's, whose version is pinned; the tests of this folder fail when they change.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::{CORE, INBOX};

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How many records back the mark of an expiry looks for its record. It is nearly always the last one.
const MARK_DEPTH: usize = 1_000;
const EXPIRED_BY_THE_SERVICE: &str = r#"{"type":"Service","principalId":"dynamodb.amazonaws.com"}"#;

/// A stream record as the engine keeps it.
#[derive(Debug)]
pub(crate) struct StoredRecord {
    pub(crate) sequence: i64,
    pub(crate) event_id: String,
    pub(crate) event_name: String,
    pub(crate) keys: String,
    pub(crate) new_image: Option<String>,
    pub(crate) old_image: Option<String>,
    /// Seconds since the epoch, by the system's clock.
    pub(crate) created_at: i64,
    pub(crate) user_identity: Option<String>,
}

/// An item whose time has passed.
pub(super) struct ExpiredItem {
    pub(super) pk: String,
    pub(super) sk: String,
    pub(super) ttl: i64,
}

pub(super) fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

/// Adds the indexes that the engine lacks.
pub(super) fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    // The time of creation is in the index so that trimming need not read the records.
    connection.execute_batch(
        "CREATE INDEX IF NOT EXISTS guichet_stream_records
         ON _stream_records (table_name, CAST(sequence_number AS INTEGER), created_at);",
    )?;
    for table in [CORE, INBOX] {
        connection.execute_batch(&format!(
            r#"CREATE INDEX IF NOT EXISTS "{table}-ttl" ON "{table}" (CAST(json_extract(item_json, '$.ttl.N') AS INTEGER))
               WHERE json_extract(item_json, '$.ttl.N') IS NOT NULL;"#
        ))?;
    }
    Ok(())
}

pub(super) fn after(
    connection: &Connection,
    table: &str,
    sequence: i64,
    limit: usize,
) -> rusqlite::Result<Vec<StoredRecord>> {
    let mut query = connection.prepare_cached(
        "SELECT CAST(sequence_number AS INTEGER), COALESCE(event_id, sequence_number), event_name, keys_json, new_image,
                old_image, created_at, user_identity
         FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
         ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3",
    )?;
    query.query_map(params![table, sequence, rows(limit)], stored_record)?.collect()
}

pub(super) fn count_after(connection: &Connection, table: &str, sequence: i64) -> rusqlite::Result<usize> {
    let mut query = connection.prepare_cached(
        "SELECT COUNT(*) FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2",
    )?;
    query.query_row(params![table, sequence], |row| row.get(0))
}

/// The number of the table's newest record; zero if there is none.
pub(super) fn newest(connection: &Connection, table: &str) -> rusqlite::Result<i64> {
    let mut query = connection.prepare_cached(
        "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) FROM _stream_records WHERE table_name = ?1",
    )?;
    query.query_row(params![table], |row| row.get(0))
}

/// Deletes at most `limit` records that are older than `age_seconds` and were delivered. The newest of all stays: the
/// engine numbers the next record from it.
pub(super) fn trim(
    connection: &Connection,
    table: &str,
    age_seconds: i64,
    delivered: i64,
    limit: usize,
) -> rusqlite::Result<usize> {
    connection.execute(
        "DELETE FROM _stream_records WHERE id IN (
             SELECT id FROM _stream_records
             WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?3 AND created_at < unixepoch() - ?2
               AND CAST(sequence_number AS INTEGER) <
                   (SELECT MAX(CAST(sequence_number AS INTEGER)) FROM _stream_records WHERE table_name = ?1)
             LIMIT ?4)",
        params![table, age_seconds, delivered, rows(limit)],
    )
}

pub(super) fn expired(
    connection: &Connection,
    table: &str,
    oldest: i64,
    now: i64,
    limit: usize,
) -> rusqlite::Result<Vec<ExpiredItem>> {
    let mut query = connection.prepare_cached(&format!(
        r#"SELECT json_extract(item_json, '$.pk.S'), json_extract(item_json, '$.sk.S'),
                  CAST(json_extract(item_json, '$.ttl.N') AS INTEGER)
           FROM "{table}" WHERE json_extract(item_json, '$.ttl.N') IS NOT NULL
             AND CAST(json_extract(item_json, '$.ttl.N') AS INTEGER) > ?1
             AND CAST(json_extract(item_json, '$.ttl.N') AS INTEGER) < ?2 LIMIT ?3"#
    ))?;
    query
        .query_map(params![oldest, now, rows(limit)], |row| {
            Ok(ExpiredItem { pk: row.get(0)?, sk: row.get(1)?, ttl: row.get(2)? })
        })?
        .collect()
}

/// Marks the record of an item's removal as made by the service itself.
pub(super) fn mark_expired(connection: &Connection, table: &str, item: &ExpiredItem) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE _stream_records SET user_identity = ?1 WHERE id = (
             SELECT id FROM (SELECT id, event_name, keys_json FROM _stream_records WHERE table_name = ?2
                             ORDER BY CAST(sequence_number AS INTEGER) DESC LIMIT ?5)
             WHERE event_name = 'REMOVE' AND json_extract(keys_json, '$.pk.S') = ?3
               AND json_extract(keys_json, '$.sk.S') = ?4 LIMIT 1)",
        params![EXPIRED_BY_THE_SERVICE, table, item.pk, item.sk, rows(MARK_DEPTH)],
    )?;
    Ok(())
}

/// Deletes every item, index entry and stream record.
pub(super) fn clear(connection: &mut Connection) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in [CORE, INBOX] {
        // The engine keeps each index as a table, named after the table it is of.
        let kept: Vec<String> = transaction
            .prepare(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND (name = ?1 OR name LIKE ?1 || '::gsi::%')",
            )?
            .query_map([table], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for name in kept {
            transaction.execute(&format!("DELETE FROM \"{name}\""), [])?;
        }
    }
    transaction.execute("DELETE FROM _stream_records", [])?;
    transaction.commit()
}

fn stored_record(row: &Row<'_>) -> rusqlite::Result<StoredRecord> {
    Ok(StoredRecord {
        sequence: row.get(0)?,
        event_id: row.get(1)?,
        event_name: row.get(2)?,
        keys: row.get(3)?,
        new_image: row.get(4)?,
        old_image: row.get(5)?,
        created_at: row.get(6)?,
        user_identity: row.get(7)?,
    })
}

fn rows(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
