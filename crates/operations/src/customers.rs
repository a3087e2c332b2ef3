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
pub struct Registered {
    /// The customer as they are now.
    pub customer: Customer,
    /// Whether they were registered by this.
    pub fresh: bool,
}

/// Registers a customer, or changes the profile of the one whose external id it is.
pub async fn register_customer(
    context: &Context,
    business: &Business,
    id: CustomerId,
    profile: Profile,
    now: Timestamp,
) -> Result<Registered, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        match retry.attempt().await {
            // Another customer keeps the external id: that is no matter of trying again.
            Err(OperationError::Conflict) if profile.external_id.is_some() => {
                return Err(RegisterRefusal::ExternalIdTaken.into());
            }
            attempt => attempt?,
        }
        let known = match &profile.external_id {
            Some(external) => context.store.customer_by_external_id(&business.id, external).await?,
            None => None,
        };
        let known = context.store.customer(&business.id, known.as_ref().unwrap_or(&id)).await?;
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
}
