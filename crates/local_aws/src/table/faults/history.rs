//! The last changes of each item, and how far each index has come with them.
//!
//! The engine's stream records hold both images of every change, in order. From them an index is shown as it may have been:
//! item by item, between the oldest state that the bounds of the lag allow and the present one.

use std::collections::BTreeMap;
use std::time::Instant;

use fault_injection::Random;
use rusqlite::Connection;

use super::IndexLag;
use super::keys::{Item, ItemKey, key_of, text};
use super::query::{Question, Seen};
use crate::table::engine::key_names;
use crate::table::{CORE, INBOX, TableError, engine_file};

const RECORDS_PER_READ: usize = 1_000;

/// A change of an item.
pub(super) struct Change {
    pub(super) key: ItemKey,
    pub(super) before: Option<Item>,
    /// The number of its record in the stream.
    pub(super) record: i64,
    after: Option<Item>,
    /// Its number among the table's changes. The records' own numbers leap with the time.
    number: usize,
}

/// The changes that an index may still lack.
#[derive(Default)]
pub(super) struct History {
    read: BTreeMap<&'static str, Progress>,
    items: BTreeMap<ItemKey, ItemHistory>,
}

/// How far a table's records were read.
#[derive(Clone, Copy)]
struct Progress {
    /// The number of the last record.
    record: i64,
    /// How many changes there were.
    changes: usize,
}

/// The states of an item: the first, and one after each change.
struct ItemHistory {
    first: Option<Item>,
    changes: Vec<State>,
    /// How far each index has come, in half steps: 0 is the first state, 2 the one after the first change. In between, an
    /// item whose key in the index changes is listed twice or not at all.
    come: BTreeMap<String, usize>,
}

struct State {
    item: Option<Item>,
    number: usize,
    since: Instant,
    /// Whether the index has the item under both keys while it moves it, and not under none.
    twice: bool,
}

impl History {
    /// Begins to read at the end of each table's stream, unless it has begun.
    pub(super) fn begin(&mut self, records: &Connection) -> Result<(), TableError> {
        for table in [CORE, INBOX] {
            if !self.read.contains_key(table) {
                self.read.insert(table, Progress { record: engine_file::newest(records, table)?, changes: 0 });
            }
        }
        Ok(())
    }

    /// Forgets the changes: every index is as the table is.
    pub(super) fn catch_up(&mut self) {
        self.items.clear();
    }

    /// Reads the changes since the last time and returns them. With a lag, it also remembers those that an index may lack.
    pub(super) fn read_on(
        &mut self,
        records: &Connection,
        lag: Option<IndexLag>,
        random: &mut Random,
    ) -> Result<Vec<Change>, TableError> {
        let mut changes = Vec::new();
        for (table, progress) in &mut self.read {
            loop {
                let read = engine_file::after(records, table, progress.record, RECORDS_PER_READ)?;
                let Some(last) = read.last() else { break };
                progress.record = last.sequence;
                for record in &read {
                    let Some(change) = change(table, record, progress.changes + 1)? else { continue };
                    progress.changes += 1;
                    changes.push(change);
                }
            }
        }
        if let Some(lag) = lag {
            for change in &changes {
                self.remember(change, random);
            }
            self.let_indexes_come_up_to(lag);
        }
        Ok(changes)
    }

    fn remember(&mut self, change: &Change, random: &mut Random) {
        let new = || ItemHistory { first: change.before.clone(), changes: Vec::new(), come: BTreeMap::new() };
        let item = self.items.entry(change.key.clone()).or_insert_with(new);
        item.changes.push(State {
            item: change.after.clone(),
            number: change.number,
            since: Instant::now(),
            twice: random.percent(50),
        });
    }

    /// Forgets what is too old for any index to lack it.
    fn let_indexes_come_up_to(&mut self, lag: IndexLag) {
        let read = &self.read;
        self.items.retain(|key, item| {
            let newest = read.get(key.table.as_str()).map_or(0, |progress| progress.changes);
            let is_old = |change: &State| {
                newest.saturating_sub(change.number) >= lag.writes || change.since.elapsed() >= lag.at_most
            };
            item.forget(item.changes.iter().take_while(|change| is_old(change)).count());
            !item.changes.is_empty()
        });
    }

    /// The items whose listing may lag behind, as the index of the question has them now, and whether any is listed otherwise
    /// than it is. An item that is `held_back` is not yet seen as its last change has left it.
    pub(super) fn seen(
        &mut self,
        question: &Question,
        held_back: &[ItemKey],
        random: &mut Random,
    ) -> (Vec<Seen>, bool) {
        let Some(index) = &question.index else { return (Vec::new(), false) };
        let (mut seen, mut stale) = (Vec::new(), false);
        for (key, item) in self.items.iter_mut().filter(|(key, _)| key.table == question.table) {
            if !item.states().any(|state| question.lists(state)) {
                continue;
            }
            let images = item.next_images(index, held_back.contains(key), random);
            let present = item.state(item.changes.len()).into_iter().filter(|state| question.lists(state));
            stale |= !images.iter().filter(|image| question.lists(image)).eq(present);
            seen.push(Seen { key: key.clone(), images });
        }
        (seen, stale)
    }
}

impl ItemHistory {
    fn state(&self, number: usize) -> Option<&Item> {
        match number.checked_sub(1) {
            None => self.first.as_ref(),
            Some(change) => self.changes.get(change)?.item.as_ref(),
        }
    }

    fn states(&self) -> impl Iterator<Item = &Item> {
        self.first.iter().chain(self.changes.iter().filter_map(|change| change.item.as_ref()))
    }

    /// Makes the state after so many changes the first one.
    fn forget(&mut self, changes: usize) {
        if let Some(last) = self.changes.drain(..changes).next_back() {
            self.first = last.item;
        }
        for come in self.come.values_mut() {
            *come = come.saturating_sub(2 * changes);
        }
    }

    /// Lets an index come on by a random number of steps, never back, and returns what it then has of the item.
    fn next_images(&mut self, index: &str, held_back: bool, random: &mut Random) -> Vec<Item> {
        let newest = 2 * self.changes.len().saturating_sub(usize::from(held_back));
        let come = self.come.get(index).copied().unwrap_or_default().min(newest);
        let position = come + random.below(newest - come + 1);
        self.come.insert(index.to_owned(), position);
        let here = self.state(position / 2);
        let moving = self.changes.get(position / 2).filter(|_| !position.is_multiple_of(2));
        let images = match moving {
            Some(change) if is_moved(index, here, change.item.as_ref()) => {
                if change.twice {
                    vec![here, change.item.as_ref()]
                } else {
                    Vec::new()
                }
            }
            Some(_) | None => vec![here],
        };
        images.into_iter().flatten().cloned().collect()
    }
}

/// Whether a change gives an item that is in an index another key there.
fn is_moved(index: &str, before: Option<&Item>, after: Option<&Item>) -> bool {
    let (hash, sort) = key_names(Some(index));
    let place = |item: &Item| Some((text(item, &hash)?.to_owned(), text(item, &sort)?.to_owned()));
    match (before.and_then(place), after.and_then(place)) {
        (Some(before), Some(after)) => before != after,
        _ => false,
    }
}

/// The change that a record tells of, if it changed anything.
fn change(table: &str, record: &engine_file::StoredRecord, number: usize) -> Result<Option<Change>, TableError> {
    let image = |text: &Option<String>| text.as_deref().map(serde_json::from_str::<Item>).transpose();
    let (before, after) = (image(&record.old_image)?, image(&record.new_image)?);
    let Some(key) = key_of(table, &serde_json::from_str(&record.keys)?) else { return Ok(None) };
    Ok((before != after).then_some(Change { key, before, record: record.sequence, after, number }))
}
