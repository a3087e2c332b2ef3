//! Payouts to the bank account of the business.

use std::borrow::Cow;

use jiff::tz::TimeZone;
use receivables::payout::{PayoutRank, PayoutReport, PayoutState};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::sum_of;
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const OBJECT: &str = "payout";
pub(super) const FAMILY: &str = "payout.";
pub(super) const CREATED: &str = "payout.created";
pub(super) const UPDATED: &str = "payout.updated";
pub(super) const PAID: &str = "payout.paid";
pub(super) const FAILED: &str = "payout.failed";
pub(super) const CANCELED: &str = "payout.canceled";
pub(super) const RECONCILIATION_COMPLETED: &str = "payout.reconciliation_completed";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payout<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    amount: Field<'a>,
    currency: Field<'a>,
    arrival_date: Field<'a>,
    status: Field<'a>,
    reconciliation_status: Field<'a>,
    automatic: Field<'a>,
    trace_id: Field<'a>,
    failure_code: Field<'a>,
    balance_transaction: Field<'a>,
    failure_balance_transaction: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct TraceId<'a> {
    #[serde(borrow)]
    value: Field<'a>,
}

/// The report of a payout.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<PayoutReport, Unreadable> {
    let payout: Payout<'_> = record(object)?;
    let id = payout.id.id().ok_or(Unreadable::because("the payout has no id"))?;
    let said_by_type = || kind.and_then(|kind| kind.strip_prefix(FAMILY)).map(Cow::Borrowed);
    let rank = match payout.status.text().or_else(said_by_type).as_deref() {
        // Only what was paid can be reconciled.
        Some("paid" | "reconciliation_completed") => PayoutRank::Paid,
        Some("failed") => PayoutRank::Failed,
        Some("canceled") => PayoutRank::Cancelled,
        // Among them `pending` and `in_transit`.
        Some(_) | None => PayoutRank::Pending,
    };
    let reconciled = payout.reconciliation_status.text().as_deref() == Some("completed");
    let trace: TraceId<'_> = payout.trace_id.record().unwrap_or_default();
    let state = PayoutState {
        amount: sum_of(payout.amount, payout.currency)?,
        // Stripe writes the day as its midnight in UTC.
        arrives_on: payout.arrival_date.instant().map(|at| at.to_zoned(TimeZone::UTC).date()),
        rank,
        reconciled: reconciled || kind == Some(RECONCILIATION_COMPLETED),
        manual: payout.automatic.flag() == Some(false),
        bank_reference: trace.value.word(),
        failure: if rank == PayoutRank::Failed { payout.failure_code.word() } else { None },
        movements: [payout.balance_transaction, payout.failure_balance_transaction]
            .into_iter()
            .filter_map(Field::id)
            .collect(),
    };
    Ok(PayoutReport { payout: id, state })
}
