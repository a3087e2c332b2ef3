//! The statement of an account, as JSON or as a file: the same view of the books as the page's.

use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use receivables::Money;
use receivables::statement::{
    BalanceForward, OpenItem, QueryTexts, Statement, StatementBody, StatementLine, StatementQuery, StatementView,
    statement_view,
};
use receivables::text::InvoiceNumber;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::pagination::Listing;
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{Faults, checked};
use crate::resources::customers::balance::Bucket;
use crate::resources::customers::customer_id_of;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementParams {
    /// The first day, YYYY-MM-DD; where nothing is said, the first of the third month before that of the last day.
    from: Option<String>,
    /// The last day, YYYY-MM-DD; `as_of` where nothing is said, or today.
    to: Option<String>,
    /// The day at whose end the account stands as shown, YYYY-MM-DD, today at the latest; nothing later is shown. The last
    /// day of the period where nothing is said.
    as_of: Option<String>,
    /// `balance_forward` (what happened) or `open_item` (what is open); `balance_forward` where nothing is said.
    kind: Option<String>,
    /// Days overdue at which the ageing's buckets end, with commas between: 1 to 8 rising numbers, the first 0;
    /// `0,30,60,90,120` where nothing is said.
    edges: Option<String>,
    /// `json` or `csv`; `json` where nothing is said. A file is whole, without pages.
    format: Option<String>,
    /// Lines at most, 1 to 100; 50 where nothing is said.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before: what happened before its first line, or is due after its last.
    cursor: Option<String>,
}

/// A page of the statement of an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountStatement)]
pub(crate) struct AccountStatementShape {
    /// Our id of the customer.
    customer: String,
    kind: &'static str,
    #[schema(format = "date")]
    from: String,
    #[schema(format = "date")]
    to: String,
    /// The day at whose end the account stands so.
    #[schema(format = "date")]
    as_of: String,
    /// One for each currency in which there has been anything.
    statements: Vec<StatementShape>,
    /// Where the next page begins: the next `cursor`. Null on the last page. What happened is told newest page first.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The statement in one currency. Every amount is in it; a negative balance is in the customer's favour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementShape {
    currency: String,
    /// The balance before the first line of the page. Not of open items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    opening_balance: Option<String>,
    /// What happened, oldest first. Not of open items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lines: Option<Vec<StatementLineShape>>,
    /// The balance after the last line of the page. Not of open items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    closing_balance: Option<String>,
    /// The open invoices, by due date. Only of open items.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    items: Option<Vec<OpenItemShape>>,
    /// What is open less what is unapplied, at the end of `as_of`.
    balance: String,
    /// What is open then.
    open: String,
    /// The part of it that is overdue.
    overdue: String,
    /// The part of it that is on its way. Null as of a day that is over, of which it is not known.
    #[schema(required)]
    pending: Option<String>,
    /// The part of it that the customer contests. Null as of a day that is over.
    #[schema(required)]
    disputed: Option<String>,
    /// Money of the customer that covers no invoice yet. The buckets less this are the balance.
    unapplied: String,
    /// Open amounts by days overdue.
    ageing: Vec<Bucket>,
}

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
pub(crate) struct StatementLineShape {
    #[schema(format = "date")]
    on: String,
    /// Such as `invoice_issued`, `payment_applied`, `payment_refunded` or `credit_note_issued`.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit_note: Option<String>,
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

/// An invoice that is open.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenItem)]
pub(crate) struct OpenItemShape {
    /// Our id of the invoice.
    invoice: String,
    number: String,
    #[schema(format = "date")]
    due_on: String,
    /// As of the day of the statement.
    days_overdue: u32,
    open: String,
    /// The part of it that is on its way. Null as of a day that is over.
    #[schema(required)]
    pending: Option<String>,
    /// The part of it that the customer contests. Null as of a day that is over.
    #[schema(required)]
    disputed: Option<String>,
    /// What an issuer took back of the invoice. Null as of a day that is over.
    #[schema(required)]
    charged_back: Option<String>,
    /// What of the invoice is not expected any more, and so not open. Null as of a day that is over.
    #[schema(required)]
    written_off: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

/// Reads what is asked of a statement or a balance; what is wrong with it is told by the names of the books.
pub(crate) fn asked_of(texts: &QueryTexts<'_>, today: Date, faults: &mut Faults) -> Option<StatementQuery> {
    let read = StatementQuery::read(texts, today);
    read.map_err(|found| found.into_iter().for_each(|fault| faults.note(fault.field(), fault))).ok()
}

impl StatementParams {
    fn list(&self, caller: &Caller, customer: &str) -> Listing {
        let filters = [Some(customer), self.from.as_deref(), self.to.as_deref(), self.as_of.as_deref()];
        let filters = [&filters[..], &[self.kind.as_deref(), self.edges.as_deref()]].concat();
        Listing::new(caller.business_id(), "statement", &filters)
    }

    fn read(&self, list: &Listing, today: Date, faults: &mut Faults) -> Option<(StatementQuery, Format)> {
        let page = list.page(self.limit.as_deref(), self.cursor.as_deref(), faults);
        let place = page.as_ref().and_then(|page| page.cursor.as_deref());
        let (from, to, as_of) = (self.from.as_deref(), self.to.as_deref(), self.as_of.as_deref());
        let texts = QueryTexts { from, to, as_of, kind: self.kind.as_deref(), edges: self.edges.as_deref(), place };
        let ask = asked_of(&texts, today, faults);
        let format = match self.format.as_deref() {
            None | Some("json") => Some(Format::Json),
            Some("csv") => Some(Format::Csv),
            Some(_) => {
                faults.note("format", "expected json or csv");
                None
            }
        };
        let (page, ask, format) = (page?, ask?, format?);
        let ask = match format {
            Format::Json => StatementQuery { lines: Some(page.limit), ..ask },
            Format::Csv => ask.whole(),
        };
        Some((ask, format))
    }
}

impl From<&StatementLine> for StatementLineShape {
    fn from(line: &StatementLine) -> Self {
        let invoice = |(number, change): &(InvoiceNumber, receivables::Balance)| InvoiceChange {
            number: number.to_string(),
            change: change.to_plain(),
        };
        Self {
            on: line.on.to_string(),
            kind: line.kind.as_str(),
            payment: line.kind.payment().map(ToString::to_string),
            credit_note: line.kind.credit_note().map(ToString::to_string),
            invoices: line.invoices.iter().map(invoice).collect(),
            unapplied: line.unapplied.to_plain(),
            change: line.change.to_plain(),
            balance: line.balance.to_plain(),
        }
    }
}

impl From<&OpenItem> for OpenItemShape {
    fn from(item: &OpenItem) -> Self {
        Self {
            invoice: item.invoice.to_string(),
            number: item.number.to_string(),
            due_on: item.due_on.to_string(),
            days_overdue: item.days_overdue,
            open: item.open.to_plain(),
            pending: item.pending.map(Money::to_plain),
            disputed: item.disputed.map(Money::to_plain),
            charged_back: item.charged_back.map(Money::to_plain),
            written_off: item.written_off.map(Money::to_plain),
        }
    }
}

impl StatementShape {
    fn of(statement: &Statement, of_today: bool) -> Self {
        let (told, items) = match &statement.body {
            StatementBody::BalanceForward(told) => (Some(told), None),
            StatementBody::OpenItem(items) => (None, Some(items.iter().map(OpenItemShape::from).collect())),
        };
        let lines = |told: &BalanceForward| told.lines.iter().map(StatementLineShape::from).collect();
        let standing = &statement.standing;
        let known = |amount: Money| of_today.then(|| amount.to_plain());
        Self {
            currency: statement.currency.to_string(),
            opening_balance: told.map(|told| told.opening.to_plain()),
            lines: told.map(lines),
            closing_balance: told.map(|told| told.closing.to_plain()),
            items,
            balance: statement.balance.to_plain(),
            open: standing.open.to_plain(),
            overdue: standing.overdue.to_plain(),
            pending: known(standing.pending),
            disputed: known(standing.disputed),
            unapplied: standing.unapplied.to_plain(),
            ageing: standing.ageing.iter().map(Bucket::from).collect(),
        }
    }
}

/// Show the statement of a customer
///
/// What happened on the account over a period, with the balance before and after, or what is open; and how the account stands
/// at the end of a day, today or any before it. One statement per currency. With `format=csv` the same as a file.
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/statement", tag = "Customers",
    params(("id" = String, Path, description = "Our id of the customer, or your `external_id`"), StatementParams),
    responses((status = 200, description = "The statement", content(
        (AccountStatementShape = "application/json"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn show_statement(
    caller: Caller,
    Path(id): Path<String>,
    Asked(asked): Asked<StatementParams>,
) -> Result<Response, Failure> {
    let list = asked.list(&caller, &id);
    let (ask, format) = checked(|faults| asked.read(&list, caller.today(), faults))?;
    let id = customer_id_of(&caller, &id).await?.ok_or_else(Failure::not_found)?;
    let (store, b, zone) = (caller.store(), caller.business_id(), &caller.business.time_zone);
    // After the key, all of it is read at once.
    let (customer, read) =
        tokio::try_join!(Box::pin(store.customer(b, &id)), Box::pin(store.statement(b, &id, &ask, zone)))?;
    let customer = customer.ok_or_else(Failure::not_found)?;
    let view = statement_view(&ask, &read, zone)?;
    match format {
        Format::Json => {
            let shape = AccountStatementShape {
                customer: customer.id.to_string(),
                kind: view.kind.as_str(),
                from: view.period.from.to_string(),
                to: view.period.to.to_string(),
                as_of: view.as_of.to_string(),
                statements: view.statements.iter().map(|one| StatementShape::of(one, view.is_of_today())).collect(),
                next_cursor: view.next.as_ref().map(|place| list.seal(&place.to_string())),
            };
            Ok(Answer::ok(&shape)?.into_response())
        }
        Format::Csv => Ok(as_file(&view)),
    }
}

fn as_file(view: &StatementView) -> Response {
    let mut response = Answer::text("text/csv; charset=utf-8", view.to_csv()).into_response();
    let name = format!("attachment; filename=\"{}\"", view.file_name());
    let name = HeaderValue::from_str(&name).unwrap_or(HeaderValue::from_static("attachment"));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    response
}
