//! A condition that lasts: every request meets it until an instant of the caller's clock, or until a test ends it.
//!
//! What the condition is, and what its answer looks like, is known by the service that stands behind it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Holds the condition of a service, if any.
#[derive(Debug)]
pub struct ConditionSwitch<T>(Mutex<Status<T>>);

#[derive(Debug)]
struct Status<T> {
    condition: Option<(T, Timestamp)>,
    met: BTreeMap<T, u64>,
}

impl<T> Default for ConditionSwitch<T> {
    fn default() -> Self {
        Self(Mutex::new(Status { condition: None, met: BTreeMap::new() }))
    }
}

impl<T: Copy + Ord> ConditionSwitch<T> {
    /// Begins a condition, in place of any other.
    pub fn begin(&self, condition: T, until: Timestamp) {
        self.change(|status| status.condition = Some((condition, until)));
    }

    pub fn end(&self) {
        self.change(|status| status.condition = None);
    }

    /// The condition that a request meets now. It is counted.
    pub fn meet(&self, now: Timestamp) -> Option<T> {
        self.meet_if(now, |_| true)
    }

    /// The same for a request that not every condition concerns.
    pub fn meet_if(&self, now: Timestamp, concerns: impl FnOnce(&T) -> bool) -> Option<T> {
        self.change(|status| {
            let (condition, _) = status.condition.filter(|(_, until)| now < *until)?;
            if !concerns(&condition) {
                return None;
            }
            *status.met.entry(condition).or_default() += 1;
            Some(condition)
        })
    }

    /// How many requests have met each condition.
    pub fn met(&self) -> BTreeMap<T, u64> {
        self.change(|status| status.met.clone())
    }

    fn change<R>(&self, change: impl FnOnce(&mut Status<T>) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_met_until_its_time_or_its_end() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let switch = ConditionSwitch::default();
        assert_eq!(switch.meet(at(0)), None);
        switch.begin("busy", at(10));
        assert_eq!((switch.meet(at(1)), switch.meet(at(9)), switch.meet(at(10))), (Some("busy"), Some("busy"), None));
        switch.begin("closed", at(100));
        switch.end();
        assert_eq!((switch.meet(at(50)), switch.met()), (None, BTreeMap::from([("busy", 2)])));
        switch.begin("closed", at(100));
        assert_eq!(switch.meet_if(at(50), |condition| *condition == "busy"), None);
        assert_eq!(switch.meet_if(at(50), |condition| *condition == "closed"), Some("closed"));
        assert_eq!(switch.met(), BTreeMap::from([("busy", 2), ("closed", 1)]));
    }
}
