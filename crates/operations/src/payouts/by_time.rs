//! What moves on the account at the provider, read by time.
//!
//! A provider lists what a payout is made of only where the payout was made by the calendar. From the first payout that was made by
//! hand or at once, everything that moves on the account is read, whether a payout lists it or not: each movement is kept once, under
//! its own id. The first reading begins where the books were opened; each other one shortly before the one before it, since the
//! provider may list a movement some time after its instant.

use jiff::{SignedDuration, Timestamp};
use receivables::{BusinessId, Provider};
use store::{BalancePlace, BalanceReading};

use super::PAGES_PER_STEP;
use super::owners::{found, split};
use crate::commit::RetryOnConflict;
use crate::context::Context;
use crate::error::OperationError;

/// How often the account is read once it is, beside what is heard of its payouts.
const READ_EVERY: SignedDuration = SignedDuration::from_hours(24);
/// How long before the last reading the next one begins.
const OVERLAP: SignedDuration = SignedDuration::from_hours(24);
/// How soon a reading whose place in the list was refused begins again.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Notes when the books of a business were opened; nothing is read until a payout is made by hand.
pub(crate) async fn open_balance(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    now: Timestamp,
) -> Result<(), OperationError> {
    if context.store.balance_reading(b, provider).await?.is_none() {
        context.store.put_balance_reading(&never_read(b, provider, now)).await?;
    }
    Ok(())
}

fn never_read(b: &BusinessId, provider: Provider, from: Timestamp) -> BalanceReading {
    BalanceReading { business: b.clone(), provider, from, read_until: None, due_at: None, place: None, version: 1 }
}

/// Has the account read as soon as possible, from its newest movement on.
pub(super) async fn read_soon(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    now: Timestamp,
) -> Result<(), OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        retry.attempt().await?;
        let next = match context.store.balance_reading(b, provider).await? {
            Some(before) => BalanceReading { due_at: Some(now), place: None, version: before.version + 1, ..before },
            None => BalanceReading { due_at: Some(now), ..never_read(b, provider, now) },
        };
        if context.store.put_balance_reading(&next).await? {
            return Ok(());
        }
    }
}

/// Reads some pages of what moved on the account, and keeps what is new. Where it was told to begin anew meanwhile, what was read stays.
pub(crate) async fn read_by_time(
    context: &Context,
    b: &BusinessId,
    provider: Provider,
    now: Timestamp,
) -> Result<(), OperationError> {
    let Some(reading) = context.store.balance_reading(b, provider).await? else { return Ok(()) };
    let is_ours = context.store.provider_account(provider).await?.is_owned_by(b);
    let next =
        if is_ours { read_pages(context, &reading, now).await? } else { BalanceReading { due_at: None, ..reading } };
    context.store.put_balance_reading(&BalanceReading { version: next.version + 1, ..next }).await?;
    Ok(())
}

async fn read_pages(
    context: &Context,
    reading: &BalanceReading,
    now: Timestamp,
) -> Result<BalanceReading, OperationError> {
    let (b, provider) = (&reading.business, reading.provider);
    let before = reading.read_until.and_then(|until| until.saturating_sub(OVERLAP).ok());
    let since = before.map_or(reading.from, |before| before.max(reading.from));
    let mut place = reading.place.clone();
    let began_at = place.as_ref().map_or(now, |place| place.began_at);
    for _ in 0..PAGES_PER_STEP {
        let after = place.as_ref().map(|place| place.after.as_str());
        let page = match context.gateways.of(provider)?.transactions_since(since, after).await {
            Ok(page) => page,
            Err(error) => {
                let error = OperationError::from(error);
                if error.is_outage() || place.is_none() {
                    return Err(error);
                }
                tracing::warn!(business.id = %b, %error, "a reading of what moved starts again");
                let due_at = now.saturating_add(AGAIN_AFTER).ok();
                return Ok(BalanceReading { due_at, place: None, ..reading.clone() });
            }
        };
        let listed = page.transactions.into_iter().map(|one| found(context, one, None)).collect();
        let transactions = split(context, b, provider, listed).await?;
        context.store.put_new_transactions(b, provider, &transactions).await?;
        let Some(after) = page.more else {
            let due_at = now.saturating_add(READ_EVERY).ok();
            return Ok(BalanceReading { read_until: Some(began_at), due_at, place: None, ..reading.clone() });
        };
        place = Some(BalancePlace { began_at, after });
    }
    Ok(BalanceReading { due_at: Some(now), place, ..reading.clone() })
}
