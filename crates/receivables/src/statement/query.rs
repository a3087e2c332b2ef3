//! The request for a statement: a period, a day as of which the account stands, a kind, and which page.
//!
//! Page, file and API read the same words here, so that they cannot differ in what they take or in what they leave out.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::standing::{AgeingEdges, EdgesError};
use crate::calendar::days_between;
use crate::currency::Currency;
use crate::ids::InvoiceId;

/// Months shown where no period is asked for, besides the present one.
pub const MONTHS_USUAL: i32 = 3;
/// Days of the longest period.
pub const PERIOD_DAYS_MAX: i32 = 366 * 10;
/// Lines on a page for people. An account that is a month old with a thing a day fills it, and no older one reads more.
pub const STATEMENT_LINES_PER_PAGE: usize = 30;
/// Characters of the name of an entry, at most, in the text of a place.
const NAME_CHARS_MAX: usize = 200;
/// What stands between the parts of a place: no part has it, and an address needs no escape for it.
const BETWEEN: char = '~';

/// A first and a last day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

impl Period {
    /// The period between two days, the last not before the first and at most ten years later.
    pub fn new(from: Date, to: Date) -> Result<Self, QueryFault> {
        match days_between(from, to) {
            i32::MIN..0 => Err(QueryFault::FromAfterTo),
            0..PERIOD_DAYS_MAX => Ok(Self { from, to }),
            _ => Err(QueryFault::TooLong),
        }
    }

    /// The period that ends on a day where nothing is said: its month and the three before it.
    pub fn usual(to: Date) -> Self {
        let from = to.first_of_month().saturating_sub(jiff::Span::new().months(MONTHS_USUAL));
        Self { from, to }
    }
}

/// What a statement shows of what is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatementKind {
    /// The balance before, what happened, the balance after.
    #[default]
    BalanceForward,
    /// Every invoice that is open.
    OpenItem,
}

impl StatementKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::BalanceForward, Self::OpenItem];

    /// The word in addresses and in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BalanceForward => "balance_forward",
            Self::OpenItem => "open_item",
        }
    }

    fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What is wrong with a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryFault {
    /// A text that is no date, in the field of this name.
    #[error("expected a date of the form YYYY-MM-DD")]
    NotADate(&'static str),
    /// The first day is after the last.
    #[error("expected a day on or before to")]
    FromAfterTo,
    /// The period is too long.
    #[error("expected a day at most ten years before to")]
    TooLong,
    /// The day as of which the account shall stand has not come.
    #[error("expected today or a day before it")]
    AsOfAhead,
    /// The day as of which the account shall stand comes before all that is to be shown.
    #[error("expected a day on or after from")]
    AsOfBeforeFrom,
    /// No kind of statement.
    #[error("expected balance_forward or open_item")]
    Kind,
    /// No edges of ageing.
    #[error("{0}")]
    Edges(EdgesError),
    /// No place in such a statement.
    #[error("expected the place where a page of this very statement ended")]
    Cursor,
}

impl QueryFault {
    /// The field that is at fault.
    pub fn field(self) -> &'static str {
        match self {
            Self::NotADate(field) => field,
            Self::FromAfterTo | Self::TooLong => "from",
            Self::AsOfAhead | Self::AsOfBeforeFrom => "as_of",
            Self::Kind => "kind",
            Self::Edges(_) => "edges",
            Self::Cursor => "cursor",
        }
    }
}

/// The parameters of a request, as texts. An empty one counts as left out, as forms send them.
#[derive(Clone, Copy, Debug, Default)]
pub struct QueryTexts<'a> {
    /// The first day.
    pub from: Option<&'a str>,
    /// The last day.
    pub to: Option<&'a str>,
    /// The day as of which the account shall stand.
    pub as_of: Option<&'a str>,
    /// The word of a kind.
    pub kind: Option<&'a str>,
    /// Days, with commas between them.
    pub edges: Option<&'a str>,
    /// The cursor of the page, as [`StatementCursor`] writes it.
    pub place: Option<&'a str>,
}

/// A request for a page of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementQuery {
    /// From when to when. Of open items only the day as of which they stand is asked.
    pub period: Period,
    /// The day at whose end the account shall stand; nothing later is shown. The end of the period where nothing is said.
    pub as_of: Date,
    /// The day it is.
    pub today: Date,
    /// Whether it shows what happened or what is open.
    pub kind: StatementKind,
    /// The edges of the ageing.
    pub edges: AgeingEdges,
    /// Where the page begins, if not at the beginning.
    pub place: Option<StatementCursor>,
    /// Lines of the page at most; none for the whole.
    pub lines: Option<usize>,
}

impl StatementQuery {
    /// The request without parameters.
    pub fn usual(today: Date) -> Self {
        Self {
            period: Period::usual(today),
            as_of: today,
            today,
            kind: StatementKind::default(),
            edges: AgeingEdges::default(),
            place: None,
            lines: Some(STATEMENT_LINES_PER_PAGE),
        }
    }

    /// Reads the parameters, or lists all that is wrong with them.
    pub fn read(texts: &QueryTexts<'_>, today: Date) -> Result<Self, Vec<QueryFault>> {
        let mut faults = Vec::new();
        let from = date("from", texts.from, &mut faults);
        let to = date("to", texts.to, &mut faults);
        let as_of = date("as_of", texts.as_of, &mut faults);
        let kind = filled(texts.kind).map(|word| StatementKind::of_word(word).ok_or(QueryFault::Kind));
        let kind = noted(kind, &mut faults).unwrap_or_default();
        let edges = filled(texts.edges).map(|days| days.parse().map_err(QueryFault::Edges));
        let edges = noted(edges, &mut faults).unwrap_or_default();
        let place = noted(filled(texts.place).map(|place| StatementCursor::read(kind, place)), &mut faults);
        if as_of.is_some_and(|as_of| as_of > today) {
            faults.push(QueryFault::AsOfAhead);
        }
        let to = to.or(as_of).unwrap_or(today);
        let period = from.map_or(Ok(Period::usual(to)), |from| Period::new(from, to));
        // Open items are those of the day, whatever the period.
        let from_day = period.map(|period| period.from).ok().filter(|_| kind == StatementKind::BalanceForward);
        if as_of.zip(from_day).is_some_and(|(as_of, from)| as_of < from) {
            faults.push(QueryFault::AsOfBeforeFrom);
        }
        match period {
            Ok(period) if faults.is_empty() => {
                let as_of = as_of.unwrap_or(to.min(today));
                let lines = Some(STATEMENT_LINES_PER_PAGE);
                Ok(Self { period, as_of, today, kind, edges, place, lines })
            }
            Ok(_) => Err(faults),
            Err(fault) => {
                faults.push(fault);
                Err(faults)
            }
        }
    }

    /// The whole of it, without pages.
    #[must_use]
    pub fn whole(self) -> Self {
        Self { place: None, lines: None, ..self }
    }

    /// Whether the account shall stand as it does now. Only then is it known what is pending and disputed: the ledger
    /// says what was open on a day, not what was on its way or contested then.
    pub fn is_of_today(&self) -> bool {
        self.as_of >= self.today
    }

    /// The last day of which anything is shown.
    pub fn last_day(&self) -> Date {
        match self.kind {
            StatementKind::BalanceForward => self.period.to.min(self.as_of),
            StatementKind::OpenItem => self.as_of,
        }
    }

    /// The first day of which nothing is shown any more; none where everything up to now may be, since nothing is dated ahead.
    pub fn until(&self) -> Option<Date> {
        let last = self.last_day();
        if last >= self.today { None } else { last.tomorrow().ok() }
    }
}

fn filled(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn noted<T>(read: Option<Result<T, QueryFault>>, faults: &mut Vec<QueryFault>) -> Option<T> {
    read.and_then(|read| read.map_err(|fault| faults.push(fault)).ok())
}

fn date(field: &'static str, text: Option<&str>, faults: &mut Vec<QueryFault>) -> Option<Date> {
    // The library reads more forms than one; ours has ten characters.
    let read = |text: &str| if text.len() == "2026-03-01".len() { text.parse().ok() } else { None };
    noted(filled(text).map(|text| read(text).ok_or(QueryFault::NotADate(field))), faults)
}

/// Where a page begins: at a line of the ledger, going back, or at an open item, going on by currency and due date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementCursor {
    /// The key of the entry of its newest line.
    Line(String),
    /// Its first open item.
    Item(Currency, Date, InvoiceId),
}

impl StatementCursor {
    /// Reads the place of a page of a kind.
    pub fn read(kind: StatementKind, text: &str) -> Result<Self, QueryFault> {
        let parts: Vec<&str> = text.split(BETWEEN).collect();
        let place = match (kind, parts.as_slice()) {
            (StatementKind::BalanceForward, [dated_on, recorded_at, name]) => {
                let good = dated_on.parse::<Date>().is_ok_and(|day| day.to_string() == *dated_on)
                    && recorded_at.parse::<Timestamp>().is_ok_and(|at| format!("{at:.3}") == *recorded_at)
                    && (1..=NAME_CHARS_MAX).contains(&name.len())
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.:/".contains(&byte));
                good.then(|| Self::Line(parts.join("#")))
            }
            (StatementKind::OpenItem, [currency, due_on, invoice]) => {
                match (currency.parse(), due_on.parse(), invoice.parse()) {
                    (Ok(currency), Ok(due_on), Ok(invoice)) => Some(Self::Item(currency, due_on, invoice)),
                    _ => None,
                }
            }
            (StatementKind::BalanceForward | StatementKind::OpenItem, _) => None,
        };
        place.ok_or(QueryFault::Cursor)
    }
}

/// As it stands in an address.
impl fmt::Display for StatementCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(key) => f.write_str(&key.replace('#', "~")),
            Self::Item(currency, due_on, invoice) => write!(f, "{currency}{BETWEEN}{due_on}{BETWEEN}{invoice}"),
        }
    }
}
