//! The statement, for the page and for the file.

use jiff::civil::Date;
use receivables::calendar::days_between;
use receivables::ledger::Entry;
use receivables::statement::{AccountSums, Statement, StatementLine, statements};
use receivables::{BillingZone, MoneyError};

use super::account::{BalanceView, balances};

/// Months shown where no period is asked for, besides the present one.
pub const MONTHS_SHOWN: i32 = 3;
/// The longest period shown at once.
pub const PERIOD_DAYS_MAX: i32 = 366 * 10;

/// The statement of an account over a period.
#[derive(Clone, Debug)]
pub struct StatementView {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The day it was made.
    pub today: Date,
    /// What happened, per currency.
    pub statements: Vec<Statement>,
    /// How the account stands today, per currency.
    pub standings: Vec<BalanceView>,
    /// Whether what was asked for was no period, and the usual one is shown.
    pub bad_period: bool,
}

/// A first and a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// The period shown where none is asked for: this month and the three before it.
    pub fn usual(today: Date) -> Self {
        let from = today.first_of_month().saturating_sub(jiff::Span::new().months(MONTHS_SHOWN));
        Self { from, to: today }
    }

    /// The period asked for by two dates; one that is left out is the usual one's. `None` where they make no period.
    pub fn asked(from: Option<&str>, to: Option<&str>, today: Date) -> Option<Self> {
        let usual = Self::usual(today);
        let read = |text: Option<&str>, or: Date| match text {
            None | Some("") => Some(or),
            Some(text) => text.parse().ok(),
        };
        let to = read(to, usual.to)?;
        let period = Self { from: read(from, usual.from.min(to))?, to };
        (0..PERIOD_DAYS_MAX).contains(&days_between(period.from, period.to)).then_some(period)
    }
}

/// Makes the statement from everything entered since the period began.
pub fn statement_view(
    sums: &AccountSums,
    entries: &[Entry],
    period: Period,
    today: Date,
    zone: &BillingZone,
) -> Result<StatementView, MoneyError> {
    Ok(StatementView {
        from: period.from,
        to: period.to,
        today,
        statements: statements(sums, entries, period.from, period.to, zone)?,
        standings: balances(sums, today)?,
        bad_period: false,
    })
}

/// The numbers of the invoices a line touched, in a row.
pub fn numbers(line: &StatementLine) -> Vec<&str> {
    line.invoices.iter().map(|(number, _)| number.as_str()).collect()
}

/// The file: one row per line, with the balances before and after, in the words and formats of the API.
pub fn to_csv(view: &StatementView) -> Result<Vec<u8>, csv::Error> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["date", "kind", "invoices", "currency", "change", "balance"])?;
    for statement in &view.statements {
        let currency = statement.currency;
        let (from, to) = (view.from.to_string(), view.to.to_string());
        file.write_record([&from, "opening_balance", "", currency.code(), "", &statement.opening.to_plain()])?;
        for line in &statement.lines {
            file.write_record([
                line.on.to_string().as_str(),
                line.kind.as_str(),
                &harmless(&numbers(line).join(" ")),
                currency.code(),
                &line.change.to_plain(),
                &line.balance.to_plain(),
            ])?;
        }
        file.write_record([&to, "closing_balance", "", currency.code(), "", &statement.closing.to_plain()])?;
    }
    file.into_inner().map_err(|error| error.into_error().into())
}

/// A text that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets do not show.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
