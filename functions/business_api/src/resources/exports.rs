//! Exports for the business's bookkeeping: the journal and the payments of a period, as JSON or as a CSV file. What is small is
//! answered at once; [`in_steps`] makes files of any size.

use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use function_runtime::http::Problem;
use jiff::Timestamp;
use jiff::civil::Date;
use operations::{EXPORT_DAYS_MAX, ExportedPayment, ROWS_AT_ONCE_MAX};
use receivables::BillingZone;
use receivables::calendar::days_between;
use receivables::journal::JournalLine;
use receivables::payout::Settlement;
use serde::{Deserialize, Serialize};
use store::ExportFormat;
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::response::{ApiResponse, csv_attachment};
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};

pub(crate) mod in_steps;

/// In the answer to a request for a CSV file, which has no other place for it.
static COMPLETE_UNTIL: HeaderName = HeaderName::from_static("complete-until");

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportQuery {
    /// The first day, YYYY-MM-DD.
    #[serde(default)]
    #[param(required)]
    from: String,
    /// The last day, YYYY-MM-DD. The period may have up to 366 days.
    #[serde(default)]
    #[param(required)]
    to: String,
    /// `json` or `csv`. Default: `json`.
    format: Option<String>,
}

struct Period {
    from: Date,
    to: Date,
    format: ExportFormat,
}

/// The journal of a period. The lines with the same `source` add up to zero in each currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Journal)]
pub(crate) struct JournalResponse {
    /// Every ledger entry of the period that was made before this instant is in the journal: at most three minutes before the
    /// request. Later ones may be missing, so export the period again if it ends later. The provider's transactions come with
    /// their payouts; of an account with payouts by hand or at once they come within a day.
    #[schema(format = "date-time")]
    complete_until: String,
    /// The lines, by day.
    lines: Vec<JournalLineResponse>,
}

/// One line of the journal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalLine)]
pub(crate) struct JournalLineResponse {
    /// The day that the entry is of.
    #[schema(format = "date")]
    on: String,
    /// The id of the ledger entry, or of the transaction at the provider, that the line is part of.
    source: String,
    /// What happened.
    kind: String,
    /// The account: `receivable`, `customer_credit`, `clearing`, `provider_fees`, `bank`, `invoiced`, `credited`, `written_off`, `bad_debts`, `customer_refunds` (what your bank sends to customers),
    /// `exchange` (also what is gained or lost by it), `provider_reserve` (what the provider keeps back for a while), `transfers` (to and
    /// from other accounts at the provider), `provider_loans`, `contributions` (for the climate), `unidentified` (money whose customer
    /// is not known), `suspense` (money in another currency than its payment's, and what of a movement nothing explains) or
    /// `other_businesses` (what businesses that share an account at the payment provider owe each other).
    account: &'static str,
    /// The invoice's number, if the line is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invoice: Option<String>,
    /// A positive amount is a debit, a negative one a credit.
    amount: String,
    /// The ISO 4217 code of the currency.
    currency: String,
    /// Whether it was recorded in a later month than the day is of.
    late: bool,
}

/// The payments of a period and what the provider paid out of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportedPayments)]
pub(crate) struct ExportedPaymentsResponse {
    /// Every payment of the period that was started before this instant is in the list.
    #[schema(format = "date-time")]
    complete_until: String,
    /// The payments, by the day on which they were started.
    payments: Vec<ExportedPaymentResponse>,
}

/// A payment and what the provider paid out of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportedPayment)]
pub(crate) struct ExportedPaymentResponse {
    /// The payment's id.
    payment: String,
    /// The customer's id.
    customer: String,
    /// As in `Payment`.
    status: &'static str,
    /// The day on which it was started.
    #[schema(format = "date")]
    started_on: String,
    /// The day on which the provider settled the funds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "date")]
    settled_on: Option<String>,
    /// The ISO 4217 code of the currency of the amounts up to `unapplied`.
    currency: String,
    /// The amount that the payer was asked for.
    amount: String,
    /// The amount that arrived.
    received: String,
    /// The part of `received` that was refunded, or is being refunded.
    refunded: String,
    /// The part of `received` that the card issuer took back.
    charged_back: String,
    /// The part of `received` that covers no invoice.
    unapplied: String,
    /// What the provider paid out of it, by the currency of the payout. Empty until it did.
    settled: Vec<PaymentSettlementResponse>,
}

/// What the provider paid out of a payment in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentSettlement)]
pub(crate) struct PaymentSettlementResponse {
    /// The ISO 4217 code of the currency.
    currency: String,
    /// Before fees.
    gross: String,
    /// What the provider kept.
    fee: String,
    /// After fees.
    net: String,
    /// The rate at which the provider exchanged it, if the payment was in another currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exchange_rate: Option<String>,
}

impl ExportQuery {
    fn read(&self, errors: &mut FieldErrors) -> Option<Period> {
        read_period(&self.from, &self.to, self.format.as_deref(), errors)
    }
}

fn read_period(from: &str, to: &str, format: Option<&str>, errors: &mut FieldErrors) -> Option<Period> {
    let (from, to) = (errors.date("from", from), errors.date("to", to));
    let format = format.map_or(Some(ExportFormat::Json), ExportFormat::of_word);
    if format.is_none() {
        errors.add("format", "expected json or csv");
    }
    let (from, to) = (from?, to?);
    if !(0..EXPORT_DAYS_MAX).contains(&days_between(from, to)) {
        errors.add("from", "expected a day on or before to, and less than 366 days earlier");
    }
    Some(Period { from, to, format: format? })
}

impl From<&JournalLine> for JournalLineResponse {
    fn from(line: &JournalLine) -> Self {
        Self {
            on: line.on.to_string(),
            source: line.source.clone(),
            kind: line.kind.clone(),
            account: line.account.as_str(),
            invoice: line.invoice.clone(),
            amount: line.amount.to_plain(),
            currency: line.amount.currency().to_string(),
            late: line.late,
        }
    }
}

impl ExportedPaymentResponse {
    fn of(exported: &ExportedPayment, zone: &BillingZone) -> Self {
        let payment = &exported.payment;
        Self {
            payment: payment.id().to_string(),
            customer: payment.customer().to_string(),
            status: payment.status(),
            started_on: zone.date_at(payment.started_at()).to_string(),
            settled_on: payment.settled_at().map(|at| zone.date_at(at).to_string()),
            currency: payment.currency().to_string(),
            amount: payment.amount().to_plain(),
            received: payment.received().to_plain(),
            refunded: payment.refunded().to_plain(),
            charged_back: payment.charged_back().to_plain(),
            unapplied: payment.unapplied().to_plain(),
            settled: exported.settled.iter().map(PaymentSettlementResponse::from).collect(),
        }
    }
}

impl From<&Settlement> for PaymentSettlementResponse {
    fn from(settled: &Settlement) -> Self {
        Self {
            currency: settled.gross.currency().to_string(),
            gross: settled.gross.to_plain(),
            fee: settled.fee.to_plain(),
            net: settled.net.to_plain(),
            exchange_rate: settled.exchange_rate.map(|rate| rate.to_string()),
        }
    }
}

/// The answer where an export has more rows than are answered at once.
pub(crate) fn too_many_rows() -> ApiError {
    let title = "The export has too many rows to be answered at once";
    let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_rows", title);
    let detail = format!("it has more than {ROWS_AT_ONCE_MAX} rows; POST /api/v1/exports makes a file of any size");
    ApiError::from(problem.detail(detail))
}

/// Export the journal of a period
///
/// Double-entry bookkeeping of the ledger's entries and the provider's transactions, with one line per account. With `format=csv`
/// the answer is a file with columns for debit and credit, whose header `Complete-Until` says what `complete_until` does. A period
/// with more than 5,000 lines is refused: `POST /api/v1/exports` makes a file of it.
#[utoipa::path(
    get, path = "/api/v1/exports/journal", tag = "Exports", params(ExportQuery),
    responses((status = 200, description = "The journal.", body = JournalResponse))
)]
pub(crate) async fn export_journal(
    caller: Caller,
    StrictQuery(query): StrictQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let period = validate(|errors| query.read(errors))?;
    let complete_until = complete_until(&caller, &period);
    let (context, business) = (&caller.state.context, &caller.business);
    let lines = operations::journal(context, business, period.from, period.to).await?.ok_or_else(too_many_rows)?;
    match period.format {
        ExportFormat::Csv => {
            let file = operations::journal_file(lines, &business.time_zone)?;
            Ok(file_complete_until(csv_attachment(&file_name("journal", &period), file), complete_until))
        }
        ExportFormat::Json => {
            let lines = lines.iter().map(JournalLineResponse::from).collect();
            let journal = JournalResponse { complete_until: complete_until.to_string(), lines };
            Ok(ApiResponse::ok(&journal)?.into_response())
        }
    }
}

/// Export the payments of a period
///
/// The payments started in the period: what arrived, what went back, what the provider paid out and what it kept. With
/// `format=csv` the answer is a file with the same columns; what was paid out in a further currency has a row of its own, in which the
/// payment's amounts are empty. A period with more than 5,000 payments is refused: `POST /api/v1/exports` makes a file of it.
#[utoipa::path(
    get, path = "/api/v1/exports/payments", tag = "Exports", params(ExportQuery),
    responses((status = 200, description = "The payments.", body = ExportedPaymentsResponse))
)]
pub(crate) async fn export_payments(
    caller: Caller,
    StrictQuery(query): StrictQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let period = validate(|errors| query.read(errors))?;
    let complete_until = complete_until(&caller, &period);
    let (context, business) = (&caller.state.context, &caller.business);
    let found = operations::exported_payments(context, business, period.from, period.to).await?;
    let found = found.ok_or_else(too_many_rows)?;
    match period.format {
        ExportFormat::Csv => {
            let file = operations::payments_file(found, &business.time_zone)?;
            Ok(file_complete_until(csv_attachment(&file_name("payments", &period), file), complete_until))
        }
        ExportFormat::Json => {
            let payments = found.iter().map(|one| ExportedPaymentResponse::of(one, &business.time_zone)).collect();
            let exported = ExportedPaymentsResponse { complete_until: complete_until.to_string(), payments };
            Ok(ApiResponse::ok(&exported)?.into_response())
        }
    }
}

fn complete_until(caller: &Caller, period: &Period) -> Timestamp {
    operations::complete_until(&caller.business.time_zone, period.to, caller.now)
}

fn file_complete_until(mut file: Response, instant: Timestamp) -> Response {
    if let Ok(value) = HeaderValue::from_str(&instant.to_string()) {
        file.headers_mut().insert(COMPLETE_UNTIL.clone(), value);
    }
    file
}

fn file_name(export: &str, period: &Period) -> String {
    format!("{export}-{}-{}.csv", period.from, period.to)
}
