//! Payouts: what the provider pays to the bank, proved by its transactions, each matched to its payment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::payout::{PayoutRank, PayoutReport, prove};
use receivables::{BusinessId, ObjectId, PaymentId, Provider};
use store::{Page, Payout, PayoutTransaction};

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

/// The latest payouts in which unknown payments are looked up again: a month of daily ones.
const PAYOUTS_MATCHED_MAX: usize = 31;

/// Applies a report about a payout. Once it is paid or complete, its transactions are fetched, kept and summed; again when the
/// bank returns it. A payout for which the provider lists no transactions is kept without a proof.
pub(crate) async fn apply_payout_report(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    report: &PayoutReport,
    now: Timestamp,
) -> Result<(), OperationError> {
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
            heard_at: now,
            version: 0,
        });
        payout.state.merge(&report.state);
        let rank = payout.state.rank;
        let came = payout.state.reconciled || rank >= PayoutRank::Paid;
        let came_back = rank >= PayoutRank::Cancelled && before.as_ref().is_none_or(|before| before.state.rank < rank);
        let proved = payout.proof.as_ref().is_some_and(|proof| proof.holds);
        if came && !payout.state.manual && (came_back || !proved) {
            prove_again(context, b, &mut payout).await?;
        }
        if before.as_ref() == Some(&payout) {
            return Ok(());
        }
        payout.version += 1;
        let written = context.store.put_payout(b, &payout).await?;
        if written {
            return Ok(());
        }
    }
}

/// Fetches a payout's transactions, keeps and sums them.
async fn prove_again(context: &Context, b: &BusinessId, payout: &mut Payout) -> Result<(), OperationError> {
    let transactions = match transactions(context, b, payout).await {
        Ok(transactions) => transactions,
        // The provider refuses the list, now and later. The proof made before stays.
        Err(OperationError::ProviderRefused { .. }) => {
            payout.unlisted = payout.proof.is_none();
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let whole: Vec<_> = transactions.iter().map(|one| one.transaction.clone()).collect();
    let proof = prove(&payout.id, payout.state.amount, &whole);
    payout.proof = Some(proof.map_err(|error| OperationError::Defect(format!("payout: {error}")))?);
    payout.unlisted = false;
    Ok(context.store.put_payout_transactions(b, payout, &transactions).await?)
}

/// Matches transactions whose payments became known after the payout: a sweep reads the newest events first.
pub(crate) async fn match_payouts(context: &Context, b: &BusinessId) -> Result<(), OperationError> {
    let latest = context.store.payouts(b, &Page::first(PAYOUTS_MATCHED_MAX)).await?;
    for payout in latest.items.iter().filter(|payout| payout.proof.is_some()) {
        let mut found = Vec::new();
        for known in context.store.payout_transactions(b, payout.provider, &payout.id).await? {
            let Some(source) = known.transaction.source.as_ref().filter(|_| known.payment.is_none()) else { continue };
            if let Some(payment) = context.store.payment_of_object(b, payout.provider, source).await? {
                found.push(PayoutTransaction { payment: Some(payment), ..known });
            }
        }
        context.store.put_payout_transactions(b, payout, &found).await?;
    }
    Ok(())
}

/// The transactions of a payout, each with the payment of ours that it comes from.
async fn transactions(
    context: &Context,
    b: &BusinessId,
    payout: &Payout,
) -> Result<Vec<PayoutTransaction>, OperationError> {
    let mut known: BTreeMap<ObjectId, Option<PaymentId>> = BTreeMap::new();
    let mut found = Vec::new();
    for transaction in context.gateways.of(payout.provider)?.payout_transactions(&payout.id).await? {
        if let Some(source) = &transaction.source
            && !known.contains_key(source)
        {
            let payment = context.store.payment_of_object(b, payout.provider, source).await?;
            known.insert(source.clone(), payment);
        }
        let payment = transaction.source.as_ref().and_then(|source| known.get(source)).cloned().flatten();
        found.push(PayoutTransaction { transaction, payment });
    }
    Ok(found)
}
