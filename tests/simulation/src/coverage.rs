//! What of the stories happened to something: a step that never does proves nothing.

use std::collections::BTreeMap;
use std::fmt;

use super::steps::{KINDS, Step};

/// How often each kind of step was told, and how often it happened to something.
#[derive(Clone, Debug, Default)]
pub struct Coverage(BTreeMap<&'static str, Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    told: u64,
    happened: u64,
}

impl Coverage {
    /// A step was told.
    pub(super) fn told(&mut self, step: &Step) {
        self.0.entry(step.kind()).or_default().told += 1;
    }

    /// A step happened to something.
    pub(super) fn happened(&mut self, step: &Step) {
        self.0.entry(step.kind()).or_default().happened += 1;
    }

    /// What a step had broken was met so many times.
    pub(super) fn met(&mut self, kind: &'static str, times: u64) {
        self.0.entry(kind).or_default().happened += times;
    }

    /// Adds what was seen elsewhere.
    pub fn add(&mut self, other: &Self) {
        for (kind, count) in &other.0 {
            let all = self.0.entry(kind).or_default();
            all.told += count.told;
            all.happened += count.happened;
        }
    }

    /// The kinds of steps that never happened to anything.
    pub fn missing(&self) -> Vec<&'static str> {
        KINDS.into_iter().filter(|kind| self.0.get(kind).is_none_or(|count| count.happened == 0)).collect()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|(kind, count)| {
            writeln!(f, "{kind:>16} told {:5}, happened {:5}", count.told, count.happened)
        })
    }
}
