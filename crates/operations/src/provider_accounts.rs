//! Accounts at providers that several businesses share.
//!
//! An account has one owner among its businesses. Whatever comes by it is of one business alone: of the one whose payment, invoice
//! or customer it names, and where several could mean it, of the owner first. What names none is the owner's.

use receivables::{BusinessId, Provider, Report};
use store::ProviderAccount;

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;
use crate::outside_payments::{find_payment, is_meant};

/// Lets a business be paid through the accounts at the providers. A second business is refused until it is known whose account it
/// is: each would take the other's payouts, and the money of strangers, for its own.
pub(crate) async fn join_accounts(context: &Context, b: &BusinessId) -> Result<(), OperationError> {
    for (provider, _) in context.gateways.all() {
        let mut retry = RetryOnConflict::new(context);
        loop {
            retry.attempt().await?;
            let before = context.store.provider_account(provider).await?;
            if before.businesses.contains(b) {
                break;
            }
            if !before.businesses.is_empty() && before.named_owner.is_none() {
                let by = before.businesses.iter().map(ToString::to_string).collect::<Vec<String>>().join(", ");
                return Err(OperationError::Misconfigured(format!(
                    "the account at {provider} is used by {by} already, and none of them is named its owner: set owns_provider_account \
                     for one of them first"
                )));
            }
            let mut businesses = before.businesses.clone();
            businesses.insert(b.clone());
            if put(context, &before, ProviderAccount { businesses, ..before.clone() }).await? {
                break;
            }
        }
    }
    Ok(())
}

/// Makes a business the owner of the accounts at the providers. Says whose they are, if that is another's.
pub async fn own_accounts(context: &Context, b: &BusinessId) -> Result<Option<BusinessId>, OperationError> {
    for (provider, _) in context.gateways.all() {
        let mut retry = RetryOnConflict::new(context);
        loop {
            retry.attempt().await?;
            let before = context.store.provider_account(provider).await?;
            match &before.named_owner {
                Some(owner) if owner == b => break,
                Some(owner) => return Ok(Some(owner.clone())),
                None => {}
            }
            let mut businesses = before.businesses.clone();
            businesses.insert(b.clone());
            let after = ProviderAccount { businesses, named_owner: Some(b.clone()), ..before.clone() };
            if put(context, &before, after).await? {
                break;
            }
        }
    }
    Ok(None)
}

/// Whether a business is named the owner of its accounts at the providers.
pub async fn owns_accounts(context: &Context, b: &BusinessId) -> Result<bool, OperationError> {
    let (provider, _) = context.gateways.for_checkouts();
    Ok(context.store.provider_account(provider).await?.named_owner.as_ref() == Some(b))
}

/// Why money without a known payment is no matter of a business that shares its account at the provider; `None` where it is. It is
/// another's whose payment or customer it names, and where several could mean it, the owner's first; else it is the owner's.
pub(crate) async fn left_to_another(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    reports: &[Report],
) -> Result<Option<&'static str>, OperationError> {
    let account = context.store.provider_account(provider).await?;
    let others = account.others(b);
    if others.is_empty() {
        return Ok(None);
    }
    let is_meant_here = is_meant(context, b, provider, reports).await?;
    for other in others {
        if let Some(id) = find_payment(context, other, provider, reports).await?
            && context.store.payment(other, &id).await?.is_some()
        {
            return Ok(Some("it belongs to a payment of another business"));
        }
        let comes_first = account.owner() == Some(other) || (account.owner() != Some(b) && other < b);
        if (comes_first || !is_meant_here) && is_meant(context, other, provider, reports).await? {
            return Ok(Some("it names an invoice or a customer of another business"));
        }
    }
    let is_ours = is_meant_here || account.is_owned_by(b);
    Ok((!is_ours).then_some("what names no business is the owner's of the account at the provider"))
}

async fn put(context: &Context, before: &ProviderAccount, after: ProviderAccount) -> Result<bool, OperationError> {
    let after = ProviderAccount { version: before.version + 1, ..after };
    Ok(context.store.put_provider_account(&after).await?)
}
