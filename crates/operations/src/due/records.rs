//! Records of decisions that the stream did not see to its end: what follows from each is made sure of, then they are sealed.

use jiff::{SignedDuration, Timestamp};
use receivables::BusinessId;
use store::{DueItem, RecordKey};

use super::{Outcome, UNKNOWN_FIRST, UNKNOWN_MAX, after, claim, doubled};
use crate::audit::seal_records;
use crate::context::Context;
use crate::error::OperationError;
use crate::publish::ensure_effects;

/// How soon records that could not be sealed are tried again.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// Seals records of one business. Those that cannot be sealed are moved ahead, so that they hide no others.
pub(super) async fn seal(
    context: &Context,
    b: &BusinessId,
    items: &[DueItem],
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let sealed = seal_all(context, b, items, now).await;
    if sealed.is_err() {
        for item in items {
            claim(context, item, LEASE, now).await?;
        }
    }
    sealed
}

async fn seal_all(
    context: &Context,
    b: &BusinessId,
    items: &[DueItem],
    now: Timestamp,
) -> Result<Outcome, OperationError> {
    let keys: Vec<RecordKey> = items.iter().filter_map(DueItem::record).cloned().collect();
    let records = context.store.decision_records(&keys).await?;
    for record in &records {
        ensure_effects(context, record, now).await?;
    }
    seal_records(context, b, &keys, now).await?;
    // One that was sealed before stood here because its sealer died, or for a version that knows all that it announces.
    for record in records.iter().filter(|record| record.sealed.is_some() || record.has_unknown_facts) {
        let Some(item) = items.iter().find(|item| item.record() == Some(&record.key)) else { continue };
        if record.has_unknown_facts {
            let claimed = context.store.claim_due(item, after(now, UNKNOWN_FIRST)).await?;
            let Some(claimed) = claimed else { continue };
            let next = after(now, doubled(UNKNOWN_FIRST, claimed.tries, UNKNOWN_MAX));
            context.store.retime_due(&claimed, next, Some("it announces what this version does not know")).await?;
        } else {
            context.store.finish_due(item).await?;
        }
    }
    let unsealed = records.iter().any(|record| record.sealed.is_none());
    Ok(if unsealed { Outcome::Done } else { Outcome::Taken })
}
