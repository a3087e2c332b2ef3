//! Dates and the zone they are counted in.
//!
//! A due date is a civil date. Whether it has passed is asked of a date in the billing zone, never of an instant.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// The time zone in which a business counts its days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillingZone(TimeZone);

/// Why a text is not a time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a time zone of the IANA database such as Europe/Paris")]
pub struct ZoneError;

impl BillingZone {
    /// The zone of an IANA name.
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        TimeZone::get(name).map(Self).map_err(|_| ZoneError)
    }

    /// The IANA name.
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The civil date there is at an instant.
    pub fn date_at(&self, at: Timestamp) -> Date {
        at.to_zoned(self.0.clone()).date()
    }

    /// The first instant of a civil date there. Where clocks leave midnight out, the day begins later.
    pub fn start_of(&self, date: Date) -> Timestamp {
        // Only the first and the last days there are have no instants everywhere.
        let end = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        date.to_zoned(self.0.clone()).map_or(end, |start| start.timestamp())
    }
}

/// How many days a date has passed by on another; zero on the day itself and before.
pub fn days_overdue(due_on: Date, today: Date) -> u32 {
    days_between(due_on, today).try_into().unwrap_or(0)
}

/// Whole days from one date to another; negative where the other is earlier.
pub fn days_between(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}

/// A date so many days later, or the last date there is.
pub fn days_after(date: Date, days: u16) -> Date {
    date.saturating_add(jiff::Span::new().days(i64::from(days)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_invoice_is_overdue_from_the_next_local_midnight_in_any_zone() {
        let due_on = date(2026, 3, 28);
        for (zone, last_instant_of_the_day) in [
            ("Pacific/Honolulu", "2026-03-29T09:59:59.999Z"),
            ("Europe/Paris", "2026-03-28T22:59:59.999Z"),
            ("Pacific/Kiritimati", "2026-03-28T09:59:59.999Z"),
        ] {
            let zone = BillingZone::named(zone).unwrap();
            let instant: Timestamp = last_instant_of_the_day.parse().unwrap();
            assert_eq!(days_overdue(due_on, zone.date_at(instant)), 0, "{zone:?}");
            let next = instant + jiff::SignedDuration::from_millis(1);
            assert_eq!(days_overdue(due_on, zone.date_at(next)), 1, "{zone:?}");
        }
    }

    #[test]
    fn a_zone_must_be_one_that_exists() {
        assert_eq!(BillingZone::named("Europe/Pari"), Err(ZoneError));
        assert_eq!(BillingZone::named("America/Toronto").unwrap().name(), "America/Toronto");
    }
}
