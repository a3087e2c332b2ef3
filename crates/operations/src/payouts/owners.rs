//! Whose each movement at the provider is: of a payment here, of another business that shares the account, or of nobody known.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use receivables::payout::{BalanceTransaction, PayoutState, prove};
use receivables::{Balance, BusinessId, ObjectId, Payment, PaymentId, Provider, journal};
use store::{Ownership, Page, Payout, ProviderTransaction};

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

/// For how long the owner of a movement is looked for: a year, which is what an export may span.
const LOOKED_FOR: SignedDuration = SignedDuration::from_hours(24 * 366);
/// Movements whose owners are looked for at a time.
const PAGE: usize = 100;

/// A movement as the provider has just listed it.
pub(super) fn found(
    context: &Context,
    transaction: BalanceTransaction,
    payout: Option<ObjectId>,
) -> ProviderTransaction {
    ProviderTransaction {
        transaction,
        payout,
        recorded_at: context.store.now(),
        payment: None,
        fact: None,
        taken_over_at: None,
        ownership: None,
        other_business: None,
        holder: None,
    }
}

/// Whose each movement is. What belongs to payments of other businesses that share the account is given to them, as their part of
/// the payout that it is of, and known to be theirs.
pub(super) async fn split(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    transactions: Vec<ProviderTransaction>,
) -> Result<Vec<ProviderTransaction>, OperationError> {
    let sources: BTreeSet<ObjectId> = transactions.iter().filter_map(|one| one.transaction.source.clone()).collect();
    let owners = Owners::of(context, b, provider, &sources).await?;
    let account = context.store.provider_account(provider).await?;
    let mut theirs: BTreeMap<ObjectId, BusinessId> = BTreeMap::new();
    for other in account.others(b) {
        let owners = Owners::of(context, other, provider, &sources).await?;
        let parts = transactions.iter().map(|one| owners.matched(one.clone())).filter(|one| one.payment.is_some());
        let parts = parts.map(|one| ProviderTransaction { holder: Some(b.clone()), ..one });
        let parts: Vec<ProviderTransaction> = parts.collect();
        context.store.put_new_transactions(other, provider, &parts).await?;
        let payouts: BTreeSet<&ObjectId> = parts.iter().filter_map(|part| part.payout.as_ref()).collect();
        for payout in payouts {
            if let Some(payout) = context.store.payout(b, provider, payout).await? {
                give_part(context, b, other, &payout).await?;
            }
        }
        theirs.extend(parts.into_iter().map(|part| (part.transaction.id, other.clone())));
    }
    let all: Vec<ProviderTransaction> = transactions.into_iter().map(|one| owners.matched(one)).collect();
    let strange = |one: &&ProviderTransaction| one.payment.is_none() || one.taken_over_at.is_some();
    let sources = all.iter().filter(strange).filter_map(|one| one.transaction.source.clone()).collect();
    let said = context.store.ownership_of(b, provider, &sources).await?;
    let all = all.into_iter().map(|one| {
        let of_source = one.transaction.source.as_ref().and_then(|source| said.get(source));
        let ownership = of_source.cloned();
        let other_business = theirs.get(&one.transaction.id).filter(|_| one.payment.is_none()).cloned();
        ProviderTransaction { other_business, ownership, ..one }
    });
    Ok(all.collect())
}

/// Gives another business its part of a payout: what the transactions of its payments come to.
async fn give_part(
    context: &Context,
    b: &BusinessId,
    other: &BusinessId,
    payout: &Payout,
) -> Result<(), OperationError> {
    let store = &context.store;
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let before = store.payout(other, payout.provider, &payout.id).await?;
        let kept = store.payout_transactions(other, payout.provider, &payout.id).await?;
        let zero = Balance::zero(payout.state.amount.currency());
        let amount = kept.iter().try_fold(zero, |sum, one| sum.checked_add(one.transaction.net));
        let amount = amount.map_err(|error| OperationError::Defect(format!("payout {}: {error}", payout.id)))?;
        let state = PayoutState { amount, ..payout.state.clone() };
        let whole: Vec<BalanceTransaction> = kept.into_iter().map(|one| one.transaction).collect();
        let proof = prove(&payout.id, amount, &whole).ok();
        let version = before.map_or(0, |before| before.version) + 1;
        let part = Payout { state, proof, part_of: Some(b.clone()), reading: None, version, ..payout.clone() };
        if store.put_payout(other, &part).await? {
            return Ok(());
        }
    }
}

/// Matches movements whose payments became known after them: a sweep reads the newest events first.
pub(crate) async fn match_transactions(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    now: Timestamp,
) -> Result<(), OperationError> {
    let since = now.saturating_sub(LOOKED_FOR).unwrap_or(Timestamp::MIN);
    let mut page = Page::first(PAGE);
    loop {
        let unknown = context.store.unmatched_transactions(b, provider, since, &page).await?;
        let before = unknown.items.iter().map(|one| (one.transaction.id.clone(), one.ownership.clone()));
        let before: BTreeMap<ObjectId, Option<Ownership>> = before.collect();
        let mut matched = split(context, b, provider, unknown.items).await?;
        matched.retain(|one| one.is_known() || before.get(&one.transaction.id) != Some(&one.ownership));
        context.store.match_transactions(b, provider, &matched).await?;
        let Some(cursor) = unknown.next_cursor else { return Ok(()) };
        page = Page { limit: PAGE, cursor: Some(cursor) };
    }
}

/// Whose the sources of some movements are.
struct Owners {
    of_source: BTreeMap<ObjectId, (PaymentId, Option<String>)>,
    payments: BTreeMap<PaymentId, Payment>,
}

impl Owners {
    async fn of(
        context: &Context,
        b: &BusinessId,
        provider: Provider,
        sources: &BTreeSet<ObjectId>,
    ) -> Result<Self, OperationError> {
        let of_source = context.store.payments_of_objects(b, provider, sources).await?;
        let ids = of_source.values().map(|(payment, _)| payment.clone()).collect();
        let payments = context.store.payment_heads(b, &ids).await?;
        Ok(Self { of_source, payments })
    }

    /// The movement with what an export asks of its payment, so that it need not ask again.
    fn matched(&self, one: ProviderTransaction) -> ProviderTransaction {
        let owner = one.transaction.source.as_ref().and_then(|source| self.of_source.get(source));
        let payment = owner.and_then(|(payment, _)| self.payments.get(payment));
        let taken_over = payment.filter(|payment| journal::was_unidentified(payment, &one.transaction));
        ProviderTransaction {
            payment: payment.map(|payment| payment.id().clone()),
            fact: payment.and(owner).and_then(|(_, fact)| fact.clone()),
            taken_over_at: taken_over.map(Payment::started_at),
            ..one
        }
    }
}
