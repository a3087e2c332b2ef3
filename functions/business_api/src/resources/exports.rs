//! What the business's bookkeeping takes out: the journal and the payments, as JSON or as a file.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use operations::{EXPORT_DAYS_MAX, ExportedPayment};
use receivables::calendar::days_between;
use receivables::csv::row;
use receivables::journal::{JOURNAL_COLUMNS, JournalLine};
use receivables::{Balance, BillingZone};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::response::{Answer, Failure};
use crate::http::strict_query::Asked;
use crate::http::validation::{Faults, checked};

/// The columns of the payments as a file.
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
    from: String,
    /// The last day, YYYY-MM-DD; at most 366 days from the first.
    to: String,
    /// `json` or `csv`; `json` where nothing is said.
    format: Option<String>,
}

/// What is asked for.
struct Period {
    from: Date,
    to: Date,
    csv: bool,
}

/// The journal of a period. The lines of one source come to nothing in each currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Journal)]
pub(crate) struct JournalShape {
    lines: Vec<JournalLineShape>,
}

/// One line of the journal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalLine)]
pub(crate) struct JournalLineShape {
    #[schema(format = "date")]
    on: String,
    /// What the line is part of: a ledger entry of ours, or a movement at the provider.
    source: String,
    kind: String,
    /// `receivable`, `customer_credit`, `clearing`, `provider_fees`, `bank`, `invoiced`, `credited`, `written_off` or
    /// `exchange`.
    account: &'static str,
    /// The invoice's number, where it is of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    invoice: Option<String>,
    /// A positive amount is a debit, a negative one a credit.
    amount: String,
    currency: String,
}

/// The payments of a period, with what the provider settled of them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportedPayments)]
pub(crate) struct ExportedPaymentsShape {
    payments: Vec<ExportedPaymentShape>,
}

/// A payment, with what the provider settled of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ExportedPayment)]
pub(crate) struct ExportedPaymentShape {
    payment: String,
    customer: String,
    status: &'static str,
    #[schema(format = "date")]
    started_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, format = "date")]
    settled_on: Option<String>,
    currency: String,
    amount: String,
    received: String,
    refunded: String,
    charged_back: String,
    unapplied: String,
    /// What was paid out of it, in the currency of the payout. Nothing before it is.
    settled: Option<SettledShape>,
}

/// What was paid out of a payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettledPart)]
pub(crate) struct SettledShape {
    currency: String,
    gross: String,
    fee: String,
    net: String,
    /// The rate at which it was exchanged, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    exchange_rate: Option<String>,
}

impl ExportQuery {
    fn read(&self, faults: &mut Faults) -> Option<Period> {
        let (from, to) = (faults.date("from", &self.from), faults.date("to", &self.to));
        let csv = match self.format.as_deref() {
            None | Some("json") => Some(false),
            Some("csv") => Some(true),
            Some(_) => {
                faults.note("format", "expected json or csv");
                None
            }
        };
        let (from, to) = (from?, to?);
        if !(0..EXPORT_DAYS_MAX).contains(&days_between(from, to)) {
            faults.note("from", "expected a day on or before to, and less than 366 days earlier");
        }
        Some(Period { from, to, csv: csv? })
    }
}

impl From<&JournalLine> for JournalLineShape {
    fn from(line: &JournalLine) -> Self {
        Self {
            on: line.on.to_string(),
            source: line.source.clone(),
            kind: line.kind.clone(),
            account: line.account.as_str(),
            invoice: line.invoice.clone(),
            amount: line.amount.to_plain(),
            currency: line.amount.currency().to_string(),
        }
    }
}

impl ExportedPaymentShape {
    fn of(exported: &ExportedPayment, zone: &BillingZone) -> Result<Self, Failure> {
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

    fn cells(&self) -> [String; 15] {
        let settled = |part: fn(&SettledShape) -> &String| self.settled.as_ref().map(part).cloned().unwrap_or_default();
        [
            self.payment.clone(),
            self.customer.clone(),
            self.status.to_owned(),
            self.started_on.clone(),
            self.settled_on.clone().unwrap_or_default(),
            self.currency.clone(),
            self.amount.clone(),
            self.received.clone(),
            self.refunded.clone(),
            self.charged_back.clone(),
            self.unapplied.clone(),
            settled(|part| &part.currency),
            settled(|part| &part.gross),
            settled(|part| &part.fee),
            settled(|part| &part.net),
        ]
    }
}

/// Sums what was settled of a payment, which is all in the currency of the bank account.
fn settled(exported: &ExportedPayment) -> Result<Option<SettledShape>, Failure> {
    let Some(first) = exported.settled.first() else { return Ok(None) };
    let zero = Balance::zero(first.transaction.gross.currency());
    let (mut gross, mut fee, mut net) = (zero, zero, zero);
    for one in &exported.settled {
        gross = gross.checked_add(one.transaction.gross)?;
        fee = fee.checked_add(one.transaction.fee)?;
        net = net.checked_add(one.transaction.net)?;
    }
    Ok(Some(SettledShape {
        currency: zero.currency().to_string(),
        gross: gross.to_plain(),
        fee: fee.to_plain(),
        net: net.to_plain(),
        exchange_rate: first.transaction.exchange_rate.map(|rate| rate.to_string()),
    }))
}

/// Export the journal of a period
///
/// What the ledger entered and what moved at the provider, as double entry: one line per account. With `format=csv` the same as
/// a file with columns for debit and credit.
#[utoipa::path(
    get, path = "/api/v1/exports/journal", tag = "Exports", params(ExportQuery),
    responses((status = 200, description = "The journal", body = JournalShape))
)]
pub(crate) async fn export_journal(caller: Caller, Asked(asked): Asked<ExportQuery>) -> Result<Response, Failure> {
    let period = checked(|faults| asked.read(faults))?;
    let lines = operations::journal(&caller.state.context, &caller.business, period.from, period.to).await?;
    if period.csv {
        let mut file = String::new();
        row(&mut file, &JOURNAL_COLUMNS.map(str::to_owned));
        for line in &lines {
            row(&mut file, &line.cells());
        }
        return Ok(named("journal", &period, file));
    }
    let shape = JournalShape { lines: lines.iter().map(JournalLineShape::from).collect() };
    Ok(Answer::ok(&shape)?.into_response())
}

/// Export the payments of a period
///
/// By the day they were started, with what came, what went back, and what the provider paid out of each and kept. With
/// `format=csv` the same as a file.
#[utoipa::path(
    get, path = "/api/v1/exports/payments", tag = "Exports", params(ExportQuery),
    responses((status = 200, description = "The payments", body = ExportedPaymentsShape))
)]
pub(crate) async fn export_payments(caller: Caller, Asked(asked): Asked<ExportQuery>) -> Result<Response, Failure> {
    let period = checked(|faults| asked.read(faults))?;
    let found = operations::exported_payments(&caller.state.context, &caller.business, period.from, period.to).await?;
    let zone = &caller.business.time_zone;
    let payments = found.iter().map(|one| ExportedPaymentShape::of(one, zone)).collect::<Result<Vec<_>, Failure>>()?;
    if period.csv {
        let mut file = String::new();
        row(&mut file, &PAYMENT_COLUMNS.map(str::to_owned));
        for payment in &payments {
            row(&mut file, &payment.cells());
        }
        return Ok(named("payments", &period, file));
    }
    Ok(Answer::ok(&ExportedPaymentsShape { payments })?.into_response())
}

/// A file with a name to keep it under.
fn named(what: &str, period: &Period, file: String) -> Response {
    let mut response = Answer::text("text/csv; charset=utf-8", file).into_response();
    let name = format!("attachment; filename=\"{what}-{}-{}.csv\"", period.from, period.to);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    response
}
