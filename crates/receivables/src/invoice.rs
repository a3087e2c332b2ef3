//! Invoices: what is demanded, and how much of it is still open.
//!
//! The demand (lines, taxes, totals, dates) never changes once issued. What changes is the balance: how much is applied,
//! pending and disputed. The two are kept apart: whoever asks how an invoice stands reads its [`InvoiceHead`], which is as
//! small for a hundred lines as for one. Tax is counted per rate on the sum of the net lines and rounded once per rate, as EN 16931
//! (BR-CO-17) does.

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;

mod change;
mod holds;
mod issue;
mod schedule;

pub use change::{HoldChange, InvoiceChange, ListPlace, Standing};
pub use holds::{Cut, CutKind, Held, Hold, HoldKind, HolderId, Holds, SpokenFor};
pub(crate) use issue::adds_up;
pub use issue::{IssueRefusal, issue};
pub use schedule::{Due, OpenDays, Schedule, ScheduleRefusal};

use crate::currency::Currency;
use crate::ids::{BusinessId, CustomerId, InvoiceId, PayLinkId};
use crate::money::Money;
use crate::text::{Description, ExternalId, InvoiceNumber, Reference};

/// Lines on one invoice, which are stored as one item.
pub const LINES_PER_INVOICE_MAX: usize = 100;
/// Days on which one invoice can be due.
pub const DUE_DAYS_PER_INVOICE_MAX: usize = 60;
/// The highest tax rate taken, in percent.
pub const TAX_RATE_PERCENT_MAX: i64 = 100;
/// Digits after the point in a quantity or a tax rate.
pub const RATE_PLACES_MAX: u32 = 6;

/// A demand for payment, with all that is printed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Whose it is, when it is due and how it stands.
    pub head: InvoiceHead,
    /// What was delivered, line by line: 1 to [`LINES_PER_INVOICE_MAX`].
    pub lines: Vec<Line>,
    /// The sums of the lines, with the tax at each rate.
    pub totals: Totals,
}

/// An invoice without its lines: all that lists, payments and the ledger need of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceHead {
    /// Our id, unique over all businesses.
    pub id: InvoiceId,
    /// The business that it belongs to.
    pub business: BusinessId,
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// The business's own id, unique within it.
    pub external_id: Option<ExternalId>,
    /// The number printed on it, unique within the business.
    pub number: InvoiceNumber,
    /// The customer's reference of their order.
    pub purchase_order: Option<Reference>,
    /// The civil date printed on it.
    pub issued_on: Date,
    /// The civil dates by which it is to be paid, each with its amount.
    pub schedule: Schedule,
    /// The link to pay it that was issued last, where that is known; it may be revoked.
    pub pay_link: Option<PayLinkId>,
    /// How much of it is covered and what speaks for the rest; beside the link, the only part that changes.
    pub balance: InvoiceBalance,
    /// The instant at which it was recorded here.
    pub recorded_at: Timestamp,
}

/// One line: a quantity at a unit price, before tax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What was delivered.
    pub description: Description,
    /// How many; more than zero.
    pub quantity: Decimal,
    /// The price of one, before tax.
    pub unit_price: Money,
    /// Tax in percent, 0 to [`TAX_RATE_PERCENT_MAX`].
    pub tax_rate: Decimal,
    /// Quantity times price, rounded half up.
    pub net: Money,
}

/// What an invoice comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Totals {
    /// The sum of the lines before tax.
    pub net: Money,
    /// Tax, per rate, highest rate first.
    pub taxes: Vec<Tax>,
    /// What is to be paid.
    pub gross: Money,
}

/// Tax at one rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tax {
    /// The rate in percent.
    pub rate: Decimal,
    /// What it is counted on.
    pub base: Money,
    /// The tax: base times rate, rounded half up once.
    pub amount: Money,
}

/// How an invoice stands. `applied + written_off + open = gross` always. What is pending and disputed is a part of what is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceBalance {
    /// What is to be paid in all.
    pub gross: Money,
    /// What has been covered, by payments and credit notes.
    pub applied: Money,
    /// What is not expected any more.
    pub written_off: Money,
    /// The part of what is written off that is a bad debt; the rest of it were small rests.
    pub bad_debt: Money,
    /// What an issuer took back of it; while it is open it is shown as such.
    pub charged_back: Money,
    /// What speaks for the open amount, by who holds it.
    pub holds: Holds,
    /// Rises by one with each change; a change is written only over the version that it was decided on.
    pub version: u64,
}

impl InvoiceBalance {
    /// How an invoice of which nothing is covered stands.
    fn unpaid(gross: Money) -> Self {
        let nothing = Money::zero(gross.currency());
        Self {
            gross,
            applied: nothing,
            written_off: nothing,
            bad_debt: nothing,
            charged_back: nothing,
            holds: Holds::default(),
            version: 1,
        }
    }

    /// What is covered or not expected any more.
    pub fn covered(&self) -> Money {
        self.applied.checked_add(self.written_off).unwrap_or(self.gross)
    }

    /// What is not covered yet.
    pub fn open(&self) -> Money {
        self.gross.less(self.applied).less(self.written_off)
    }

    /// What a customer may pay now: open, less what is on its way, contested or in question. No clock is needed for it, since
    /// none of them ends by itself.
    pub fn payable(&self) -> Money {
        self.holds.held_beside(None).payable(self.open())
    }

    /// The part of what is open that is on its way.
    pub fn pending(&self) -> Money {
        self.holds.held_beside(None).cut(CutKind::Pending, self.open())
    }

    /// The part of what is open that is contested.
    pub fn disputed(&self) -> Money {
        self.holds.held_beside(None).cut(CutKind::Disputed, self.open())
    }

    /// The part of what is open that a refund took, and of which nobody has said yet whether it is owed again.
    pub fn questioned(&self) -> Money {
        self.holds.held_beside(None).cut(CutKind::Questioned, self.open())
    }

    /// The status that follows from the amounts.
    pub fn status(&self) -> Status {
        if self.open().is_zero() && !self.bad_debt.is_zero() {
            Status::WrittenOff
        } else if self.open().is_zero() {
            Status::Paid
        } else if !self.pending().is_zero() && self.payable().is_zero() {
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
    /// All is covered, as far as it is worth asking for.
    Paid,
    /// What is not covered is a bad debt.
    WrittenOff,
}

impl Status {
    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::PartlyPaid => "partly_paid",
            Self::Processing => "processing",
            Self::Paid => "paid",
            Self::WrittenOff => "written_off",
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
    /// The customer's reference of their order.
    pub purchase_order: Option<Reference>,
    /// The civil date printed on it.
    pub issued_on: Date,
    /// When it is to be paid.
    pub schedule: DraftSchedule,
    /// What was delivered, line by line: 1 to [`LINES_PER_INVOICE_MAX`].
    pub lines: Vec<DraftLine>,
}

/// When a draft is to be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DraftSchedule {
    /// Whatever the lines come to, by one day.
    On(Date),
    /// On several days; the amounts must be what the lines come to.
    Days(Vec<Due>),
}

impl DraftSchedule {
    /// The day that is named first, which is the earliest unless the schedule is refused.
    pub fn first_day(&self) -> Option<Date> {
        match self {
            Self::On(day) => Some(*day),
            Self::Days(days) => days.first().map(|due| due.on),
        }
    }

    /// The last day.
    pub fn last_day(&self) -> Option<Date> {
        match self {
            Self::On(day) => Some(*day),
            Self::Days(days) => days.iter().map(|due| due.on).max(),
        }
    }
}

/// One line of a draft.
#[derive(Clone, Debug)]
pub struct DraftLine {
    /// What was delivered.
    pub description: Description,
    /// How many; more than zero, with at most [`RATE_PLACES_MAX`] decimals.
    pub quantity: Decimal,
    /// The price of one, before tax.
    pub unit_price: Money,
    /// Tax in percent, 0 to [`TAX_RATE_PERCENT_MAX`].
    pub tax_rate: Decimal,
}

impl Invoice {
    /// Whether another says the same: number, reference, dates and lines. Whose they are and how they stand is not compared.
    pub fn demands_the_same_as(&self, other: &Self) -> bool {
        let (ours, theirs) = (&self.head, &other.head);
        ours.number == theirs.number
            && ours.external_id == theirs.external_id
            && ours.purchase_order == theirs.purchase_order
            && ours.issued_on == theirs.issued_on
            && ours.schedule == theirs.schedule
            && self.lines == other.lines
    }
}

impl InvoiceHead {
    /// The currency of every amount on it.
    pub fn currency(&self) -> Currency {
        self.balance.gross.currency()
    }

    /// What of it is spoken for at an instant, and what may be paid, charged and asked for on that day.
    pub fn spoken_for(&self, now: Timestamp, today: Date) -> SpokenFor {
        SpokenFor::of(&self.open_days(), &self.balance.holds, Money::zero(self.currency()), now, today)
    }
}
