//! Issuing an invoice: its amounts are computed and checked once, and never change afterwards.

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::{
    Draft, DraftLine, DraftSchedule, Invoice, InvoiceBalance, InvoiceHead, LINES_PER_INVOICE_MAX, Line,
    RATE_PLACES_MAX, Schedule, ScheduleRefusal, TAX_RATE_PERCENT_MAX, Tax, Totals,
};
use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::{BusinessId, CustomerId, InvoiceId};
use crate::ledger::{Contra, EntryDay, EntryKind, Leg, LegAccount};
use crate::money::{AmountRefusal, Balance, Money, MoneyError};
use crate::pay_link::PayLink;
use crate::text::InvoiceNumber;

/// Why an invoice was not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefusal {
    /// The due date, or the first of them, lies before the date of issue.
    #[error("expected a due date on or after the date of issue")]
    DueBeforeIssue {
        /// It is one of several.
        scheduled: bool,
    },
    /// The due days and their amounts are no schedule.
    #[error(transparent)]
    Schedule(#[from] ScheduleRefusal),
    /// No line, or too many.
    #[error("expected 1 to {max} lines")]
    LineCount {
        /// The most lines there may be.
        max: usize,
    },
    /// A quantity of zero or less, or of too many digits.
    #[error("expected a quantity greater than zero with at most 6 decimals")]
    Quantity {
        /// The path of the quantity: `lines[0].quantity`.
        field: String,
    },
    /// A tax rate out of range.
    #[error("expected a tax rate in percent, 0 to 100, with at most 6 decimals")]
    TaxRate {
        /// The path of the rate: `lines[0].tax_rate`.
        field: String,
    },
    /// An amount that cannot be, given or computed.
    #[error(transparent)]
    Amount(#[from] AmountRefusal),
    /// The number or external id stands for an invoice with other content: an issued invoice is immutable.
    #[error("invoice {number} was issued already with other content; an issued invoice is immutable")]
    Immutable {
        /// The number of the invoice that exists.
        number: InvoiceNumber,
    },
    /// The number is another invoice's or a credit note's.
    #[error("expected a number that no other invoice has")]
    NumberTaken,
    /// The external id is another invoice's.
    #[error("expected an external_id that no other has")]
    ExternalIdTaken,
}

impl IssueRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::DueBeforeIssue { scheduled: false } => Some("due_on"),
            Self::DueBeforeIssue { scheduled: true } => Some("schedule[0].due_on"),
            Self::Schedule(refusal) => Some(refusal.field()),
            Self::LineCount { .. } => Some("lines"),
            Self::Immutable { .. } | Self::NumberTaken => Some("number"),
            Self::ExternalIdTaken => Some("external_id"),
            Self::Quantity { field } | Self::TaxRate { field } => Some(field),
            Self::Amount(amount) => Some(&amount.field),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DueBeforeIssue { .. } => "due_before_issue",
            Self::Schedule(refusal) => refusal.code(),
            Self::LineCount { .. } => "line_count",
            Self::Quantity { .. } => "quantity",
            Self::TaxRate { .. } => "tax_rate",
            Self::Amount(_) => AmountRefusal::CODE,
            Self::Immutable { .. } => "invoice_immutable",
            Self::NumberTaken => "number_taken",
            Self::ExternalIdTaken => "external_id_taken",
        }
    }
}

/// Whether the amounts of an invoice are those of its lines.
pub(crate) fn adds_up(invoice: &Invoice) -> bool {
    let priced = |line: &Line| line.unit_price.times_round_half_up(line.quantity) == Ok(line.net);
    invoice.lines.iter().all(priced) && total(&invoice.lines, invoice.head.currency()).as_ref() == Ok(&invoice.totals)
}

/// Issues an invoice: the demand, its pay link, the entry in the ledger and the announcement.
pub fn issue(
    id: InvoiceId,
    business: BusinessId,
    customer: CustomerId,
    draft: Draft,
    link: PayLink,
    now: Timestamp,
) -> Result<(Invoice, Decision), IssueRefusal> {
    if draft.schedule.first_day().is_some_and(|day| day < draft.issued_on) {
        let scheduled = matches!(draft.schedule, DraftSchedule::Days(_));
        return Err(IssueRefusal::DueBeforeIssue { scheduled });
    }
    if draft.lines.is_empty() || draft.lines.len() > LINES_PER_INVOICE_MAX {
        return Err(IssueRefusal::LineCount { max: LINES_PER_INVOICE_MAX });
    }
    let lines = draft.lines.into_iter().enumerate().map(|(place, line)| price(place, line, draft.currency));
    let lines = lines.collect::<Result<Vec<Line>, IssueRefusal>>()?;
    let totals = total(&lines, draft.currency).map_err(|cause| AmountRefusal::new("lines", cause))?;
    let schedule = match draft.schedule {
        DraftSchedule::On(day) => Schedule::on(day, totals.gross),
        DraftSchedule::Days(days) => Schedule::new(&days, totals.gross)?,
    };
    let head = InvoiceHead {
        id,
        business,
        customer,
        external_id: draft.external_id,
        number: draft.number,
        purchase_order: draft.purchase_order,
        issued_on: draft.issued_on,
        schedule,
        pay_link: Some(link.id.clone()),
        balance: InvoiceBalance::unpaid(totals.gross),
        recorded_at: now,
    };
    let invoice = Invoice { head, lines, totals };
    let decision = issuance(&invoice, link, now);
    Ok((invoice, decision))
}

fn issuance(invoice: &Invoice, link: PayLink, now: Timestamp) -> Decision {
    let head = &invoice.head;
    let legs = head.schedule.days().map(|due| Leg {
        account: LegAccount::Invoice { invoice: head.id.clone(), number: head.number.clone(), due_on: due.on },
        change: Balance::owed(due.amount),
        contra: Contra::Invoiced,
    });
    let announced = FactKind::InvoiceIssued {
        invoice: head.id.clone(),
        number: head.number.clone(),
        issued_on: head.issued_on,
        gross: head.balance.gross,
        schedule: head.schedule.clone(),
    };
    Decision::new(head.business.clone(), head.customer.clone(), now)
        .with_change(Change::InvoiceIssued(Box::new(invoice.clone())))
        .with_change(Change::PayLinkIssued(link))
        .with_entry(head.id.as_str(), 1, EntryDay::Printed(head.issued_on), EntryKind::InvoiceIssued, legs.collect())
        .with_facts(head.id.as_str(), 1, [announced])
}

fn price(place: usize, line: DraftLine, currency: Currency) -> Result<Line, IssueRefusal> {
    let field = |name: &str| format!("lines[{place}].{name}");
    if line.unit_price.currency() != currency {
        let cause = MoneyError::OtherCurrency(currency, line.unit_price.currency());
        return Err(AmountRefusal::new(field("unit_price"), cause).into());
    }
    if line.quantity <= Decimal::ZERO || line.quantity.normalize().scale() > RATE_PLACES_MAX {
        return Err(IssueRefusal::Quantity { field: field("quantity") });
    }
    let rate_good = line.tax_rate >= Decimal::ZERO
        && line.tax_rate <= Decimal::from(TAX_RATE_PERCENT_MAX)
        && line.tax_rate.normalize().scale() <= RATE_PLACES_MAX;
    if !rate_good {
        return Err(IssueRefusal::TaxRate { field: field("tax_rate") });
    }
    let net = line.unit_price.times_round_half_up(line.quantity);
    let net = net.map_err(|cause| AmountRefusal::new(field("quantity"), cause))?;
    Ok(Line {
        description: line.description,
        quantity: line.quantity.normalize(),
        unit_price: line.unit_price,
        tax_rate: line.tax_rate.normalize(),
        net,
    })
}

/// Sums the lines and counts the tax.
fn total(lines: &[Line], currency: Currency) -> Result<Totals, MoneyError> {
    let net = Money::sum(currency, lines.iter().map(|line| line.net))?;
    let mut rates: Vec<Decimal> = lines.iter().map(|line| line.tax_rate).filter(|rate| !rate.is_zero()).collect();
    rates.sort_unstable_by(|one, other| other.cmp(one));
    rates.dedup();
    let mut taxes = Vec::with_capacity(rates.len());
    for rate in rates {
        let base = Money::sum(currency, lines.iter().filter(|line| line.tax_rate == rate).map(|line| line.net))?;
        let amount = base.times_round_half_up(rate / Decimal::ONE_HUNDRED)?;
        taxes.push(Tax { rate, base, amount });
    }
    let gross = taxes.iter().map(|tax| tax.amount).try_fold(net, Money::checked_add)?;
    Ok(Totals { net, taxes, gross })
}
