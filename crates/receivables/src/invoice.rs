//! Invoices: what is demanded, and how much of it is still open.
//!
//! The demand (lines, taxes, totals, dates) never changes once issued. What changes is the standing: how much is applied,
//! pending and disputed. Tax is counted per rate on the sum of the net lines and rounded once per rate, as EN 16931
//! (BR-CO-17) does.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::{Fact, FactKind};
use crate::ids::{BusinessId, CustomerId, InvoiceId, PayLinkId, PaymentId};
use crate::ledger::{Entry, EntryKind, Leg};
use crate::money::{Balance, Money, MoneyError};
use crate::pay_link::PayLink;
use crate::refusal::Refusal;
use crate::text::{Description, ExternalId, InvoiceNumber, Reference};

/// Lines on one invoice, which is stored as one item.
pub const LINES_PER_INVOICE_MAX: usize = 100;
/// The highest tax rate taken, in percent.
pub const TAX_RATE_PERCENT_MAX: i64 = 100;
/// Digits after the point in a quantity or a tax rate.
pub const RATE_PLACES_MAX: u32 = 6;

/// A demand for payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Our id.
    pub id: InvoiceId,
    /// Who demands.
    pub business: BusinessId,
    /// Who owes.
    pub customer: CustomerId,
    /// The business's own id, unique within it.
    pub external_id: Option<ExternalId>,
    /// The number printed on it, unique within the business.
    pub number: InvoiceNumber,
    /// The customer's order.
    pub purchase_order: Option<Reference>,
    /// When it is dated.
    pub issued_on: Date,
    /// By when it is to be paid.
    pub due_on: Date,
    /// What it is for.
    pub lines: Vec<Line>,
    /// What it comes to.
    pub totals: Totals,
    /// The link to pay it that was issued last, where that is known; it may be revoked.
    pub pay_link: Option<PayLinkId>,
    /// How it stands.
    pub balance: InvoiceBalance,
    /// When it reached us.
    pub recorded_at: Timestamp,
}

/// One line: a quantity at a unit price, before tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What for.
    pub description: Description,
    /// How many; more than zero.
    pub quantity: Decimal,
    /// The price of one, before tax.
    pub unit_price: Money,
    /// Tax in percent.
    pub tax_rate: Decimal,
    /// Quantity times price, rounded half up.
    pub net: Money,
}

/// What an invoice comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// Before tax.
    pub net: Money,
    /// Tax, per rate, highest rate first.
    pub taxes: Vec<Tax>,
    /// What is to be paid.
    pub gross: Money,
}

/// Tax at one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tax {
    /// In percent.
    pub rate: Decimal,
    /// What it is counted on.
    pub base: Money,
    /// What it comes to.
    pub amount: Money,
}

/// How an invoice stands. `applied + written_off + open = gross` always. Disputed is a part of open, and so is pending, unless money is on its
/// way twice because a payment that was closed is paid after all: then nothing is payable until it is known what arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceBalance {
    /// What is to be paid in all.
    pub gross: Money,
    /// What has been covered, by payments and credit notes.
    pub applied: Money,
    /// What is not expected any more.
    pub written_off: Money,
    /// What is on its way but not here yet.
    pub pending: Money,
    /// What the customer contests.
    pub disputed: Money,
    /// What an issuer took back of it; while it is open it is shown as such.
    pub charged_back: Money,
    /// The payment whose checkout is open for this invoice; at most one, so that two tabs cannot pay it twice.
    pub live_checkout: Option<PaymentId>,
    /// Counts the changes.
    pub version: u64,
}

impl InvoiceBalance {
    /// What is not covered yet.
    pub fn open(&self) -> Money {
        self.gross.less(self.applied).less(self.written_off)
    }

    /// What a customer may pay now: open, less what is on its way and what is contested.
    pub fn payable(&self) -> Money {
        self.open().less(self.pending).less(self.disputed)
    }

    /// The word for it.
    pub fn status(&self) -> Status {
        if self.open().is_zero() {
            Status::Paid
        } else if !self.pending.is_zero() && self.payable().is_zero() {
            Status::Processing
        } else if self.applied.is_zero() {
            Status::Open
        } else {
            Status::PartlyPaid
        }
    }
}

/// How an invoice stands, in a word. Whether it is overdue depends on the day, and is asked separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing is covered.
    Open,
    /// Some is covered.
    PartlyPaid,
    /// All that is open is on its way.
    Processing,
    /// All is covered.
    Paid,
}

impl Status {
    /// The API's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::PartlyPaid => "partly_paid",
            Self::Processing => "processing",
            Self::Paid => "paid",
        }
    }
}

/// What the business asks us to demand.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The business's own id.
    pub external_id: Option<ExternalId>,
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// The currency of every amount on it.
    pub currency: Currency,
    /// The customer's order.
    pub purchase_order: Option<Reference>,
    /// When it is dated.
    pub issued_on: Date,
    /// By when it is to be paid.
    pub due_on: Date,
    /// What it is for.
    pub lines: Vec<DraftLine>,
}

/// One line of a draft.
#[derive(Clone, Debug)]
pub struct DraftLine {
    /// What for.
    pub description: Description,
    /// How many.
    pub quantity: Decimal,
    /// The price of one, before tax.
    pub unit_price: Money,
    /// Tax in percent.
    pub tax_rate: Decimal,
}

impl Invoice {
    /// The currency of every amount on it.
    pub fn currency(&self) -> Currency {
        self.totals.gross.currency()
    }
}

/// Whether the amounts of an invoice are those of its lines.
pub(crate) fn adds_up(invoice: &Invoice) -> bool {
    let priced = |line: &Line| line.unit_price.times_round_half_up(line.quantity) == Ok(line.net);
    invoice.lines.iter().all(priced) && total(&invoice.lines, invoice.currency()).as_ref() == Ok(&invoice.totals)
}

/// Issues an invoice: the demand, its pay link, the entry in the ledger and the announcement.
pub fn issue(
    id: InvoiceId,
    business: BusinessId,
    customer: CustomerId,
    draft: Draft,
    link: PayLink,
    now: Timestamp,
) -> Result<(Invoice, Decision), Refusal> {
    if draft.due_on < draft.issued_on {
        return Err(Refusal::DueBeforeIssue);
    }
    if draft.lines.is_empty() || draft.lines.len() > LINES_PER_INVOICE_MAX {
        return Err(Refusal::LineCount { max: LINES_PER_INVOICE_MAX });
    }
    let lines = draft.lines.into_iter().enumerate().map(|(place, line)| price(place, line, draft.currency));
    let lines = lines.collect::<Result<Vec<Line>, Refusal>>()?;
    let totals = total(&lines, draft.currency).map_err(|cause| Refusal::Amount { field: "lines".to_owned(), cause })?;
    let nothing = Money::zero(draft.currency);
    let balance = InvoiceBalance {
        gross: totals.gross,
        applied: nothing,
        written_off: nothing,
        pending: nothing,
        disputed: nothing,
        charged_back: nothing,
        live_checkout: None,
        version: 1,
    };
    let invoice = Invoice {
        id,
        business,
        customer,
        external_id: draft.external_id,
        number: draft.number,
        purchase_order: draft.purchase_order,
        issued_on: draft.issued_on,
        due_on: draft.due_on,
        lines,
        totals,
        pay_link: Some(link.id.clone()),
        balance,
        recorded_at: now,
    };
    let decision = issuance(&invoice, link, now);
    Ok((invoice, decision))
}

fn issuance(invoice: &Invoice, link: PayLink, now: Timestamp) -> Decision {
    let leg = Leg::Invoice {
        invoice: invoice.id.clone(),
        number: invoice.number.clone(),
        due_on: invoice.due_on,
        change: Balance::owed(invoice.totals.gross),
    };
    Decision {
        business: invoice.business.clone(),
        customer: invoice.customer.clone(),
        at: now,
        changes: vec![Change::InvoiceIssued(Box::new(invoice.clone())), Change::PayLinkIssued(link)],
        entry: Some(Entry {
            source: invoice.id.to_string(),
            sequence: 1,
            posted_at: now,
            kind: EntryKind::InvoiceIssued,
            currency: invoice.currency(),
            legs: vec![leg],
        }),
        handed_to: None,
        facts: vec![Fact::new(invoice.id.as_str(), 1, 0, now, FactKind::InvoiceIssued { invoice: invoice.id.clone() })],
    }
}

fn price(place: usize, line: DraftLine, currency: Currency) -> Result<Line, Refusal> {
    let field = |name: &str| format!("lines[{place}].{name}");
    if line.unit_price.currency() != currency {
        let cause = MoneyError::OtherCurrency(currency, line.unit_price.currency());
        return Err(Refusal::Amount { field: field("unit_price"), cause });
    }
    if line.quantity <= Decimal::ZERO || line.quantity.normalize().scale() > RATE_PLACES_MAX {
        return Err(Refusal::Quantity { field: field("quantity") });
    }
    let rate_good = line.tax_rate >= Decimal::ZERO
        && line.tax_rate <= Decimal::from(TAX_RATE_PERCENT_MAX)
        && line.tax_rate.normalize().scale() <= RATE_PLACES_MAX;
    if !rate_good {
        return Err(Refusal::TaxRate { field: field("tax_rate") });
    }
    let net = line.unit_price.times_round_half_up(line.quantity);
    let net = net.map_err(|cause| Refusal::Amount { field: field("quantity"), cause })?;
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
