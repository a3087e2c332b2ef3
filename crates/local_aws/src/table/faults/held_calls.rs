//! Calls that are never answered, because the function that made them is ended.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::Notify;

use super::Faults;

/// A call that a test is going to mark, so that the table never answers it. Dropping this lets the call be answered, unless it
/// has arrived.
pub struct HeldCall {
    faults: Faults,
    number: u64,
    arrived: Arc<Notify>,
}

/// The marks that were given out and not used.
#[derive(Default)]
pub(super) struct HeldCalls {
    given: u64,
    expected: BTreeMap<u64, Arc<Notify>>,
}

impl HeldCall {
    /// The header that marks the call.
    pub const HEADER: &str = "x-held-call";

    pub(super) fn new(faults: &Faults, number: u64, arrived: Arc<Notify>) -> Self {
        Self { faults: faults.clone(), number, arrived }
    }

    /// The value of the header. It says whether the table carries the call out.
    pub fn value(&self, carried_out: bool) -> String {
        format!("{} {}", self.number, if carried_out { "carried out" } else { "not carried out" })
    }

    /// Resolves when the call has arrived, and is carried out if it was to be.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

impl Drop for HeldCall {
    fn drop(&mut self) {
        self.faults.do_not_hold(self.number);
    }
}

impl HeldCalls {
    pub(super) fn expect(&mut self) -> (u64, Arc<Notify>) {
        self.given += 1;
        let arrived = Arc::new(Notify::new());
        self.expected.insert(self.given, Arc::clone(&arrived));
        (self.given, arrived)
    }

    pub(super) fn forget(&mut self, number: u64) {
        self.expected.remove(&number);
    }

    pub(super) fn any(&self) -> bool {
        !self.expected.is_empty()
    }

    /// What is notified when the call with this mark has come as far as it is to, and whether it is carried out first.
    pub(super) fn take(&mut self, mark: &str) -> Option<(Arc<Notify>, bool)> {
        let (number, how) = mark.split_once(' ')?;
        let arrived = self.expected.remove(&number.parse().ok()?)?;
        Some((arrived, how == "carried out"))
    }
}
