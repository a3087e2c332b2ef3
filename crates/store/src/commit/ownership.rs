//! Saying of money whose customer is not known that it is not ours, or is after all.

use jiff::Timestamp;
use receivables::audit::Difference;
use receivables::not_ours::{NotOursBecause, OwnershipMark};
use receivables::{BusinessId, ObjectId, PaymentId, Provider};

use super::{CommitOutcome, Conflict, OnConditionFailed, Writes};
use crate::access::provider_objects::{anchor_write, head_item};
use crate::commit_context::CommitContext;
use crate::error::StoreError;
use crate::items::outbox;
use crate::table::Store;

/// What is said of money whose customer is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnershipChange<'a> {
    pub business: &'a BusinessId,
    pub provider: Provider,
    /// The object that carries it.
    pub carrier: &'a ObjectId,
    /// Why it is not ours; none where it is to be identified after all.
    pub because: Option<NotOursBecause>,
    /// The instant of the decision.
    pub at: Timestamp,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnershipOutcome {
    Changed,
    /// It was so before.
    AlreadySo,
    /// A payment has it by now.
    Belongs(PaymentId),
    /// Nothing is kept of it.
    Absent,
    /// Something was heard of it meanwhile: decide again.
    Conflict,
}

impl Store {
    /// Writes what is said, with a record in the audit.
    pub async fn commit_ownership(
        &self,
        change: &OwnershipChange<'_>,
        also: &CommitContext,
    ) -> Result<OwnershipOutcome, StoreError> {
        let OwnershipChange { business, provider, carrier, because, at } = change;
        let before = self.kept(business, *provider, carrier).await?;
        if let Some(payment) = before.owner {
            return Ok(OwnershipOutcome::Belongs(payment));
        }
        if before.version == 0 {
            return Ok(OwnershipOutcome::Absent);
        }
        if before.because.is_some() == because.is_some() {
            return Ok(OwnershipOutcome::AlreadySo);
        }
        let mut after = before.clone();
        after.marks.push(OwnershipMark { at: *at, not_ours: because.is_some() });
        after.because.clone_from(because);
        let customer = before.customer.as_ref();
        let head = head_item(business, *provider, carrier, &after, customer, before.heard_at.unwrap_or(*at))?;
        // Nothing lies there any more.
        if !head.contains_key("gsi2pk") {
            return Ok(OwnershipOutcome::Absent);
        }
        let mut writes = Writes {
            core: &self.tables.core,
            inbox: &self.tables.inbox,
            business,
            adopted: &also.adopted,
            issued: Vec::new(),
            items: Vec::new(),
        };
        let conflict = OnConditionFailed::Conflict(Conflict::UnclaimedReports((*carrier).clone()));
        writes.items.push((anchor_write(&self.tables.core, &head, &before)?, conflict));
        let said = |because: &Option<NotOursBecause>| match because {
            Some(NotOursBecause::Rule(rule)) => format!("by the rule {rule}"),
            Some(NotOursBecause::Person(_)) => "true".to_owned(),
            None => "false".to_owned(),
        };
        let difference = Difference {
            what: carrier.to_string(),
            field: "not_ours",
            before: said(&before.because),
            after: said(because),
        };
        let record = outbox::of_money(business, difference, before.version + 1, *at, also)?;
        writes.put_new(&self.tables.core, record, OnConditionFailed::AlreadyDone)?;
        writes.act(also, *at)?;
        Ok(match self.transact(writes.items, *at).await? {
            CommitOutcome::Committed => OwnershipOutcome::Changed,
            CommitOutcome::AlreadyDone => OwnershipOutcome::AlreadySo,
            CommitOutcome::Conflict(_) => OwnershipOutcome::Conflict,
        })
    }
}
