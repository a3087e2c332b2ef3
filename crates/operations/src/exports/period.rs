//! The days that an export is of.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use receivables::{BillingZone, Business, BusinessId};

/// Days in a zone of a business.
#[derive(Clone, Debug)]
pub(super) struct ExportPeriod {
    pub(super) business: BusinessId,
    pub(super) zone: BillingZone,
    pub(super) from: Date,
    pub(super) to: Date,
}

impl ExportPeriod {
    pub(super) fn of(business: &Business, from: Date, to: Date) -> Self {
        Self { business: business.id.clone(), zone: business.time_zone.clone(), from, to }
    }

    pub(super) fn has(&self, at: Timestamp) -> bool {
        (self.from..=self.to).contains(&self.zone.date_at(at))
    }

    /// The first instant after it.
    pub(super) fn end(&self) -> Timestamp {
        self.to.tomorrow().map_or(Timestamp::MAX, |next| self.zone.start_of(next))
    }

    /// The first day of each month that it touches.
    pub(super) fn months_by_day(&self) -> Vec<Date> {
        let next = |month: &Date| month.checked_add(Span::new().months(1)).ok();
        std::iter::successors(Some(self.from.first_of_month()), next).take_while(|month| *month <= self.to).collect()
    }

    /// The first instant of each UTC month that it touches.
    pub(super) fn months(&self) -> Vec<Timestamp> {
        let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
        let (mut month, last) = (day(self.zone.start_of(self.from)).first_of_month(), day(self.end()));
        let mut found = Vec::new();
        while month <= last {
            found.extend(month.to_zoned(TimeZone::UTC).map(|first| first.timestamp()));
            let Ok(next) = month.checked_add(Span::new().months(1)) else { break };
            month = next;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_read_in_every_month_that_it_touches() {
        for (zone, from, to, expected) in [
            ("UTC", "2026-03-01", "2026-03-31", "202603 202604"),
            ("Europe/Paris", "2026-03-02", "2026-03-02", "202603"),
            // Its last day begins in one UTC month and ends in the next; the clocks were changed between.
            ("Europe/Paris", "2026-03-01", "2026-04-01", "202602 202603 202604"),
            ("Pacific/Auckland", "2026-03-31", "2026-04-01", "202603 202604"),
            ("America/New_York", "2026-12-31", "2026-12-31", "202612 202701"),
        ] {
            let zone = BillingZone::named(zone).unwrap();
            let business = "biz_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap();
            let period = ExportPeriod { business, zone, from: from.parse().unwrap(), to: to.parse().unwrap() };
            let months: Vec<String> = period.months().iter().map(|at| at.strftime("%Y%m").to_string()).collect();
            assert_eq!(months.join(" "), expected, "{period:?}");
        }
    }
}
