//! An invoice as the payer sees it, alone or as a row of a list.

use jiff::civil::Date;
use receivables::calendar::days_overdue;
use receivables::invoice::{Due, Line, Status, Totals};
use receivables::payment::{ChargeRule, OnlinePayable};
use receivables::{Invoice, InvoiceHead, InvoiceId, Money};

#[derive(Clone, Debug)]
pub(crate) struct InvoiceView {
    /// The number printed on it.
    pub(crate) number: String,
    pub(crate) purchase_order: Option<String>,
    pub(crate) issued_on: Date,
    /// The next day on which something is due and open, else the last.
    pub(crate) due_on: Date,
    /// What is due on which day and what of it is open, where there are several days.
    pub(crate) days: Vec<(Due, Money)>,
    pub(crate) lines: Vec<Line>,
    /// Net, taxes and gross.
    pub(crate) totals: Totals,
    /// What payments and credit notes cover.
    pub(crate) applied: Money,
    /// Payments that have been made and have not arrived.
    pub(crate) pending: Money,
    /// What the customer contests.
    pub(crate) disputed: Money,
    /// What a refund took of it, and of which the business has not said yet whether it is owed again.
    pub(crate) questioned: Money,
    /// What is not expected any more.
    pub(crate) written_off: Money,
    /// What the payer's bank took back of it, while something is open.
    pub(crate) charged_back: Money,
    /// What is not covered.
    pub(crate) open: Money,
    /// What of it can be paid online now.
    pub(crate) online: OnlinePayable,
    pub(crate) state: InvoiceState,
    /// When the last payment for it arrived; only looked up for paid invoices.
    pub(crate) paid_on: Option<Date>,
}

#[derive(Clone, Debug)]
pub(crate) struct InvoiceRow {
    /// Our id, which is its address.
    pub(crate) id: InvoiceId,
    /// The number printed on it.
    pub(crate) number: String,
    pub(crate) due_on: Date,
    /// Gross.
    pub(crate) total: Money,
    /// What is not covered.
    pub(crate) open: Money,
    /// Whether something of it can be paid online now.
    pub(crate) can_be_paid: bool,
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
        /// Counted in the billing time zone.
        days: u32,
    },
    /// All that is open is on its way.
    Processing,
    /// The business looks at all that is open, and nobody is asked for it.
    InQuestion,
    /// All is covered.
    Paid,
    /// What is not covered is not expected any more.
    WrittenOff,
}

/// An invoice on a day of the billing zone. The rule is what the provider charges in its currency, if it does.
pub(crate) fn invoice_view(
    invoice: &Invoice,
    rule: Option<ChargeRule>,
    today: Date,
    paid_on: Option<Date>,
) -> InvoiceView {
    let head = &invoice.head;
    let balance = &head.balance;
    InvoiceView {
        number: head.number.to_string(),
        purchase_order: head.purchase_order.as_ref().map(|order| order.as_str().to_owned()),
        issued_on: head.issued_on,
        due_on: head.due_on(),
        days: if head.schedule.days().count() > 1 { head.days() } else { Vec::new() },
        lines: invoice.lines.clone(),
        totals: invoice.totals.clone(),
        applied: balance.applied,
        pending: balance.pending(),
        disputed: balance.disputed(),
        questioned: balance.questioned(),
        written_off: balance.written_off,
        charged_back: if balance.open().is_zero() { Money::zero(head.currency()) } else { balance.charged_back },
        open: balance.open(),
        online: OnlinePayable::of(balance, rule),
        state: state_of(head, rule, today),
        paid_on,
    }
}

/// A row of a list of invoices.
pub(crate) fn invoice_row(invoice: &InvoiceHead, rule: Option<ChargeRule>, today: Date) -> InvoiceRow {
    InvoiceRow {
        id: invoice.id.clone(),
        number: invoice.number.to_string(),
        due_on: invoice.due_on(),
        total: invoice.balance.gross,
        open: invoice.balance.open(),
        can_be_paid: OnlinePayable::of(&invoice.balance, rule).most().is_some(),
        state: state_of(invoice, rule, today),
    }
}

fn state_of(invoice: &InvoiceHead, rule: Option<ChargeRule>, today: Date) -> InvoiceState {
    let asked = invoice.asked_days();
    let days = asked.first_day().map_or(0, |day| days_overdue(day, today));
    // Fractions that the provider never charges are open, and nobody is late with them.
    let asked_for =
        !matches!(OnlinePayable::of_amount(invoice.balance.open(), rule), OnlinePayable::UnchargeableRemainder { .. });
    match invoice.balance.status() {
        Status::Paid => InvoiceState::Paid,
        Status::WrittenOff => InvoiceState::WrittenOff,
        Status::Processing => InvoiceState::Processing,
        Status::Open | Status::PartlyPaid if asked.first_day().is_none() => InvoiceState::InQuestion,
        Status::Open | Status::PartlyPaid if days > 0 && asked_for => InvoiceState::Overdue { days },
        Status::Open => InvoiceState::Open,
        Status::PartlyPaid => InvoiceState::PartlyPaid,
    }
}
