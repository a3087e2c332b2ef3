//! Payouts: what the provider pays to the bank, proved by its transactions, each matched to its payment.
//!
//! A payout may have fifty thousand transactions, so its list is read in steps, as due work. For a payout that was made by hand or
//! at once the provider lists nothing: then everything that moves on the account is read by time (`by_time`).

use jiff::Timestamp;
use receivables::payout::{PayoutRank, PayoutReport, prove};
use receivables::{BusinessId, Provider};
use store::{Payout, PayoutReading};

use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

mod by_time;
mod owners;

pub(crate) use by_time::{open_balance, read_by_time};
pub(crate) use owners::match_transactions;

use by_time::read_soon;
use owners::split;

/// Pages of a list that one step reads, of a hundred transactions each: some seconds.
const PAGES_PER_STEP: usize = 10;

/// Applies a report about a payout. Once it is paid or complete, its transactions are due to be read; again when the bank returns
/// it. Where the provider lists none, all that moved on the account is.
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
        if payout.state.manual {
            // First: a report that is applied again finds nothing new in the payout.
            read_soon(context, b, provider, now).await?;
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
                if payout.unlisted {
                    read_soon(context, b, payout.provider, now).await?;
                }
                return finish(context, b, payout, None).await;
            }
            Err(error) => return Err(error),
        };
        let of_payout = page.transactions.into_iter();
        let found = of_payout.map(|one| owners::found(context, one, Some(payout.id.clone()))).collect();
        let transactions = split(context, b, payout.provider, found).await?;
        context.store.put_new_transactions(b, payout.provider, &transactions).await?;
        after = page.more;
        if after.is_none() {
            return prove_read(context, b, payout).await;
        }
    }
    finish(context, b, payout, Some(PayoutReading { due_at: now, after })).await
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
