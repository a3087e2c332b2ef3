//! Writing a decision: one transaction, conditions on everything it was decided on.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::{SignedDuration, Timestamp};
use receivables::audit::Difference;
use receivables::ledger::Entry;
use receivables::{
    BalanceMove, Business, BusinessId, CreditNoteId, Decision, InvoiceId, ObjectId, OutgoingPaymentId, PaymentId,
};

use crate::commit_context::CommitContext;
use crate::difference::newer_in;
use crate::error::StoreError;
use crate::items::outbox;
use crate::keys::Unique;
use crate::table::Store;

mod changes;
pub(crate) mod ownership;
mod payments;
mod writes;

/// Times a transaction is tried against rivals that are only in the way.
const TRIES_MAX: u32 = 8;

/// How old a decision may be when a try to write it begins; one that is older is made again. What was entered at an instant is
/// therefore in the tables this much later, and the time that one try takes.
pub const DECISION_AGE_MAX: SignedDuration = SignedDuration::from_secs(60);

/// What came of writing a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The transaction went through.
    Committed,
    /// It was written before, by us or by another who decided the same.
    AlreadyDone,
    /// Something it was decided on has changed since: load and decide again.
    Conflict(Vec<Conflict>),
}

/// What a decision rested on and another has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// A value that is unique in the business belongs to something else.
    Taken(Unique),
    /// The customer has another version.
    Customer,
    /// The invoice stands differently, or is not there.
    Invoice(InvoiceId),
    /// The payment has another version.
    Payment(PaymentId),
    /// The pay link is not there.
    PayLink,
    /// The credit note has another version.
    CreditNote(CreditNoteId),
    /// The outgoing payment has another version.
    OutgoingPayment(OutgoingPaymentId),
    /// Reports about this object were kept before it had a payment, and must be applied first.
    UnclaimedReports(ObjectId),
    /// It is older than [`DECISION_AGE_MAX`]: what it enters would come after an export that says it is complete.
    DecidedTooLongAgo,
}

/// A change of a business's own settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessChange<'a> {
    /// The business as it was read and decided on.
    pub before: &'a Business,
    /// The business as it is to be.
    pub after: &'a Business,
    /// What the audit is told of it.
    pub differences: Vec<Difference>,
    /// The instant of the decision.
    pub at: Timestamp,
}

/// What a failed condition of one item means.
#[derive(Clone, Debug, PartialEq, Eq)]
enum OnConditionFailed {
    AlreadyDone,
    Conflict(Conflict),
    /// The item has no condition.
    Never,
}

/// A transaction under construction: its items in order, each with what its failing means.
struct Writes<'a> {
    core: &'a str,
    inbox: &'a str,
    business: &'a BusinessId,
    adopted: &'a BTreeMap<ObjectId, u64>,
    /// Invoices that are issued in it.
    issued: Vec<InvoiceId>,
    items: Vec<(TransactWriteItem, OnConditionFailed)>,
}

impl Store {
    /// Writes a decision: changes, ledger entries, balance and facts, all or nothing.
    pub async fn commit(&self, decision: &Decision, also: &CommitContext) -> Result<CommitOutcome, StoreError> {
        let mut writes = Writes {
            core: &self.tables.core,
            inbox: &self.tables.inbox,
            business: &decision.business,
            adopted: &also.adopted,
            issued: Vec::new(),
            items: Vec::new(),
        };
        for change in &decision.changes {
            writes.change(change)?;
        }
        let b = &decision.business;
        let (own, handed_entries) = self.dated_entries(decision).await?;
        writes.entries(&decision.customer, &own)?;
        writes.balance(b, &decision.customer, &decision.balance_move())?;
        if let Some(handed) = &decision.handed_to {
            writes.entries(&handed.customer, &handed_entries)?;
            writes.balance(b, &handed.customer, &BalanceMove::of(&handed.entries))?;
        }
        if writes.items.is_empty() {
            return Ok(CommitOutcome::AlreadyDone);
        }
        let record = outbox::of_decision(decision, also)?;
        writes.put_new(&self.tables.core, record, OnConditionFailed::AlreadyDone)?;
        writes.act(also, decision.at)?;
        if let Some(event) = &also.applied {
            writes.applied(event, decision.at)?;
        }
        self.transact(writes.items, decision.at).await
    }

    /// The entries of a decision, with the days that they are of where the business is.
    async fn dated_entries(&self, decision: &Decision) -> Result<(Vec<Entry>, Vec<Entry>), StoreError> {
        if decision.entries.is_empty() && decision.handed_to.is_none() {
            return Ok((Vec::new(), Vec::new()));
        }
        Ok(decision.entries_in(&self.billing_zone(&decision.business).await?))
    }

    /// Writes the tolerances of a business together with what the audit has of it, over the business as it was read. Says
    /// whether it was still so.
    pub async fn commit_settings(&self, change: BusinessChange<'_>, also: &CommitContext) -> Result<bool, StoreError> {
        let BusinessChange { before, after, differences, at } = change;
        let mut writes = Writes {
            core: &self.tables.core,
            inbox: &self.tables.inbox,
            business: &after.id,
            adopted: &also.adopted,
            issued: Vec::new(),
            items: Vec::new(),
        };
        writes.settings(before, after)?;
        let record = outbox::of_business(after, differences, at, also)?;
        writes.put_new(&self.tables.core, record, OnConditionFailed::AlreadyDone)?;
        writes.act(also, at)?;
        Ok(self.transact(writes.items, at).await? == CommitOutcome::Committed)
    }

    async fn transact(
        &self,
        writes: Vec<(TransactWriteItem, OnConditionFailed)>,
        decided_at: Timestamp,
    ) -> Result<CommitOutcome, StoreError> {
        let (items, meanings): (Vec<TransactWriteItem>, Vec<OnConditionFailed>) = writes.into_iter().unzip();
        for try_number in 1..=TRIES_MAX {
            if self.now().duration_since(decided_at) > DECISION_AGE_MAX {
                return Ok(CommitOutcome::Conflict(vec![Conflict::DecidedTooLongAgo]));
            }
            let Err(error) = self.write_together(items.clone()).await else { return Ok(CommitOutcome::Committed) };
            match verdict(&error, &meanings) {
                Some(Verdict::Is(commitment)) => return Ok(commitment),
                Some(Verdict::Defect(why)) => return Err(StoreError::Defect(why)),
                Some(Verdict::Newer(what)) => return Err(StoreError::NewerVersion(what)),
                Some(Verdict::InTheWay) => {
                    tokio::time::sleep(self.pause(try_number)).await;
                }
                None => return Err(StoreError::of(&error)),
            }
        }
        Err(StoreError::Unavailable("rivals kept being in the way".to_owned()))
    }
}

enum Verdict {
    Is(CommitOutcome),
    Defect(String),
    /// An item is of a newer version; its partition.
    Newer(String),
    InTheWay,
}

/// Reads the reasons of a cancelled transaction, one per item in order.
fn verdict(error: &SdkError<TransactWriteItemsError>, meanings: &[OnConditionFailed]) -> Option<Verdict> {
    let SdkError::ServiceError(service) = error else { return None };
    if service.err().is_transaction_in_progress_exception() {
        return Some(Verdict::InTheWay);
    }
    // Whatever else the service says, now or in a later version, is no verdict on the decision.
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = service.err() else { return None };
    let reasons = cancelled.cancellation_reasons();
    if let Some(newer) = newer_in(reasons) {
        return Some(Verdict::Newer(newer));
    }
    let mut contested = Vec::new();
    let (mut done, mut in_the_way) = (false, false);
    for (place, reason) in reasons.iter().enumerate() {
        match reason.code().unwrap_or("None") {
            "None" => {}
            "ConditionalCheckFailed" => match meanings.get(place) {
                Some(OnConditionFailed::AlreadyDone) => done = true,
                Some(OnConditionFailed::Conflict(what)) => contested.push(what.clone()),
                Some(OnConditionFailed::Never) | None => return None,
            },
            "TransactionConflict" | "ThrottlingError" | "ProvisionedThroughputExceeded" => in_the_way = true,
            other => return Some(Verdict::Defect(format!("a transaction was refused: {other}"))),
        }
    }
    // What changed comes first: deciding again is always safe, while "done already" ends the matter.
    if !contested.is_empty() {
        Some(Verdict::Is(CommitOutcome::Conflict(contested)))
    } else if done {
        Some(Verdict::Is(CommitOutcome::AlreadyDone))
    } else if in_the_way {
        Some(Verdict::InTheWay)
    } else {
        None
    }
}
