//! Payouts: what the provider pays to the bank, proved by its transactions, each told apart by payment.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::payout::{PayoutRank, PayoutReport, prove};
use receivables::provider_fact::Provider;
use receivables::{BusinessId, ObjectId, PaymentId};
use store::{Page, Payout, PayoutTransaction};

use crate::{OperationError, Rooms};

/// Times a change is made anew because another came first.
const TRIES_MAX: u32 = 6;
/// The latest payouts in which payments are looked for that were not known yet: a month of daily ones.
const PAYOUTS_MATCHED_MAX: usize = 31;

/// Hears what a provider says of a payout. Once it is paid or complete, its transactions are fetched, kept and summed; again
/// when it comes back. One of which the provider lists none is kept without a proof.
pub(crate) async fn hear_payout(
    rooms: &Rooms,
    b: &BusinessId,
    report: &PayoutReport,
    now: Timestamp,
) -> Result<(), OperationError> {
    for _ in 0..TRIES_MAX {
        let held = rooms.store.payout(b, &report.payout).await?;
        let mut payout = held.clone().unwrap_or_else(|| Payout {
            id: report.payout.clone(),
            fact: report.fact.clone(),
            proof: None,
            unlisted: false,
            heard_at: now,
            version: 0,
        });
        payout.fact.merge(&report.fact);
        let rank = payout.fact.rank;
        let came = payout.fact.reconciled || rank >= PayoutRank::Paid;
        let came_back = rank >= PayoutRank::Cancelled && held.as_ref().is_none_or(|held| held.fact.rank < rank);
        let proved = payout.proof.as_ref().is_some_and(|proof| proof.holds);
        if came && !payout.fact.manual && (came_back || !proved) {
            prove_anew(rooms, b, &mut payout).await?;
        }
        if held.as_ref() == Some(&payout) {
            return Ok(());
        }
        payout.version += 1;
        if rooms.store.put_payout(b, &payout).await? {
            return Ok(());
        }
    }
    Err(OperationError::Conflict)
}

/// Fetches what a payout is made of, keeps it and sums it.
async fn prove_anew(rooms: &Rooms, b: &BusinessId, payout: &mut Payout) -> Result<(), OperationError> {
    let transactions = match transactions(rooms, b, &payout.id).await {
        Ok(transactions) => transactions,
        // The provider will not say, now or later. What was said before stands.
        Err(OperationError::ProviderRefused { .. }) => {
            payout.unlisted = payout.proof.is_none();
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    let whole: Vec<_> = transactions.iter().map(|one| one.transaction.clone()).collect();
    let proof = prove(&payout.id, payout.fact.amount, &whole);
    payout.proof = Some(proof.map_err(|error| OperationError::Defect(format!("payout: {error}")))?);
    payout.unlisted = false;
    Ok(rooms.store.put_payout_transactions(b, &payout.id, &transactions).await?)
}

/// Finds the payments of what payouts listed before the payments were heard of: a sweep reads the newest events first.
pub(crate) async fn match_payouts(rooms: &Rooms, b: &BusinessId) -> Result<(), OperationError> {
    let latest = rooms.store.payouts(b, &Page::first(PAYOUTS_MATCHED_MAX)).await?;
    for payout in latest.items.iter().filter(|payout| payout.proof.is_some()) {
        let mut found = Vec::new();
        for known in rooms.store.payout_transactions(b, &payout.id).await? {
            let Some(source) = known.transaction.source.as_ref().filter(|_| known.payment.is_none()) else { continue };
            if let Some(payment) = rooms.store.payment_of_object(b, Provider::Stripe, source).await? {
                found.push(PayoutTransaction { payment: Some(payment), ..known });
            }
        }
        rooms.store.put_payout_transactions(b, &payout.id, &found).await?;
    }
    Ok(())
}

/// The transactions of a payout, each with the payment of ours that it comes from.
async fn transactions(
    rooms: &Rooms,
    b: &BusinessId,
    payout: &ObjectId,
) -> Result<Vec<PayoutTransaction>, OperationError> {
    let mut known: BTreeMap<ObjectId, Option<PaymentId>> = BTreeMap::new();
    let mut found = Vec::new();
    for transaction in rooms.stripe.balance_transactions(payout).await? {
        if let Some(source) = &transaction.source
            && !known.contains_key(source)
        {
            let payment = rooms.store.payment_of_object(b, Provider::Stripe, source).await?;
            known.insert(source.clone(), payment);
        }
        let payment = transaction.source.as_ref().and_then(|source| known.get(source)).cloned().flatten();
        found.push(PayoutTransaction { transaction, payment });
    }
    Ok(found)
}
