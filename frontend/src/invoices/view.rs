//! An invoice as its reader sees it, whole or as a row of a list.

use jiff::civil::Date;
use receivables::calendar::days_overdue;
use receivables::invoice::{Line, Status, Totals};
use receivables::{Invoice, InvoiceId, Money};

use crate::pay_form::view::Online;

/// An invoice, whole.
#[derive(Clone, Debug)]
pub(crate) struct InvoiceView {
    /// The number printed on it.
    pub(crate) number: String,
    /// The customer's order.
    pub(crate) purchase_order: Option<String>,
    /// When it is dated.
    pub(crate) issued_on: Date,
    /// By when it is to be paid.
    pub(crate) due_on: Date,
    /// What it is for.
    pub(crate) lines: Vec<Line>,
    /// What it comes to.
    pub(crate) totals: Totals,
    /// What is covered.
    pub(crate) applied: Money,
    /// What is on its way.
    pub(crate) pending: Money,
    /// What is contested.
    pub(crate) disputed: Money,
    /// What is not expected any more.
    pub(crate) written_off: Money,
    /// What the payer's bank took back of it, while something is open.
    pub(crate) charged_back: Money,
    /// What is not covered.
    pub(crate) open: Money,
    /// What of it can be paid online now.
    pub(crate) online: Online,
    /// How it stands, in a word.
    pub(crate) state: InvoiceState,
    /// When the last payment for it arrived; only asked of paid invoices.
    pub(crate) paid_on: Option<Date>,
}

/// An invoice in a list.
#[derive(Clone, Debug)]
pub(crate) struct InvoiceRow {
    /// Our id, which is its address.
    pub(crate) id: InvoiceId,
    /// The number printed on it.
    pub(crate) number: String,
    /// By when it is to be paid.
    pub(crate) due_on: Date,
    /// What it comes to.
    pub(crate) total: Money,
    /// What is not covered.
    pub(crate) open: Money,
    /// Whether something of it can be paid online now.
    pub(crate) can_be_paid: bool,
    /// How it stands, in a word.
    pub(crate) state: InvoiceState,
}

/// How an invoice stands on a day, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvoiceState {
    /// Nothing is covered, and it is not overdue.
    Open,
    /// Some is covered, and it is not overdue.
    PartlyPaid,
    /// It is open after its due date, by so many days.
    Overdue {
        /// In the billing zone.
        days: u32,
    },
    /// All that is open is on its way.
    Processing,
    /// All is covered.
    Paid,
}

/// An invoice on a day of the billing zone.
pub(crate) fn invoice_view(invoice: &Invoice, today: Date, paid_on: Option<Date>) -> InvoiceView {
    let standing = &invoice.balance;
    InvoiceView {
        number: invoice.number.to_string(),
        purchase_order: invoice.purchase_order.as_ref().map(|order| order.as_str().to_owned()),
        issued_on: invoice.issued_on,
        due_on: invoice.due_on,
        lines: invoice.lines.clone(),
        totals: invoice.totals.clone(),
        applied: standing.applied,
        pending: standing.pending,
        disputed: standing.disputed,
        written_off: standing.written_off,
        charged_back: if standing.open().is_zero() { Money::zero(invoice.currency()) } else { standing.charged_back },
        open: standing.open(),
        online: Online::of(standing.payable()),
        state: state_of(invoice, today),
        paid_on,
    }
}

/// A row of a list of invoices.
pub(crate) fn invoice_row(invoice: &Invoice, today: Date) -> InvoiceRow {
    InvoiceRow {
        id: invoice.id.clone(),
        number: invoice.number.to_string(),
        due_on: invoice.due_on,
        total: invoice.totals.gross,
        open: invoice.balance.open(),
        can_be_paid: Online::of(invoice.balance.payable()).most().is_some(),
        state: state_of(invoice, today),
    }
}

fn state_of(invoice: &Invoice, today: Date) -> InvoiceState {
    let days = days_overdue(invoice.due_on, today);
    // Fractions that the provider never charges are open, and nobody is late with them.
    let asked_for = !matches!(Online::of(invoice.balance.open()), Online::Crumbs { .. });
    match invoice.balance.status() {
        Status::Paid => InvoiceState::Paid,
        Status::Processing => InvoiceState::Processing,
        Status::Open | Status::PartlyPaid if days > 0 && asked_for => InvoiceState::Overdue { days },
        Status::Open => InvoiceState::Open,
        Status::PartlyPaid => InvoiceState::PartlyPaid,
    }
}
