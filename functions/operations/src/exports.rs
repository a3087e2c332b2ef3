//! What the business's bookkeeping takes out: the journal, and the payments with their fees.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::journal::{self, JournalLine};
use receivables::{BillingZone, Business, BusinessId, Payment, PaymentId};
use store::PayoutTransaction;

use crate::verify::all;
use crate::{OperationError, Rooms};

/// Days that one export may span.
pub const EXPORT_DAYS_MAX: i32 = 366;

/// A payment with what the provider settled of it.
#[derive(Clone, Debug)]
pub struct ExportedPayment {
    /// The payment, without its allocations and facts.
    pub payment: Payment,
    /// What the provider settled of it, as far as it was paid out.
    pub settled: Vec<PayoutTransaction>,
}

/// The journal of a period: what the ledger entered, and what moved at the provider.
pub async fn journal(
    rooms: &Rooms,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Vec<JournalLine>, OperationError> {
    let (b, zone) = (&business.id, &business.time_zone);
    let within = |at: Timestamp| (from..=to).contains(&zone.date_at(at));
    let defect = |error: receivables::MoneyError| OperationError::Defect(format!("journal: {error}"));
    let mut lines = Vec::new();
    for month in months(zone, from, to) {
        let entries = all(|page| async move { Ok(rooms.store.entries_of_month(b, month, &page).await?) }).await?;
        for entry in entries.iter().filter(|entry| within(entry.posted_at)) {
            lines.extend(journal::of_entry(entry, zone).map_err(defect)?);
        }
    }
    let payouts = all(|page| async move { Ok(rooms.store.payouts(b, &page).await?) }).await?;
    for payout in payouts.iter().rev() {
        for one in rooms.store.payout_transactions(b, &payout.id).await? {
            if within(one.transaction.at) {
                let original = original(rooms, b, &one).await?;
                lines.extend(journal::of_transaction(&one.transaction, original, zone).map_err(defect)?);
            }
        }
    }
    lines.sort_by_key(|line| line.on);
    Ok(lines)
}

/// What our ledger entered of a movement, where the provider exchanged it.
async fn original(
    rooms: &Rooms,
    b: &BusinessId,
    one: &PayoutTransaction,
) -> Result<Option<receivables::Money>, OperationError> {
    let (Some(payment), Some(source), Some(_)) = (&one.payment, &one.transaction.source, one.transaction.exchange_rate)
    else {
        return Ok(None);
    };
    let payment = rooms.store.payment(b, payment).await?;
    Ok(payment.and_then(|payment| journal::original_of(&payment, source)))
}

/// The payments of a period, by the day they were started, with their fees.
pub async fn exported_payments(
    rooms: &Rooms,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Vec<ExportedPayment>, OperationError> {
    let (b, zone) = (&business.id, &business.time_zone);
    let mut found = Vec::new();
    for month in months(zone, from, to) {
        let payments = all(|page| async move { Ok(rooms.store.payments_of_month(b, month, &page).await?) }).await?;
        for payment in payments.into_iter().filter(|one| (from..=to).contains(&zone.date_at(one.started_at))) {
            let id: PaymentId = payment.id.clone();
            let settled = rooms.store.transactions_of_payment(b, &id).await?;
            found.push(ExportedPayment { payment, settled });
        }
    }
    Ok(found)
}

/// An instant in each month, by UTC, that a period of days in a zone touches.
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
