//! Payouts: what the provider pays to the bank, proved by its transactions, each matched to its payment.
//!
//! A payout may have fifty thousand transactions, so its list is read in steps, as due work.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use receivables::payout::{BalanceTransaction, PayoutRank, PayoutReport, PayoutState, prove};
use receivables::{Balance, BusinessId, ObjectId, Payment, PaymentId, Provider, journal};
use store::{Page, Payout, PayoutReading, PayoutTransaction};

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

/// The latest payouts in which unknown payments are looked up again: a month of daily ones.
const PAYOUTS_MATCHED_MAX: usize = 31;
/// Pages of a list that one step reads, of a hundred transactions each: some seconds.
const PAGES_PER_STEP: usize = 10;

/// Applies a report about a payout. Once it is paid or complete, its transactions are due to be read; again when the bank returns
/// it.
pub(crate) async fn apply_payout_report(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    report: &PayoutReport,
    now: Timestamp,
) -> Result<(), OperationError> {
    // Of an account that businesses share, its owner gets the payouts, and gives the others their part.
    if !context.store.provider_account(provider).await?.is_owned_by(b) {
        return Ok(());
    }
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let before = context.store.payout(b, provider, &report.payout).await?;
        let mut payout = before.clone().unwrap_or_else(|| Payout {
            provider,
            id: report.payout.clone(),
            state: report.state.clone(),
            proof: None,
            unlisted: false,
            part_of: None,
            heard_at: now,
            reading: None,
            version: 0,
        });
        payout.state.merge(&report.state);
        let rank = payout.state.rank;
        let came = payout.state.reconciled || rank >= PayoutRank::Paid;
        let came_back = rank >= PayoutRank::Cancelled && before.as_ref().is_none_or(|before| before.state.rank < rank);
        let proved = payout.proof.as_ref().is_some_and(|proof| proof.holds);
        if came && !payout.state.manual && (came_back || !proved) {
            payout.reading.get_or_insert(PayoutReading { due_at: now, after: None });
        }
        if before.as_ref() == Some(&payout) {
            return Ok(());
        }
        payout.version += 1;
        if context.store.put_payout(b, &payout).await? {
            return Ok(());
        }
    }
}

/// Reads some pages of a payout's transactions and keeps those that are new; at the end of the list the payout is proved. A payout
/// for which the provider lists no transactions is kept without a proof. What another has changed meanwhile stays; then the step
/// is made again.
pub(crate) async fn read_payout(
    context: &Context,
    b: &BusinessId,
    payout: Payout,
    now: Timestamp,
) -> Result<(), OperationError> {
    let mut payout = payout;
    let mut after = payout.reading.as_ref().and_then(|reading| reading.after.clone());
    for _ in 0..PAGES_PER_STEP {
        let gateway = context.gateways.of(payout.provider)?;
        let page = match gateway.payout_transactions(&payout.id, after.as_deref()).await.map_err(OperationError::from) {
            Ok(page) => page,
            // The provider refuses the list, now and later. The proof made before stays.
            Err(OperationError::ProviderRefused { .. } | OperationError::PayerMustChange { .. }) => {
                payout.unlisted = payout.proof.is_none();
                return finish(context, b, payout, None).await;
            }
            Err(error) => return Err(error),
        };
        let transactions = split(context, b, &payout, page.transactions).await?;
        context.store.put_new_payout_transactions(b, &payout, &transactions).await?;
        after = page.more;
        if after.is_none() {
            return prove_read(context, b, payout).await;
        }
    }
    finish(context, b, payout, Some(PayoutReading { due_at: now, after })).await
}

/// Whose each transaction of a payout is. What belongs to payments of other businesses that share the account is given to them, as
/// their part of the payout, and known to be theirs.
async fn split(
    context: &Context,
    b: &BusinessId,
    payout: &Payout,
    transactions: Vec<BalanceTransaction>,
) -> Result<Vec<PayoutTransaction>, OperationError> {
    let (store, provider) = (&context.store, payout.provider);
    let sources: BTreeSet<ObjectId> = transactions.iter().filter_map(|one| one.source.clone()).collect();
    let owners = Owners::of(context, b, provider, &sources).await?;
    let account = store.provider_account(provider).await?;
    let mut theirs: BTreeMap<ObjectId, BusinessId> = BTreeMap::new();
    for other in account.others(b) {
        let owners = Owners::of(context, other, provider, &sources).await?;
        let parts = transactions.iter().map(|one| owners.matched(one.clone())).filter(|one| one.payment.is_some());
        let parts = parts.map(|one| PayoutTransaction { holder: Some(b.clone()), ..one });
        let parts: Vec<PayoutTransaction> = parts.collect();
        if !parts.is_empty() {
            give_part(context, b, other, payout, &parts).await?;
        }
        theirs.extend(parts.into_iter().map(|part| (part.transaction.id, other.clone())));
    }
    let all = transactions.into_iter().map(|transaction| {
        let one = owners.matched(transaction);
        let other_business = theirs.get(&one.transaction.id).filter(|_| one.payment.is_none()).cloned();
        PayoutTransaction { other_business, ..one }
    });
    Ok(all.collect())
}

/// Gives another business its part of a payout: the transactions of its payments, and what they come to.
async fn give_part(
    context: &Context,
    b: &BusinessId,
    other: &BusinessId,
    payout: &Payout,
    transactions: &[PayoutTransaction],
) -> Result<(), OperationError> {
    let store = &context.store;
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let before = store.payout(other, payout.provider, &payout.id).await?;
        store.put_new_payout_transactions(other, payout, transactions).await?;
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

/// Proves a payout whose list was read to its end.
async fn prove_read(context: &Context, b: &BusinessId, payout: Payout) -> Result<(), OperationError> {
    let mut payout = payout;
    let kept = context.store.payout_transactions(b, payout.provider, &payout.id).await?;
    let whole: Vec<_> = kept.into_iter().map(|one| one.transaction).collect();
    match prove(&payout.id, payout.state.amount, &whole) {
        Ok(proof) => payout.proof = Some(proof),
        Err(error) => {
            tracing::error!(payout = %payout.id, %error, metric.stuck = 1, "a payout cannot be proved");
            payout.proof = None;
        }
    }
    payout.unlisted = false;
    finish(context, b, payout, None).await
}

async fn finish(
    context: &Context,
    b: &BusinessId,
    payout: Payout,
    reading: Option<PayoutReading>,
) -> Result<(), OperationError> {
    let version = payout.version + 1;
    let written = context.store.put_payout(b, &Payout { reading, version, ..payout }).await?;
    if written { Ok(()) } else { Err(OperationError::Conflict) }
}

/// Matches transactions whose payments became known after the payout: a sweep reads the newest events first.
pub(crate) async fn match_payouts(context: &Context, b: &BusinessId) -> Result<(), OperationError> {
    let latest = context.store.payouts(b, &Page::first(PAYOUTS_MATCHED_MAX)).await?;
    let read = |payout: &&Payout| payout.proof.is_some() && payout.reading.is_none() && payout.part_of.is_none();
    for payout in latest.items.iter().filter(read) {
        let known = context.store.payout_transactions(b, payout.provider, &payout.id).await?;
        let unknown = known.into_iter().filter(|one| one.payment.is_none() && one.other_business.is_none());
        let unknown: Vec<BalanceTransaction> = unknown.map(|one| one.transaction).collect();
        let mut matched = split(context, b, payout, unknown).await?;
        matched.retain(|one| one.payment.is_some() || one.other_business.is_some());
        context.store.match_payout_transactions(b, payout, &matched).await?;
    }
    Ok(())
}

/// Whose the sources of some transactions are.
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

    /// The transaction with what an export asks of its payment, so that it need not ask again.
    fn matched(&self, transaction: BalanceTransaction) -> PayoutTransaction {
        let owner = transaction.source.as_ref().and_then(|source| self.of_source.get(source));
        let payment = owner.and_then(|(payment, _)| self.payments.get(payment));
        let taken_over = payment.filter(|payment| journal::was_unidentified(payment, &transaction));
        PayoutTransaction {
            payment: payment.map(|payment| payment.id().clone()),
            fact: payment.and(owner).and_then(|(_, fact)| fact.clone()),
            taken_over_at: taken_over.map(receivables::Payment::started_at),
            other_business: None,
            holder: None,
            transaction,
        }
    }
}
