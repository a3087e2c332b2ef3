//! Doing whatever is due.
//!
//! What is due is found by its time, claimed by moving that time a lease ahead, done, and given its next time. A worker that
//! dies leaves a lease that runs out: recovery is the same path as normal running. What the streams do at once is due too, a
//! little later, so that nothing depends on them.
//!
//! Each kind has its file, with its claim, its doing and its next time. The lists are read in turn, and each has so much time,
//! so that no flood of one kind keeps another waiting.

use std::time::Duration;

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use store::{DueItem, DueKey, DueList};
use tokio::time::Instant;

use crate::context::Context;
use crate::error::OperationError;

mod effects;
mod events;
mod exports;
mod payments;
mod payouts;
mod records;
mod sign_ins;
mod sweep;

pub use sweep::{SweepResult, put_business, sweep_provider_events, watch};

/// Rounds over one list in one run; each reads one page per shard.
const ROUNDS_MAX: u32 = 20;
/// Items of one page.
const PAGE: i32 = 25;
/// How long one list may take in one run.
const TURN: Duration = Duration::from_secs(10);
/// Outages in a row after which a list's turn ends: what it needs is down, and others may not need it.
const OUTAGES_MAX: u32 = 3;
/// How long before its deadline a worker begins nothing more, unless half of its time is shorter.
const MARGIN: Duration = Duration::from_secs(10);
/// How long something waits that this version does not know; each further time twice as long.
const UNKNOWN_FIRST: SignedDuration = SignedDuration::from_mins(10);
const UNKNOWN_MAX: SignedDuration = SignedDuration::from_hours(24);
/// The same for something that failed.
const FAILED_FIRST: SignedDuration = SignedDuration::from_mins(1);
const FAILED_MAX: SignedDuration = SignedDuration::from_hours(1);

/// From when on a worker begins nothing more, if its time is limited.
#[derive(Clone, Copy, Debug, Default)]
pub struct Deadline(Option<Instant>);

impl Deadline {
    /// The worker must have ended after this much time. However short it is, something is begun in the first half of it.
    pub fn within(left: Duration) -> Self {
        Self(Instant::now().checked_add(left.saturating_sub(MARGIN.min(left / 2))))
    }

    /// Ends at an instant, in milliseconds since the epoch, as Lambda says it.
    pub fn at_milliseconds(end: u64, now: Timestamp) -> Self {
        let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Self::within(Duration::from_millis(end.saturating_sub(now)))
    }

    /// Whether there is too little time left to begin anything.
    pub fn is_near(self) -> bool {
        self.0.is_some_and(|last| Instant::now() >= last)
    }
}

/// Which shards of a list a run reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shards {
    /// All of them.
    All,
    /// The one of this number, modulo their count, and all of them where that one had something; the caller counts on from run to
    /// run. So a run that finds nothing costs one query a list, and what waits alone in its shard waits a few minutes longer.
    Turn(u64),
}

impl Shards {
    fn of(self, list: DueList) -> Vec<u8> {
        match self {
            Self::All => (0..list.shards()).collect(),
            Self::Turn(turn) => vec![u8::try_from(turn % u64::from(list.shards())).unwrap_or_default()],
        }
    }
}

/// Counts of what a run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DueRun {
    /// What was due and done.
    pub done: usize,
    /// What was due and failed; it stays due.
    pub failed: usize,
    /// What another worker claimed first, or what is no longer where the list shows it.
    pub taken: usize,
}

/// What came of one item.
enum Outcome {
    Done,
    Taken,
    Failed,
    /// It failed because a service does not answer.
    Outage,
}

/// Does whatever is due. It takes no other input than the time; any number of runs may overlap. An error is that of a list that
/// could not be read; the other lists are done all the same.
pub async fn run_due(
    context: &Context,
    now: impl Fn() -> Timestamp + Send + Sync,
    shards: Shards,
    deadline: Deadline,
) -> Result<DueRun, OperationError> {
    let mut run = Run { context, now: &now, deadline, counts: DueRun::default() };
    let mut failed = None;
    // Each minute another list is first, so that a run which never comes to its end starves none.
    let minute = now().as_second().div_euclid(60);
    let first = usize::try_from(minute.rem_euclid(5)).unwrap_or_default();
    for place in 0..DueList::ALL.len() {
        let list = DueList::ALL[(first + place) % DueList::ALL.len()];
        // Boxed: the compiler follows every future into those inside it, and these nest deeply.
        if let Err(error) = run.list(list, shards).boxed().await {
            tracing::warn!(?list, %error, "a list of what is due could not be read");
            failed = failed.or(Some(error));
        }
    }
    failed.map_or(Ok(run.counts), Err)
}

struct Run<'a, C> {
    context: &'a Context,
    now: &'a C,
    deadline: Deadline,
    counts: DueRun,
}

impl<C: Fn() -> Timestamp + Send + Sync> Run<'_, C> {
    async fn list(&mut self, list: DueList, shards: Shards) -> Result<(), OperationError> {
        let (begun, mut outages) = (Instant::now(), 0);
        let mut asked = shards.of(list);
        for _ in 0..ROUNDS_MAX {
            let mut found = 0;
            for shard in asked.clone() {
                let due = self.context.store.due(list, shard, (self.now)(), PAGE).await?;
                found += due.len();
                for items in together(list, due) {
                    if self.deadline.is_near() || begun.elapsed() > TURN || outages >= OUTAGES_MAX {
                        return Ok(());
                    }
                    let count = items.len();
                    let outcome = self.handle(&items).await;
                    outages = if matches!(outcome, Outcome::Outage) { outages + 1 } else { 0 };
                    match outcome {
                        Outcome::Done => self.counts.done += count,
                        Outcome::Taken => self.counts.taken += count,
                        Outcome::Failed | Outcome::Outage => self.counts.failed += count,
                    }
                }
            }
            if found == 0 {
                return Ok(());
            }
            asked = Shards::All.of(list);
        }
        Ok(())
    }

    /// Does what belongs together. Whatever fails stays due, and never decides about others.
    async fn handle(&self, items: &[DueItem]) -> Outcome {
        let Some(due) = items.first() else { return Outcome::Done };
        let (context, now) = (self.context, (self.now)());
        let handled = match &due.key {
            DueKey::Record(key) => records::seal(context, &key.business, items, now).boxed().await,
            DueKey::Event(key) => events::apply(context, due, key, now).boxed().await,
            DueKey::Payment(b, payment) => payments::poll_due_payment(context, due, (b, payment), now).boxed().await,
            DueKey::Effect(key) => effects::attempt(context, due, key, now).boxed().await,
            DueKey::SignIn(b, sign_in) => sign_ins::mail(context, due, (b, sign_in), now).boxed().await,
            DueKey::Sweep(b, provider) => sweep::run_due_sweep(context, due, (b, *provider), now).boxed().await,
            DueKey::Payout(b, provider, payout) => {
                payouts::read(context, due, (b, *provider, payout), now).boxed().await
            }
            DueKey::Balance(b, provider) => payouts::read_account(context, due, (b, *provider), now).boxed().await,
            DueKey::Export(b, export) => exports::make_on(context, due, (b, export), now).boxed().await,
            DueKey::Unknown => later(context, due, "this version does not know it", now).boxed().await,
        };
        handled.unwrap_or_else(|error| {
            let (list, item) = (due.list, due.name());
            if error.is_outage() && !matches!(error, OperationError::NewerVersion(_)) {
                tracing::warn!(?list, item, %error, "due work failed; it stays due");
                Outcome::Outage
            } else {
                tracing::error!(?list, item, %error, metric.stuck = 1, "due work failed; it stays due");
                Outcome::Failed
            }
        })
    }
}

/// The items that are done together: the records of one business, else each on its own.
fn together(list: DueList, due: Vec<DueItem>) -> Vec<Vec<DueItem>> {
    if list != DueList::Records {
        return due.into_iter().map(|item| vec![item]).collect();
    }
    let business = |item: &DueItem| item.record().map(|key| key.business.clone());
    let mut groups: Vec<Vec<DueItem>> = Vec::new();
    for item in due {
        let of = business(&item);
        match groups.iter_mut().find(|group| of.is_some() && group.first().map(business) == Some(of.clone())) {
            Some(group) => group.push(item),
            None => groups.push(vec![item]),
        }
    }
    groups
}

/// Moves an item that cannot be done by this version ahead, ever further, and says so.
async fn later(context: &Context, due: &DueItem, why: &str, now: Timestamp) -> Result<Outcome, OperationError> {
    let Some(claimed) = context.store.claim_due(due, after(now, UNKNOWN_FIRST)).await? else {
        return Ok(Outcome::Taken);
    };
    let wait = doubled(UNKNOWN_FIRST, claimed.tries, UNKNOWN_MAX);
    context.store.retime_due(&claimed, after(now, wait), Some(why)).await?;
    tracing::error!(item = due.name(), why, metric.stuck = 1, "due work waits for another version");
    Ok(Outcome::Failed)
}

/// Claims an item for as long as a step may take, or longer where it has failed before.
async fn claim(
    context: &Context,
    due: &DueItem,
    lease: SignedDuration,
    now: Timestamp,
) -> Result<Option<DueItem>, OperationError> {
    let lease = lease.max(doubled(FAILED_FIRST, due.tries, FAILED_MAX));
    Ok(context.store.claim_due(due, after(now, lease)).await?)
}

fn after(now: Timestamp, wait: SignedDuration) -> Timestamp {
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

/// A pause that doubles with each try.
fn doubled(first: SignedDuration, tries: u32, most: SignedDuration) -> SignedDuration {
    first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(most)
}
