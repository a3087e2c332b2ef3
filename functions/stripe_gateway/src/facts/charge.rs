//! Charges: the attempts of an intent.
//!
//! A charge reports to its intent, as the attempt of its own id: whichever of the two is heard first, or twice, the same is said
//! once.

use std::collections::BTreeMap;

use receivables::provider_fact::{Attempt, AttemptRank, Cash, IntentFact};
use receivables::{ObjectFact, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Owner, received};
use crate::event::Unreadable;
use crate::field::{Field, record};

pub(super) const OBJECT: &str = "charge";
pub(super) const SUCCEEDED: &str = "charge.succeeded";
pub(super) const PENDING: &str = "charge.pending";
pub(super) const FAILED: &str = "charge.failed";

/// Characters of the longest word that is taken to be a code.
const WORD_CHARS_MAX: usize = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Charge<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    status: Field<'a>,
    captured: Field<'a>,
    amount: Field<'a>,
    amount_captured: Field<'a>,
    currency: Field<'a>,
    payment_intent: Field<'a>,
    failure_code: Field<'a>,
    outcome: Field<'a>,
    metadata: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Outcome<'a> {
    #[serde(borrow)]
    r#type: Field<'a>,
    reason: Field<'a>,
}

/// What a charge says of its intent, where it has one.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<Option<Report>, Unreadable> {
    let charge: Charge<'_> = record(object)?;
    if charge.payment_intent.raw().is_none() {
        return Ok(None);
    }
    let intent = charge.payment_intent.id().ok_or(Unreadable::because("the charge's intent has no id"))?;
    if charge.id.id().is_none() {
        return Err(Unreadable::because("the charge has no id"));
    }
    let Some((id, attempt)) = charge.attempt(kind) else {
        return Ok(None);
    };
    // Older API versions have no `amount_captured`: what was captured was all of it.
    let amount = if charge.amount_captured.raw().is_some() { charge.amount_captured } else { charge.amount };
    let cash = if attempt.rank == AttemptRank::Succeeded { received(amount, charge.currency)? } else { None };
    let fact = IntentFact {
        received: cash.map(Cash::of).unwrap_or_default(),
        processing_seen: attempt.rank == AttemptRank::Pending,
        attempts: BTreeMap::from([(id, attempt)]),
        ..IntentFact::default()
    };
    Ok(Some(Owner::of(charge.metadata).report(intent, ObjectFact::Intent(fact))))
}

impl Charge<'_> {
    /// The attempt that it is. An amount that is only reserved is no attempt yet: it may be taken or let go.
    pub(super) fn attempt(&self, kind: Option<&str>) -> Option<(String, Attempt)> {
        let status = self.status.text();
        let word = status.as_deref().or_else(|| kind.and_then(|kind| kind.strip_prefix("charge.")));
        let rank = match word {
            Some("pending") => AttemptRank::Pending,
            Some("failed") => AttemptRank::Failed,
            // Before 2015 a charge that succeeded was "paid".
            Some("succeeded" | "paid") if self.captured.flag() != Some(false) => AttemptRank::Succeeded,
            Some(_) | None => return None,
        };
        let decline = if rank == AttemptRank::Failed { self.decline() } else { None };
        Some((self.id.id()?.into(), Attempt { rank, decline }))
    }

    /// The issuer's reason, which is the intent's `decline_code`, else the general one.
    fn decline(&self) -> Option<String> {
        let outcome: Outcome<'_> = self.outcome.record().unwrap_or_default();
        let issuer = outcome.r#type.text().as_deref() == Some("issuer_declined");
        let reason = if issuer { word(outcome.reason) } else { None };
        reason.or(word(self.failure_code))
    }
}

/// A provider's code. Anything else, such as a sentence, is not kept.
pub(super) fn word(field: Field<'_>) -> Option<String> {
    let text = field.text()?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    ((1..=WORD_CHARS_MAX).contains(&text.len()) && text.bytes().all(good)).then(|| text.into_owned())
}
