//! What runs in the background: the delivery of the streams, the timer, the sandbox's webhooks, and the clearing away of
//! expired items that DynamoDB does on its own.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::event::dynamodb::EventRecord;
use function_runtime::AppState;
use futures::FutureExt as _;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

use crate::options::{Options, StreamHandler};
use local_aws::streams::{Mapping, Stream, StreamProgress};
use local_aws::table::{CORE, INBOX, Table, TableError};
use operations::{Deadline, Shards};
use stripe_sandbox::Sandbox;

/// How often the timer looks for what is due. EventBridge's shortest schedule is a minute too.
const TIMER: Duration = Duration::from_mins(1);
/// How often the sandbox looks whether something has become due by the clock.
const SANDBOX_TICK: Duration = Duration::from_millis(500);
/// How long draining may take before it fails and says what is left.
const DRAIN_TIMEOUT: Duration = Duration::from_mins(1);
/// The event source mappings of `event_worker`: records in one batch, lanes of a shard, and retries of a record.
const BATCH_RECORDS: usize = 25;
const LANES: usize = 4;
const RETRIES_MAX: u32 = 20;

pub(crate) struct BackgroundWork {
    state: AppState,
    handler: StreamHandler,
    table: Arc<Table>,
    sandbox: Sandbox,
    progress: Vec<StreamProgress>,
    streams: Mutex<Vec<Stream>>,
}

impl BackgroundWork {
    pub(crate) fn new(
        state: AppState,
        table: Arc<Table>,
        sandbox: Sandbox,
        options: &Options,
    ) -> Result<Self, TableError> {
        let mapping = |name, table, filter| Mapping {
            name,
            table,
            batch_size: BATCH_RECORDS,
            lanes: LANES,
            retries_max: RETRIES_MAX,
            on_failure: options.data.join("on-failure"),
            filter,
        };
        let inbox = mapping("event_worker-inbox", INBOX, wants_inbox);
        let core = mapping("event_worker-core", CORE, wants_core);
        let streams =
            [inbox, core].into_iter().map(|mapping| Stream::open(Arc::clone(&table), mapping, options.clock.clone()));
        let streams = streams.collect::<Result<Vec<_>, _>>()?;
        let progress = streams.iter().map(Stream::progress).collect();
        let handler = options.stream_handler.clone().unwrap_or_else(|| own_worker(&state));
        Ok(Self { state, handler, table, sandbox, progress, streams: Mutex::new(streams) })
    }

    /// Starts the delivery of the streams and, if it is to run on its own, everything else.
    pub(crate) fn start(
        self: &Arc<Self>,
        automatic: bool,
        stop: &watch::Sender<bool>,
    ) -> Result<Vec<JoinHandle<()>>, TableError> {
        let mut tasks = Vec::new();
        let streams = std::mem::take(
            &mut *self
                .streams
                .try_lock()
                .map_err(|_| std::io::Error::other("the background work was started twice"))?,
        );
        for stream in streams {
            let handler = Arc::clone(&self.handler);
            tasks.push(tokio::spawn(stream.drive(move |event| handler(event), stop.subscribe())));
        }
        if automatic {
            tasks.push(tokio::spawn(until(stop.subscribe(), Arc::clone(self).timer())));
            tasks.push(tokio::spawn(until(stop.subscribe(), Arc::clone(self).deliveries())));
            tasks.push(tokio::spawn(until(stop.subscribe(), Arc::clone(self).sweeping())));
        }
        Ok(tasks)
    }

    /// Does whatever is due now.
    pub(crate) async fn run_due(&self) -> Result<operations::DueRun, String> {
        due_worker::handle(&self.state, Shards::All, Deadline::default()).await.map_err(|error| error.to_string())
    }

    /// Does all that can be done now, and returns when nothing is left.
    pub(crate) async fn drain(&self) -> Result<(), String> {
        let began = Instant::now();
        let mut quiet = 0;
        while quiet < 2 {
            let sent = self.sandbox.deliver_due().await;
            let due = self.run_due().await?;
            let lag = self.lag()?;
            let busy = sent > 0 || due.done + due.taken > 0 || lag > 0 || self.sandbox.pending() > 0;
            quiet = if busy { 0 } else { quiet + 1 };
            if began.elapsed() > DRAIN_TIMEOUT {
                return Err(format!(
                    "not drained: {lag} stream records and {} webhooks are left",
                    self.sandbox.pending()
                ));
            }
            if lag > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Ok(())
    }

    /// Returns when every record in the streams is handled, those included that come of handling them.
    pub(crate) async fn drain_streams(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let lag = self.lag()?;
            if lag == 0 {
                return Ok(());
            }
            if began.elapsed() > DRAIN_TIMEOUT {
                return Err(format!("not drained: {lag} stream records are left"));
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Records in the streams that are not handled yet.
    pub(crate) fn lag(&self) -> Result<usize, String> {
        self.progress
            .iter()
            .map(StreamProgress::lag)
            .sum::<Result<usize, TableError>>()
            .map_err(|error| error.to_string())
    }

    pub(crate) fn streams(&self) -> &[StreamProgress] {
        &self.progress
    }

    pub(crate) fn table(&self) -> &Table {
        &self.table
    }

    pub(crate) async fn sweep_expired(&self) -> Result<usize, String> {
        let (table, now) = (Arc::clone(&self.table), self.state.clock.now());
        let swept = tokio::task::spawn_blocking(move || table.sweep_ttl(now)).await;
        swept.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
    }

    pub(crate) fn clear_tables(&self) -> Result<(), TableError> {
        self.table.clear()
    }

    async fn timer(self: Arc<Self>) {
        loop {
            if let Err(error) = self.run_due().await {
                tracing::error!(error, "due work failed; it stays due");
            }
            tokio::time::sleep(TIMER).await;
        }
    }

    async fn deliveries(self: Arc<Self>) {
        loop {
            self.sandbox.deliver_due().await;
            let _ = tokio::time::timeout(SANDBOX_TICK, self.sandbox.changed()).await;
        }
    }

    async fn sweeping(self: Arc<Self>) {
        loop {
            tokio::time::sleep(TIMER).await;
            let (table, now) = (Arc::clone(&self.table), self.state.clock.now());
            let swept = tokio::task::spawn_blocking(move || {
                table.sweep_ttl(now)?;
                table.trim_streams()
            });
            if let Ok(Err(error)) = swept.await {
                tracing::warn!(%error, "sweeping failed; it is tried again");
            }
        }
    }
}

/// The worker that runs in this process.
fn own_worker(state: &AppState) -> StreamHandler {
    let state = state.clone();
    Arc::new(move |event| {
        let state = state.clone();
        async move { Ok(event_worker::handle(&state, event, Deadline::default()).await) }.boxed()
    })
}

/// Runs until it is stopped.
async fn until(mut stop: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// The filter of the inbox's mapping: provider events and sign-ins that wait for something.
fn wants_inbox(record: &EventRecord) -> bool {
    let image = record.change.new_image.clone().into_inner();
    let text = |name: &str| match image.get(name) {
        Some(serde_dynamo::AttributeValue::S(text)) => text.clone(),
        _ => String::new(),
    };
    text("sk") == "SG" || (text("pk").starts_with("W#") && text("state") == "received")
}

/// The filter of the core table's mapping: records of decisions, and balances.
fn wants_core(record: &EventRecord) -> bool {
    let keys = record.change.keys.clone().into_inner();
    match keys.get("sk") {
        Some(serde_dynamo::AttributeValue::S(sk)) if sk == "BAL" => true,
        _ => matches!(keys.get("pk"), Some(serde_dynamo::AttributeValue::S(pk)) if pk.starts_with("O#")),
    }
}
