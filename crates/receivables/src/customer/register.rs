//! Registering customers and changing what is known of them.

use jiff::Timestamp;

use super::{Customer, Profile};
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::{BusinessId, CustomerId};

/// Why a customer was not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegisterRefusal {
    /// The external id is another customer's.
    #[error("expected an external_id that no other has")]
    ExternalIdTaken,
}

impl RegisterRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::ExternalIdTaken => Some("external_id"),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ExternalIdTaken => "external_id_taken",
        }
    }
}

/// Registers a customer that the business names for the first time.
pub fn register(id: CustomerId, business: BusinessId, profile: Profile, now: Timestamp) -> (Customer, Decision) {
    let customer = Customer { id, business, profile, created_at: now, version: 1 };
    let decision = Decision::new(customer.business.clone(), customer.id.clone(), now)
        .with_change(Change::CustomerRegistered(customer.clone()))
        .with_facts(customer.id.as_str(), 1, [FactKind::CustomerRegistered]);
    (customer, decision)
}

/// Changes the profile of a customer. `None` where it is the one that is known.
pub fn change_profile(before: &Customer, profile: Profile, now: Timestamp) -> Option<(Customer, Decision)> {
    if before.profile == profile {
        return None;
    }
    let customer = Customer { profile, version: before.version + 1, ..before.clone() };
    let decision = Decision::new(customer.business.clone(), customer.id.clone(), now)
        .with_change(Change::ProfileChanged { before: before.clone(), after: customer.clone() });
    Some((customer, decision))
}
