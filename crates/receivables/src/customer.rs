//! The customer: the party that owes, with one account.

use std::collections::BTreeMap;

use jiff::Timestamp;

mod register;

pub use register::{RegisterRefusal, change_profile, register};

use crate::ids::{BusinessId, CustomerId};
use crate::locale::Locale;
use crate::provider_object::{ObjectId, Provider};
use crate::text::{EmailAddress, ExternalId, PartyName};

/// A customer of a business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Our id; also the account's.
    pub id: CustomerId,
    /// The business that it belongs to.
    pub business: BusinessId,
    /// What the business tells us of them.
    pub profile: Profile,
    /// The instant at which they were registered.
    pub created_at: Timestamp,
    /// Counts the changes; a change is only written over the version it was decided on.
    pub version: u64,
}

/// What the business tells us of a customer, and may tell again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The business's own id of them, unique within the business.
    pub external_id: Option<ExternalId>,
    /// Their name, as pages and mails address them.
    pub name: PartyName,
    /// Where reminders and receipts go, and who may sign in.
    pub email: Option<EmailAddress>,
    /// The language and habits of writing for their pages and mails, where it is known.
    pub locale: Option<Locale>,
    /// Their ids at payment providers, where they exist there already.
    pub provider_ids: BTreeMap<Provider, ObjectId>,
}
