//! When an invoice is to be paid: on one day, or in parts on several.

use receivables::invoice::{DraftSchedule, Due};
use receivables::{Currency, InvoiceHead, Money};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::validation::FieldErrors;

/// A part of an invoice and the date by which it is to be paid.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, expecting = "an object")]
#[schema(as = DueDraft)]
pub(crate) struct DueRequest {
    /// The date.
    #[serde(default)]
    #[schema(required, format = "date", example = "2026-03-31")]
    due_on: String,
    /// How much is due, in the currency of the invoice.
    #[serde(default)]
    #[schema(required, example = "63.00")]
    amount: String,
}

/// A part of an invoice and the date by which it is to be paid. Amounts are in the invoice's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Due)]
pub(crate) struct DueResponse {
    /// The date.
    #[schema(format = "date")]
    due_on: String,
    /// How much is due.
    amount: String,
    /// The part of `amount` that nothing covers yet.
    open: String,
}

/// The days of an invoice, with what is open on each.
pub(super) fn shown(head: &InvoiceHead) -> Vec<DueResponse> {
    let due = |(due, open): (Due, Money)| DueResponse {
        due_on: due.on.to_string(),
        amount: due.amount.to_plain(),
        open: open.to_plain(),
    };
    head.days().into_iter().map(due).collect()
}

/// Reads the schedule, or the one day that takes its place. Without a valid currency amounts are not checked: how many digits they
/// may have is not known.
pub(super) fn read(
    due_on: Option<&str>,
    schedule: Option<&[DueRequest]>,
    currency: Option<Currency>,
    errors: &mut FieldErrors,
) -> Option<DraftSchedule> {
    let Some(schedule) = schedule else {
        let due_on = errors.date("due_on", due_on.unwrap_or_default())?;
        return Some(DraftSchedule::On(due_on));
    };
    let due_on = errors.optional_date("due_on", due_on);
    let mut days = Vec::with_capacity(schedule.len());
    for (index, due) in schedule.iter().enumerate() {
        let on = errors.date(&format!("schedule[{index}].due_on"), &due.due_on);
        let amount = currency.map(|currency| Money::parse(&due.amount, currency));
        let amount = amount.and_then(|read| errors.check(&format!("schedule[{index}].amount"), read));
        days.extend(on.zip(amount).map(|(on, amount)| Due { on, amount }));
    }
    if days.len() < schedule.len() {
        return None;
    }
    let schedule = DraftSchedule::Days(days);
    if due_on.is_some() && due_on != schedule.last_day() {
        errors.add("due_on", "expected the last day of the schedule, or nothing");
        return None;
    }
    Some(schedule)
}
