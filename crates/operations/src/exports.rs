//! What the business's bookkeeping exports: the journal, and the payments with their fees.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::journal::{self, JournalLine, Known};
use receivables::payout::BalanceTransaction;
use receivables::{BillingZone, Business, Payment};
use store::PayoutTransaction;

use crate::context::Context;
use crate::error::OperationError;
use crate::verify::all;

/// The most days that one export may span.
pub const EXPORT_DAYS_MAX: i32 = 366;

/// A payment with its settlement at the provider.
#[derive(Clone, Debug)]
pub struct ExportedPayment {
    /// The payment, without its allocations and facts.
    pub payment: Payment,
    /// Its settlement, as far as it was paid out.
    pub settled: Vec<PayoutTransaction>,
}

/// The journal of a period: the ledger's entries that are of its days, whenever they were recorded, and the movements at the provider.
pub async fn journal(
    context: &Context,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Vec<JournalLine>, OperationError> {
    let (b, zone) = (&business.id, &business.time_zone);
    let within = |at: Timestamp| (from..=to).contains(&zone.date_at(at));
    let defect = |error: receivables::MoneyError| OperationError::Defect(format!("journal: {error}"));
    let mut lines = Vec::new();
    for month in months_of(from, to) {
        let entries = all(|page| async move { Ok(context.store.entries_of_month(b, month, &page).await?) }).await?;
        for entry in entries.iter().filter(|entry| (from..=to).contains(&entry.dated_on)) {
            lines.extend(journal::of_entry(entry, zone).map_err(defect)?);
        }
    }
    let payouts = all(|page| async move { Ok(context.store.payouts(b, &page).await?) }).await?;
    for payout in payouts.iter().rev() {
        for one in context.store.payout_transactions(b, payout.provider, &payout.id).await? {
            if within(one.transaction.at) {
                lines.extend(of_movement(context, business, &one).await?);
            }
        }
    }
    for payment in payments_within(context, business, from, to).await? {
        for one in context.store.transactions_of_payment(b, &payment.id).await? {
            if journal::was_unidentified(&payment, &one.transaction) {
                lines.extend(journal::of_unidentified(&one.transaction, Some(payment.started_at), zone));
            }
        }
    }
    lines.sort_by_key(|line| line.on);
    Ok(lines)
}

/// The lines for movements at the provider, beside the ledger's entries.
async fn of_movement(
    context: &Context,
    business: &Business,
    one: &PayoutTransaction,
) -> Result<Vec<JournalLine>, OperationError> {
    let (zone, transaction) = (&business.time_zone, &one.transaction);
    let payment = match &one.payment {
        Some(payment) => context.store.payment(&business.id, payment).await?,
        None => None,
    };
    let known = match &payment {
        Some(payment) => {
            let others = if journal::stands_alone(payment, transaction) {
                Vec::new()
            } else {
                context.store.transactions_of_payment(&business.id, &payment.id).await?
            };
            let others: Vec<BalanceTransaction> = others.into_iter().map(|other| other.transaction).collect();
            journal::known_of(payment, transaction, &others)
        }
        None => Known::Unidentified,
    };
    let mut lines = journal::of_transaction(transaction, known, zone);
    if payment.is_some_and(|payment| journal::was_unidentified(&payment, transaction)) {
        lines.extend(journal::of_unidentified(transaction, None, zone));
    }
    Ok(lines)
}

/// The payments of a period, by the day they were started, with their fees.
pub async fn exported_payments(
    context: &Context,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Vec<ExportedPayment>, OperationError> {
    let mut found = Vec::new();
    for payment in payments_within(context, business, from, to).await? {
        let settled = context.store.transactions_of_payment(&business.id, &payment.id).await?;
        found.push(ExportedPayment { payment, settled });
    }
    Ok(found)
}

/// The payments that were started within a period, without their allocations and facts.
async fn payments_within(
    context: &Context,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Vec<Payment>, OperationError> {
    let (b, zone) = (&business.id, &business.time_zone);
    let mut found = Vec::new();
    for month in months(zone, from, to) {
        let payments = all(|page| async move { Ok(context.store.payments_of_month(b, month, &page).await?) }).await?;
        found.extend(payments.into_iter().filter(|one| (from..=to).contains(&zone.date_at(one.started_at))));
    }
    Ok(found)
}

/// The first day of each month that a period of days touches.
fn months_of(from: Date, to: Date) -> impl Iterator<Item = Date> {
    let next = |month: &Date| month.checked_add(jiff::Span::new().months(1)).ok();
    std::iter::successors(Some(from.first_of_month()), next).take_while(move |month| *month <= to)
}

/// An instant in each UTC month that a period of days in a zone touches.
fn months(zone: &BillingZone, from: Date, to: Date) -> Vec<Timestamp> {
    let (mut at, end) = (zone.start_of(from), zone.start_of(to.tomorrow().unwrap_or(to)));
    let mut found: Vec<Timestamp> = Vec::new();
    let month = |at: Timestamp| at.strftime("%Y%m").to_string();
    while at <= end {
        if found.last().is_none_or(|last| month(*last) != month(at)) {
            found.push(at);
        }
        let Ok(next) = at.checked_add(jiff::SignedDuration::from_hours(24)) else { break };
        at = next;
    }
    found
}
