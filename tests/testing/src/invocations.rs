//! Functions that are ended in the middle, as Lambda does at a deadline or when it takes a machine away.
//!
//! An invocation is ended at one of its own calls to the tables: the table never answers that call, and then the future of the
//! invocation is dropped, so that nothing after the call runs. A task-local value tells the calls of an invocation from others.

use std::future::Future;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lambda_events::event::dynamodb::Event;
use function_runtime::AppState;
use futures::FutureExt as _;
use guichet::{Local, StreamHandler};
use local_aws::table::faults::{Faults, HeldCall};
use operations::{Deadline, DueRun, OperationError, Shards};
use tokio::sync::watch;

/// What the handler needs of the process once it has started.
#[derive(Clone)]
pub(crate) struct Started {
    pub(crate) state: AppState,
    pub(crate) faults: Faults,
}

/// When an invocation is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Calls to the tables that it still makes.
    pub after: usize,
    /// Whether the next call is carried out before the end.
    pub carried_out: bool,
}

/// The invocations of the stream's worker and of the timer. Clones share the plans.
#[derive(Clone, Debug, Default)]
pub struct Invocations(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// How the next invocations of the stream's worker end, first to last.
    planned: Mutex<Vec<Ending>>,
    workers_ended: AtomicU64,
    timers_ended: AtomicU64,
}

/// The calls of an invocation so far, and the one that is never answered.
struct Invocation {
    ending: Ending,
    calls: AtomicUsize,
    held: String,
}

tokio::task_local! {
    static INVOCATION: Invocation;
}

impl Invocations {
    /// Lets the next invocations of the stream's worker end in the middle, each as planned.
    pub fn end_workers(&self, endings: impl IntoIterator<Item = Ending>) {
        let mut planned: Vec<Ending> = endings.into_iter().collect();
        planned.reverse();
        *self.0.planned.lock().unwrap() = planned;
    }

    /// Lets every invocation come to its end again.
    pub fn mend(&self) {
        self.0.planned.lock().unwrap().clear();
    }

    /// How many invocations of the stream's worker, and of the timer, were ended in the middle.
    pub fn met(&self) -> (u64, u64) {
        (self.0.workers_ended.load(Ordering::SeqCst), self.0.timers_ended.load(Ordering::SeqCst))
    }

    /// One run of the timer. `None` if it was ended in the middle.
    pub async fn run_timer(
        &self,
        local: &Local,
        shards: Shards,
        ending: Ending,
    ) -> Option<Result<DueRun, OperationError>> {
        let run =
            until(ending, local.table_faults(), due_worker::handle(&local.state, shards, Deadline::default())).await;
        if run.is_none() {
            self.0.timers_ended.fetch_add(1, Ordering::SeqCst);
        }
        run
    }

    /// The stream's own worker, whose invocations may end in the middle. It waits for the state, which is not there before the
    /// process is.
    pub(crate) fn handler(&self, started: watch::Receiver<Option<Started>>) -> StreamHandler {
        let invocations = self.clone();
        Arc::new(move |event: Event| {
            let (invocations, mut started) = (invocations.clone(), started.clone());
            async move {
                let started = started.wait_for(Option::is_some).await.map(|started| started.clone());
                let Ok(Some(Started { state, faults })) = started else {
                    return Err("the process did not start".to_owned());
                };
                let planned = invocations.0.planned.lock().unwrap().pop();
                let Some(ending) = planned else {
                    return Ok(event_worker::handle(&state, event, Deadline::default()).await);
                };
                let handled = until(ending, &faults, event_worker::handle(&state, event, Deadline::default())).await;
                handled.ok_or_else(|| {
                    invocations.0.workers_ended.fetch_add(1, Ordering::SeqCst);
                    "the function was ended".to_owned()
                })
            }
            .boxed()
        })
    }
}

/// Runs an invocation to its end, or to the call at which it is ended.
async fn until<T>(ending: Ending, faults: &Faults, work: impl Future<Output = T>) -> Option<T> {
    let held = faults.hold_a_call();
    let invocation = Invocation { ending, calls: AtomicUsize::new(0), held: held.value(ending.carried_out) };
    tokio::select! {
        done = INVOCATION.scope(invocation, work) => Some(done),
        () = held.arrived() => None,
    }
}

/// The header of the call that is being made, if it is the one that is never answered.
pub(crate) fn held_call() -> Option<(&'static str, String)> {
    let held = |invocation: &Invocation| {
        let calls_before = invocation.calls.fetch_add(1, Ordering::SeqCst);
        (calls_before == invocation.ending.after).then(|| (HeldCall::HEADER, invocation.held.clone()))
    };
    // The call may be a test's own.
    INVOCATION.try_with(held).ok().flatten()
}
