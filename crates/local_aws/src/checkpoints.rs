//! How far each mapping has come, in a small SQLite file beside the table's.
//!
//! Not in the table's file: a checkpoint there would wait for the product's writes, and hold them up.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};

/// The row of a mapping's position: everything up to it is done, in all lanes.
const POSITION: i64 = -1;

/// The open checkpoints of all mappings.
pub(crate) struct Checkpoints {
    connection: Mutex<Connection>,
}

impl Checkpoints {
    pub(crate) fn open(file: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // A checkpoint lost with the machine means a record delivered twice, which every handler must bear anyway.
        connection.pragma_update(None, "synchronous", "OFF")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS checkpoints (
                 mapping TEXT NOT NULL, lane INTEGER NOT NULL, stream TEXT NOT NULL, lanes INTEGER NOT NULL,
                 sequence INTEGER NOT NULL, PRIMARY KEY (mapping, lane)) WITHOUT ROWID;",
        )?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// The last record done in each of `lanes` lanes. If their number changed, keys have moved between lanes, and every lane
    /// begins at what all lanes have done.
    pub(crate) fn resume(&self, mapping: &str, stream: &str, lanes: usize) -> rusqlite::Result<Vec<i64>> {
        let mut connection = self.connection();
        let transaction = connection.transaction()?;
        let lanes_now = i64::try_from(lanes).unwrap_or(i64::MAX);
        let kept: Vec<(i64, i64, i64)> = transaction
            .prepare("SELECT lane, lanes, sequence FROM checkpoints WHERE mapping = ?1 AND stream = ?2")?
            .query_map(params![mapping, stream], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let position = kept.iter().find(|(lane, _, _)| *lane == POSITION).map_or(0, |(_, _, sequence)| *sequence);
        let as_many = kept.iter().all(|(_, lanes, _)| *lanes == lanes_now);
        let done = |number: i64| {
            let lane = kept.iter().find(|(lane, _, _)| as_many && *lane == number);
            lane.map_or(position, |(_, _, sequence)| (*sequence).max(position))
        };
        let done_until = (0..lanes_now).map(done).collect();
        if kept.is_empty() || !as_many {
            transaction.execute("DELETE FROM checkpoints WHERE mapping = ?1", params![mapping])?;
            transaction.execute(
                "INSERT INTO checkpoints (mapping, lane, stream, lanes, sequence) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![mapping, POSITION, stream, lanes_now, position],
            )?;
        }
        transaction.commit()?;
        Ok(done_until)
    }

    pub(crate) fn keep_lane(&self, mapping: &str, lane: usize, sequence: i64) -> rusqlite::Result<()> {
        self.keep(mapping, i64::try_from(lane).unwrap_or(i64::MAX), sequence)
    }

    pub(crate) fn keep_position(&self, mapping: &str, sequence: i64) -> rusqlite::Result<()> {
        self.keep(mapping, POSITION, sequence)
    }

    /// The last record that every mapping of the stream has done; `None` if nothing reads the stream.
    pub(crate) fn delivered(&self, stream: &str) -> rusqlite::Result<Option<i64>> {
        self.connection().query_row(
            "SELECT MIN(sequence) FROM checkpoints WHERE stream = ?1 AND lane = ?2",
            params![stream, POSITION],
            |row| row.get(0),
        )
    }

    fn keep(&self, mapping: &str, lane: i64, sequence: i64) -> rusqlite::Result<()> {
        // Every lane's row takes its stream and number of lanes from the position's, which `resume` has written.
        self.connection()
            .prepare_cached(
                "INSERT INTO checkpoints (mapping, lane, stream, lanes, sequence)
                 SELECT mapping, ?2, stream, lanes, ?3 FROM checkpoints WHERE mapping = ?1 AND lane = ?4
                 ON CONFLICT (mapping, lane) DO UPDATE SET sequence = excluded.sequence",
            )?
            .execute(params![mapping, lane, sequence, POSITION])?;
        Ok(())
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // Every use is one statement or one transaction, so a panic in between leaves nothing half done.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
