//! The statement of an account, as JSON or as a file: the same view of the books as the page's.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use receivables::calendar::days_between;
use receivables::statement::{Statement, StatementLine, statements};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, Failure};
use crate::caller::Caller;
use crate::customers::customer_of_path;
use crate::faults::{Faults, checked};
use crate::query::Asked;

/// Months of the period where nothing is said.
const MONTHS_USUAL: i32 = 12;
/// Days of the longest period.
const PERIOD_DAYS_MAX: i32 = 366 * 10;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementQuery {
    /// The first day, YYYY-MM-DD; twelve months before the last where nothing is said.
    from: Option<String>,
    /// The last day, YYYY-MM-DD; today where nothing is said.
    to: Option<String>,
    /// json or csv; json where nothing is said.
    format: Option<String>,
}

/// What happened on an account over a period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountStatement)]
pub(crate) struct AccountStatementShape {
    /// Our id of the customer.
    customer: String,
    #[schema(format = "date")]
    from: String,
    #[schema(format = "date")]
    to: String,
    /// One for each currency in which there has been anything.
    statements: Vec<StatementShape>,
}

/// What happened in one currency. Every amount is in it; a negative balance is in the customer's favour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementShape {
    currency: String,
    /// The balance before the first line.
    opening_balance: String,
    /// Oldest first.
    lines: Vec<StatementLineShape>,
    /// The balance after the last line.
    closing_balance: String,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
pub(crate) struct StatementLineShape {
    #[schema(format = "date")]
    on: String,
    /// `invoice_issued`, `payment_applied` or `payment_reversed`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    /// The invoices that it touched.
    invoices: Vec<InvoiceChange>,
    /// By how much unapplied cash changed the balance.
    unapplied: String,
    /// By how much the balance changed.
    change: String,
    /// The balance after it.
    balance: String,
}

/// By how much the open amount of an invoice changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InvoiceChange {
    number: String,
    change: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
struct Period {
    from: Date,
    to: Date,
    format: Format,
}

impl StatementQuery {
    fn read(&self, today: Date, faults: &mut Faults) -> Option<Period> {
        let to = self.to.as_deref().map_or(Some(today), |to| faults.date("to", to));
        let from = self.from.as_deref().map(|from| faults.date("from", from));
        let format = match self.format.as_deref() {
            None | Some("json") => Some(Format::Json),
            Some("csv") => Some(Format::Csv),
            Some(_) => {
                faults.note("format", "expected json or csv");
                None
            }
        };
        let to = to?;
        let from = from.unwrap_or_else(|| Some(to.saturating_sub(Span::new().months(MONTHS_USUAL))))?;
        if !(0..PERIOD_DAYS_MAX).contains(&days_between(from, to)) {
            faults.note("from", "expected a day on or before to, and at most ten years earlier");
        }
        Some(Period { from, to, format: format? })
    }
}

impl From<&StatementLine> for StatementLineShape {
    fn from(line: &StatementLine) -> Self {
        let payment = line.kind.payment().map(ToString::to_string);
        let invoice = |(number, change): &(receivables::text::InvoiceNumber, receivables::Balance)| InvoiceChange {
            number: number.to_string(),
            change: change.to_plain(),
        };
        Self {
            on: line.on.to_string(),
            kind: line.kind.as_str(),
            payment,
            invoices: line.invoices.iter().map(invoice).collect(),
            unapplied: line.unapplied.to_plain(),
            change: line.change.to_plain(),
            balance: line.balance.to_plain(),
        }
    }
}

impl From<&Statement> for StatementShape {
    fn from(statement: &Statement) -> Self {
        Self {
            currency: statement.currency.to_string(),
            opening_balance: statement.opening.to_plain(),
            lines: statement.lines.iter().map(StatementLineShape::from).collect(),
            closing_balance: statement.closing.to_plain(),
        }
    }
}

/// Show the statement of a customer
///
/// What happened on the account over a period, one statement per currency, with the balance before and after. With
/// `format=csv` the same as a file.
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/statement", tag = "Customers",
    params(("id" = String, Path, description = "Our id of the customer, or your `external_id`"), StatementQuery),
    responses((status = 200, description = "The statement", content(
        (AccountStatementShape = "application/json"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn show_statement(
    caller: Caller,
    Path(id): Path<String>,
    Asked(asked): Asked<StatementQuery>,
) -> Result<Response, Failure> {
    let period = checked(|faults| asked.read(caller.today(), faults))?;
    let customer = customer_of_path(&caller, &id).await?;
    let (store, business) = (caller.store(), caller.business_id());
    // A day earlier than the first in any zone; the books leave out what came before the period.
    let since = period.from.yesterday().ok().and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    let since = since.map_or(Timestamp::MIN, |day| day.timestamp());
    let (sums, entries) =
        tokio::try_join!(store.account(business, &customer.id), store.entries_since(business, &customer.id, since))?;
    let made = statements(&sums, &entries, period.from, period.to, &caller.business.time_zone)?;
    match period.format {
        Format::Json => {
            let shape = AccountStatementShape {
                customer: customer.id.to_string(),
                from: period.from.to_string(),
                to: period.to.to_string(),
                statements: made.iter().map(StatementShape::from).collect(),
            };
            Ok(Answer::ok(&shape)?.into_response())
        }
        Format::Csv => {
            let file = to_csv(&made, period).map_err(|error| Failure::defect("statement", &error))?;
            let mut response = Answer::text("text/csv; charset=utf-8", file).into_response();
            let name = format!("attachment; filename=\"statement-{}-{}.csv\"", period.from, period.to);
            let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
            response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
            Ok(response)
        }
    }
}

/// One row per line, with the balances before and after.
fn to_csv(made: &[Statement], period: Period) -> Result<String, Box<dyn std::error::Error>> {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["date", "kind", "invoices", "currency", "change", "balance"])?;
    let (from, to) = (period.from.to_string(), period.to.to_string());
    for statement in made {
        let currency = statement.currency;
        file.write_record([&from, "opening_balance", "", currency.code(), "", &statement.opening.to_plain()])?;
        for line in &statement.lines {
            let numbers: Vec<&str> = line.invoices.iter().map(|(number, _)| number.as_str()).collect();
            let numbers = harmless(&numbers.join(" "));
            let (on, change, balance) = (line.on.to_string(), line.change.to_plain(), line.balance.to_plain());
            file.write_record([&on, line.kind.as_str(), &numbers, currency.code(), &change, &balance])?;
        }
        file.write_record([&to, "closing_balance", "", currency.code(), "", &statement.closing.to_plain()])?;
    }
    Ok(String::from_utf8(file.into_inner()?)?)
}

/// A text that a spreadsheet would take for a formula gets an apostrophe in front, which spreadsheets do not show.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
