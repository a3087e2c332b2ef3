//! The customer: the party that owes, with one account.

use jiff::Timestamp;

use crate::decision::{Change, Decision};
use crate::fact::{Fact, FactKind};
use crate::ids::{BusinessId, CustomerId};
use crate::locale::Locale;
use crate::provider_object::ObjectId;
use crate::text::{EmailAddress, ExternalId, PartyName};

/// A customer of a business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// Our id; also the account's.
    pub id: CustomerId,
    /// Whose customer.
    pub business: BusinessId,
    /// What the business tells us of them.
    pub profile: Profile,
    /// When we first heard of them.
    pub created_at: Timestamp,
    /// Counts the changes; a change is only written over the version it was decided on.
    pub version: u64,
}

/// What the business tells us of a customer, and may tell again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The business's own id of them, unique within the business.
    pub external_id: Option<ExternalId>,
    /// Their name.
    pub name: PartyName,
    /// Where reminders and receipts go, and who may sign in.
    pub email: Option<EmailAddress>,
    /// How they read.
    pub locale: Option<Locale>,
    /// Their id at Stripe, where they exist there already.
    pub stripe_id: Option<ObjectId>,
}

/// A customer the business tells us of for the first time.
pub fn register(id: CustomerId, business: BusinessId, profile: Profile, now: Timestamp) -> (Customer, Decision) {
    let customer = Customer { id, business, profile, created_at: now, version: 1 };
    let fact = Fact::new(customer.id.as_str(), 1, 0, now, FactKind::CustomerRegistered);
    let decision = Decision {
        business: customer.business.clone(),
        customer: customer.id.clone(),
        at: now,
        changes: vec![Change::CustomerRegistered(customer.clone())],
        entry: None,
        handed_to: None,
        facts: vec![fact],
    };
    (customer, decision)
}

/// The business tells us something new of a customer. `None` where it is what we knew.
pub fn change_profile(before: &Customer, profile: Profile, now: Timestamp) -> Option<(Customer, Decision)> {
    if before.profile == profile {
        return None;
    }
    let customer = Customer { profile, version: before.version + 1, ..before.clone() };
    let decision = Decision {
        business: customer.business.clone(),
        customer: customer.id.clone(),
        at: now,
        changes: vec![Change::ProfileChanged { before: before.clone(), after: customer.clone() }],
        entry: None,
        handed_to: None,
        facts: Vec::new(),
    };
    Some((customer, decision))
}
