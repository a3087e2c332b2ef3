//! Payment intents.
//!
//! An intent outlives its attempts: each attempt is a charge. Until 2022-11-15 an intent listed its charges under
//! `charges.data`; since then it names the last as `latest_charge`, or includes it whole if expanded. An attempt that fails
//! before there is a charge (the payer did not authenticate) is kept under [`NO_CHARGE`].
//!
//! A charge that is included whole also reports its refunds.
//!
//! An intent that is processing but names no charge gives no attempt: under a made-up name it would stay pending for ever.

use std::borrow::Cow;
use std::collections::BTreeMap;

use receivables::provider_object::{Attempt, AttemptRank, Cash, IntentState};
use receivables::{Money, ObjectState, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::charge::{self, BANK_TRANSFER, Charge};
use super::{Owner, amount_of, received};
use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const OBJECT: &str = "payment_intent";
pub(super) const FAMILY: &str = "payment_intent.";
pub(super) const CREATED: &str = "payment_intent.created";
pub(super) const PROCESSING: &str = "payment_intent.processing";
pub(super) const REQUIRES_ACTION: &str = "payment_intent.requires_action";
pub(super) const SUCCEEDED: &str = "payment_intent.succeeded";
pub(super) const PAYMENT_FAILED: &str = "payment_intent.payment_failed";
pub(super) const CANCELED: &str = "payment_intent.canceled";
pub(super) const PARTIALLY_FUNDED: &str = "payment_intent.partially_funded";

/// The name of the attempt that never became a charge.
const NO_CHARGE: &str = "none";

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Intent<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    status: Field<'a>,
    amount: Field<'a>,
    amount_received: Field<'a>,
    currency: Field<'a>,
    latest_charge: Field<'a>,
    charges: Field<'a>,
    last_payment_error: Field<'a>,
    next_action: Field<'a>,
    customer: Field<'a>,
    metadata: Field<'a>,
    payment_method_types: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NextAction<'a> {
    #[serde(borrow)]
    display_bank_transfer_instructions: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Transfer<'a> {
    #[serde(borrow)]
    amount_remaining: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    charge: Field<'a>,
    code: Field<'a>,
    decline_code: Field<'a>,
}

/// The statuses of an intent that matter here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Processing,
    ActionRequired,
    Succeeded,
    /// The last attempt, if there was one, failed.
    MethodRequired,
    Cancelled,
    /// Nothing follows from it: confirmation or capture is awaited, or the status is new.
    Other,
}

pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<Vec<Report>, Unreadable> {
    reports(&record(object)?, kind, &Owner::default())
}

/// The reports of an intent and of the refunds listed in its charges; `holder` is the owner of the object that contains it.
pub(super) fn reports(intent: &Intent<'_>, kind: Option<&str>, holder: &Owner) -> Result<Vec<Report>, Unreadable> {
    let id = intent.id.id().ok_or(Unreadable::because("the intent has no id"))?;
    let owner = intent.owner().or(holder);
    let status = intent.status(kind);
    let cash = if status == Status::Succeeded { received(intent.amount_received, intent.currency)? } else { None };
    let mut refunded = Cash::default();
    let mut refunds = Vec::new();
    for charge in intent.charges() {
        // At most one of an intent's charges has taken money, and it may be listed twice.
        charge.refunded()?.into_iter().for_each(|sum| refunded.raise(sum));
        refunds.extend(charge.refunds(&id, &owner)?);
    }
    let fact = IntentState {
        received: cash.map(Cash::of).unwrap_or_default(),
        action_required: status == Status::ActionRequired,
        processing_seen: status == Status::Processing,
        cancelled: status == Status::Cancelled,
        by_transfer: intent.is_transfer(),
        refunded,
        funded: intent.funded(status).map(Cash::of).unwrap_or_default(),
        attempts: intent.attempts(status, kind),
    };
    let mut reports = vec![owner.report(id, ObjectState::Intent(fact))];
    reports.append(&mut refunds);
    Ok(reports)
}

impl Intent<'_> {
    /// Whether no money will come unless the payer tries again.
    pub(super) fn has_failed(&self) -> bool {
        matches!(self.status(None), Status::MethodRequired | Status::Cancelled)
    }

    /// The payment, business and customer that it names.
    pub(super) fn owner(&self) -> Owner {
        Owner::of(self.metadata, self.customer)
    }

    /// Whether it can only be paid by bank transfer, or was.
    fn is_transfer(&self) -> bool {
        let types: Vec<_> = self.payment_method_types.list().into_iter().map(Field::text).collect();
        let only = matches!(types.as_slice(), [Some(word)] if word == BANK_TRANSFER);
        only || self.charges().any(|charge| charge.is_transfer())
    }

    /// The charges that are included whole.
    fn charges(&self) -> impl Iterator<Item = Charge<'_>> {
        charge::listed(self.charges).into_iter().chain([self.latest_charge]).filter_map(Field::record::<Charge<'_>>)
    }

    /// How much of a transfer has arrived while more is awaited. It is no cash yet, so an unreadable amount is left out.
    fn funded(&self, status: Status) -> Option<Money> {
        if status != Status::ActionRequired {
            return None;
        }
        let action: NextAction<'_> = self.next_action.record()?;
        let transfer: Transfer<'_> = action.display_bank_transfer_instructions.record()?;
        let arrived = self.amount.whole()?.checked_sub(transfer.amount_remaining.whole().filter(|left| *left >= 0)?)?;
        amount_of(arrived, self.currency).ok()?
    }

    fn status(&self, kind: Option<&str>) -> Status {
        let word = self.status.text();
        let said_by_type = || kind.and_then(|kind| kind.strip_prefix(FAMILY)).map(Cow::Borrowed);
        match word.or_else(said_by_type).as_deref() {
            Some("processing") => Status::Processing,
            // The names with "source" are those of API versions before 2019-02-11.
            Some("requires_action" | "requires_source_action" | "partially_funded") => Status::ActionRequired,
            Some("succeeded") => Status::Succeeded,
            Some("requires_payment_method" | "requires_source" | "payment_failed") => Status::MethodRequired,
            Some("canceled") => Status::Cancelled,
            Some(_) | None => Status::Other,
        }
    }

    fn attempts(&self, status: Status, kind: Option<&str>) -> BTreeMap<String, Attempt> {
        let mut attempts = BTreeMap::new();
        for charge in self.charges() {
            if let Some((id, attempt)) = charge.attempt(None) {
                note(&mut attempts, id, attempt);
            }
        }
        if let Some(id) = self.latest_charge.id()
            && let Some(rank) = rank_of_latest(status)
        {
            note(&mut attempts, id.into(), Attempt::new(rank, None));
        }
        let failed = kind == Some(PAYMENT_FAILED) || matches!(status, Status::MethodRequired | Status::Cancelled);
        if failed && let Some(failure) = self.last_payment_error.record::<Failure<'_>>() {
            let id = failure.charge.id().map_or(NO_CHARGE.to_owned(), String::from);
            let decline = failure.decline_code.word().or(failure.code.word());
            note(&mut attempts, id, Attempt::new(AttemptRank::Failed, decline));
        }
        if kind == Some(PAYMENT_FAILED) && attempts.is_empty() {
            note(&mut attempts, NO_CHARGE.to_owned(), Attempt::new(AttemptRank::Failed, None));
        }
        attempts
    }
}

/// What an intent's status implies for its latest charge. While the payer must act, that charge may be an earlier one.
fn rank_of_latest(status: Status) -> Option<AttemptRank> {
    match status {
        Status::Processing => Some(AttemptRank::Pending),
        Status::Succeeded => Some(AttemptRank::Succeeded),
        Status::MethodRequired | Status::Cancelled => Some(AttemptRank::Failed),
        Status::ActionRequired | Status::Other => None,
    }
}

/// Adds an attempt, of which another state may be known already.
fn note(attempts: &mut BTreeMap<String, Attempt>, id: String, attempt: Attempt) {
    match attempts.get_mut(&id) {
        Some(known) => known.merge(&attempt),
        None => {
            attempts.insert(id, attempt);
        }
    }
}
