//! How often and how long.

use std::time::Duration;

/// How much trouble is taken.
pub(crate) struct Effort {
    /// Little, only to see that it works.
    pub(crate) quick: bool,
}

impl Effort {
    /// Samples of what takes microseconds; each is itself a batch.
    pub(crate) fn batches(&self) -> usize {
        if self.quick { 11 } else { 101 }
    }

    /// Samples of what takes milliseconds in this process.
    pub(crate) fn calls(&self) -> usize {
        if self.quick { 7 } else { 101 }
    }

    /// Samples of what needs a process each.
    pub(crate) fn starts(&self) -> usize {
        if self.quick { 5 } else { 41 }
    }

    /// Samples of what needs a process each and takes long.
    pub(crate) fn long_starts(&self) -> usize {
        if self.quick { 1 } else { 7 }
    }

    /// Before a process counts as idle, and again while it is watched.
    pub(crate) fn idle(&self) -> Duration {
        Duration::from_secs(if self.quick { 2 } else { 10 })
    }
}
