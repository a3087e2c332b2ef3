//! What the table's faults are set to, and how a request is carried out under them.

#![expect(clippy::wildcard_enum_match_arm, reason = "each fault knows the operations that it concerns")]

use std::sync::Arc;
use std::time::Duration;

use dynoxide::Database;
use fault_injection::Random;
use rusqlite::Connection;
use serde_json::{Value, json};
use tokio::sync::Notify;

use super::flights::Flights;
use super::held_calls::HeldCalls;
use super::history::{Change, History};
use super::keys::{ItemKey, items_of};
use super::late;
use super::query::{Question, Seen};
use super::refusal::{Refusal, cancelled, failure};
use super::{FaultsMet, IndexLag, PageLimit, SlowAnswers, Tearing, batches};
use crate::table::operation::{Failure, Operation, run};

#[derive(Default)]
pub(super) struct State {
    pub(super) random: Random,
    pub(super) lag: Option<IndexLag>,
    pub(super) pages: Option<PageLimit>,
    pub(super) tearing: Option<Tearing>,
    pub(super) slow: Option<SlowAnswers>,
    pub(super) refusals: Option<PlannedRefusals>,
    pub(super) held: HeldCalls,
    pub(super) late: Option<late::Expected>,
    /// Opened with the first fault.
    pub(super) records: Option<Connection>,
    pub(super) history: History,
    pub(super) flights: Flights,
    pub(super) met: FaultsMet,
}

/// A planned series of refused calls.
#[derive(Clone, Copy)]
pub(super) struct PlannedRefusals {
    /// Calls that succeed first.
    pub(super) after: usize,
    /// Calls that are refused after those.
    pub(super) calls: usize,
    pub(super) refusal: Refusal,
}

/// The number of a transaction that is held back, what is notified when enough readers have met it, and for how long at most.
pub(super) type HeldBack = Option<(u64, Arc<Notify>, Duration)>;

impl State {
    pub(super) fn carry_out(
        &mut self,
        database: &Database,
        operation: Operation,
        mut request: Value,
    ) -> Result<(Vec<u8>, HeldBack), Failure> {
        let refusal = self.planned_refusal(operation, &request);
        if let Some(refused) = refusal.and_then(|refusal| refusal.answer(&request, &mut self.random)) {
            return Err(refused);
        }
        self.conflict(operation, &request)?;
        let Self { random, flights, .. } = self;
        let left = match operation {
            Operation::BatchGetItem | Operation::BatchWriteItem => batches::leave_over(&mut request, |key| {
                (operation == Operation::BatchWriteItem && flights.uses(key))
                    || (refusal == Some(Refusal::LeftOver) && random.percent(50))
            }),
            _ => None,
        };
        let (answer, held_back) = match operation {
            Operation::Query => (self.query(database, request)?, None),
            Operation::GetItem => (self.get(database, &request)?, None),
            Operation::BatchGetItem => (self.get_many(database, &request, left.as_ref())?, None),
            Operation::TransactWriteItems => self.transact(database, &request)?,
            Operation::BatchWriteItem if left.is_some() => (batches::write(database, &request, left.as_ref())?, None),
            _ => (run(database, operation, request.to_string().as_bytes())?, None),
        };
        self.read_on()?;
        Ok((answer, held_back))
    }

    /// How a call is refused, if it is now.
    fn planned_refusal(&mut self, operation: Operation, request: &Value) -> Option<Refusal> {
        let planned = self.refusals.as_mut()?;
        // A batch of one is carried out or refused, and nothing is left of it.
        let in_parts = planned.refusal != Refusal::LeftOver || items_of(request).len() > 1;
        if !planned.refusal.concerns(operation) || !in_parts {
            return None;
        }
        if planned.after > 0 {
            planned.after -= 1;
            return None;
        }
        planned.calls = planned.calls.checked_sub(1)?;
        let refusal = planned.refusal;
        *self.met.refusals.entry(refusal).or_default() += 1;
        Some(refusal)
    }

    /// Refuses a write of what a transaction is using.
    fn conflict(&mut self, operation: Operation, request: &Value) -> Result<(), Failure> {
        let refused = match operation {
            Operation::TransactWriteItems | Operation::TransactGetItems => {
                if request["ClientRequestToken"].as_str().is_some_and(|token| self.flights.is_flying(token)) {
                    Some(failure(400, Refusal::InProgress.as_str()))
                } else {
                    let items = items_of(request);
                    let used = items.iter().enumerate().filter(|(_, key)| self.flights.uses(key));
                    let blamed: Vec<(usize, &str)> =
                        used.map(|(place, _)| (place, Refusal::Conflict.as_str())).collect();
                    (!blamed.is_empty()).then(|| cancelled(items.len(), &blamed))
                }
            }
            Operation::PutItem | Operation::UpdateItem | Operation::DeleteItem => {
                let used = items_of(request).iter().any(|key| self.flights.uses(key));
                used.then(|| failure(400, Refusal::ConflictOfWrite.as_str()))
            }
            _ => None,
        };
        refused.map_or(Ok(()), |refused| {
            self.met.conflicts += 1;
            Err(refused)
        })
    }

    fn query(&mut self, database: &Database, mut request: Value) -> Result<Vec<u8>, Failure> {
        let question = Question::read(&request)?;
        self.read_on()?;
        let held_back: Vec<ItemKey> = self.flights.hidden().map(|(key, _)| key.clone()).collect();
        let (mut seen, stale) = self.history.seen(&question, &held_back, &mut self.random);
        self.met.stale_lists += u64::from(stale);
        let before = if question.index.is_some() {
            self.flights.hidden().cloned().collect()
        } else {
            let read = self.flights.read(|key| question.is_of_partition(key), &mut self.random);
            self.met.torn_reads += u64::from(!read.is_empty());
            read
        };
        for (key, image) in before {
            if seen.iter().all(|seen| seen.key != key) {
                seen.push(Seen { key, images: image.into_iter().collect() });
            }
        }
        let limit = self.pages.and_then(|pages| pages.items);
        if !seen.is_empty() || self.pages.is_some_and(|pages| pages.bytes.is_some()) {
            let (answer, cut_short) = question.answer(database, &request, &seen, self.pages)?;
            self.met.short_pages += u64::from(cut_short);
            return Ok(answer);
        }
        let asked = question.limit();
        if let Some(limit) = limit.filter(|limit| asked.is_none_or(|asked| *limit < asked)) {
            request["Limit"] = json!(limit);
            let answer = run(database, Operation::Query, request.to_string().as_bytes())?;
            let more = serde_json::from_slice::<Value>(&answer).map_err(broken)?.get("LastEvaluatedKey").is_some();
            self.met.short_pages += u64::from(more);
            return Ok(answer);
        }
        run(database, Operation::Query, request.to_string().as_bytes())
    }

    fn get(&mut self, database: &Database, request: &Value) -> Result<Vec<u8>, Failure> {
        let answer = run(database, Operation::GetItem, request.to_string().as_bytes())?;
        let keys = items_of(request);
        let before = self.flights.read(|key| keys.contains(key), &mut self.random);
        let Some((_, image)) = before.into_iter().next() else { return Ok(answer) };
        self.met.torn_reads += 1;
        let mut answer: Value = serde_json::from_slice(&answer).map_err(broken)?;
        if let Some(fields) = answer.as_object_mut() {
            fields.remove("Item");
            fields.extend(image.map(|image| ("Item".to_owned(), Value::Object(image))));
        }
        Ok(answer.to_string().into_bytes())
    }

    fn get_many(&mut self, database: &Database, request: &Value, left: Option<&Value>) -> Result<Vec<u8>, Failure> {
        let keys = items_of(request);
        let before = self.flights.read(|key| keys.contains(key), &mut self.random);
        self.met.torn_reads += u64::from(!before.is_empty());
        batches::get(database, request, &before, left)
    }

    fn transact(&mut self, database: &Database, request: &Value) -> Result<(Vec<u8>, HeldBack), Failure> {
        self.read_on()?;
        let answer = run(database, Operation::TransactWriteItems, request.to_string().as_bytes())?;
        let changes = self.read_on()?;
        let Some(tearing) = self.tearing.filter(|tearing| self.random.percent(tearing.percent)) else {
            return Ok((answer, None));
        };
        let token = request["ClientRequestToken"].as_str().map(str::to_owned);
        let flight = self.flights.begin(items_of(request), token, changes, tearing.reads, &mut self.random);
        Ok((answer, flight.map(|(number, landed)| (number, landed, tearing.at_most))))
    }

    fn read_on(&mut self) -> Result<Vec<Change>, Failure> {
        let Some(records) = &self.records else { return Ok(Vec::new()) };
        if self.lag.is_none() && self.tearing.is_none() {
            return Ok(Vec::new());
        }
        self.history.read_on(records, self.lag, &mut self.random).map_err(broken)
    }

    /// How long the answer waits, if it does.
    pub(super) fn pause(&mut self) -> Option<Duration> {
        let slow = self.slow.filter(|slow| self.random.percent(slow.percent))?;
        self.met.slow_answers += 1;
        let most = usize::try_from(slow.by_at_most.as_micros()).unwrap_or(usize::MAX);
        Some(Duration::from_micros(u64::try_from(self.random.below(most) + 1).unwrap_or(1)))
    }
}

/// What went wrong with the faults themselves; a test that meets it fails.
pub(super) fn broken(error: impl std::fmt::Display) -> Failure {
    let body = json!({ "__type": "com.amazon.coral.validate#ValidationException", "message": error.to_string() });
    Failure { status: 400, body: body.to_string() }
}
