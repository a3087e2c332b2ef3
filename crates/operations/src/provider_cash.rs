//! Money that lies at a provider for one of its customers: a bank transfer that says nothing of what it is for, or is more than was asked.
//!
//! It is the payer's until the provider applies it to a payment; then it is heard of like any other. So it is in nobody's ledger here,
//! and only listed, for a person to apply or return it at the provider.

use jiff::Timestamp;
use receivables::{BusinessId, ObjectId, Provider};
use store::ProviderCash;

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

/// Asks the provider what lies there for its customer, and writes that down. What was asked before another has written is asked again, so
/// that nothing older is written over what is newer, whatever the order in which the changes are heard of.
pub(crate) async fn apply_cash_balance(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    customer: &ObjectId,
    now: Timestamp,
) -> Result<(), OperationError> {
    if !is_ours(context, b, provider, customer).await? {
        return Ok(());
    }
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let before = context.store.provider_cash(b, provider, customer).await?;
        let held = context.gateways.of(provider)?.cash_balance(customer).await?;
        if before.as_ref().map_or(held.is_empty(), |before| before.held == held) {
            return Ok(());
        }
        let version = before.map_or(0, |before| before.version) + 1;
        let cash = ProviderCash { provider, customer: customer.clone(), held, heard_at: now, version };
        if context.store.put_provider_cash(b, &cash).await? {
            return Ok(());
        }
    }
}

/// Of an account that businesses share, whose customer it is hears of it; the owner, where it is nobody's.
async fn is_ours(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    customer: &ObjectId,
) -> Result<bool, OperationError> {
    let account = context.store.provider_account(provider).await?;
    if context.store.customer_at_provider(b, provider, customer).await?.is_some() {
        return Ok(true);
    }
    for other in account.others(b) {
        if context.store.customer_at_provider(other, provider, customer).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(account.is_owned_by(b))
}
