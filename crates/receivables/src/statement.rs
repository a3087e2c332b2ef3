//! The statement: what happened on an account, or what of it is open, and how it stands. One view for page, file and API.
//!
//! A statement is made of the sums kept now and of ledger entries alone: how the account stood at the end of a day is how it
//! stands now, less what was entered since. So the usual statement, which ends today, needs the sums and the newest entries
//! and nothing else, however old the account is. One that ends in the past has to read what was entered since, which is as
//! much as there is: nothing is written for it beforehand. Its page costs the same round trip, and reads in proportion to
//! what happened since; so does a further page, for the lines before it.
//!
//! The sums and the entries are read side by side, not in one transaction: what is entered in that very moment may be in the
//! one and not in the other, and the next look puts it right. Deliberately absent: closing balances kept per month.
//!
//! What was pending or disputed on a day that is over is not kept anywhere, so a statement of the past does not say.

mod csv;
mod query;
mod running;
mod standing;

use std::collections::BTreeMap;

use jiff::civil::Date;

pub use csv::COLUMNS_OF_LINES;
pub use query::{
    MONTHS_USUAL, PERIOD_DAYS_MAX, Period, QueryFault, QueryTexts, STATEMENT_LINES_PER_PAGE, StatementCursor,
    StatementKind, StatementQuery,
};
pub use running::{RunningBalances, balance_cells};
pub use standing::{
    AGEING_EDGE_DAYS_MAX, AGEING_EDGES_DAYS, AGEING_EDGES_MAX, AccountStanding, AccountSums, AgeingBucket, AgeingEdges,
    EdgesError,
};

use crate::calendar::days_overdue;
use crate::currency::Currency;
use crate::ids::InvoiceId;
use crate::invoice::{InvoiceBalance, InvoiceHead};
use crate::ledger::{Contra, Entry, EntryKind, Leg, LegAccount};
use crate::money::{Balance, Money, MoneyError};
use crate::text::InvoiceNumber;

/// What was read of an account for a page of its statement.
#[derive(Clone, Debug, Default)]
pub struct StatementData {
    /// The sums of the account now.
    pub sums: AccountSums,
    /// The entries of the page, the latest first, and one more where there are more; none for open items.
    pub entries: Vec<Entry>,
    /// Every entry that is of a later day than the page, or on its last day after it: to be taken off the sums.
    pub later: Vec<Entry>,
    /// The invoices that are open now, by currency and due date: of today as many as the page has rows and one more, of an
    /// earlier day all of them; none for what happened.
    pub open: Vec<InvoiceHead>,
}

/// A page of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementView {
    /// The first and the last day shown.
    pub period: Period,
    /// The day at whose end the account stands so.
    pub as_of: Date,
    /// The day it was made.
    pub today: Date,
    /// Whether it shows what happened or what is open.
    pub kind: StatementKind,
    /// The edges of the ageing.
    pub edges: AgeingEdges,
    /// One for each currency in which there has been anything.
    pub statements: Vec<Statement>,
    /// Whether this is a further page.
    pub continued: bool,
    /// Where the next page begins, if there is one: with what happened before, or what is due later.
    pub next: Option<StatementCursor>,
}

impl StatementView {
    /// Whether it is known what is pending and disputed.
    pub fn is_of_today(&self) -> bool {
        self.as_of >= self.today
    }
}

/// The statement of one currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The one currency of all its amounts.
    pub currency: Currency,
    /// What happened, or what is open.
    pub body: StatementBody,
    /// The balance at the end of the day as of which the account stands: what is open less what is unapplied.
    pub balance: Balance,
    /// How the account stands then.
    pub standing: AccountStanding,
}

/// What happened, or what is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementBody {
    /// What happened, between an opening and a closing balance.
    BalanceForward(BalanceForward),
    /// What is open, by invoice and due day.
    OpenItem(Vec<OpenItem>),
}

/// What happened in one currency, with the balance before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalanceForward {
    /// The balance before the first line.
    pub opening: Balance,
    /// Whether lines of the period came before it, on a further page.
    pub brought_forward: bool,
    /// What happened, oldest first.
    pub lines: Vec<StatementLine>,
    /// The balance after the last line.
    pub closing: Balance,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The day that it is of, in the billing zone.
    pub on: Date,
    /// What happened, as a caption.
    pub kind: EntryKind,
    /// The invoices it touched, against what and by how much.
    pub invoices: Vec<InvoicePart>,
    /// By how much unapplied cash changed the balance.
    pub unapplied: Balance,
    /// By how much the balance changed; nothing where money only moved.
    pub change: Balance,
    /// The balance after it.
    pub balance: Balance,
}

/// By how much one thing changed what is open of an invoice, against one contra account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoicePart {
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// What its open amount changed by.
    pub contra: Contra,
    /// By how much its open amount changed.
    pub change: Balance,
}

impl StatementLine {
    /// The numbers of the invoices it touched, each once.
    pub fn numbers(&self) -> Vec<&str> {
        let mut numbers: Vec<&str> = Vec::with_capacity(self.invoices.len());
        for part in &self.invoices {
            if !numbers.contains(&part.number.as_str()) {
                numbers.push(part.number.as_str());
            }
        }
        numbers
    }
}

/// What is open of an invoice on one of its due days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenItem {
    /// Our id of it.
    pub invoice: InvoiceId,
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// The civil date by which it is to be paid.
    pub due_on: Date,
    /// Days overdue as of the day of the statement.
    pub days_overdue: u32,
    /// What of it is open.
    pub open: Money,
    /// The part of it that is on its way; not known of the past.
    pub pending: Option<Money>,
    /// The part of it that is contested; not known of the past.
    pub disputed: Option<Money>,
    /// What an issuer took back of the invoice, on its first row; not known of the past.
    pub charged_back: Option<Money>,
    /// What of the invoice is not expected any more, and so not open, on its first row; not known of the past.
    pub written_off: Option<Money>,
}

/// Makes a page of a statement of what was read for it.
pub fn statement_view(ask: &StatementQuery, read: &StatementData) -> Result<StatementView, MoneyError> {
    let then = if ask.is_of_today() {
        read.sums.clone()
    } else {
        read.sums.before(read.later.iter().filter(|entry| entry.dated_on > ask.as_of))
    };
    let limit = ask.lines.unwrap_or(usize::MAX);
    let (bodies, next) = match ask.kind {
        StatementKind::BalanceForward => happened(&then, read, limit)?,
        StatementKind::OpenItem => open_items(&then, ask, read, limit)?,
    };
    let statements = bodies.into_iter().map(|(currency, body)| {
        Ok(Statement {
            currency,
            body,
            balance: then.balance(currency)?,
            standing: then.standing_in(currency, ask.as_of, &ask.edges)?,
        })
    });
    Ok(StatementView {
        period: ask.period,
        as_of: ask.as_of,
        today: ask.today,
        kind: ask.kind,
        edges: ask.edges.clone(),
        statements: statements.collect::<Result<_, MoneyError>>()?,
        continued: ask.place.is_some(),
        next,
    })
}

type Bodies = BTreeMap<Currency, StatementBody>;

/// What happened, per currency: from the balance now back to the end of the page, and from there back over its lines.
fn happened(
    then: &AccountSums,
    read: &StatementData,
    limit: usize,
) -> Result<(Bodies, Option<StatementCursor>), MoneyError> {
    let next = read.entries.get(limit).map(|entry| StatementCursor::Line(entry.key()));
    let mut bodies = Bodies::new();
    for currency in then.currencies() {
        let shown = read.entries.iter().take(limit).filter(|entry| entry.currency == currency);
        let mut shown: Vec<&Entry> = shown.collect();
        shown.reverse();
        let later = sum(currency, read.later.iter().filter(|entry| entry.currency == currency))?;
        let closing = read.sums.balance(currency)?.checked_add(later.reversed())?;
        let opening = closing.checked_add(sum(currency, shown.iter().copied())?.reversed())?;
        let mut balance = opening;
        let mut lines = Vec::with_capacity(shown.len());
        for entry in shown {
            balance = balance.checked_add(entry.change()?)?;
            lines.push(line(entry, balance)?);
        }
        let told = BalanceForward { opening, brought_forward: next.is_some(), lines, closing };
        bodies.insert(currency, StatementBody::BalanceForward(told));
    }
    Ok((bodies, next))
}

fn sum<'a>(currency: Currency, entries: impl Iterator<Item = &'a Entry>) -> Result<Balance, MoneyError> {
    let mut total = Balance::zero(currency);
    for entry in entries {
        total = total.checked_add(entry.change()?)?;
    }
    Ok(total)
}

pub(crate) fn line(entry: &Entry, balance: Balance) -> Result<StatementLine, MoneyError> {
    let mut invoices: Vec<InvoicePart> = Vec::new();
    let mut unapplied = Balance::zero(entry.currency);
    for Leg { account, change, contra } in &entry.legs {
        match account {
            LegAccount::Invoice { number, .. } => {
                match invoices.iter_mut().find(|part| part.number == *number && part.contra == *contra) {
                    Some(part) => part.change = part.change.checked_add(*change)?,
                    None => invoices.push(InvoicePart { number: number.clone(), contra: *contra, change: *change }),
                }
            }
            LegAccount::Unapplied => unapplied = unapplied.checked_add(*change)?,
            LegAccount::Contra(_) => {}
        }
    }
    Ok(StatementLine {
        on: entry.dated_on,
        kind: entry.kind.clone(),
        invoices,
        unapplied,
        change: entry.change()?,
        balance,
    })
}

/// The invoices that were open at the end of the day, per currency, each with what was open on its due days: those that are open
/// now and those that were closed since, with what is open now less what was entered since. An invoice is on one page with all
/// its days, at the first of them; if that day moves while somebody turns pages, they see it twice or not at all.
fn open_items(
    then: &AccountSums,
    ask: &StatementQuery,
    read: &StatementData,
    limit: usize,
) -> Result<(Bodies, Option<StatementCursor>), MoneyError> {
    let mut found = closed_since(&read.later, ask.is_of_today());
    for head in &read.open {
        let item = found.entry(head.id.clone()).or_insert_with(|| Found::of(&head.number, head.currency()));
        for due in head.open_days().days() {
            *item.open.entry(due.on).or_default() += due.amount.minor();
        }
        item.balance = ask.is_of_today().then_some(&head.balance);
    }
    let start = match &ask.place {
        Some(StatementCursor::Item(currency, due_on, invoice)) => Some((*currency, *due_on, invoice.clone())),
        Some(StatementCursor::Line(_)) | None => None,
    };
    let placed = found.into_iter().filter_map(|(invoice, mut item)| {
        item.open.retain(|_, minor| *minor > 0);
        let first = *item.open.keys().next()?;
        Some(((item.currency, first, invoice), item))
    });
    let placed: BTreeMap<ItemKey, Found<'_>> =
        placed.filter(|(key, _)| start.as_ref().is_none_or(|start| key >= start)).collect();
    let mut bodies: Bodies =
        then.currencies().into_iter().map(|currency| (currency, StatementBody::OpenItem(Vec::new()))).collect();
    let mut rows = 0;
    for ((currency, first, invoice), item) in placed {
        if rows >= limit {
            return Ok((bodies, Some(StatementCursor::Item(currency, first, invoice))));
        }
        let items = item.rows(&invoice, ask.as_of)?;
        rows += items.len();
        if let Some(StatementBody::OpenItem(body)) = bodies.get_mut(&currency) {
            body.extend(items);
        }
    }
    Ok((bodies, None))
}

/// The place of an invoice in the list of open items: by currency, then by the first day on which something is open.
type ItemKey = (Currency, Date, InvoiceId);

/// An invoice of which something is open.
struct Found<'a> {
    number: InvoiceNumber,
    currency: Currency,
    /// Minor units by due day.
    open: BTreeMap<Date, i64>,
    /// How it stands, where that is known.
    balance: Option<&'a InvoiceBalance>,
}

impl Found<'_> {
    fn of(number: &InvoiceNumber, currency: Currency) -> Self {
        Self { number: number.clone(), currency, open: BTreeMap::new(), balance: None }
    }

    /// A row for each due day. What is on its way, and then what is contested, is of the first days; what was taken back or
    /// written off of the invoice is said once.
    fn rows(&self, invoice: &InvoiceId, as_of: Date) -> Result<Vec<OpenItem>, MoneyError> {
        let mut pending = self.balance.map(InvoiceBalance::pending);
        let mut disputed = self.balance.map(InvoiceBalance::disputed);
        let mut charged_back = self.balance.map(|balance| balance.charged_back);
        let mut written_off = self.balance.map(|balance| balance.written_off);
        let rows = self.open.iter().map(|(due_on, minor)| {
            let open = Money::new(*minor, self.currency)?;
            let pending = pending.as_mut().map(|left| take(left, open));
            let left = pending.map_or(open, |pending| open.less(pending));
            Ok(OpenItem {
                invoice: invoice.clone(),
                number: self.number.clone(),
                due_on: *due_on,
                days_overdue: days_overdue(*due_on, as_of),
                open,
                pending,
                disputed: disputed.as_mut().map(|contested| take(contested, left)),
                charged_back: charged_back.as_mut().map(take_all),
                written_off: written_off.as_mut().map(take_all),
            })
        });
        rows.collect()
    }
}

/// As much of what is left as fits.
fn take(left: &mut Money, room: Money) -> Money {
    let part = left.min(room);
    *left = left.less(part);
    part
}

/// All of what is left.
fn take_all(left: &mut Money) -> Money {
    std::mem::replace(left, Money::zero(left.currency()))
}

/// What has to be added to the open amounts now for those of the day.
fn closed_since<'a>(later: &[Entry], of_today: bool) -> BTreeMap<InvoiceId, Found<'a>> {
    let mut found: BTreeMap<InvoiceId, Found<'a>> = BTreeMap::new();
    if of_today {
        return found;
    }
    for leg in later.iter().flat_map(|entry| &entry.legs) {
        if let LegAccount::Invoice { invoice, number, due_on } = &leg.account {
            let item = found.entry(invoice.clone()).or_insert_with(|| Found::of(number, leg.change.currency()));
            *item.open.entry(*due_on).or_default() -= leg.change.minor();
        }
    }
    found
}
