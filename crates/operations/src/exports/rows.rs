//! The rows of an export as a file, in JSON or as comma-separated values. A file is written in parts, one after the other; each
//! begins where the one before ended.

use jiff::Timestamp;
use receivables::csv::{Cell, header, row};
use receivables::journal::{JOURNAL_COLUMNS, JournalLine};
use receivables::payout::Settlement;
use receivables::statement::{COLUMNS_OF_LINES, StatementLine, balance_cells};
use receivables::{Balance, BillingZone, CreditNoteId, OutgoingPaymentId, PaymentId};
use serde::Serialize;
use store::{ExportFormat, ExportKind};

use super::ExportedPayment;
use super::read::StatementRow;
use crate::error::OperationError;

/// The columns of a file of payments.
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

/// A page of rows.
#[derive(Debug)]
pub(super) enum Rows {
    Journal(Vec<JournalLine>),
    Payments(Vec<ExportedPayment>),
    Statement(Vec<StatementRow>),
}

/// Writes a part of a file.
pub(super) struct PartWriter<'a> {
    zone: &'a BillingZone,
    format: ExportFormat,
    /// Rows of the file so far, those of earlier parts included.
    rows: u64,
    text: String,
}

#[derive(Serialize)]
struct JournalJson<'a> {
    on: String,
    source: &'a str,
    kind: &'a str,
    account: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invoice: Option<&'a str>,
    amount: String,
    currency: String,
    late: bool,
}

#[derive(Serialize)]
struct PaymentJson<'a> {
    payment: &'a str,
    customer: &'a str,
    status: &'static str,
    started_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_on: Option<String>,
    currency: String,
    amount: String,
    received: String,
    refunded: String,
    charged_back: String,
    unapplied: String,
    settled: Vec<SettlementJson>,
}

#[derive(Serialize)]
struct SettlementJson {
    currency: String,
    gross: String,
    fee: String,
    net: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    exchange_rate: Option<String>,
}

#[derive(Serialize)]
struct StatementJson<'a> {
    on: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    outgoing_payment: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    invoices: Vec<InvoiceChangeJson<'a>>,
    currency: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unapplied: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<String>,
    balance: String,
}

#[derive(Serialize)]
struct InvoiceChangeJson<'a> {
    number: &'a str,
    change: String,
}

impl<'a> PartWriter<'a> {
    /// A part after so many rows.
    pub(super) fn after(rows: u64, format: ExportFormat, zone: &'a BillingZone) -> Self {
        Self { zone, format, rows, text: String::new() }
    }

    /// Rows of the file so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// Begins the file.
    pub(super) fn begin(&mut self, kind: &ExportKind, complete_until: Timestamp) -> Result<(), OperationError> {
        match (self.format, kind) {
            (ExportFormat::Csv, ExportKind::Journal) => header(&mut self.text, &JOURNAL_COLUMNS),
            (ExportFormat::Csv, ExportKind::Payments) => header(&mut self.text, &PAYMENT_COLUMNS),
            (ExportFormat::Csv, ExportKind::Statement(_)) => header(&mut self.text, &COLUMNS_OF_LINES),
            (ExportFormat::Json, kind) => {
                let list = match kind {
                    ExportKind::Journal | ExportKind::Statement(_) => "lines",
                    ExportKind::Payments => "payments",
                };
                let text = |text: &str| json(&text);
                self.text.push_str("{\"complete_until\":");
                self.text.push_str(&text(&complete_until.to_string())?);
                if let Some(customer) = kind.customer() {
                    self.text.push_str(",\"customer\":");
                    self.text.push_str(&text(customer.as_str())?);
                }
                self.text.push_str(",\"");
                self.text.push_str(list);
                self.text.push_str("\":[\n");
            }
        }
        Ok(())
    }

    /// Adds rows.
    pub(super) fn add(&mut self, rows: &Rows) -> Result<(), OperationError> {
        match rows {
            Rows::Journal(lines) => lines.iter().try_for_each(|line| self.journal_line(line)),
            Rows::Payments(payments) => payments.iter().try_for_each(|one| self.payment(one)),
            Rows::Statement(rows) => rows.iter().try_for_each(|row| self.statement_row(row)),
        }
    }

    fn journal_line(&mut self, line: &JournalLine) -> Result<(), OperationError> {
        match self.format {
            ExportFormat::Json => self.object(&JournalJson::of(line))?,
            ExportFormat::Csv => self.record(&[&line.cells()]),
        }
        Ok(())
    }

    fn payment(&mut self, one: &ExportedPayment) -> Result<(), OperationError> {
        let payment = PaymentJson::of(one, self.zone);
        match self.format {
            ExportFormat::Json => self.object(&payment)?,
            ExportFormat::Csv => {
                let lines = payment.cells();
                self.record(&lines.iter().map(<[Cell<'_>; 15]>::as_slice).collect::<Vec<_>>());
            }
        }
        Ok(())
    }

    fn statement_row(&mut self, row: &StatementRow) -> Result<(), OperationError> {
        match (self.format, row) {
            (ExportFormat::Json, row) => self.object(&StatementJson::of(row))?,
            (ExportFormat::Csv, StatementRow::Line(line)) => self.record(&[&line.cells()]),
            (ExportFormat::Csv, StatementRow::Balance { on, kind, balance }) => {
                self.record(&[&balance_cells(*on, kind, *balance)]);
            }
        }
        Ok(())
    }

    /// Ends the file.
    pub(super) fn end(&mut self) {
        match self.format {
            ExportFormat::Json => self.text.push_str("\n]}\n"),
            ExportFormat::Csv => {}
        }
    }

    fn object(&mut self, one: &impl Serialize) -> Result<(), OperationError> {
        if self.rows > 0 {
            self.text.push_str(",\n");
        }
        self.text.push_str(&json(one)?);
        self.rows = self.rows.saturating_add(1);
        Ok(())
    }

    /// What is one row in JSON may take several lines of a file.
    fn record(&mut self, lines: &[&[Cell<'_>]]) {
        for cells in lines {
            row(&mut self.text, cells);
        }
        self.rows = self.rows.saturating_add(1);
    }
}

fn json(value: &impl Serialize) -> Result<String, OperationError> {
    serde_json::to_string(value).map_err(|error| OperationError::Defect(format!("an export: {error}")))
}

impl<'a> JournalJson<'a> {
    fn of(line: &'a JournalLine) -> Self {
        Self {
            on: line.on.to_string(),
            source: &line.source,
            kind: &line.kind,
            account: line.account.as_str(),
            invoice: line.invoice.as_deref(),
            amount: line.amount.to_plain(),
            currency: line.amount.currency().to_string(),
            late: line.late,
        }
    }
}

impl SettlementJson {
    fn of(settled: &Settlement) -> Self {
        Self {
            currency: settled.gross.currency().to_string(),
            gross: settled.gross.to_plain(),
            fee: settled.fee.to_plain(),
            net: settled.net.to_plain(),
            exchange_rate: settled.exchange_rate.map(|rate| rate.to_string()),
        }
    }
}

impl<'a> PaymentJson<'a> {
    fn of(exported: &'a ExportedPayment, zone: &BillingZone) -> Self {
        let payment = &exported.payment;
        Self {
            payment: payment.id().as_str(),
            customer: payment.customer().as_str(),
            status: payment.status(),
            started_on: zone.date_at(payment.started_at()).to_string(),
            settled_on: payment.settled_at().map(|at| zone.date_at(at).to_string()),
            currency: payment.currency().to_string(),
            amount: payment.amount().to_plain(),
            received: payment.received().to_plain(),
            refunded: payment.refunded().to_plain(),
            charged_back: payment.charged_back().to_plain(),
            unapplied: payment.unapplied().to_plain(),
            settled: exported.settled.iter().map(SettlementJson::of).collect(),
        }
    }

    /// A line with the payment and what was paid out of it; for each further currency of that another line, which repeats no amount
    /// of the payment.
    fn cells(&self) -> Vec<[Cell<'_>; 15]> {
        let mut lines = vec![self.line(true, self.settled.first())];
        lines.extend(self.settled.iter().skip(1).map(|settled| self.line(false, Some(settled))));
        lines
    }

    fn line<'b>(&'b self, has_amounts: bool, settled: Option<&'b SettlementJson>) -> [Cell<'b>; 15] {
        let amount = |text: &'b str| if has_amounts { Cell::Number(text.into()) } else { Cell::Empty };
        let part = |of: fn(&SettlementJson) -> &String| {
            settled.map_or(Cell::Empty, |settled| Cell::Number(of(settled).as_str().into()))
        };
        [
            self.payment.into(),
            self.customer.into(),
            self.status.into(),
            self.started_on.as_str().into(),
            self.settled_on.as_deref().into(),
            self.currency.as_str().into(),
            amount(&self.amount),
            amount(&self.received),
            amount(&self.refunded),
            amount(&self.charged_back),
            amount(&self.unapplied),
            settled.map(|settled| settled.currency.as_str()).into(),
            part(|settled| &settled.gross),
            part(|settled| &settled.fee),
            part(|settled| &settled.net),
        ]
    }
}

impl<'a> StatementJson<'a> {
    fn of(row: &'a StatementRow) -> Self {
        match row {
            StatementRow::Line(line) => Self::of_line(line),
            StatementRow::Balance { on, kind, balance } => Self {
                on: on.to_string(),
                kind,
                payment: None,
                credit_note: None,
                outgoing_payment: None,
                invoices: Vec::new(),
                currency: balance.currency().to_string(),
                unapplied: None,
                change: None,
                balance: balance.to_plain(),
            },
        }
    }

    fn of_line(line: &'a StatementLine) -> Self {
        let plain = |amount: Balance| amount.to_plain();
        let invoices = line.invoices.iter();
        Self {
            on: line.on.to_string(),
            kind: line.kind.as_str(),
            payment: line.kind.payment().map(PaymentId::as_str),
            credit_note: line.kind.credit_note().map(CreditNoteId::as_str),
            outgoing_payment: line.kind.outgoing_payment().map(OutgoingPaymentId::as_str),
            invoices: invoices
                .map(|part| InvoiceChangeJson { number: part.number.as_str(), change: plain(part.change) })
                .collect(),
            currency: line.balance.currency().to_string(),
            unapplied: Some(plain(line.unapplied)),
            change: Some(plain(line.change)),
            balance: plain(line.balance),
        }
    }
}
