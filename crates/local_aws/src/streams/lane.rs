//! One lane: batches in order, each handled before the next is begun.

use std::collections::VecDeque;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures::FutureExt as _;
use tokio::sync::{mpsc, watch};

use super::on_failure::{self, Failure};
use super::{Delivery, Shared, record, stopped_within};

const RETRY_AFTER_MIN: Duration = Duration::from_millis(20);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(2);

pub(super) struct Lane<F> {
    number: usize,
    deliveries: mpsc::Receiver<Delivery>,
    shared: Arc<Shared>,
    handler: Arc<F>,
    stop: watch::Receiver<bool>,
    /// Received from the queue and not yet handled.
    batch: VecDeque<Delivery>,
    /// How many records go into the next invocation: a whole batch, or less after a bisection.
    width: usize,
    /// How often the first record of the batch is known to have failed.
    failures: u32,
    /// Failures in a row, of any record. Only the pause depends on it.
    setbacks: u32,
}

/// The outcome of an invocation.
enum Outcome {
    Handled,
    /// The records before this one are handled; this one is not.
    FailedFrom(usize),
    /// The handler failed as a whole and blames no record.
    Failed,
}

impl<F, Fut> Lane<F>
where
    F: Fn(Event) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<DynamoDbEventResponse, String>> + Send + 'static,
{
    pub(super) fn new(
        number: usize,
        deliveries: mpsc::Receiver<Delivery>,
        shared: Arc<Shared>,
        handler: Arc<F>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let width = shared.mapping.batch_size;
        Self { number, deliveries, shared, handler, stop, batch: VecDeque::new(), width, failures: 0, setbacks: 0 }
    }

    pub(super) async fn run(mut self) {
        while self.fill().await {
            if !self.shared.faults.switched_on(&mut self.stop).await {
                return;
            }
            if self.forget_lost() || self.put_aside() {
                continue;
            }
            let size = self.shared.faults.size(self.width.min(self.batch.len()));
            if let Some(delay) = self.shared.faults.delay()
                && stopped_within(delay, &mut self.stop).await
            {
                return;
            }
            match self.invoke(size).await {
                Outcome::Handled if self.shared.faults.delivers_again() => continue,
                Outcome::Handled => {
                    self.advance(size);
                    // The batch grows step by step: the record that made it fail may be just ahead.
                    self.width = self.width.saturating_mul(2).min(self.shared.mapping.batch_size);
                    continue;
                }
                Outcome::FailedFrom(first) => {
                    if first > 0 {
                        self.advance(first);
                    }
                    self.failures += 1;
                }
                Outcome::Failed if size > 1 => self.width = size / 2,
                Outcome::Failed => self.failures += 1,
            }
            if self.failures > self.shared.mapping.retries_max && self.discard() {
                continue;
            }
            let pause = self.pause();
            self.setbacks = self.setbacks.saturating_add(1);
            if stopped_within(pause, &mut self.stop).await {
                return;
            }
        }
    }

    /// Waits for records and takes all that are there. False if there is nothing more to do.
    async fn fill(&mut self) -> bool {
        if *self.stop.borrow() {
            return false;
        }
        if self.batch.is_empty() {
            let first = tokio::select! {
                biased;
                _ = self.stop.wait_for(|stop| *stop) => None,
                first = self.deliveries.recv() => first,
            };
            let Some(first) = first else { return false };
            self.batch.push_back(first);
        }
        while self.batch.len() < self.shared.mapping.batch_size
            && let Ok(next) = self.deliveries.try_recv()
        {
            self.batch.push_back(next);
        }
        true
    }

    /// Drops the records that a test has made disappear. Says whether there were any.
    fn forget_lost(&mut self) -> bool {
        let lost = self.batch.iter().take_while(|delivery| self.shared.faults.loses(delivery.sequence)).count();
        if lost > 0 {
            self.advance(lost);
        }
        lost > 0
    }

    /// Puts the first record aside where a test wants it to fail every retry. Says whether it did.
    fn put_aside(&mut self) -> bool {
        if !self.shared.faults.puts_aside() {
            return false;
        }
        self.failures = self.shared.mapping.retries_max + 1;
        self.discard()
    }

    async fn invoke(&self, size: usize) -> Outcome {
        let mut event = Event::default();
        event.records = self.batch.iter().take(size).map(|delivery| delivery.record.clone()).collect();
        let mapping = self.shared.mapping.name;
        // A panic fails its invocation, as it does on Lambda, not the lane.
        let handling = AssertUnwindSafe(async { (self.handler)(event).await });
        match handling.catch_unwind().await {
            Ok(Ok(_)) if self.shared.faults.loses_answer() => Outcome::Failed,
            Ok(Ok(response)) => self.judge(size, &response),
            Ok(Err(reason)) => {
                tracing::warn!(mapping, lane = self.number, batch_size = size, reason, "a handler failed");
                Outcome::Failed
            }
            Err(_) => {
                tracing::error!(mapping, lane = self.number, batch_size = size, "a handler panicked");
                Outcome::Failed
            }
        }
    }

    /// Delivery continues at the lowest reported record. A report that names no record of the batch fails all of it.
    fn judge(&self, size: usize, response: &DynamoDbEventResponse) -> Outcome {
        let mut lowest = size;
        for failure in &response.batch_item_failures {
            let named = failure.item_identifier.as_deref().unwrap_or_default();
            let place = self.batch.iter().take(size).position(|d| record::sequence_number(d.sequence) == named);
            match place {
                Some(place) => lowest = lowest.min(place),
                None => return Outcome::Failed,
            }
        }
        if lowest == size { Outcome::Handled } else { Outcome::FailedFrom(lowest) }
    }

    /// Checkpoints the first `count` records of the batch.
    fn advance(&mut self, count: usize) {
        if let Some(last) = self.batch.drain(..count).next_back() {
            self.shared.has_handled(self.number, last.sequence, count);
        }
        self.failures = 0;
        self.setbacks = 0;
    }

    /// Puts the first record aside. False if it could not be stored; then it stays and is tried again.
    fn discard(&mut self) -> bool {
        let Some(delivery) = self.batch.front() else { return true };
        let failure = Failure { delivery, invocations: self.failures };
        match on_failure::keep(&self.shared, &failure) {
            Ok(file) => {
                tracing::error!(
                    mapping = self.shared.mapping.name,
                    record.sequence = delivery.sequence,
                    file = %file.display(),
                    "a record failed every retry and was put aside"
                );
                self.advance(1);
                true
            }
            Err(error) => {
                tracing::error!(mapping = self.shared.mapping.name, error = %error, "a failed record cannot be put aside");
                false
            }
        }
    }

    /// Doubles with every failure; half of it is spread, so that lanes that fail together do not retry together.
    fn pause(&self) -> Duration {
        let doubled = RETRY_AFTER_MIN.saturating_mul(2_u32.saturating_pow(self.setbacks)).min(RETRY_AFTER_MAX);
        let half = doubled / 2;
        let spread_over = u64::try_from(half.as_micros()).unwrap_or(u64::MAX).max(1);
        let sequence = self.batch.front().map_or(0, |delivery| delivery.sequence.unsigned_abs());
        let drawn = sequence.wrapping_add(u64::from(self.setbacks)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
        half + Duration::from_micros(drawn % spread_over)
    }
}
