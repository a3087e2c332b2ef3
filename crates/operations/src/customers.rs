//! Registering customers.

use jiff::Timestamp;
use receivables::customer::{self, Profile, RegisterRefusal};
use receivables::{Business, Customer, CustomerId};
use store::CommitOutcome;

use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;

/// A customer, and whether they are new.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The customer as stored now.
    pub customer: Customer,
    /// Whether this call registered them.
    pub fresh: bool,
}

/// Registers a customer, or changes the profile of the one whose external id it is.
pub async fn register_customer(
    context: &Context,
    business: &Business,
    id: CustomerId,
    profile: Profile,
    now: Timestamp,
) -> Result<Registration, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = match retry.attempt_at(now).await {
            // Another customer has the external id, so trying again would not help.
            Err(OperationError::Conflict) if profile.external_id.is_some() => {
                return Err(RegisterRefusal::ExternalIdTaken.into());
            }
            attempt => attempt?,
        };
        let known = match &profile.external_id {
            Some(external) => context.store.customer_by_external_id(&business.id, external).await?,
            None => None,
        };
        let known = context.store.customer(&business.id, known.as_ref().unwrap_or(&id)).await?;
        let (customer, decision, fresh) = if let Some(before) = known {
            match customer::change_profile(&before, profile.clone(), now) {
                Some((customer, decision)) => (customer, decision, false),
                None => return Ok(Registration { customer: before, fresh: false }),
            }
        } else {
            let (customer, decision) = customer::register(id.clone(), business.id.clone(), profile.clone(), now);
            (customer, decision, true)
        };
        match commit(context, &decision).await? {
            CommitOutcome::Committed => return Ok(Registration { customer, fresh }),
            CommitOutcome::AlreadyDone | CommitOutcome::Conflict(_) => {}
        }
    }
}
