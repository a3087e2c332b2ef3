//! Notices that the table's file changed, whichever process changed it.

use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::watch;
use tokio::time::Instant;

// How often to check the file for changes: often while there is traffic, seldom when there is none.
const BUSY_POLL: Duration = Duration::from_millis(2);
const BUSY_FOR: Duration = Duration::from_millis(300);
const CALM_POLL: Duration = Duration::from_millis(10);
const CALM_FOR: Duration = Duration::from_secs(5);
const IDLE_POLL: Duration = Duration::from_millis(50);

/// Announces every change of the file. `data_version` reads a few bytes of shared memory and takes no lock.
pub(super) async fn watch_file(watched: &Connection, announce: &watch::Sender<i64>) {
    let mut changed_at = Instant::now();
    loop {
        match watched.prepare_cached("PRAGMA data_version").and_then(|mut query| query.query_row([], |row| row.get(0)))
        {
            Ok(version) => {
                if announce.send_if_modified(|known| std::mem::replace(known, version) != version) {
                    changed_at = Instant::now();
                }
            }
            Err(error) => tracing::warn!(error = %error, "the table's file cannot be watched"),
        }
        let calm_for = changed_at.elapsed();
        let pause = if calm_for < BUSY_FOR {
            BUSY_POLL
        } else if calm_for < CALM_FOR {
            CALM_POLL
        } else {
            IDLE_POLL
        };
        tokio::time::sleep(pause).await;
    }
}
