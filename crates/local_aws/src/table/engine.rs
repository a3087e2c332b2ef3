//! The engine and its HTTP server, on a thread of their own.

use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::Duration;

use dynoxide::Database;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::{CORE, INBOX, TTL_ATTRIBUTE, TableError};

const INDEXES: [&str; 3] = ["gsi1", "gsi2", "gsi3"];

// How often the file is asked whether it changed: at once while there is traffic, seldom when there is none.
const BUSY_POLL: Duration = Duration::from_millis(2);
const BUSY_FOR: Duration = Duration::from_millis(300);
const CALM_POLL: Duration = Duration::from_millis(10);
const CALM_FOR: Duration = Duration::from_secs(5);
const IDLE_POLL: Duration = Duration::from_millis(50);

/// Opens the file and creates the tables that are absent.
pub(super) fn open(file: &Path) -> Result<Database, TableError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let database = Database::new(file.to_str().ok_or(TableError::Path)?)?;
    // Ends a bulk load that never began: the one door to `synchronous = NORMAL`, under which a commit costs no fsync.
    // A crash of the program loses nothing; only a crash of the machine may lose the last moments.
    database.disable_bulk_loading()?;
    for table in [CORE, INBOX] {
        if database.get_table_metadata(table)?.is_none() {
            database.create_table(serde_json::from_value(definition(table))?)?;
            database.update_time_to_live(serde_json::from_value(json!({
                "TableName": table,
                "TimeToLiveSpecification": { "AttributeName": TTL_ATTRIBUTE, "Enabled": true },
            }))?)?;
        }
    }
    Ok(database)
}

/// Both streams keep both images in the file: only so can a write that changed nothing be told apart. What a handler
/// gets is the view its table has in production.
fn definition(table: &str) -> Value {
    let key = |partition: &str, sort: &str| {
        json!([
            { "AttributeName": partition, "KeyType": "HASH" },
            { "AttributeName": sort, "KeyType": "RANGE" },
        ])
    };
    let of_index = |index: &str| (format!("{index}pk"), format!("{index}sk"));
    let mut attributes = vec!["pk".to_owned(), "sk".to_owned()];
    for index in INDEXES {
        let (partition, sort) = of_index(index);
        attributes.extend([partition, sort]);
    }
    json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key("pk", "sk"),
        "AttributeDefinitions": attributes.iter()
            .map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect::<Vec<_>>(),
        "GlobalSecondaryIndexes": INDEXES.iter().map(|index| {
            let (partition, sort) = of_index(index);
            json!({
                "IndexName": index,
                "KeySchema": key(&partition, &sort),
                "Projection": { "ProjectionType": "ALL" },
            })
        }).collect::<Vec<_>>(),
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    })
}

/// The running server. Dropping it stops it.
pub(super) struct Server {
    endpoint: String,
    changes: watch::Receiver<i64>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves on a free port of loopback, from a runtime of its own: the engine runs SQLite on the thread that polls
    /// it, which would stall everybody else's.
    pub(super) fn start(database: Database, watched: Connection) -> Result<Self, TableError> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let (stop, stopped) = oneshot::channel();
        let (announce, changes) = watch::channel(0);
        let thread = std::thread::Builder::new().name("guichet-table".into()).spawn(move || {
            runtime.block_on(async move {
                let listener = match tokio::net::TcpListener::from_std(listener) {
                    Ok(listener) => listener,
                    Err(error) => {
                        tracing::error!(error = %error, "the table's server did not start");
                        return;
                    }
                };
                // Stopping abandons no write: the engine runs each request to its end within one poll.
                tokio::select! {
                    () = dynoxide::server::serve_on(listener, database) => {}
                    () = watch_file(&watched, &announce) => {}
                    _ = stopped => {}
                }
            });
        })?;
        Ok(Self { endpoint, changes, stop: Some(stop), thread: Some(thread) })
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(super) fn changes(&self) -> watch::Receiver<i64> {
        self.changes.clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the thread has already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Announces every change of the file. `data_version` reads a few bytes of shared memory and takes no lock.
async fn watch_file(watched: &Connection, announce: &watch::Sender<i64>) {
    let mut changed_at = Instant::now();
    loop {
        match watched.prepare_cached("PRAGMA data_version").and_then(|mut asked| asked.query_row([], |row| row.get(0)))
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
