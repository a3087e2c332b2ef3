//! A provider's objects: the payment each belongs to, and the reports about those that belong to none yet.
//!
//! Reports about the same money lie under its anchor, the object that carries it. The anchor's own item counts them, so that a
//! payment that claims the anchor has applied all of them, and none is kept there afterwards.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use jiff::Timestamp;
use receivables::not_ours::{NotOursBecause, OwnershipMark};
use receivables::provider_object::{Provider, ProviderState};
use receivables::{BusinessId, Currency, CustomerId, Money, ObjectId, ObjectState, PaymentId, Report};

use super::unidentified::{REASON, RULE, because, marks_of};
use crate::difference::{Difference, newer_in};
use crate::error::StoreError;
use crate::items::consistent_read::Assembled;
use crate::items::movements::MarkRecord;
use crate::items::payments::digest_of;
use crate::items::provider_objects::{FactRecord, merged, of_merged};
use crate::items::{Index, Item, item, listed, number, record, text, text_of};
use crate::keys::{self, Unique};
use crate::table::Store;

/// Tries of keeping what belongs to nobody, against rivals.
const TRIES_MAX: u32 = 8;

/// What came of keeping reports about an object without a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeepOutcome {
    Kept,
    /// The object has a payment by now, to which they are to be applied.
    Belongs(PaymentId),
}

/// Reports about an object that belongs to no payment yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnclaimedReports {
    pub reports: Vec<Report>,
    /// Counts the reports that were kept; whoever applies them names it.
    pub version: u64,
}

impl Store {
    /// The payment that an object of a provider belongs to.
    pub async fn payment_of_object(
        &self,
        b: &BusinessId,
        provider: Provider,
        object: &ObjectId,
    ) -> Result<Option<PaymentId>, StoreError> {
        let Some(item) = self.get(&self.tables.core, &keys::object(b, provider, object)).await? else {
            return Ok(None);
        };
        owner(&item)
    }

    /// The payments of many objects, each with where it keeps the fact that tells of the object, where that is known; one that is
    /// nobody's is left out.
    pub async fn payments_of_objects(
        &self,
        b: &BusinessId,
        provider: Provider,
        objects: &BTreeSet<ObjectId>,
    ) -> Result<BTreeMap<ObjectId, (PaymentId, Option<String>)>, StoreError> {
        let of_key: BTreeMap<String, &ObjectId> =
            objects.iter().map(|object| (keys::objects(b, provider, object), object)).collect();
        let keys: Vec<keys::Key> = objects.iter().map(|object| keys::object(b, provider, object)).collect();
        let mut owners = BTreeMap::new();
        for item in self.get_many(&self.tables.core, &keys).await? {
            let object = text_of(&item, "pk").and_then(|pk| of_key.get(pk));
            if let (Some(object), Some(owner)) = (object, owner(&item)?) {
                let fact = text_of(&item, "fact").map(str::to_owned);
                owners.insert((*object).clone(), (owner, fact));
            }
        }
        Ok(owners)
    }

    /// The customer who has this id at the provider.
    pub async fn customer_at_provider(
        &self,
        b: &BusinessId,
        provider: Provider,
        id: &ObjectId,
    ) -> Result<Option<CustomerId>, StoreError> {
        self.target(&keys::unique(b, Unique::CustomerAtProvider(provider), id.as_str())).await
    }

    /// What is kept under an object that is nobody's. `None` where nothing is, or where it is somebody's by now.
    pub async fn waiting(
        &self,
        b: &BusinessId,
        provider: Provider,
        anchor: &ObjectId,
    ) -> Result<Option<UnclaimedReports>, StoreError> {
        let kept = self.kept(b, provider, anchor).await?;
        let (waits, version) = (kept.owner.is_none() && kept.version > 0, kept.version);
        Ok(waits.then(|| UnclaimedReports { reports: kept.reports(anchor), version }))
    }

    /// What was kept under an object before it was somebody's.
    pub async fn kept_reports(
        &self,
        b: &BusinessId,
        provider: Provider,
        anchor: &ObjectId,
    ) -> Result<Vec<Report>, StoreError> {
        Ok(self.kept(b, provider, anchor).await?.reports(anchor))
    }

    /// Keeps what was said of objects that are nobody's, merged with what was kept before, under what carries their money.
    pub async fn keep_unidentified(
        &self,
        b: &BusinessId,
        provider: Provider,
        anchor: &ObjectId,
        reports: &[Report],
        now: Timestamp,
    ) -> Result<KeepOutcome, StoreError> {
        self.keep(b, provider, anchor, reports, None, now).await
    }

    /// The same of objects that are not ours by a rule, unless it was said before whose they are.
    pub async fn keep(
        &self,
        b: &BusinessId,
        provider: Provider,
        anchor: &ObjectId,
        reports: &[Report],
        rule: Option<&str>,
        now: Timestamp,
    ) -> Result<KeepOutcome, StoreError> {
        for try_number in 1..=TRIES_MAX {
            let mut kept = self.kept(b, provider, anchor).await?;
            if let Some(payment) = kept.owner {
                return Ok(KeepOutcome::Belongs(payment));
            }
            let before = kept.clone();
            for report in reports {
                kept.facts.merge(report);
            }
            let customer = reports.iter().find_map(|report| report.customer.clone()).or(kept.customer.clone());
            if let Some(rule) = rule.filter(|_| kept.marks.is_empty()) {
                kept.mark(
                    OwnershipMark { at: Timestamp::UNIX_EPOCH, not_ours: true },
                    NotOursBecause::Rule(rule.to_owned()),
                );
            }
            if kept.facts == before.facts && customer == kept.customer && kept.marks == before.marks {
                return Ok(KeepOutcome::Kept);
            }
            let head = head_item(b, provider, anchor, &kept, customer.as_ref(), now)?;
            self.put_kept_under((b, provider), anchor, &before, &kept).await?;
            let mut writes = vec![anchor_write(&self.tables.core, &head, &before)?];
            for (object, fact) in
                kept.facts.0.iter().filter(|(object, fact)| before.facts.0.get(*object) != Some(*fact))
            {
                let of = |fact: &ObjectState| {
                    let key = keys::waiting_fact(b, provider, anchor, fact.kind(), object);
                    item(&key, &FactRecord { object: object.clone(), fact: of_merged(fact) })
                };
                let was = before.facts.0.get(object).map(of).transpose()?;
                writes.push(report_write(&self.tables.core, was.as_ref(), of(fact)?)?);
            }
            match self.write_together(writes).await {
                Ok(()) => return Ok(KeepOutcome::Kept),
                Err(error) => match error.as_service_error() {
                    Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                        if let Some(newer) = newer_in(cancelled.cancellation_reasons()) {
                            return Err(StoreError::NewerVersion(newer));
                        }
                        tokio::time::sleep(self.pause(try_number)).await;
                    }
                    Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
                        tokio::time::sleep(self.pause(try_number)).await;
                    }
                    Some(_) | None => return Err(StoreError::of(&error)),
                },
            }
        }
        Err(StoreError::Unavailable("rivals kept changing the object".to_owned()))
    }

    pub(crate) async fn kept(
        &self,
        b: &BusinessId,
        provider: Provider,
        anchor: &ObjectId,
    ) -> Result<AnchorState, StoreError> {
        let pk = keys::objects(b, provider, anchor);
        Ok(self.assembled(&pk, kept).await?.unwrap_or_default())
    }
}

/// What is kept, of its partition's items in any order.
fn kept(items: Vec<Item>) -> Result<Assembled<AnchorState>, StoreError> {
    let mut kept = AnchorState::default();
    let mut carried = None;
    for item in items {
        if text_of(&item, "sk") == Some("X") {
            kept.owner = owner(&item)?;
            kept.version = item.get("version").and_then(|n| n.as_n().ok()).and_then(|n| n.parse().ok()).unwrap_or(0);
            let customer = text_of(&item, "provider_customer").map(str::parse).transpose();
            kept.customer = customer.map_err(|error| StoreError::defect("provider object", &error))?;
            carried = text_of(&item, "parts").map(str::to_owned);
            (kept.marks, kept.because) = (marks_of(&item)?, because(&item));
            kept.heard_at = text_of(&item, "heard_at").and_then(|at| at.parse().ok());
        } else if text_of(&item, "sk") != Some(keys::KEPT_UNDER) {
            let record: FactRecord = record(item)?;
            kept.facts.0.insert(record.object, merged(record.fact)?);
        }
    }
    let digest = digest_of(&[], &kept.facts)?;
    Ok(match (carried, kept.version) {
        // Facts without what counts them, which is written with the first of them.
        (None, 0) if !kept.facts.0.is_empty() => Assembled::Torn,
        (carried, _) => Assembled::of(kept, carried.as_deref(), &digest),
    })
}

#[derive(Clone, Default)]
pub(crate) struct AnchorState {
    pub(crate) owner: Option<PaymentId>,
    pub(crate) customer: Option<ObjectId>,
    pub(crate) facts: ProviderState,
    pub(crate) marks: Vec<OwnershipMark>,
    pub(crate) because: Option<NotOursBecause>,
    pub(crate) heard_at: Option<Timestamp>,
    pub(crate) version: u64,
}

impl AnchorState {
    pub(crate) fn mark(&mut self, mark: OwnershipMark, because: NotOursBecause) {
        self.marks.push(mark);
        self.because = Some(because).filter(|_| mark.not_ours);
    }

    /// The other objects that its money may be called by.
    pub(crate) fn names(&self, anchor: &ObjectId) -> BTreeSet<ObjectId> {
        let attempts = self.facts.0.values().filter_map(|fact| fact.intent()).flat_map(|intent| intent.attempts.keys());
        let attempts = attempts.filter_map(|attempt| attempt.as_str().parse::<ObjectId>().ok());
        self.facts.0.keys().cloned().chain(attempts).filter(|object| object != anchor).collect()
    }

    /// What was kept, the anchor's own first.
    fn reports(self, anchor: &ObjectId) -> Vec<Report> {
        let report = |(object, fact): (ObjectId, ObjectState)| Report {
            of: (object != *anchor).then(|| anchor.clone()),
            ..Report::new(object, fact)
        };
        let mut reports: Vec<Report> = self.facts.0.into_iter().map(report).collect();
        reports.sort_by_key(|report| report.of.is_some());
        reports
    }
}

fn owner(item: &Item) -> Result<Option<PaymentId>, StoreError> {
    let id = text_of(item, "payment").map(str::parse).transpose();
    id.map_err(|error| StoreError::defect("provider object", &error))
}

/// The anchor's own item; in the business's list while money lies under it.
pub(crate) fn head_item(
    b: &BusinessId,
    provider: Provider,
    anchor: &ObjectId,
    kept: &AnchorState,
    customer: Option<&ObjectId>,
    now: Timestamp,
) -> Result<Item, StoreError> {
    let key = keys::object(b, provider, anchor);
    let mut item = Item::from([
        ("pk".to_owned(), text(&key.pk)),
        ("sk".to_owned(), text(&key.sk)),
        ("object".to_owned(), text(anchor.as_str())),
        ("heard_at".to_owned(), text(&now.to_string())),
        ("version".to_owned(), number(kept.version + 1)),
        ("parts".to_owned(), text(&digest_of(&[], &kept.facts)?)),
    ]);
    if !kept.marks.is_empty() {
        let marks = kept.marks.iter().map(|mark| serde_dynamo::to_attribute_value(MarkRecord::of(mark)));
        let marks = marks.collect::<Result<Vec<AttributeValue>, serde_dynamo::Error>>();
        let marks = marks.map_err(|error| StoreError::defect("encode", &error))?;
        item.insert("marks".to_owned(), AttributeValue::L(marks));
    }
    match &kept.because {
        Some(NotOursBecause::Rule(rule)) => drop(item.insert(RULE.to_owned(), text(rule))),
        Some(NotOursBecause::Person(reason)) => drop(item.insert(REASON.to_owned(), text(reason))),
        None => {}
    }
    if let Some(customer) = customer {
        item.insert("provider_customer".to_owned(), text(customer.as_str()));
    }
    // What went back is nobody's to find any more.
    let heard = kept.facts.fold();
    let held = heard.received.amounts().map(|amount| heard.cash(amount.currency()));
    let held: Vec<Money> = held.filter(|amount| !amount.is_zero()).collect();
    if held.is_empty() {
        return Ok(item);
    }
    for amount in held {
        item.insert(held_name(amount.currency()), number(amount.minor()));
    }
    let list = if kept.because.is_some() { keys::not_ours(b) } else { keys::unidentified(b) };
    Ok(listed(item, Index::List, &list, &format!("{now:.3}#{anchor}")))
}

/// The anchor's own item, written only over what was read, and never over one that is somebody's.
pub(crate) fn anchor_write(table: &str, item: &Item, before: &AnchorState) -> Result<TransactWriteItem, StoreError> {
    if before.version == 0 {
        let put = Put::builder().table_name(table).set_item(Some(item.clone()));
        let put = put.condition_expression("attribute_not_exists(pk)").build();
        let put = put.map_err(|error| StoreError::defect("put", &error))?;
        return Ok(TransactWriteItem::builder().put(put).build());
    }
    let held: Vec<String> = before.facts.fold().received.amounts().map(|amount| held_name(amount.currency())).collect();
    let mut optional: Vec<&str> = held.iter().map(String::as_str).collect();
    optional.extend([Index::List.pk(), Index::List.sk(), RULE, REASON]);
    let update =
        Difference::to(item, &optional).update(table, item, "version = :was AND attribute_not_exists(payment)");
    let update = update.expression_attribute_values(":was", number(before.version)).build();
    Ok(TransactWriteItem::builder().update(update.map_err(|error| StoreError::defect("update", &error))?).build())
}

/// A report's item, put or changed.
fn report_write(table: &str, before: Option<&Item>, after: Item) -> Result<TransactWriteItem, StoreError> {
    let Some(before) = before else { return put(table, after) };
    let update = Difference::between(before, &after).update(table, &after, "attribute_exists(pk)").build();
    Ok(TransactWriteItem::builder().update(update.map_err(|error| StoreError::defect("update", &error))?).build())
}

fn put(table: &str, item: Item) -> Result<TransactWriteItem, StoreError> {
    let put = Put::builder().table_name(table).set_item(Some(item)).build();
    Ok(TransactWriteItem::builder().put(put.map_err(|error| StoreError::defect("put", &error))?).build())
}

/// The attribute that has what is held in a currency.
fn held_name(currency: Currency) -> String {
    format!("r#{currency}")
}
