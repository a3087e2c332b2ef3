//! Registering customers.

use jiff::Timestamp;
use receivables::customer::{self, Profile, RegisterRefusal};
use receivables::{Business, Customer, CustomerId};
use store::CommitOutcome;

use crate::{Context, OperationError, commit};

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
    context: &Context,
    business: &Business,
    id: CustomerId,
    profile: Profile,
    now: Timestamp,
) -> Result<Registered, OperationError> {
    for _ in 0..TRIES_MAX {
        let known = match &profile.external_id {
            Some(external) => context.store.customer_by_external_id(&business.id, external).await?,
            None => None,
        };
        let known = match known.or_else(|| Some(id.clone())) {
            Some(known) => context.store.customer(&business.id, &known).await?,
            None => None,
        };
        let (customer, decision, fresh) = if let Some(before) = known {
            match customer::change_profile(&before, profile.clone(), now) {
                Some((customer, decision)) => (customer, decision, false),
                None => return Ok(Registered { customer: before, fresh: false }),
            }
        } else {
            let (customer, decision) = customer::register(id.clone(), business.id.clone(), profile.clone(), now);
            (customer, decision, true)
        };
        match commit(context, &decision).await? {
            CommitOutcome::Committed => return Ok(Registered { customer, fresh }),
            CommitOutcome::AlreadyDone | CommitOutcome::Conflict(_) => {}
        }
    }
    match &profile.external_id {
        Some(_) => Err(RegisterRefusal::ExternalIdTaken.into()),
        None => Err(OperationError::Conflict),
    }
}
