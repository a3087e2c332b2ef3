//! Money at the provider that is no matter of the portal: said by a person here, and by rules when it is heard of
//! (`outside_payments`).

use jiff::Timestamp;
use receivables::not_ours::NotOursBecause;
use receivables::{BusinessId, ObjectId};
use store::{OwnershipChange, OwnershipOutcome, Unidentified};

use crate::commit::{RetryOnConflict, action_commit_context};
use crate::context::Context;
use crate::error::OperationError;

/// Says that money without a known customer is not ours. It leaves the list, is kept, and can still be identified. What moved of it
/// leaves its account in the journal on that day, once the next sweep has looked.
pub async fn dismiss(
    context: &Context,
    b: &BusinessId,
    carrier: &ObjectId,
    reason: &str,
    now: Timestamp,
) -> Result<Unidentified, OperationError> {
    change(context, b, carrier, Some(NotOursBecause::Person(reason.to_owned())), now).await
}

/// Takes that back: its customer is to be found after all.
pub async fn restore(
    context: &Context,
    b: &BusinessId,
    carrier: &ObjectId,
    now: Timestamp,
) -> Result<Unidentified, OperationError> {
    change(context, b, carrier, None, now).await
}

async fn change(
    context: &Context,
    b: &BusinessId,
    carrier: &ObjectId,
    because: Option<NotOursBecause>,
    now: Timestamp,
) -> Result<Unidentified, OperationError> {
    let also = action_commit_context(context);
    for (provider, _) in context.gateways.all() {
        let mut retry = RetryOnConflict::new(context);
        loop {
            let at = retry.attempt_at(now).await?;
            let change = OwnershipChange { business: b, provider, carrier, because: because.clone(), at };
            match context.store.commit_ownership(&change, &also).await? {
                OwnershipOutcome::Changed | OwnershipOutcome::AlreadySo => {
                    // Also after a request that ended between: the list is put right again.
                    if because.is_none() {
                        context.store.look_for_owner_again(b, provider, carrier).await?;
                    }
                    let money = context.store.unidentified_money(b, provider, carrier).await?;
                    return money.ok_or(OperationError::NotFound);
                }
                OwnershipOutcome::Conflict => {}
                OwnershipOutcome::Belongs(_) | OwnershipOutcome::Absent => break,
            }
        }
    }
    Err(OperationError::NotFound)
}
