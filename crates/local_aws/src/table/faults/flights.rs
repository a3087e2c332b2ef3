//! Transactions that are being carried out: readers see some of their items before and some after.

use std::collections::BTreeMap;
use std::sync::Arc;

use fault_injection::Random;
use tokio::sync::Notify;

use super::history::Change;
use super::keys::{Item, ItemKey};

/// The transactions that are not answered yet.
#[derive(Default)]
pub(super) struct Flights {
    begun: u64,
    flying: Vec<Flight>,
}

struct Flight {
    number: u64,
    /// The client's token, by which it repeats the same transaction.
    token: Option<String>,
    /// What it writes, or makes a condition of.
    keys: Vec<ItemKey>,
    /// Items that are still seen as they were before.
    hidden: Vec<(ItemKey, Option<Item>)>,
    /// The first record of each table's stream that tells of it.
    records: BTreeMap<String, i64>,
    reads_left: usize,
    landed: Arc<Notify>,
}

impl Flights {
    /// Begins to hold the answer of a transaction back, and returns its number and what is notified when enough readers have
    /// met it. `None` where it changed one item only, which nobody sees half.
    pub(super) fn begin(
        &mut self,
        keys: Vec<ItemKey>,
        token: Option<String>,
        mut changes: Vec<Change>,
        reads: usize,
        random: &mut Random,
    ) -> Option<(u64, Arc<Notify>)> {
        if changes.len() < 2 || reads == 0 {
            return None;
        }
        let mut records = BTreeMap::new();
        for change in &changes {
            records.entry(change.key.table.clone()).or_insert(change.record);
        }
        random.shuffle(&mut changes);
        let seen = 1 + random.below(changes.len() - 1);
        let hidden = changes.into_iter().skip(seen).map(|change| (change.key, change.before)).collect();
        let landed = Arc::new(Notify::new());
        self.begun += 1;
        let flight =
            Flight { number: self.begun, token, keys, hidden, records, reads_left: reads, landed: Arc::clone(&landed) };
        self.flying.push(flight);
        Some((self.begun, landed))
    }

    /// Ends it: all of it is seen.
    pub(super) fn end(&mut self, number: u64) {
        self.flying.retain(|flight| flight.number != number);
    }

    /// The first record of a table's stream that is not in it yet, because the stream never tells of what nobody can read.
    pub(super) fn first_record(&self, table: &str) -> Option<i64> {
        self.flying.iter().filter_map(|flight| flight.records.get(table).copied()).min()
    }

    /// Whether the transaction with a token is being carried out.
    pub(super) fn is_flying(&self, token: &str) -> bool {
        self.flying.iter().any(|flight| flight.token.as_deref() == Some(token))
    }

    /// Whether a transaction is using an item.
    pub(super) fn uses(&self, key: &ItemKey) -> bool {
        self.flying.iter().any(|flight| flight.keys.contains(key))
    }

    /// The items that a reader sees as they were before.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &(ItemKey, Option<Item>)> {
        self.flying.iter().flat_map(|flight| &flight.hidden)
    }

    /// Lets a reader of some items see those as they were before that it still may not see otherwise. Afterwards more of them
    /// may be seen.
    pub(super) fn read(
        &mut self,
        is_read: impl Fn(&ItemKey) -> bool,
        random: &mut Random,
    ) -> Vec<(ItemKey, Option<Item>)> {
        let mut seen_as_before = Vec::new();
        for flight in self.flying.iter_mut().filter(|flight| flight.keys.iter().any(&is_read)) {
            seen_as_before.extend(flight.hidden.iter().filter(|(key, _)| is_read(key)).cloned());
            flight.hidden.retain(|_| !random.percent(33));
            flight.reads_left = flight.reads_left.saturating_sub(1);
            if flight.reads_left == 0 {
                flight.landed.notify_one();
            }
        }
        seen_as_before
    }
}
