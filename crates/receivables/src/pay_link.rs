//! Pay links: who holds one may see and pay what it names, and nothing else.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::days_after;
use crate::ids::{BusinessId, CustomerId, InvoiceId, PayLinkId};

/// Days after the due date until which a pay link opens, where nothing else is said.
pub const VALID_AFTER_DUE_DAYS: u16 = 90;

/// A pay link. Its token is derived from its id by `operations` and stored only as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayLink {
    /// Our id, unique over all businesses.
    pub id: PayLinkId,
    /// The business that it belongs to.
    pub business: BusinessId,
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// What its holder may see and pay.
    pub scope: Scope,
    /// The last day on which it opens.
    pub expires_on: Date,
    /// When it was taken back.
    pub revoked_at: Option<Timestamp>,
    /// SHA-256 of the token, in lower-case hexadecimal.
    pub token_hash: String,
}

/// What a pay link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One invoice and the form that pays it.
    Invoice(InvoiceId),
}

impl PayLink {
    /// Whether it opens on a day.
    pub fn opens_on(&self, today: Date) -> bool {
        self.revoked_at.is_none() && today <= self.expires_on
    }
}

/// The day a link to an invoice expires where nothing else is said: 90 days after it is due, or after today where it was
/// due long ago already.
pub fn default_expiry(due_on: Date, today: Date) -> Date {
    days_after(due_on.max(today), VALID_AFTER_DUE_DAYS)
}

/// Why a pay link was not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkRefusal {
    /// It would expire before it is issued.
    #[error("expected a day on or after {today}")]
    DayPassed {
        /// The path of the day in the command.
        field: String,
        /// Today in the business's time zone.
        today: Date,
    },
}

impl LinkRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::DayPassed { field, .. } => Some(field),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::DayPassed { .. } => "day_passed",
        }
    }
}
