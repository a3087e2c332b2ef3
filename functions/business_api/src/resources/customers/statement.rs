//! The statement of a customer's account, as JSON or as a CSV file. It shows the same figures as the portal's page.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use operations::ROWS_AT_ONCE_MAX;
use receivables::Money;
use receivables::statement::{
    BalanceForward, InvoicePart, OpenItem, QueryTexts, Statement, StatementBody, StatementLine, StatementQuery,
    statement_view,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::account::{Bucket, statement_query};
use super::customer_id_of;
use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::pagination::ListScope;
use crate::http::response::{ApiResponse, csv_attachment};
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};
use crate::resources::exports::too_many_rows;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatementParams {
    /// The first day, YYYY-MM-DD. Default: the first day of the third month before the month of the last day.
    from: Option<String>,
    /// The last day, YYYY-MM-DD. Default: `as_of` if it is given, else today.
    to: Option<String>,
    /// The day at whose end to compute the balance, YYYY-MM-DD, today at the latest. The statement shows nothing later. Default:
    /// the last day of the period.
    as_of: Option<String>,
    /// `balance_forward` lists everything on the account with a running balance; `open_item` lists the open invoices. Default:
    /// `balance_forward`.
    kind: Option<String>,
    /// The days overdue at which the ageing buckets end: 1 to 8 rising numbers separated by commas, the first of them 0. Default:
    /// `0,30,60,90,120`.
    edges: Option<String>,
    /// `json` or `csv`. A CSV file holds the whole statement, without pages. Default: `json`.
    format: Option<String>,
    /// Lines per page, 1 to 100. Default: 50.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page. With `balance_forward` the next page is the one before it in time; with `open_item`
    /// it holds the invoices due later.
    cursor: Option<String>,
}

/// A page of the statement of a customer's account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountStatement)]
pub(crate) struct AccountStatementResponse {
    /// The customer's id.
    customer: String,
    /// `balance_forward` or `open_item`.
    kind: &'static str,
    /// The first day of the period.
    #[schema(format = "date")]
    from: String,
    /// The last day of the period.
    #[schema(format = "date")]
    to: String,
    /// The day at whose end the balances were computed.
    #[schema(format = "date")]
    as_of: String,
    /// One statement for each currency that the account has ever used.
    statements: Vec<StatementResponse>,
    /// The `cursor` of the next page. Null on the last page. With `balance_forward` the newest lines are on the first page.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// The statement in one currency. Every amount is in that currency. A negative balance is in the customer's favour.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub(crate) struct StatementResponse {
    /// The ISO 4217 code of the currency.
    currency: String,
    /// The balance before the first line of the page. Only with `balance_forward`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    opening_balance: Option<String>,
    /// What changed the balance, oldest first. Only with `balance_forward`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    lines: Option<Vec<StatementLineResponse>>,
    /// The balance after the last line of the page. Only with `balance_forward`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    closing_balance: Option<String>,
    /// The open invoices by due date. Only with `open_item`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    items: Option<Vec<OpenItemResponse>>,
    /// Open amounts less unapplied cash and credit, at the end of the day of `as_of`.
    balance: String,
    /// The open amounts on that day.
    open: String,
    /// The part of `open` that is overdue on that day.
    overdue: String,
    /// The part of `open` for which payments are on their way. Null for a past day, for which it is not known.
    #[schema(required)]
    pending: Option<String>,
    /// The part of `open` that the customer disputes. Null for a past day, for which it is not known.
    #[schema(required)]
    disputed: Option<String>,
    /// The part of `open` that refunds took and nobody is asked to pay, until you say what they mean. Null for a past day, for which
    /// it is not known.
    #[schema(required)]
    in_question: Option<String>,
    /// Cash and credit of the customer that covers no invoice. The sum of the ageing buckets less this is the balance.
    unapplied: String,
    /// Open amounts grouped by days overdue.
    ageing: Vec<Bucket>,
}

/// One change of the balance.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementLine)]
pub(crate) struct StatementLineResponse {
    /// The day that the change is of, such as the date of the invoice. It may have been recorded later.
    #[schema(format = "date")]
    on: String,
    /// What happened, such as `invoice_issued`, `payment_applied`, `payment_refunded` or `credit_note_issued`.
    kind: &'static str,
    /// The payment's id, if a payment caused the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    payment: Option<String>,
    /// The credit note's id, if a credit note caused the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    credit_note: Option<String>,
    /// The outgoing payment's id, if credit was paid out, or was not after all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    outgoing_payment: Option<String>,
    /// The invoices whose open amounts changed, once for each contra account.
    invoices: Vec<InvoiceChangeResponse>,
    /// The part of `change` that comes from unapplied cash and credit.
    unapplied: String,
    /// By how much the balance changed.
    change: String,
    /// The balance after the change.
    balance: String,
}

/// The change of one invoice's open amount against one contra account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvoiceChange)]
pub(crate) struct InvoiceChangeResponse {
    /// The invoice's number.
    number: String,
    /// The contra account, such as `invoiced`, `cash`, `credit`, `write_off` or `bad_debt`.
    contra: &'static str,
    /// By how much the open amount changed.
    change: String,
}

/// An open invoice.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenItem)]
pub(crate) struct OpenItemResponse {
    /// The invoice's id.
    invoice: String,
    /// The invoice's number.
    number: String,
    /// The date by which the invoice is to be paid.
    #[schema(format = "date")]
    due_on: String,
    /// Days overdue on the day of `as_of`.
    days_overdue: u32,
    /// The amount that nothing covers yet.
    open: String,
    /// The part of `open` for which payments are on their way. Null for a past day.
    #[schema(required)]
    pending: Option<String>,
    /// The part of `open` that the customer disputes. Null for a past day.
    #[schema(required)]
    disputed: Option<String>,
    /// The amount that card issuers took back by chargebacks. Null for a past day.
    #[schema(required)]
    charged_back: Option<String>,
    /// The amount that was written off and is therefore not open. Null for a past day.
    #[schema(required)]
    written_off: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

impl StatementParams {
    fn list(&self, caller: &Caller, customer: &str) -> ListScope {
        let filters = [Some(customer), self.from.as_deref(), self.to.as_deref(), self.as_of.as_deref()];
        let filters = [&filters[..], &[self.kind.as_deref(), self.edges.as_deref()]].concat();
        ListScope::new(caller, "statement", &filters)
    }

    fn read(&self, list: &ListScope, today: Date, errors: &mut FieldErrors) -> Option<(StatementQuery, Format)> {
        let page = list.page(self.limit.as_deref(), self.cursor.as_deref(), errors);
        let position = page.as_ref().and_then(|page| page.cursor.as_deref());
        let (from, to, as_of) = (self.from.as_deref(), self.to.as_deref(), self.as_of.as_deref());
        let texts =
            QueryTexts { from, to, as_of, kind: self.kind.as_deref(), edges: self.edges.as_deref(), place: position };
        let query = statement_query(&texts, today, errors);
        let format = match self.format.as_deref() {
            None | Some("json") => Some(Format::Json),
            Some("csv") => Some(Format::Csv),
            Some(_) => {
                errors.add("format", "expected json or csv");
                None
            }
        };
        let (page, query, format) = (page?, query?, format?);
        let query = match format {
            Format::Json => StatementQuery { lines: Some(page.limit), ..query },
            Format::Csv => StatementQuery { place: None, lines: Some(ROWS_AT_ONCE_MAX), ..query },
        };
        Some((query, format))
    }
}

impl From<&StatementLine> for StatementLineResponse {
    fn from(line: &StatementLine) -> Self {
        let invoice = |part: &InvoicePart| InvoiceChangeResponse {
            number: part.number.to_string(),
            contra: part.contra.as_str(),
            change: part.change.to_plain(),
        };
        Self {
            on: line.on.to_string(),
            kind: line.kind.as_str(),
            payment: line.kind.payment().map(ToString::to_string),
            credit_note: line.kind.credit_note().map(ToString::to_string),
            outgoing_payment: line.kind.outgoing_payment().map(ToString::to_string),
            invoices: line.invoices.iter().map(invoice).collect(),
            unapplied: line.unapplied.to_plain(),
            change: line.change.to_plain(),
            balance: line.balance.to_plain(),
        }
    }
}

impl From<&OpenItem> for OpenItemResponse {
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

impl StatementResponse {
    fn of(statement: &Statement, is_of_today: bool) -> Self {
        let (forward, items) = match &statement.body {
            StatementBody::BalanceForward(forward) => (Some(forward), None),
            StatementBody::OpenItem(items) => (None, Some(items.iter().map(OpenItemResponse::from).collect())),
        };
        let lines = |forward: &BalanceForward| forward.lines.iter().map(StatementLineResponse::from).collect();
        let standing = &statement.standing;
        let known_today = |amount: Money| is_of_today.then(|| amount.to_plain());
        Self {
            currency: statement.currency.to_string(),
            opening_balance: forward.map(|forward| forward.opening.to_plain()),
            lines: forward.map(lines),
            closing_balance: forward.map(|forward| forward.closing.to_plain()),
            items,
            balance: statement.balance.to_plain(),
            open: standing.open.to_plain(),
            overdue: standing.overdue.to_plain(),
            pending: known_today(standing.pending),
            disputed: known_today(standing.disputed),
            in_question: known_today(standing.questioned),
            unapplied: standing.unapplied.to_plain(),
            ageing: standing.ageing.iter().map(Bucket::from).collect(),
        }
    }
}

/// Show the statement of a customer
///
/// Lists what changed the balance over a period, or the open invoices, with the balances at the end of a day. There is one
/// statement per currency. With `format=csv` the answer is the same as a file; one of more than 5,000 lines is refused, and
/// `POST /api/v1/exports` makes a file of it.
#[utoipa::path(
    get, path = "/api/v1/customers/{id}/statement", tag = "Customers",
    params(("id" = String, Path, description = "The customer's id, or your `external_id`."), StatementParams),
    responses((status = 200, description = "The statement.", content(
        (AccountStatementResponse = "application/json"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn show_statement(
    caller: Caller,
    Path(id): Path<String>,
    StrictQuery(query): StrictQuery<StatementParams>,
) -> Result<Response, ApiError> {
    let list = query.list(&caller, &id);
    let (query, format) = validate(|errors| query.read(&list, caller.today(), errors))?;
    let id = customer_id_of(&caller, &id).await?.ok_or_else(ApiError::not_found)?;
    let (store, b) = (caller.store(), caller.business_id());
    // Once the id is known, everything else is read at the same time.
    let (customer, data) =
        tokio::try_join!(Box::pin(store.customer(b, &id)), Box::pin(store.statement(b, &id, &query)))?;
    let customer = customer.ok_or_else(ApiError::not_found)?;
    let view = statement_view(&query, &data)?;
    match format {
        Format::Json => {
            let response = AccountStatementResponse {
                customer: customer.id.to_string(),
                kind: view.kind.as_str(),
                from: view.period.from.to_string(),
                to: view.period.to.to_string(),
                as_of: view.as_of.to_string(),
                statements: view.statements.iter().map(|one| StatementResponse::of(one, view.is_of_today())).collect(),
                next_cursor: view.next.as_ref().map(|position| list.seal(&position.to_string())),
            };
            Ok(ApiResponse::ok(&response)?.into_response())
        }
        Format::Csv if view.next.is_some() => Err(too_many_rows()),
        Format::Csv => Ok(csv_attachment(&view.file_name(), view.to_csv())),
    }
}
