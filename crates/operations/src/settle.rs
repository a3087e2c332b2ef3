//! Settling an account again: unapplied cash goes to what has become payable.
//!
//! Money that came finds its invoices at once. What finds none waits on the account, and is applied when a page is over, a debit has
//! failed, an invoice is issued or open again. So how an account ends does not depend on the order in which things were heard. What an
//! operator left on the account on purpose stays there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::payment::OpenPages;
use receivables::{BusinessId, Currency, CustomerId, InvoiceHead, Money, Payment, PaymentId, payment};
use store::{CommitOutcome, Page};

use crate::commit::{RetryOnConflict, commit};
use crate::context::Context;
use crate::error::OperationError;
use crate::payments::{placeable, reload, run_to_completion, with_current_invoices};

/// Invoices listed at a time.
const PAGE: usize = 100;

/// What came of settling an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettleOutcome {
    /// Whatever can be applied is.
    Settled,
    /// Cash is left, and the list of open invoices is behind, or was when they were looked for.
    ListIsBehind,
}

/// Whether an account has cash that the books may apply.
pub(crate) async fn has_unapplied_cash(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
) -> Result<bool, OperationError> {
    Ok(!unapplied_payments(context, b, c).await?.is_empty())
}

/// Applies what is free of an account's payments to its open invoices, the oldest payment first.
pub(crate) async fn settle_account(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    now: Timestamp,
) -> Result<SettleOutcome, OperationError> {
    let mut payments = Vec::new();
    for id in unapplied_payments(context, b, c).await? {
        payments.extend(context.store.payment(b, &id).await?);
    }
    payments.sort_by_key(|payment| (payment.started_at(), payment.id().clone()));
    let (mut left, mut failed) = (BTreeMap::<Currency, Vec<Payment>>::new(), None);
    for payment in payments {
        match Box::pin(settle_payment(context, payment, now)).await {
            Ok(payment) if payment.free().is_zero() => {}
            Ok(payment) => left.entry(payment.currency()).or_default().push(payment),
            // One that fails keeps no other waiting.
            Err(error) => failed = failed.or(Some(error)),
        }
    }
    if let Some(error) = failed {
        return Err(error);
    }
    for (currency, payments) in left {
        if list_is_behind(context, (b, c, currency), &payments).await? {
            return Ok(SettleOutcome::ListIsBehind);
        }
    }
    Ok(SettleOutcome::Settled)
}

/// The payments of an account of which something is unapplied. Credit notes are for what they were issued for, and not among them.
async fn unapplied_payments(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
) -> Result<Vec<PaymentId>, OperationError> {
    let unapplied = context.store.unapplied_of_account(b, c).await?;
    Ok(unapplied.iter().filter_map(|cash| cash.source.parse().ok()).collect())
}

async fn settle_payment(context: &Context, payment: Payment, now: Timestamp) -> Result<Payment, OperationError> {
    let mut payment = run_to_completion(context, payment, now).await?;
    let mut retry = RetryOnConflict::new(context);
    loop {
        if payment.free().is_zero() {
            return Ok(payment);
        }
        let now = retry.attempt_at(now).await?;
        let current = with_current_invoices(context, payment.clone()).await?;
        let open = placeable(context, &current, current.free(), now).await?;
        let Some((after, decision)) = payment::settle_again(&current, &open, now) else { return Ok(payment) };
        if commit(context, &decision).await? == CommitOutcome::Committed {
            return run_to_completion(context, after, now).await;
        }
        payment = run_to_completion(context, reload(context, &payment).await?, now).await?;
    }
}

/// Whether more is open on the account than the list of its open invoices shows; or by now it shows one that takes what is left of a
/// payment, which it did not when that was placed.
async fn list_is_behind(
    context: &Context,
    (b, c, currency): (&BusinessId, &CustomerId, Currency),
    left: &[Payment],
) -> Result<bool, OperationError> {
    let takes = |payment: &Payment, head: &InvoiceHead| {
        payment::placeable_on(payment, head, OpenPages::Bar).first_day().is_some()
    };
    let sums = context.store.account(b, c).await?;
    let open = sums.open.get(&currency).copied().unwrap_or_default();
    let (mut shown, mut page) = (0_i64, Page::first(PAGE));
    loop {
        let listed = context.store.open_invoices_in(b, c, currency, &page).await?;
        if listed.items.iter().any(|head| left.iter().any(|payment| takes(payment, head))) {
            return Ok(true);
        }
        shown = listed.items.iter().map(|head| head.balance.open()).map(Money::minor).fold(shown, i64::saturating_add);
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(shown < open),
        }
    }
}
