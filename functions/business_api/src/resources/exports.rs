//! Exports for the business's bookkeeping: the journal and the payments of a period, as JSON or as a CSV file.

use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use operations::{EXPORT_DAYS_MAX, ExportedPayment};
use receivables::calendar::days_between;
use receivables::csv::{Cell, header as header_row, row};
use receivables::journal::{JOURNAL_COLUMNS, JournalLine};
use receivables::{Balance, BillingZone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::response::{ApiResponse, csv_attachment};
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};

const PAYMENT_COLUMNS: [&str; 15] = [
    "payment",
    "customer",
    "status",
    "started_on",
    "settled_on",
    "currency",
    "amount",
    "received",
    "refunded",
    "charged_back",
    "unapplied",
    "settled_in",
    "settled_gross",
    "settled_fee",
    "settled_net",
];

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
    csv: bool,
}

/// The journal of a period. The lines with the same `source` add up to zero in each currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Journal)]
pub(crate) struct JournalResponse {
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
    /// The account: `receivable`, `customer_credit`, `clearing`, `provider_fees`, `bank`, `invoiced`, `credited`, `written_off`,
    /// `exchange` (also what is gained or lost by it), `unidentified` (money whose customer is not known) or `suspense` (money in
    /// another currency than its payment's, and what of a movement nothing explains).
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
    /// What the provider paid out of it. Null until it did.
    settled: Option<PaymentSettlementResponse>,
}

/// What the provider paid out of a payment, in the currency of the payout.
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
        let (from, to) = (errors.date("from", &self.from), errors.date("to", &self.to));
        let csv = match self.format.as_deref() {
            None | Some("json") => Some(false),
            Some("csv") => Some(true),
            Some(_) => {
                errors.add("format", "expected json or csv");
                None
            }
        };
        let (from, to) = (from?, to?);
        if !(0..EXPORT_DAYS_MAX).contains(&days_between(from, to)) {
            errors.add("from", "expected a day on or before to, and less than 366 days earlier");
        }
        Some(Period { from, to, csv: csv? })
    }
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
    fn of(exported: &ExportedPayment, zone: &BillingZone) -> Result<Self, ApiError> {
        let payment = &exported.payment;
        Ok(Self {
            payment: payment.id.to_string(),
            customer: payment.customer.to_string(),
            status: payment.status(),
            started_on: zone.date_at(payment.started_at).to_string(),
            settled_on: payment.settled_at.map(|at| zone.date_at(at).to_string()),
            currency: payment.currency().to_string(),
            amount: payment.amount.to_plain(),
            received: payment.received.to_plain(),
            refunded: payment.refunded.to_plain(),
            charged_back: payment.charged_back.to_plain(),
            unapplied: payment.unapplied.to_plain(),
            settled: settled(exported)?,
        })
    }

    fn cells(&self) -> [Cell<'_>; 15] {
        let settled = self.settled.as_ref();
        let part = |of: fn(&PaymentSettlementResponse) -> &String| {
            settled.map_or(Cell::Empty, |settled| Cell::Number(of(settled).into()))
        };
        [
            self.payment.as_str().into(),
            self.customer.as_str().into(),
            self.status.into(),
            self.started_on.as_str().into(),
            self.settled_on.as_deref().into(),
            self.currency.as_str().into(),
            Cell::Number(self.amount.as_str().into()),
            Cell::Number(self.received.as_str().into()),
            Cell::Number(self.refunded.as_str().into()),
            Cell::Number(self.charged_back.as_str().into()),
            Cell::Number(self.unapplied.as_str().into()),
            settled.map(|settled| settled.currency.as_str()).into(),
            part(|settled| &settled.gross),
            part(|settled| &settled.fee),
            part(|settled| &settled.net),
        ]
    }
}

/// The sum of the provider's transactions for a payment, which are all in the currency of the bank account.
fn settled(exported: &ExportedPayment) -> Result<Option<PaymentSettlementResponse>, ApiError> {
    let Some(first) = exported.settled.first() else { return Ok(None) };
    let zero = Balance::zero(first.transaction.gross.currency());
    let (mut gross, mut fee, mut net) = (zero, zero, zero);
    for one in &exported.settled {
        gross = gross.checked_add(one.transaction.gross)?;
        fee = fee.checked_add(one.transaction.fee)?;
        net = net.checked_add(one.transaction.net)?;
    }
    Ok(Some(PaymentSettlementResponse {
        currency: zero.currency().to_string(),
        gross: gross.to_plain(),
        fee: fee.to_plain(),
        net: net.to_plain(),
        exchange_rate: first.transaction.exchange_rate.map(|rate| rate.to_string()),
    }))
}

/// Export the journal of a period
///
/// Double-entry bookkeeping of the ledger's entries and the provider's transactions, with one line per account. With `format=csv`
/// the answer is a file with columns for debit and credit.
#[utoipa::path(
    get, path = "/api/v1/exports/journal", tag = "Exports", params(ExportQuery),
    responses((status = 200, description = "The journal.", body = JournalResponse))
)]
pub(crate) async fn export_journal(
    caller: Caller,
    StrictQuery(query): StrictQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let period = validate(|errors| query.read(errors))?;
    let lines = operations::journal(&caller.state.context, &caller.business, period.from, period.to).await?;
    if period.csv {
        let mut file = String::new();
        header_row(&mut file, &JOURNAL_COLUMNS);
        for line in &lines {
            row(&mut file, &line.cells());
        }
        return Ok(csv_attachment(&file_name("journal", &period), file));
    }
    let journal = JournalResponse { lines: lines.iter().map(JournalLineResponse::from).collect() };
    Ok(ApiResponse::ok(&journal)?.into_response())
}

/// Export the payments of a period
///
/// The payments started in the period: what arrived, what went back, what the provider paid out and what it kept. With
/// `format=csv` the answer is a file with the same columns.
#[utoipa::path(
    get, path = "/api/v1/exports/payments", tag = "Exports", params(ExportQuery),
    responses((status = 200, description = "The payments.", body = ExportedPaymentsResponse))
)]
pub(crate) async fn export_payments(
    caller: Caller,
    StrictQuery(query): StrictQuery<ExportQuery>,
) -> Result<Response, ApiError> {
    let period = validate(|errors| query.read(errors))?;
    let found = operations::exported_payments(&caller.state.context, &caller.business, period.from, period.to).await?;
    let zone = &caller.business.time_zone;
    let payments =
        found.iter().map(|one| ExportedPaymentResponse::of(one, zone)).collect::<Result<Vec<_>, ApiError>>()?;
    if period.csv {
        let mut file = String::new();
        header_row(&mut file, &PAYMENT_COLUMNS);
        for payment in &payments {
            row(&mut file, &payment.cells());
        }
        return Ok(csv_attachment(&file_name("payments", &period), file));
    }
    Ok(ApiResponse::ok(&ExportedPaymentsResponse { payments })?.into_response())
}

fn file_name(export: &str, period: &Period) -> String {
    format!("{export}-{}-{}.csv", period.from, period.to)
}
