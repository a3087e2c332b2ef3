//! Doubts about a payment: early fraud warnings of the issuer, and reviews by Stripe's rules.

use receivables::provider_object::{ConcernKind, ConcernState};
use receivables::{ObjectState, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::carrier;
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const WARNING: &str = "radar.early_fraud_warning";
pub(super) const WARNING_CREATED: &str = "radar.early_fraud_warning.created";
pub(super) const WARNING_UPDATED: &str = "radar.early_fraud_warning.updated";
pub(super) const REVIEW: &str = "review";
pub(super) const REVIEW_OPENED: &str = "review.opened";
pub(super) const REVIEW_CLOSED: &str = "review.closed";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Concern<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    payment_intent: Field<'a>,
    charge: Field<'a>,
    actionable: Field<'a>,
    fraud_type: Field<'a>,
    open: Field<'a>,
    opened_reason: Field<'a>,
    reason: Field<'a>,
}

/// The report of a warning. It is over once nothing is left to do: the payment was refunded in full, or a dispute has come.
pub(super) fn warning(object: &RawValue) -> Result<Report, Unreadable> {
    let warning: Concern<'_> = record(object)?;
    let closed = warning.actionable.flag() == Some(false);
    warning.report(ConcernKind::FraudWarning, closed, warning.fraud_type.word())
}

/// The report of a review.
pub(super) fn review(object: &RawValue, kind: Option<&str>) -> Result<Report, Unreadable> {
    let review: Concern<'_> = record(object)?;
    let open = review.open.flag().unwrap_or(kind != Some(REVIEW_CLOSED));
    // After it is closed, `reason` says how it ended and no longer why it was opened.
    let reason = review.opened_reason.word().or(if open { review.reason.word() } else { None });
    review.report(ConcernKind::Review, !open, reason)
}

impl Concern<'_> {
    fn report(&self, kind: ConcernKind, closed: bool, reason: Option<String>) -> Result<Report, Unreadable> {
        let id = self.id.id().ok_or(Unreadable::because("the warning or review has no id"))?;
        let (of, owner) = carrier(self.payment_intent, self.charge)?;
        Ok(Report { of, ..owner.report(id, ObjectState::Concern(ConcernState { kind, closed, reason })) })
    }
}
