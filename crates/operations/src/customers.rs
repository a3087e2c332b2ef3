//! Registering customers.

use jiff::Timestamp;
use receivables::customer::{self, Profile};
use receivables::{Business, Customer, CustomerId, Refusal};
use store::Commitment;

use crate::{OperationError, Rooms, commit};

/// Times a decision is taken anew because another came first.
const TRIES_MAX: u32 = 4;

/// A customer, and whether they are new.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The customer as they are now.
    pub customer: Customer,
    /// Whether they were registered by this.
    pub fresh: bool,
}

/// Registers a customer, or tells something new of the one whose external id it is.
pub async fn register_customer(
    rooms: &Rooms,
    business: &Business,
    id: CustomerId,
    profile: Profile,
    now: Timestamp,
) -> Result<Registered, OperationError> {
    for _ in 0..TRIES_MAX {
        let known = match &profile.external_id {
            Some(external) => rooms.store.customer_by_external_id(&business.id, external).await?,
            None => None,
        };
        let known = match known.or_else(|| Some(id.clone())) {
            Some(known) => rooms.store.customer(&business.id, &known).await?,
            None => None,
        };
        let (customer, decision, fresh) = if let Some(was) = known {
            match customer::change_profile(&was, profile.clone(), now) {
                Some((customer, decision)) => (customer, decision, false),
                None => return Ok(Registered { customer: was, fresh: false }),
            }
        } else {
            let (customer, decision) = customer::register(id.clone(), business.id.clone(), profile.clone(), now);
            (customer, decision, true)
        };
        match commit(rooms, &decision).await? {
            Commitment::Committed => return Ok(Registered { customer, fresh }),
            Commitment::AlreadyDone | Commitment::Conflict(_) => {}
        }
    }
    match &profile.external_id {
        Some(_) => Err(Refusal::ExternalIdTaken.into()),
        None => Err(OperationError::Conflict),
    }
}
