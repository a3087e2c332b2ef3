//! Charges: the attempts of an intent.
//!
//! A charge reports to its intent, as the attempt of its own id: whichever of the two arrives first, or twice, the result is
//! the same. A charge that has no intent carries the money itself, and is its own only attempt.
//!
//! `amount_refunded` is the sum of all its refunds, and until 2022-11-15 the refunds themselves were listed in it. Stripe also
//! counts money that was reserved and never taken (a lapsed charge is "refunded"); since that money never came, it is left out
//! here.

use std::collections::BTreeMap;

use receivables::provider_object::{Attempt, AttemptRank, Cash, IntentState};
use receivables::{Money, ObjectId, ObjectState, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Owner, amount_of, received, refund};
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

/// Stripe's word for money that a customer sends by bank transfer, which passes through their cash balance.
pub(super) const BANK_TRANSFER: &str = "customer_balance";

pub(super) const OBJECT: &str = "charge";
pub(super) const SUCCEEDED: &str = "charge.succeeded";
pub(super) const PENDING: &str = "charge.pending";
pub(super) const FAILED: &str = "charge.failed";
pub(super) const CAPTURED: &str = "charge.captured";
pub(super) const REFUNDED: &str = "charge.refunded";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Charge<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    status: Field<'a>,
    captured: Field<'a>,
    amount: Field<'a>,
    amount_captured: Field<'a>,
    amount_refunded: Field<'a>,
    refunds: Field<'a>,
    currency: Field<'a>,
    customer: Field<'a>,
    payment_intent: Field<'a>,
    failure_code: Field<'a>,
    outcome: Field<'a>,
    metadata: Field<'a>,
    payment_method_details: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MethodDetails<'a> {
    #[serde(borrow)]
    r#type: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow)]
    r#type: Field<'a>,
    reason: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct List<'a> {
    #[serde(borrow)]
    data: Field<'a>,
}

/// The list in an object: under `data`, or directly in the oldest API versions.
pub(super) fn listed(field: Field<'_>) -> Vec<Field<'_>> {
    field.record::<List<'_>>().map_or_else(|| field.list(), |list| list.data.list())
}

/// The reports of a charge: about its intent, or about itself where it has none, and about the refunds listed in it.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<Vec<Report>, Unreadable> {
    let charge: Charge<'_> = record(object)?;
    let id = charge.id.id().ok_or(Unreadable::because("the charge has no id"))?;
    let money = match charge.payment_intent.raw() {
        Some(_) => charge.payment_intent.id().ok_or(Unreadable::because("the charge's intent has no id"))?,
        None => id,
    };
    let owner = charge.owner();
    let refunded = charge.refunded()?;
    if kind == Some(REFUNDED) && refunded.is_none() && charge.refunded_is_unsaid() {
        return Err(Unreadable::because("money went back, but not how much"));
    }
    let attempt = charge.attempt(kind);
    if attempt.is_none() && refunded.is_none() {
        return Ok(Vec::new());
    }
    let succeeded = attempt.as_ref().is_some_and(|(_, attempt)| attempt.rank == AttemptRank::Succeeded);
    let cash = if succeeded { received(charge.taken(), charge.currency)? } else { None };
    let fact = IntentState {
        received: cash.map(Cash::of).unwrap_or_default(),
        processing_seen: attempt.as_ref().is_some_and(|(_, attempt)| attempt.rank == AttemptRank::Pending),
        refunded: refunded.map(Cash::of).unwrap_or_default(),
        by_transfer: charge.is_transfer(),
        attempts: attempt.into_iter().collect::<BTreeMap<String, Attempt>>(),
        ..IntentState::default()
    };
    let mut reports = vec![owner.clone().report(money.clone(), ObjectState::Intent(fact))];
    reports.extend(charge.refunds(&money, &owner)?);
    Ok(reports)
}

impl Charge<'_> {
    /// Whether the money came by bank transfer.
    pub(super) fn is_transfer(&self) -> bool {
        let details: MethodDetails<'_> = self.payment_method_details.record().unwrap_or_default();
        details.r#type.text().as_deref() == Some(BANK_TRANSFER)
    }

    /// The charge as an attempt. An amount that is only reserved is no attempt yet: it may be taken or released.
    pub(super) fn attempt(&self, kind: Option<&str>) -> Option<(String, Attempt)> {
        let status = self.status.text();
        let word = status.as_deref().or_else(|| kind.and_then(|kind| kind.strip_prefix("charge.")));
        let rank = match word {
            Some("pending") => AttemptRank::Pending,
            Some("failed") => AttemptRank::Failed,
            // Before 2015 a charge that succeeded was "paid"; what was captured or refunded had succeeded.
            Some("succeeded" | "paid" | "captured" | "refunded") if self.captured.flag() != Some(false) => {
                AttemptRank::Succeeded
            }
            Some(_) | None => return None,
        };
        let decline = if rank == AttemptRank::Failed { self.decline() } else { None };
        Some((self.id.id()?.into(), Attempt::new(rank, decline)))
    }

    /// The payment, business and customer that it names.
    pub(super) fn owner(&self) -> Owner {
        Owner::of(self.metadata, self.customer)
    }

    /// The intent it belongs to, if any.
    pub(super) fn intent(&self) -> Option<ObjectId> {
        self.payment_intent.id()
    }

    /// How much of the money taken was refunded in all.
    pub(super) fn refunded(&self) -> Result<Option<Money>, Unreadable> {
        if self.amount_refunded.raw().is_none() || self.captured.flag() == Some(false) {
            return Ok(None);
        }
        let unsaid = Unreadable::because("money went back, but not how much");
        let sum = self.amount_refunded.whole().filter(|sum| *sum >= 0).ok_or(unsaid)?;
        amount_of(sum.saturating_sub(self.let_go()).max(0), self.currency)
    }

    /// The refunds listed in it. Where only a part was taken, the released rest is listed like a refund and cannot be told from
    /// one; the sum can.
    pub(super) fn refunds(&self, money: &ObjectId, owner: &Owner) -> Result<Vec<Report>, Unreadable> {
        if self.captured.flag() == Some(false) || self.let_go() > 0 {
            return Ok(Vec::new());
        }
        let mut reports = Vec::new();
        for refund in listed(self.refunds).into_iter().filter_map(Field::record) {
            reports.extend(refund::listed(&refund, money, self.currency, owner)?);
        }
        Ok(reports)
    }

    /// What was reserved, and neither taken nor still reserved.
    fn let_go(&self) -> i64 {
        match (self.amount.whole(), self.amount_captured.whole()) {
            (Some(amount), Some(captured)) => amount.saturating_sub(captured).max(0),
            (Some(_) | None, _) => 0,
        }
    }

    /// Older API versions have no `amount_captured`: the whole amount was captured.
    fn taken(&self) -> Field<'_> {
        if self.amount_captured.raw().is_some() { self.amount_captured } else { self.amount }
    }

    fn refunded_is_unsaid(&self) -> bool {
        self.amount_refunded.raw().is_none() && listed(self.refunds).is_empty() && self.captured.flag() != Some(false)
    }

    /// The issuer's reason, which is the intent's `decline_code`, else the general one.
    fn decline(&self) -> Option<String> {
        let outcome: Outcome<'_> = self.outcome.record().unwrap_or_default();
        let issuer = outcome.r#type.text().as_deref() == Some("issuer_declined");
        let reason = if issuer { outcome.reason.word() } else { None };
        reason.or(self.failure_code.word())
    }
}
