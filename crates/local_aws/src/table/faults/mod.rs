//! What DynamoDB does and an embedded table does not, played for tests: indexes that lag, pages that end early, transactions
//! seen half done, refusals, and slow answers.
//!
//! All of it is off until a test switches it on by [`Table::faults`](super::Table::faults). The product cannot reach it, and no
//! route does. It is played where the table answers, and not inside a client, so that every client meets it by the protocol,
//! and so that what a reader sees is of one piece with what is stored. What only a client can tell, such as a lost answer, is
//! played there.
//!
//! Deliberately absent: reads of the table itself that are older than the last write. The product reads consistently.

mod batches;
mod flights;
mod held_calls;
mod history;
mod keys;
mod late;
mod query;
mod refusal;
mod state;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dynoxide::Database;
use fault_injection::Random;
use tokio::sync::Notify;

pub use self::held_calls::HeldCall;
use self::history::History;
pub use self::late::LateTransaction;
pub use self::refusal::Refusal;
use self::state::{PlannedRefusals, State, broken};
use super::operation::{Failure, Operation};
use super::{TableError, engine_file};

/// How far an index may be behind its table, item by item. What is older by either bound is in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexLag {
    /// Writes of the table.
    pub writes: usize,
    pub at_most: Duration,
}

/// Where a query's page ends, in place of the service's megabyte. A page has at least one item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageLimit {
    pub items: Option<usize>,
    /// Of the items as JSON.
    pub bytes: Option<usize>,
}

/// Which transactions are seen half done, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tearing {
    /// How many transactions of a hundred.
    pub percent: usize,
    /// Readers that meet one before it is answered.
    pub reads: usize,
    /// When it is answered, whoever has met it.
    pub at_most: Duration,
}

/// Which calls are answered late. They are carried out at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowAnswers {
    /// How many calls of a hundred.
    pub percent: usize,
    pub by_at_most: Duration,
}

/// How often each fault has happened to a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultsMet {
    /// Queries of an index whose answer was not what the table held.
    pub stale_lists: u64,
    /// Queries whose page ended before it was full.
    pub short_pages: u64,
    /// Reads that saw an item as it was before a transaction that was already seen elsewhere.
    pub torn_reads: u64,
    /// Writes that were refused because a transaction was using their item.
    pub conflicts: u64,
    pub slow_answers: u64,
    pub refusals: BTreeMap<Refusal, u64>,
}

/// What goes wrong. Clones share it.
#[derive(Clone)]
pub struct Faults {
    shared: Arc<Shared>,
}

struct Shared {
    /// The table's file, whose stream records tell what has changed.
    file: PathBuf,
    on: AtomicBool,
    state: Mutex<State>,
}

/// A transaction that is carried out and not answered. Dropping it ends that, also where the client has gone.
struct Landing {
    faults: Faults,
    number: u64,
    landed: Arc<Notify>,
    at_most: Duration,
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.faults.state().flights.end(self.number);
    }
}

impl Faults {
    pub(super) fn new(file: &Path) -> Self {
        let shared = Shared { file: file.to_owned(), on: AtomicBool::new(false), state: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// Draws everything from a seed, from now on.
    pub fn seed(&self, seed: u64) {
        self.state().random = Random::new(seed);
    }

    /// Lets the indexes lag, or not any more.
    pub fn lag_indexes(&self, lag: Option<IndexLag>) {
        self.change(|state| {
            state.lag = lag;
            // What changed before does not lag.
            state.history = History::default();
        });
    }

    /// Brings every index up to now, as a while without writes does.
    pub fn catch_up(&self) {
        self.state().history.catch_up();
    }

    /// Ends the pages of queries early, or not any more.
    pub fn cut_pages(&self, pages: Option<PageLimit>) {
        self.change(|state| state.pages = pages);
    }

    /// Lets readers see transactions half done, or not any more.
    pub fn tear_transactions(&self, tearing: Option<Tearing>) {
        self.change(|state| state.tearing = tearing);
    }

    /// Answers late, or not any more.
    pub fn slow_down(&self, slow: Option<SlowAnswers>) {
        self.change(|state| state.slow = slow);
    }

    /// Lets `after` calls succeed and then refuses `calls` of them without carrying them out. Only calls that can be refused in
    /// this way are counted. It replaces an earlier plan.
    pub fn refuse_after(&self, after: usize, calls: usize, refusal: Refusal) {
        self.change(|state| state.refusals = Some(PlannedRefusals { after, calls, refusal }));
    }

    /// Lets one call never be answered, which a test marks when it makes it.
    pub fn hold_a_call(&self) -> HeldCall {
        let (number, arrived) = self.change(|state| state.held.expect());
        HeldCall::new(self, number, arrived)
    }

    /// Lets a transaction reach the table late, after so many that are carried out at once. It replaces an earlier one.
    pub fn delay_transaction(&self, after: usize) -> LateTransaction {
        let (late, expected) = LateTransaction::new(after);
        self.change(|state| state.late = Some(expected));
        late
    }

    /// How a transaction that comes late is refused, once the test lets it go on; nothing for any other.
    async fn late_refusal(&self, operation: Operation) -> Option<Refusal> {
        if operation != Operation::TransactWriteItems {
            return None;
        }
        let late = self.change(|state| if state.late.as_mut()?.has_come() { state.late.take() } else { None });
        late?.wait().await
    }

    pub(super) fn do_not_hold(&self, number: u64) {
        self.change(|state| state.held.forget(number));
    }

    /// Ends every fault.
    pub fn mend(&self) {
        self.change(|state| {
            (state.lag, state.pages, state.tearing, state.slow, state.refusals) = (None, None, None, None, None);
            state.history = History::default();
        });
    }

    /// How often each fault has happened.
    pub fn met(&self) -> FaultsMet {
        self.state().met.clone()
    }

    /// Whether anything is to go wrong.
    pub(super) fn any(&self) -> bool {
        self.shared.on.load(Ordering::Acquire)
    }

    /// Forgets what the table held.
    pub(super) fn forget(&self) {
        self.state().history = History::default();
    }

    /// The first record of a table's stream that is not in it yet. To be asked after the stream was read.
    pub(crate) fn first_record_in_flight(&self, table: &str) -> Option<i64> {
        if self.any() { self.state().flights.first_record(table) } else { None }
    }

    /// Carries a request out as far as the faults let it.
    pub(super) async fn carry_out(
        &self,
        database: &Database,
        operation: Operation,
        body: &[u8],
        mark: Option<&str>,
    ) -> Result<Vec<u8>, Failure> {
        let held = mark.and_then(|mark| self.state().held.take(mark));
        let held = match held {
            Some((arrived, false)) => {
                arrived.notify_one();
                return std::future::pending().await;
            }
            held => held.map(|(arrived, _)| arrived),
        };
        let request = serde_json::from_slice(body).map_err(broken)?;
        if let Some(refusal) = self.late_refusal(operation).await
            && let Some(refused) = refusal.answer(&request, &mut self.state().random)
        {
            return Err(refused);
        }
        let (answered, landing, pause) = {
            let mut state = self.state();
            self.open(&mut state).map_err(broken)?;
            let carried_out = state.carry_out(database, operation, request);
            let pause = state.pause();
            let (answered, flight) = match carried_out {
                Ok((answer, flight)) => (Ok(answer), flight),
                Err(failure) => (Err(failure), None),
            };
            let landing =
                flight.map(|(number, landed, at_most)| Landing { faults: self.clone(), number, landed, at_most });
            (answered, landing, pause)
        };
        if let Some(landing) = landing {
            // Nobody need meet it: then it is answered after its time.
            let _ = tokio::time::timeout(landing.at_most, landing.landed.notified()).await;
        }
        if let Some(arrived) = held {
            arrived.notify_one();
            return std::future::pending().await;
        }
        if let Some(pause) = pause {
            tokio::time::sleep(pause).await;
        }
        answered
    }

    /// Opens the stream's records, and begins to follow them.
    fn open(&self, state: &mut State) -> Result<(), TableError> {
        if state.records.is_none() {
            state.records = Some(engine_file::connect(&self.shared.file)?);
        }
        let State { records, history, .. } = state;
        records.as_ref().map_or(Ok(()), |records| history.begin(records))
    }

    fn change<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state();
        let changed = change(&mut state);
        let on = state.lag.is_some()
            || state.pages.is_some()
            || state.tearing.is_some()
            || state.slow.is_some()
            || state.refusals.is_some()
            || state.held.any()
            || state.late.is_some();
        self.shared.on.store(on, Ordering::Release);
        changed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test whose thread panics while it holds the lock has failed already.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
