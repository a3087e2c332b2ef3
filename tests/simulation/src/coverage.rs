//! Which kinds of steps had an effect: a step that never has one proves nothing.

use std::collections::BTreeMap;
use std::fmt;

use super::faults::FAULT_KINDS;
use super::steps::{KINDS, Step};

/// For each kind of step, how often it was generated and how often it had an effect.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<&'static str, Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    generated: u64,
    happened: u64,
    /// Worlds in which it happened.
    worlds: u64,
}

impl Coverage {
    /// Counts a generated step.
    pub(super) fn generated(&mut self, step: &Step) {
        self.0.entry(step.kind()).or_default().generated += 1;
    }

    /// Counts a step that had an effect.
    pub(super) fn happened(&mut self, step: &Step) {
        self.0.entry(step.kind()).or_default().happened += 1;
    }

    /// Counts how often calls met what a step had broken.
    pub(super) fn met(&mut self, kind: &'static str, times: u64) {
        self.0.entry(kind).or_default().happened += times;
    }

    /// Adds the counts of another world.
    pub fn add(&mut self, other: &Self) {
        for (kind, count) in &other.0 {
            let all = self.0.entry(kind).or_default();
            all.generated += count.generated;
            all.happened += count.happened;
            // One world has not counted itself.
            all.worlds += count.worlds.max(u64::from(count.happened > 0));
        }
    }

    /// The kinds of faults, which are to be met in at least one world of a hundred.
    pub fn fault_kinds() -> &'static [&'static str] {
        &FAULT_KINDS
    }

    /// The kinds of steps that never had an effect.
    pub fn missing(&self) -> Vec<&'static str> {
        let kinds = KINDS.into_iter().chain(FAULT_KINDS);
        kinds.filter(|kind| self.0.get(kind).is_none_or(|count| count.happened == 0)).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, count)| {
            let Count { generated, happened, worlds } = count;
            writeln!(f, "{kind:>27} generated {generated:5}, happened {happened:5}, in {worlds:3} worlds")
        })
    }
}
