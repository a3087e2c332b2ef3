//! The tables' streams, delivered to a handler as Lambda's event source mapping delivers them.
//!
//! One reader follows a table's stream and sends each record to a lane by its partition key; the lanes run at the same time,
//! each in order. Handled records are checkpointed beside the table's file, so a restart continues after them; unhandled ones
//! are delivered again. A batch is retried as Lambda does it with `ReportBatchItemFailures` and `BisectBatchOnFunctionError`:
//! from the lowest failed record on, or in halves if the handler failed as a whole, until `retries_max`; then the record is put
//! into the folder of `on_failure` and its lane continues.
//!
//! What goes wrong on a bad day is played where a test asks for it: see [`faults`].
//!
//! Deliberately absent: shards (a table has one), batching windows and tumbling windows. Records do not expire after 24 hours
//! before they were delivered, unless a test loses them.

pub mod faults;
mod lane;
mod on_failure;
mod record;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use clock::Clock;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use self::faults::StreamFaults;
use self::lane::Lane;
use self::record::Source;
use crate::table::{Table, TableError};

const READ_RECORDS_MAX: usize = 500;
const LANE_QUEUE_RECORDS_MAX: usize = 1_000;
/// How soon to look again for a transaction that is being carried out.
const IN_FLIGHT_PAUSE: Duration = Duration::from_millis(1);
const READ_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Which records go to a handler, and how. The terms are those of Lambda's event source mappings.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The name under which progress is stored: one for each handler, never reused for another.
    pub name: &'static str,
    pub table: &'static str,
    pub batch_size: usize,
    /// The parallelisation factor. Records of one partition key always share a lane.
    pub lanes: usize,
    /// How often a failing record is tried again after its first failure.
    pub retries_max: u32,
    /// The folder of the on-failure destination.
    pub on_failure: PathBuf,
    /// Which records the handler wants. The others count as handled.
    pub filter: fn(&EventRecord) -> bool,
}

/// One mapping at work on one table.
pub struct Stream {
    shared: Arc<Shared>,
    done_until: Vec<i64>,
}

impl Stream {
    /// Continues the mapping where its checkpoints say, or begins at the oldest record.
    pub fn open(table: Arc<Table>, mapping: Mapping, clock: Clock) -> Result<Self, TableError> {
        let mapping = Mapping { lanes: mapping.lanes.max(1), batch_size: mapping.batch_size.max(1), ..mapping };
        std::fs::create_dir_all(&mapping.on_failure)?;
        let done_until = table.checkpoints().resume(mapping.name, mapping.table, mapping.lanes)?;
        let position = done_until.iter().copied().min().unwrap_or(0);
        let source = Source::of(&table, mapping.table)?;
        let state = Mutex::new(State { position, pending: 0 });
        let faults = StreamFaults::default();
        Ok(Self { shared: Arc::new(Shared { table, mapping, source, clock, faults, state }), done_until })
    }

    /// Shows how far the mapping has come, also while it is being driven.
    pub fn progress(&self) -> StreamProgress {
        StreamProgress { shared: Arc::clone(&self.shared) }
    }

    /// Delivers until `stop` is true or its sender is gone. Batches that have begun are finished first; no other is begun.
    pub async fn drive<F, Fut>(self, handler: F, stop: watch::Receiver<bool>)
    where
        F: Fn(Event) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<DynamoDbEventResponse, String>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let mut lanes = JoinSet::new();
        let mut queues = Vec::new();
        for (number, done_until) in self.done_until.iter().copied().enumerate() {
            let (queue, deliveries) = mpsc::channel(LANE_QUEUE_RECORDS_MAX);
            queues.push(Queue { deliveries: queue, done_until });
            let lane = Lane::new(number, deliveries, Arc::clone(&self.shared), Arc::clone(&handler), stop.clone());
            lanes.spawn(lane.run());
        }
        read(self.shared, queues, stop).await;
        // The reader has closed the queues: every lane ends after its current batch.
        while let Some(ended) = lanes.join_next().await {
            if let Err(error) = ended {
                tracing::error!(error = %error, "a lane of a stream died");
            }
        }
    }
}

/// How far a mapping has come.
#[derive(Clone)]
pub struct StreamProgress {
    shared: Arc<Shared>,
}

impl StreamProgress {
    pub fn mapping(&self) -> &'static str {
        self.shared.mapping.name
    }

    /// How many records of the stream are not yet handled and checkpointed. Never too few: what a handler writes before it
    /// returns is counted before its own records are no longer counted. Zero while a test has switched the mapping off.
    pub fn lag(&self) -> Result<usize, TableError> {
        if self.shared.faults.is_on() { self.undelivered() } else { Ok(0) }
    }

    /// The same, also while it is switched off.
    pub fn undelivered(&self) -> Result<usize, TableError> {
        let state = self.shared.state();
        let unread = self.shared.table.count_after(self.shared.mapping.table, state.position)?;
        Ok(state.pending + unread)
    }
}

impl StreamProgress {
    /// What goes wrong with the mapping. Nothing does, unless a test lets it.
    pub fn faults(&self) -> &StreamFaults {
        &self.shared.faults
    }

    /// Makes every record disappear that is in the stream and not delivered, as the service does after 24 hours. For tests.
    pub fn lose_undelivered(&self) -> Result<(), TableError> {
        let newest = self.shared.table.newest_record(self.shared.mapping.table)?;
        self.shared.faults.lose_up_to(newest);
        Ok(())
    }
}

/// A record on its way to the handler.
struct Delivery {
    sequence: i64,
    record: EventRecord,
}

struct Queue {
    deliveries: mpsc::Sender<Delivery>,
    /// The last record that an earlier run handled in this lane.
    done_until: i64,
}

struct Shared {
    table: Arc<Table>,
    mapping: Mapping,
    source: Source,
    clock: Clock,
    faults: StreamFaults,
    state: Mutex<State>,
}

struct State {
    /// The sequence number of the last record read.
    position: i64,
    /// Records read, wanted and not yet handled.
    pending: usize,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_read(&self, position: i64, wanted: usize) {
        let mut state = self.state();
        state.position = position;
        state.pending += wanted;
        self.keep_position(&state);
    }

    /// Checkpoints `count` records of a lane, of which the last is `sequence`.
    fn has_handled(&self, lane: usize, sequence: i64, count: usize) {
        let mut state = self.state();
        if let Err(error) = self.table.checkpoints().keep_lane(self.mapping.name, lane, sequence) {
            tracing::warn!(mapping = self.mapping.name, error = %error, "a checkpoint was not kept");
        }
        state.pending = state.pending.saturating_sub(count);
        self.keep_position(&state);
    }

    /// If no record is on its way, everything read so far is done, whichever lane it went to, wanted or not.
    fn keep_position(&self, state: &State) {
        if state.pending > 0 {
            return;
        }
        if let Err(error) = self.table.checkpoints().keep_position(self.mapping.name, state.position) {
            tracing::warn!(mapping = self.mapping.name, error = %error, "a checkpoint was not kept");
        }
    }
}

/// Follows the stream and sends its records to the lanes.
async fn read(shared: Arc<Shared>, queues: Vec<Queue>, mut stop: watch::Receiver<bool>) {
    let mut changes = shared.table.changes();
    while !*stop.borrow() {
        // Marked as seen before reading: a write after the read is announced after this, and wakes us.
        changes.borrow_and_update();
        let page = match read_page(&shared).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(mapping = shared.mapping.name, error = %error, "a stream cannot be read");
                if stopped_within(READ_AGAIN_AFTER, &mut stop).await {
                    return;
                }
                continue;
            }
        };
        let Some(position) = page.position else {
            if page.held_back {
                // Nothing in the file changes when it ends.
                if stopped_within(IN_FLIGHT_PAUSE, &mut stop).await {
                    return;
                }
                continue;
            }
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                result = changes.changed() => if result.is_err() { return },
            }
            continue;
        };
        let dealt: Vec<(&Queue, Delivery)> = page
            .deliveries
            .into_iter()
            .filter_map(|(lane, delivery)| Some((queues.get(lane)?, delivery)))
            .filter(|(queue, delivery)| delivery.sequence > queue.done_until)
            .collect();
        shared.has_read(position, dealt.len());
        for (queue, delivery) in dealt {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => return,
                sent = queue.deliveries.send(delivery) => if sent.is_err() { return },
            }
        }
    }
}

struct Page {
    /// The last record read, wanted or not; `None` at the stream's end.
    position: Option<i64>,
    /// Whether a transaction that a test holds back is all there is.
    held_back: bool,
    deliveries: Vec<(usize, Delivery)>,
}

async fn read_page(shared: &Arc<Shared>) -> Result<Page, TableError> {
    let reading = Arc::clone(shared);
    let read = tokio::task::spawn_blocking(move || {
        let position = reading.state().position;
        let mut stored = reading.table.records_after(reading.mapping.table, position, READ_RECORDS_MAX)?;
        let in_flight = reading.table.faults().first_record_in_flight(reading.mapping.table);
        let held_back = in_flight.is_some();
        stored.retain(|record| in_flight.is_none_or(|first| record.sequence < first));
        let position = stored.last().map(|record| record.sequence);
        let mut deliveries = Vec::new();
        for stored in stored {
            let Some(change) = reading.source.change(&stored)? else { continue };
            if (reading.mapping.filter)(&change.record) {
                let lane = record::lane_of(&change.partition_key, reading.mapping.lanes);
                deliveries.push((lane, Delivery { sequence: stored.sequence, record: change.record }));
            }
        }
        Ok(Page { position, held_back, deliveries })
    });
    read.await.unwrap_or_else(|error| Err(TableError::Server(std::io::Error::other(error))))
}

/// Waits, and returns whether the stop ended the wait.
async fn stopped_within(pause: Duration, stop: &mut watch::Receiver<bool>) -> bool {
    tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await.is_ok()
}
