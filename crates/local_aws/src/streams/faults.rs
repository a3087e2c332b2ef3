//! What Lambda and the streams do on a bad day, played for tests: records again, late and in halves; a consumer that is
//! switched off; records that are gone before they were delivered, or put aside.
//!
//! All of it is off until a test switches it on by [`StreamProgress::faults`](super::StreamProgress::faults).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fault_injection::Random;
use tokio::sync::watch;

/// How often deliveries go wrong, of a hundred batches each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Disorder {
    /// Batches that are handled and come again all the same.
    pub twice: usize,
    /// Batches that come late.
    pub late: usize,
    pub late_by_at_most: Duration,
    /// Batches whose answer does not arrive, as when the function is ended: they come again in halves.
    pub unanswered: usize,
    /// Batches of fewer records than there are.
    pub short: usize,
}

/// How often each fault has happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StreamFaultsMet {
    /// Batches that came again though they were handled.
    pub twice: u64,
    pub late: u64,
    pub unanswered: u64,
    pub short: u64,
    /// Records that the handler wanted and never received.
    pub lost: u64,
    /// Records that were put aside as if every retry had failed.
    pub put_aside: u64,
}

/// What goes wrong with one mapping. Clones share it.
#[derive(Clone, Debug)]
pub struct StreamFaults {
    state: Arc<Mutex<State>>,
    on: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    random: Random,
    disorder: Disorder,
    /// The last record that is gone, delivered or not.
    lost_up_to: i64,
    to_put_aside: usize,
    met: StreamFaultsMet,
}

impl Default for StreamFaults {
    fn default() -> Self {
        Self { state: Arc::default(), on: watch::channel(true).0 }
    }
}

impl StreamFaults {
    /// Draws everything from a seed, from now on.
    pub fn seed(&self, seed: u64) {
        self.state().random = Random::new(seed);
    }

    /// Lets deliveries go wrong.
    pub fn disturb(&self, disorder: Disorder) {
        self.state().disorder = disorder;
    }

    /// Delivers nothing more until it is switched on. Batches that have begun are finished. Meanwhile nothing counts as lag,
    /// because nobody delivers it.
    pub fn switch_off(&self) {
        self.on.send_replace(false);
    }

    pub fn switch_on(&self) {
        self.on.send_replace(true);
    }

    /// Puts the next records aside, as if they had failed every retry.
    pub fn put_aside(&self, records: usize) {
        self.state().to_put_aside = records;
    }

    /// Ends every fault. What is lost stays lost.
    pub fn mend(&self) {
        let mut state = self.state();
        (state.disorder, state.to_put_aside) = (Disorder::default(), 0);
        drop(state);
        self.switch_on();
    }

    /// How often each fault has happened.
    pub fn met(&self) -> StreamFaultsMet {
        self.state().met
    }

    /// Whether it is not switched off.
    pub fn is_on(&self) -> bool {
        *self.on.borrow()
    }

    /// Waits until it is switched on, or until the stop. Says whether it is on.
    pub(super) async fn switched_on(&self, stop: &mut watch::Receiver<bool>) -> bool {
        let mut on = self.on.subscribe();
        tokio::select! {
            biased;
            _ = stop.wait_for(|stop| *stop) => false,
            _ = on.wait_for(|on| *on) => true,
        }
    }

    /// Makes all records up to one disappear.
    pub(super) fn lose_up_to(&self, sequence: i64) {
        self.state().lost_up_to = sequence;
    }

    /// Whether a record is gone. It is counted.
    pub(super) fn loses(&self, sequence: i64) -> bool {
        let mut state = self.state();
        let lost = sequence <= state.lost_up_to;
        state.met.lost += u64::from(lost);
        lost
    }

    /// Whether the next record is put aside.
    pub(super) fn puts_aside(&self) -> bool {
        let mut state = self.state();
        let Some(left) = state.to_put_aside.checked_sub(1) else { return false };
        state.to_put_aside = left;
        state.met.put_aside += 1;
        true
    }

    /// How many records of a batch are delivered.
    pub(super) fn size(&self, size: usize) -> usize {
        let mut state = self.state();
        let percent = state.disorder.short;
        if size < 2 || !state.random.percent(percent) {
            return size;
        }
        state.met.short += 1;
        1 + state.random.below(size - 1)
    }

    /// How long a batch is held up.
    pub(super) fn delay(&self) -> Option<Duration> {
        let mut state = self.state();
        let Disorder { late, late_by_at_most, .. } = state.disorder;
        if !state.random.percent(late) {
            return None;
        }
        state.met.late += 1;
        let most = usize::try_from(late_by_at_most.as_micros()).unwrap_or(usize::MAX);
        Some(Duration::from_micros(u64::try_from(state.random.below(most) + 1).unwrap_or(1)))
    }

    /// Whether the handler's answer does not arrive.
    pub(super) fn loses_answer(&self) -> bool {
        let mut state = self.state();
        let percent = state.disorder.unanswered;
        let lost = state.random.percent(percent);
        state.met.unanswered += u64::from(lost);
        lost
    }

    /// Whether a batch that was handled comes again.
    pub(super) fn delivers_again(&self) -> bool {
        let mut state = self.state();
        let percent = state.disorder.twice;
        let again = state.random.percent(percent);
        state.met.twice += u64::from(again);
        again
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every use is one step, so a panic in between leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
