//! Reading what is exported, page by page from a place.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use receivables::journal::{self, JournalLine};
use receivables::ledger::Entry;
use receivables::payout::settlements;
use receivables::statement::{RunningBalances, StatementLine};
use receivables::{Balance, Currency, CustomerId, MoneyError, Payment, PaymentId};
use serde::{Deserialize, Serialize};
use store::{Movement, Page, ProviderTransaction};

use super::period::ExportPeriod;
use super::{ExportedPayment, movements};
use crate::context::Context;
use crate::error::OperationError;

/// Items of a page, which is what the tables read at once.
const PAGE: usize = 100;
/// The lists of the journal, one after the other: the ledger's entries, and what moved at the provider.
const JOURNAL_LISTS: usize = 2;

/// Where a page begins; where nothing is said, at the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    /// Which of the lists that are read one after the other.
    #[serde(default)]
    list: usize,
    /// Which of the months that the period touches.
    #[serde(default)]
    month: usize,
    /// What ended the page before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cursor: Option<String>,
    /// Of a statement: the balances there, in minor units.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    balances: BTreeMap<Currency, i64>,
}

/// A row of a statement.
#[derive(Clone, Debug)]
pub(super) enum StatementRow {
    /// How the account stood when the period began or ended.
    Balance {
        on: Date,
        kind: &'static str,
        balance: Balance,
    },
    Line(StatementLine),
}

impl Place {
    /// The place after a page: in the same month, in the next, or at the beginning of the next list.
    fn next(&self, cursor: Option<String>, months: usize, lists: usize) -> Option<Self> {
        let Self { list, month, .. } = *self;
        let place = |list, month, cursor| Some(Self { list, month, cursor, balances: BTreeMap::new() });
        if cursor.is_some() {
            place(list, month, cursor)
        } else if month.saturating_add(1) < months {
            place(list, month.saturating_add(1), None)
        } else if list.saturating_add(1) < lists {
            place(list.saturating_add(1), 0, None)
        } else {
            None
        }
    }

    fn page(&self) -> Page {
        Page { limit: PAGE, cursor: self.cursor.clone() }
    }
}

fn defect(error: MoneyError) -> OperationError {
    OperationError::Defect(format!("an export: {error}"))
}

/// A page of the journal, and where the next begins: of the ledger's entries, then of what moved at the provider, each by time.
pub(super) async fn journal_page(
    context: &Context,
    period: &ExportPeriod,
    place: Place,
) -> Result<(Vec<JournalLine>, Option<Place>), OperationError> {
    if place.list == 0 {
        let months = period.months_by_day();
        let Some(month) = months.get(place.month).copied() else { return Ok((Vec::new(), None)) };
        let (entries, cursor) = entries_page(context, period, month, &place).await?;
        let lines = entries.iter().map(|entry| journal::of_entry(entry, &period.zone));
        let lines = lines.collect::<Result<Vec<_>, MoneyError>>().map_err(defect)?;
        return Ok((lines.concat(), place.next(cursor, months.len(), JOURNAL_LISTS)));
    }
    let months = period.months();
    let Some(month) = months.get(place.month).copied() else { return Ok((Vec::new(), None)) };
    let page = context.store.movements_of_month(&period.business, month, &place.page()).await?;
    let moved: Vec<Movement> = page.items.into_iter().filter(|movement| has_moved(period, movement)).collect();
    let lines = movements::lines_of(context, period, &moved).await?;
    Ok((lines, place.next(page.next_cursor, months.len(), JOURNAL_LISTS)))
}

/// Entries of a period in the order of their keys, in a month and from a place on.
async fn entries_page(
    context: &Context,
    period: &ExportPeriod,
    month: Date,
    place: &Place,
) -> Result<(Vec<Entry>, Option<String>), OperationError> {
    let page = context.store.entries_of_month(&period.business, month, &place.page()).await?;
    let entries = page.items.into_iter().filter(|entry| (period.from..=period.to).contains(&entry.dated_on)).collect();
    Ok((entries, page.next_cursor))
}

fn has_moved(period: &ExportPeriod, movement: &Movement) -> bool {
    match movement {
        Movement::Moved(one) => period.has(one.transaction.at),
        Movement::Marked(_, mark) => period.has(mark.at),
        Movement::TakenOver(one) => one.taken_over_at.is_some_and(|at| period.has(at)),
    }
}

/// A page of the payments that were started in the period, by time, and where the next begins.
pub(super) async fn payments_page(
    context: &Context,
    period: &ExportPeriod,
    place: Place,
) -> Result<(Vec<ExportedPayment>, Option<Place>), OperationError> {
    let months = period.months();
    let Some(month) = months.get(place.month).copied() else { return Ok((Vec::new(), None)) };
    let page = context.store.payments_of_month(&period.business, month, &place.page()).await?;
    let payments: Vec<Payment> = page.items.into_iter().filter(|one| period.has(one.started_at())).collect();
    let ids: BTreeSet<PaymentId> = payments.iter().map(|payment| payment.id().clone()).collect();
    let mut paid_out = context.store.transactions_of_payments(&period.business, &ids).await?;
    let exported = payments.into_iter().map(|payment| {
        let transactions: Vec<ProviderTransaction> = paid_out.remove(payment.id()).unwrap_or_default();
        let settled = settlements(transactions.iter().map(|one| &one.transaction)).map_err(defect)?;
        Ok(ExportedPayment { payment, settled })
    });
    Ok((exported.collect::<Result<_, OperationError>>()?, place.next(page.next_cursor, months.len(), 1)))
}

/// A page of what happened on an account in a period, and where the next begins. First what was before the period is added up, then
/// each line has its balance; the balances stand at the beginning and at the end.
pub(super) async fn statement_page(
    context: &Context,
    period: &ExportPeriod,
    customer: &CustomerId,
    place: Place,
) -> Result<(Vec<StatementRow>, Option<Place>), OperationError> {
    let Place { list, cursor, balances, .. } = place;
    let is_before = list == 0;
    // Every currency that the account has used has its balances, also where there was nothing before.
    let known = if is_before && cursor.is_none() {
        context.store.account(&period.business, customer).await?.currencies()
    } else {
        Vec::new()
    };
    let known = known.into_iter().map(|currency| (currency, 0)).chain(balances);
    let balances = known.map(|(currency, minor)| Balance::new(minor, currency));
    let balances = balances.collect::<Result<Vec<_>, MoneyError>>().map_err(defect)?;
    let mut running = RunningBalances::of(balances);
    let until = if is_before { period.from } else { period.to.tomorrow().unwrap_or(period.to) };
    let entries = context.store.entries_after_key(&period.business, customer, cursor.as_deref(), until, PAGE).await?;
    let mut rows = Vec::new();
    for entry in &entries {
        if is_before {
            running.pass(entry).map_err(defect)?;
        } else {
            rows.push(StatementRow::Line(running.line(entry).map_err(defect)?));
        }
    }
    let is_last = entries.len() < PAGE;
    if is_last {
        let (on, kind) = if is_before { (period.from, "opening_balance") } else { (period.to, "closing_balance") };
        rows.extend(running.balances().map(|balance| StatementRow::Balance { on, kind, balance }));
    }
    let next = Place {
        list: usize::from(!is_before || is_last),
        month: 0,
        cursor: entries.last().map(Entry::key).or(cursor),
        balances: running.balances().map(|balance| (balance.currency(), balance.minor())).collect(),
    };
    Ok((rows, (is_before || !is_last).then_some(next)))
}
