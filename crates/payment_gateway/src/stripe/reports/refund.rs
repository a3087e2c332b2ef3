//! Refunds.
//!
//! A refund names the intent or the charge that it refunds; its metadata, where it is ours, name the order, the payment and the
//! business. `charge.refund.updated` is the older name of `refund.updated` and is about the refund as well. A refund without a
//! status (before 2015) or with a new one counts as on its way, because its money has left us all the same.

use std::borrow::Cow;

use receivables::provider_object::{Cash, RefundRank, RefundState};
use receivables::{ObjectId, ObjectState, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Metadata, Owner, carrier, parsed, received};
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const OBJECT: &str = "refund";
pub(super) const FAMILY: &str = "refund.";
pub(super) const CREATED: &str = "refund.created";
pub(super) const UPDATED: &str = "refund.updated";
pub(super) const FAILED: &str = "refund.failed";
pub(super) const OF_CHARGE_UPDATED: &str = "charge.refund.updated";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Refund<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    amount: Field<'a>,
    currency: Field<'a>,
    status: Field<'a>,
    failure_reason: Field<'a>,
    payment_intent: Field<'a>,
    charge: Field<'a>,
    metadata: Field<'a>,
}

/// The report of a refund.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<Report, Unreadable> {
    let refund: Refund<'_> = record(object)?;
    let (of, owner) = carrier(refund.payment_intent, refund.charge)?;
    let report = refund.report(of, refund.currency, &owner, kind)?;
    report.ok_or(Unreadable::because("the refund has no id"))
}

/// The report of a refund that is listed in its charge. One without an id is only part of the charge's sum.
pub(super) fn listed(
    refund: &Refund<'_>,
    money: &ObjectId,
    currency: Field<'_>,
    owner: &Owner,
) -> Result<Option<Report>, Unreadable> {
    let currency = if refund.currency.raw().is_some() { refund.currency } else { currency };
    refund.report(Some(money.clone()), currency, owner, None)
}

impl Refund<'_> {
    fn report(
        &self,
        of: Option<ObjectId>,
        currency: Field<'_>,
        holder: &Owner,
        kind: Option<&str>,
    ) -> Result<Option<Report>, Unreadable> {
        let Some(id) = self.id.id() else {
            return Ok(None);
        };
        let metadata: Metadata<'_> = self.metadata.record().unwrap_or_default();
        let rank = self.rank(kind);
        let fact = RefundState {
            order: parsed(metadata.refund),
            amount: received(self.amount, currency)?.map(Cash::of).unwrap_or_default(),
            rank,
            failure: if rank == RefundRank::Failed { self.failure_reason.word() } else { None },
        };
        let owner = Owner::of(self.metadata, Field::default()).or(holder);
        Ok(Some(Report { of, ..owner.report(id, ObjectState::Refund(fact)) }))
    }

    fn rank(&self, kind: Option<&str>) -> RefundRank {
        let said_by_type = || kind.and_then(|kind| kind.strip_prefix(FAMILY)).map(Cow::Borrowed);
        match self.status.text().or_else(said_by_type).as_deref() {
            Some("succeeded") => RefundRank::Succeeded,
            Some("failed" | "canceled") => RefundRank::Failed,
            // Among them `pending` and `requires_action`.
            Some(_) | None => RefundRank::Pending,
        }
    }
}
