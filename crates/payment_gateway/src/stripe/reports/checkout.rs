//! Checkout sessions.
//!
//! In older API versions a session has no `status`, and in the oldest no `payment_status`; then only the event's type counts,
//! and cash is left to the intent.

use receivables::provider_object::{Cash, CheckoutState};
use receivables::{ObjectState, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::intent::Intent;
use super::{Owner, intent, parsed, received};
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const OBJECT: &str = "checkout.session";
pub(super) const COMPLETED: &str = "checkout.session.completed";
pub(super) const ASYNC_PAYMENT_SUCCEEDED: &str = "checkout.session.async_payment_succeeded";
pub(super) const ASYNC_PAYMENT_FAILED: &str = "checkout.session.async_payment_failed";
pub(super) const EXPIRED: &str = "checkout.session.expired";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Session<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    mode: Field<'a>,
    status: Field<'a>,
    payment_status: Field<'a>,
    payment_intent: Field<'a>,
    amount_total: Field<'a>,
    currency: Field<'a>,
    client_reference_id: Field<'a>,
    customer: Field<'a>,
    metadata: Field<'a>,
}

/// The reports of a session, and of its intent where it is included whole.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<Vec<Report>, Unreadable> {
    let session: Session<'_> = record(object)?;
    let id = session.id.id().ok_or(Unreadable::because("the session has no id"))?;
    let other_mode = matches!(session.mode.text().as_deref(), Some("setup" | "subscription"));
    // A page that costs nothing is finished without money ever coming; reported as "completed", its money would be awaited for
    // ever.
    if other_mode || session.payment_status.text().as_deref() == Some("no_payment_required") {
        return Ok(Vec::new());
    }
    let named = Owner { payment: parsed(session.client_reference_id), ..Owner::default() };
    let owner = Owner::of(session.metadata, session.customer).or(&named);
    let intent = session.payment_intent.record::<Intent<'_>>();
    let fact = fact(&session, intent.as_ref(), kind)?;
    let of = fact.intent.clone();
    let mut reports = vec![Report { of, ..owner.clone().report(id, ObjectState::Checkout(fact)) }];
    if let Some(intent) = intent {
        reports.extend(intent::reports(&intent, None, &owner)?);
    }
    Ok(reports)
}

fn fact(session: &Session<'_>, intent: Option<&Intent<'_>>, kind: Option<&str>) -> Result<CheckoutState, Unreadable> {
    let (status, payment_status) = (session.status.text(), session.payment_status.text());
    let completed = status.as_deref() == Some("complete")
        || matches!(kind, Some(COMPLETED | ASYNC_PAYMENT_SUCCEEDED | ASYNC_PAYMENT_FAILED));
    let paid = match payment_status.as_deref() {
        Some(word) => word == "paid",
        None => kind == Some(ASYNC_PAYMENT_SUCCEEDED),
    };
    // A finished page whose intent wants another method will not be paid: the bank refused after the payer had left. A fetched
    // session reports it in no other way.
    let given_back = completed && payment_status.as_deref() == Some("unpaid") && intent.is_some_and(Intent::has_failed);
    let amount = if paid { received(session.amount_total, session.currency)? } else { None };
    Ok(CheckoutState {
        intent: session.payment_intent.id(),
        completed,
        expired: status.as_deref() == Some("expired") || kind == Some(EXPIRED),
        failed: kind == Some(ASYNC_PAYMENT_FAILED) || given_back,
        received: amount.map(Cash::of).unwrap_or_default(),
    })
}
