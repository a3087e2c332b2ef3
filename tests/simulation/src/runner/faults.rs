//! The faults of AWS and of the provider, made to happen in a world.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use local_aws::table::faults::{IndexLag, PageLimit, SlowAnswers, Tearing};
use testing::Ending;

use super::Runner;
use crate::Failure;
use crate::faults::{Disturbance, Fault, mail_kind, refusal_kind, stripe_kind};

/// Time stands still in a world, so that only writes bring an index on; a drain brings it up to now.
const FOR_EVER: Duration = Duration::from_hours(1);
/// How long a transaction is seen half done if nobody meets it.
const TORN_AT_MOST: Duration = Duration::from_millis(3);
const LATE_AT_MOST: Duration = Duration::from_millis(3);

impl Runner {
    /// Draws what is left to chance from the world's seed.
    pub(super) fn seed_faults(&self, seed: u64) {
        self.world.local.table_faults().seed(seed);
        for (stream, number) in self.world.local.streams().iter().zip(1_u64..) {
            stream.faults().seed(seed.wrapping_add(number));
        }
    }

    /// Lets a fault begin or happen. Returns whether it has happened to something; what lasts is counted at rest.
    pub(super) async fn fault(&mut self, fault: &Fault) -> Result<bool, Failure> {
        self.shaken |= fault.shakes();
        let local = &self.world.local;
        match fault {
            Fault::Lag { writes } => {
                local.table_faults().lag_indexes(Some(IndexLag { writes: *writes, at_most: FOR_EVER }));
            }
            Fault::Pages { items } => {
                local.table_faults().cut_pages(Some(PageLimit { items: Some(*items), bytes: None }));
            }
            Fault::Tear { percent, reads } => {
                let tearing = Tearing { percent: *percent, reads: *reads, at_most: TORN_AT_MOST };
                local.table_faults().tear_transactions(Some(tearing));
            }
            Fault::Slow { percent } => {
                local.table_faults().slow_down(Some(SlowAnswers { percent: *percent, by_at_most: LATE_AT_MOST }));
            }
            Fault::Refuse { after, calls, refusal } => local.table_faults().refuse_after(*after, *calls, *refusal),
            Fault::Disturb { how, percent } => self.disturb(*how, *percent),
            Fault::WorkerOff { of_inbox } => self.stream(*of_inbox).faults().switch_off(),
            Fault::WorkerOn { of_inbox, lost } => return Ok(self.switch_on(*of_inbox, *lost)),
            Fault::PutAside { of_inbox, records } => self.stream(*of_inbox).faults().put_aside(*records),
            Fault::EndWorker { after, carried_out } => {
                let ending = Ending { after: *after, carried_out: *carried_out };
                self.world.invocations.end_workers([ending]);
            }
            Fault::EndTimer { after, carried_out } => {
                let ending = Ending { after: *after, carried_out: *carried_out };
                if let Some(Err(error)) = self.world.invocations.run_timer(local, operations::Shards::All, ending).await
                {
                    self.judge::<()>(Err(error))?;
                }
            }
            Fault::TwoTimers => return self.two_timers().await,
            Fault::Mail { condition, hours } => local.mailbox.condition().begin(*condition, self.in_hours(*hours)),
            Fault::Stripe { condition, hours } => local.sandbox.condition().begin(*condition, self.in_hours(*hours)),
        }
        Ok(false)
    }

    /// Whether the books must hold now: nothing that a verb needs has failed, and every worker is on.
    pub(crate) fn is_calm(&self) -> bool {
        !self.shaken && self.world.local.streams().iter().all(|stream| stream.faults().is_on())
    }

    fn in_hours(&self, hours: i64) -> Timestamp {
        self.world.now().checked_add(SignedDuration::from_hours(hours)).expect("an instant")
    }

    fn stream(&self, of_inbox: bool) -> &local_aws::streams::StreamProgress {
        let streams = self.world.local.streams();
        &streams[usize::from(!of_inbox)]
    }

    fn disturb(&mut self, how: Disturbance, percent: usize) {
        match how {
            Disturbance::Twice => self.disorder.twice = percent,
            Disturbance::Late => (self.disorder.late, self.disorder.late_by_at_most) = (percent, LATE_AT_MOST),
            Disturbance::Unanswered => self.disorder.unanswered = percent,
            Disturbance::Short => self.disorder.short = percent,
        }
        for stream in self.world.local.streams() {
            stream.faults().disturb(self.disorder);
        }
    }

    /// Says whether anything waited for the worker.
    fn switch_on(&self, of_inbox: bool, lost: bool) -> bool {
        let stream = self.stream(of_inbox);
        let waited = !stream.faults().is_on() && stream.undelivered().expect("the stream") > 0;
        if lost {
            stream.lose_undelivered().expect("the stream");
        }
        stream.faults().switch_on();
        waited
    }

    /// Says whether both found something.
    async fn two_timers(&self) -> Result<bool, Failure> {
        let runs = futures::join!(Box::pin(self.world.run_due()), Box::pin(self.world.run_due()));
        let (first, second) = (self.judge(runs.0)?, self.judge(runs.1)?);
        let found = |run: Option<operations::DueRun>| run.is_some_and(|run| run.done + run.taken > 0);
        Ok(found(first) && found(second))
    }

    /// Ends every fault.
    pub(crate) fn end_faults(&self) {
        let local = &self.world.local;
        local.table_faults().mend();
        local.streams().iter().for_each(|stream| stream.faults().mend());
        self.world.invocations.mend();
        local.mailbox.condition().end();
        local.sandbox.condition().end();
    }

    /// Counts what has met a fault.
    pub(crate) fn count_faults_met(&self) {
        let (local, mut coverage) = (&self.world.local, self.coverage.borrow_mut());
        let tables = local.table_faults().met();
        coverage.met("lag", tables.stale_lists);
        coverage.met("pages", tables.short_pages);
        coverage.met("tear", tables.torn_reads);
        coverage.met("conflict", tables.conflicts);
        coverage.met("slow", tables.slow_answers);
        for (refusal, times) in tables.refusals {
            coverage.met(refusal_kind(refusal), times);
        }
        for met in local.streams().iter().map(|stream| stream.faults().met()) {
            coverage.met("twice", met.twice);
            coverage.met("late", met.late);
            coverage.met("unanswered", met.unanswered);
            coverage.met("short", met.short);
            coverage.met("gap", met.lost);
            coverage.met("put_aside", met.put_aside);
        }
        let (workers, timers) = self.world.invocations.met();
        coverage.met("end_worker", workers);
        coverage.met("end_timer", timers);
        for (condition, times) in local.mailbox.condition().met() {
            coverage.met(mail_kind(condition), times);
        }
        for (condition, times) in local.sandbox.condition().met() {
            coverage.met(stripe_kind(condition), times);
        }
    }
}
