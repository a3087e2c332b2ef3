//! What decisions did and announce: the outbox, and the audit before it is sealed.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use receivables::audit::Difference;
use receivables::invoice::{Due, Schedule};
use receivables::text::InvoiceNumber;
use receivables::write_off::WriteOffKind;
use receivables::{
    Business, BusinessId, CreditNoteId, Currency, CustomerId, Decision, Fact, FactFields, FactId, FactKind, InvoiceId,
    Money, OutgoingPaymentId, PaymentId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{DUE_ATTRIBUTES, Item, due, item, money, record};
use crate::commit_context::CommitContext;
use crate::error::StoreError;
use crate::keys::{self, DueList, Key};

/// How long the stream has for a decision, before the timer does what follows from it.
const STREAM_HAS: SignedDuration = SignedDuration::from_mins(2);

#[derive(Serialize, Deserialize)]
struct DecisionItem {
    business: BusinessId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    customer: Option<CustomerId>,
    name: String,
    at: Timestamp,
    actor: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reason: Option<String>,
    differences: Vec<DifferenceRecord>,
    /// The ids of documents that it changed and that no difference names.
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    also_touched: BTreeSet<String>,
    facts: Vec<FactRecord>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sealed: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct DifferenceRecord {
    what: String,
    field: String,
    before: String,
    after: String,
}

#[derive(Serialize, Deserialize)]
struct FactRecord {
    fact: String,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    invoice: Option<InvoiceId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payment: Option<PaymentId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    credit_note: Option<CreditNoteId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    outgoing_payment: Option<OutgoingPaymentId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    number: Option<InvoiceNumber>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    issued_on: Option<Date>,
    /// Of every amount, in minor units, that follows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    currency: Option<Currency>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    total: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    open: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    write_off: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    schedule: Option<BTreeMap<Date, i64>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    decline: Option<String>,
}

/// A fact as it comes round by the stream, with whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnnouncedFact {
    pub business: BusinessId,
    pub customer: CustomerId,
    pub fact: Fact,
}

/// Where the record of a decision lies: its source, and the version that it made of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    pub business: BusinessId,
    /// The id of what was decided on.
    pub source: String,
    /// The version that was made; twelve digits, or a word where the source has no versions.
    pub version: String,
}

/// Digits of a version in a key, so that versions sort.
const VERSION_DIGITS: usize = 12;

impl RecordKey {
    /// The key of a decision's name, `{source}.{version}`.
    pub(crate) fn named(business: &BusinessId, name: &str) -> Self {
        let (source, version) = name.split_once('.').unwrap_or((name, "0"));
        let version = version.parse::<u64>().map_or_else(|_| version.to_owned(), |n| format!("{n:0VERSION_DIGITS$}"));
        Self { business: business.clone(), source: source.to_owned(), version }
    }

    /// The name of the decision.
    pub fn name(&self) -> String {
        let version = self.version.parse::<u64>().map_or_else(|_| self.version.clone(), |version| version.to_string());
        format!("{}.{version}", self.source)
    }

    pub(crate) fn item(&self) -> Key {
        keys::decision_record(&self.business, &self.source, &self.version)
    }
}

/// The record of a decision: what is sealed of it, and what it announces.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionRecord {
    pub key: RecordKey,
    /// The instant of the decision.
    pub at: Timestamp,
    /// Its place in the audit, once it is sealed.
    pub sealed: Option<u64>,
    /// What it announces, as far as this version knows it.
    pub facts: Vec<AnnouncedFact>,
    /// Whether it announces something that this version does not know.
    pub has_unknown_facts: bool,
    /// The ids of what it changed.
    pub touched: BTreeSet<String>,
    item: Item,
}

/// Attributes that are not sealed: the keys of the item and of indexes, when it is due, and its place in the audit.
const NOT_SEALED: [&str; 11] =
    ["pk", "sk", "gsi1pk", "gsi1sk", "gsi2pk", "gsi2sk", "gsi3pk", "gsi3sk", "due_at", "why", "sealed"];

impl DecisionRecord {
    /// Reads a record. What this version cannot read of it is sealed all the same, and left for one that can.
    pub(crate) fn read(item: Item) -> Result<Self, StoreError> {
        let key = super::text_of(&item, "pk").zip(super::text_of(&item, "sk")).and_then(|(pk, sk)| {
            let (business, source) = pk.strip_prefix(keys::DECISION_RECORD)?.split_once('#')?;
            let business = business.parse().ok()?;
            Some(RecordKey { business, source: source.to_owned(), version: sk.to_owned() })
        });
        let key = key.ok_or_else(|| StoreError::Defect("the record of a decision without its key".to_owned()))?;
        let touched = touched(&item);
        let Ok(record) = record::<DecisionItem>(item.clone()) else {
            let at = super::text_of(&item, "at").and_then(|at| at.parse().ok()).unwrap_or(Timestamp::UNIX_EPOCH);
            let sealed = item.get("sealed").and_then(|number| number.as_n().ok()).and_then(|n| n.parse().ok());
            return Ok(Self { key, at, sealed, facts: Vec::new(), has_unknown_facts: true, touched, item });
        };
        let (mut facts, mut has_unknown_facts) = (Vec::new(), false);
        // What happens to the business itself is announced to nobody.
        if let Some(customer) = &record.customer {
            for announced in &record.facts {
                match fact(announced, record.at) {
                    Ok(Some(fact)) => facts.push(AnnouncedFact {
                        business: record.business.clone(),
                        customer: customer.clone(),
                        fact,
                    }),
                    Ok(None) | Err(_) => has_unknown_facts = true,
                }
            }
        }
        Ok(Self { key, at: record.at, sealed: record.sealed, facts, has_unknown_facts, touched, item })
    }

    /// The text that is sealed: a JSON object of the number and of every attribute, by name, those included that this version
    /// does not know.
    pub fn text(&self, number: u64) -> String {
        let attributes = self.item.iter().filter(|(name, _)| !NOT_SEALED.contains(&name.as_str()) && *name != "tries");
        let mut object: BTreeMap<String, Value> =
            attributes.map(|(name, value)| (name.clone(), json_of(value))).collect();
        object.insert("number".to_owned(), number.into());
        sorted(object).to_string()
    }

    /// The item, sealed. Where this version does not know all that it announces, it stays due for one that does.
    pub(crate) fn sealed(&self, number: u64) -> Item {
        let mut item = self.item.clone();
        item.insert("sealed".to_owned(), super::number(number));
        if !self.has_unknown_facts {
            for name in DUE_ATTRIBUTES.split(", ") {
                item.remove(name);
            }
        }
        item
    }
}

/// The ids of what a record says was changed. They are taken from the attributes one by one: the block that seals the record names
/// them once and for all, so what this version cannot read of it must not keep them out.
fn touched(item: &Item) -> BTreeSet<String> {
    let list = |name: &str| item.get(name).and_then(|value| value.as_l().ok()).into_iter().flatten();
    let differences = list("differences").filter_map(|one| one.as_m().ok()?.get("what"));
    differences.chain(list("also_touched")).filter_map(|id| id.as_s().ok()).cloned().collect()
}

/// An object whose members stand in the order of their names, however the JSON library orders them.
fn sorted(members: BTreeMap<String, Value>) -> Value {
    Value::Object(members.into_iter().collect::<Map<String, Value>>())
}

/// An attribute as JSON. Numbers of DynamoDB that JSON's do not hold exactly are texts.
fn json_of(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => Value::String(text.clone()),
        AttributeValue::N(number) => number.parse::<i64>().map_or_else(|_| number.clone().into(), Value::from),
        AttributeValue::Bool(flag) => Value::Bool(*flag),
        AttributeValue::L(values) => values.iter().map(json_of).collect(),
        AttributeValue::M(values) => {
            sorted(values.iter().map(|(name, value)| (name.clone(), json_of(value))).collect())
        }
        AttributeValue::Ss(values) | AttributeValue::Ns(values) => {
            // A set has no order of its own.
            let sorted: BTreeSet<&String> = values.iter().collect();
            sorted.into_iter().cloned().map(Value::String).collect()
        }
        AttributeValue::B(bytes) => Value::String(hex::encode(bytes)),
        // No record has any of these.
        AttributeValue::Bs(_) | AttributeValue::Null(_) | _ => Value::Null,
    }
}

/// What a decision did and announces, in one item: a payment of many invoices says more than a transaction has room for apart.
pub(crate) fn of_decision(decision: &Decision, also: &CommitContext) -> Result<Item, StoreError> {
    let (differences, mut also_touched) = (decision.differences(), decision.touched());
    also_touched.retain(|id| differences.iter().all(|one| one.what != *id));
    let outcome = Outcome {
        business: &decision.business,
        customer: Some(&decision.customer),
        name: decision.name(),
        at: decision.at,
        differences,
        also_touched,
        facts: decision.facts.iter().map(of_fact).collect(),
    };
    decision_record(outcome, also)
}

/// What a change of the business itself did. It announces nothing.
pub(crate) fn of_business(
    after: &Business,
    differences: Vec<Difference>,
    at: Timestamp,
    also: &CommitContext,
) -> Result<Item, StoreError> {
    let outcome = Outcome {
        business: &after.id,
        customer: None,
        name: format!("{}.{}", after.id, after.version),
        at,
        differences,
        also_touched: BTreeSet::new(),
        facts: Vec::new(),
    };
    decision_record(outcome, also)
}

/// What was said of money whose customer is not known. It announces nothing.
pub(crate) fn of_money(
    business: &BusinessId,
    difference: Difference,
    version: u64,
    at: Timestamp,
    also: &CommitContext,
) -> Result<Item, StoreError> {
    let outcome = Outcome {
        business,
        customer: None,
        name: format!("{}.{version}", difference.what),
        at,
        differences: vec![difference],
        also_touched: BTreeSet::new(),
        facts: Vec::new(),
    };
    decision_record(outcome, also)
}

/// What came of one decision, on an account or on the business itself.
struct Outcome<'a> {
    business: &'a BusinessId,
    customer: Option<&'a CustomerId>,
    name: String,
    at: Timestamp,
    differences: Vec<Difference>,
    also_touched: BTreeSet<String>,
    facts: Vec<FactRecord>,
}

fn decision_record(outcome: Outcome<'_>, also: &CommitContext) -> Result<Item, StoreError> {
    let Outcome { business, customer, name, at, differences, also_touched, facts } = outcome;
    let key = RecordKey::named(business, &name);
    let due_name = format!("{business}.{name}");
    let differences = differences.into_iter().map(|one| DifferenceRecord {
        what: one.what,
        field: one.field.to_owned(),
        before: one.before,
        after: one.after,
    });
    let record = DecisionItem {
        business: business.clone(),
        customer: customer.cloned(),
        name,
        at,
        actor: also.actor.to_string(),
        reason: also.reason.as_ref().map(|reason| reason.as_str().to_owned()),
        differences: differences.collect(),
        also_touched,
        facts,
        sealed: None,
    };
    let due_at = at.saturating_add(STREAM_HAS).unwrap_or(Timestamp::MAX);
    Ok(due(item(&key.item(), &record)?, DueList::Records, due_at, &due_name))
}

fn of_fact(fact: &Fact) -> FactRecord {
    let told = fact.kind.fields();
    let days = |schedule: Schedule| schedule.days().map(|due| (due.on, due.amount.minor())).collect();
    FactRecord {
        fact: fact.id.0.clone(),
        kind: fact.kind.name().to_owned(),
        invoice: told.invoice,
        payment: told.payment,
        credit_note: told.credit_note,
        outgoing_payment: told.outgoing_payment,
        number: told.number,
        issued_on: told.issued_on,
        currency: told.amount.map(Money::currency),
        amount: told.amount.map(Money::minor),
        total: told.total.map(Money::minor),
        open: told.open.map(Money::minor),
        write_off: told.write_off.map(|kind| kind.as_str().to_owned()),
        schedule: told.schedule.map(days),
        decline: told.decline,
    }
}

/// The fact of a record. `None` where its kind is one of a newer version.
fn fact(record: &FactRecord, at: Timestamp) -> Result<Option<Fact>, StoreError> {
    let amount = |minor: Option<i64>| minor.zip(record.currency).map(|(minor, currency)| money(minor, currency));
    let due = |(on, minor): (&Date, &i64)| Ok(Due { on: *on, amount: amount(Some(*minor)).ok_or_else(missing)?? });
    let days = record.schedule.iter().flatten().map(due).collect::<Result<Vec<Due>, StoreError>>()?;
    let told = FactFields {
        invoice: record.invoice.clone(),
        payment: record.payment.clone(),
        credit_note: record.credit_note.clone(),
        outgoing_payment: record.outgoing_payment.clone(),
        number: record.number.clone(),
        issued_on: record.issued_on,
        amount: amount(record.amount).transpose()?,
        total: amount(record.total).transpose()?,
        open: amount(record.open).transpose()?,
        write_off: record.write_off.as_deref().and_then(WriteOffKind::named),
        schedule: Schedule::of_days(&days),
        decline: record.decline.clone(),
    };
    let kind = FactKind::named(&record.kind, told).map_err(|error| StoreError::defect(&record.fact, &error))?;
    Ok(kind.map(|kind| Fact { id: FactId(record.fact.clone()), at, kind }))
}

fn missing() -> StoreError {
    StoreError::Defect("an amount of a fact without its currency".to_owned())
}
