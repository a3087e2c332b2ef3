//! Schedules: on which days how much of an invoice is due.

use jiff::civil::Date;

use super::DUE_DAYS_PER_INVOICE_MAX;
use crate::currency::Currency;
use crate::money::{Balance, Money, MoneyError};

/// An amount that is due on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The civil date by which it is to be paid.
    pub on: Date,
    /// How much.
    pub amount: Money,
}

/// The days on which an invoice is due, in their order, each with its amount. Together they are what the invoice demands. What
/// covers the invoice covers the first day first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    first: Due,
    further: Vec<Due>,
}

/// Why days and amounts are no schedule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleRefusal {
    /// No day, or too many.
    #[error("expected 1 to {max} due days")]
    DayCount {
        /// The most days there may be.
        max: usize,
    },
    /// A day is not later than the one before it.
    #[error("expected a day after the one before it")]
    NotAscending {
        /// The path of the day: `schedule[1].due_on`.
        field: String,
    },
    /// Nothing is due on a day, or an amount is in another currency.
    #[error("expected an amount greater than zero in {currency}")]
    Amount {
        /// The path of the amount: `schedule[1].amount`.
        field: String,
        /// The currency of the invoice.
        currency: Currency,
    },
    /// The amounts are not what the lines come to.
    #[error("expected amounts that come to {total:?}, the total of the lines and taxes")]
    OtherTotal {
        /// The total of the invoice.
        total: Money,
    },
}

impl ScheduleRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> &str {
        match self {
            Self::DayCount { .. } | Self::OtherTotal { .. } => "schedule",
            Self::NotAscending { field } | Self::Amount { field, .. } => field,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DayCount { .. } => "due_day_count",
            Self::NotAscending { .. } => "due_days_not_ascending",
            Self::Amount { .. } => "due_amount",
            Self::OtherTotal { .. } => "schedule_total",
        }
    }
}

impl Schedule {
    /// All is due on one day.
    pub fn on(day: Date, amount: Money) -> Self {
        Self { first: Due { on: day, amount }, further: Vec::new() }
    }

    /// Several days, 1 to [`DUE_DAYS_PER_INVOICE_MAX`] in ascending order, whose amounts come to `total`.
    pub fn new(days: &[Due], total: Money) -> Result<Self, ScheduleRefusal> {
        let [first, further @ ..] = days else {
            return Err(ScheduleRefusal::DayCount { max: DUE_DAYS_PER_INVOICE_MAX });
        };
        if days.len() > DUE_DAYS_PER_INVOICE_MAX {
            return Err(ScheduleRefusal::DayCount { max: DUE_DAYS_PER_INVOICE_MAX });
        }
        let field = |place: usize, name: &str| format!("schedule[{place}].{name}");
        for (place, due) in days.iter().enumerate() {
            let before = place.checked_sub(1).and_then(|before| days.get(before));
            if before.is_some_and(|before| before.on >= due.on) {
                return Err(ScheduleRefusal::NotAscending { field: field(place, "due_on") });
            }
            if due.amount.is_zero() || due.amount.currency() != total.currency() {
                let (field, currency) = (field(place, "amount"), total.currency());
                return Err(ScheduleRefusal::Amount { field, currency });
            }
        }
        let schedule = Self { first: *first, further: further.to_vec() };
        if schedule.total() != Ok(total) {
            return Err(ScheduleRefusal::OtherTotal { total });
        }
        Ok(schedule)
    }

    /// A schedule as it was kept; `None` where there is no day.
    pub fn of_days(days: &[Due]) -> Option<Self> {
        let mut days = days.to_vec();
        days.sort_by_key(|due| due.on);
        let [first, further @ ..] = days.as_slice() else { return None };
        Some(Self { first: *first, further: further.to_vec() })
    }

    /// The days, in their order.
    pub fn days(&self) -> impl Iterator<Item = Due> + '_ {
        std::iter::once(self.first).chain(self.further.iter().copied())
    }

    /// What is due on all days together.
    pub fn total(&self) -> Result<Money, MoneyError> {
        Money::sum(self.first.amount.currency(), self.days().map(|due| due.amount))
    }

    /// The last day.
    pub fn last_day(&self) -> Date {
        self.further.last().map_or(self.first.on, |due| due.on)
    }

    /// What is open on which day where so much is covered.
    pub fn open(&self, covered: Money) -> OpenDays {
        let days: Vec<Due> = self.days().collect();
        OpenDays(days).less(covered)
    }
}

/// What is open of an invoice, by due day in their order; no amount is zero, and none is open where there is no day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenDays(Vec<Due>);

impl OpenDays {
    /// Amounts by day as they were kept.
    pub fn of_days(mut days: Vec<Due>) -> Self {
        days.sort_by_key(|due| due.on);
        days.retain(|due| !due.amount.is_zero());
        Self(days)
    }

    /// The days, in their order.
    pub fn days(&self) -> &[Due] {
        &self.0
    }

    /// What is open on all days together, in the currency of the invoice.
    pub fn total(&self, currency: Currency) -> Money {
        Money::sum(currency, self.0.iter().map(|due| due.amount)).unwrap_or(Money::zero(currency))
    }

    /// The first day on which something is open.
    pub fn first_day(&self) -> Option<Date> {
        self.0.first().map(|due| due.on)
    }

    /// The last day on which something is open.
    pub fn last_day(&self) -> Option<Date> {
        self.0.last().map(|due| due.on)
    }

    /// What stays open where so much more is covered: the first day is covered first.
    #[must_use]
    pub fn less(&self, covered: Money) -> Self {
        let mut left = covered;
        let open = self.0.iter().map(|due| {
            let open = due.amount.less(left);
            left = left.less(due.amount);
            Due { on: due.on, amount: open }
        });
        Self(open.filter(|due| !due.amount.is_zero()).collect())
    }

    /// What is open on the days up to one, that day included.
    pub fn due_by(&self, day: Date, currency: Currency) -> Money {
        let due = self.0.iter().filter(|due| due.on <= day).map(|due| due.amount);
        Money::sum(currency, due).unwrap_or(Money::zero(currency))
    }

    /// By how much the open amount of each day changes if this becomes `after`; days that stay are left out.
    pub fn changes_to(&self, after: &Self) -> Vec<(Date, Balance)> {
        let mut days: Vec<Date> = self.0.iter().chain(&after.0).map(|due| due.on).collect();
        days.sort_unstable();
        days.dedup();
        let on = |open: &Self, day: Date| open.0.iter().find(|due| due.on == day).map(|due| due.amount);
        let change = |day: Date| {
            let (before, after) = (on(self, day), on(after, day));
            let currency = before.or(after)?.currency();
            let minor = |amount: Option<Money>| amount.map_or(0, Money::minor);
            let change = Balance::new(minor(after) - minor(before), currency).ok()?;
            (!change.is_zero()).then_some((day, change))
        };
        days.into_iter().filter_map(change).collect()
    }
}
