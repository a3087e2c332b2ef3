//! Payouts and their transactions.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use receivables::payout::{BalanceTransaction, PayoutProof, PayoutRank, PayoutState};
use receivables::provider_object::Provider;
use receivables::{Balance, BusinessId, Currency, ObjectId, PaymentId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, due, item, listed, provider_of, record, text_of};
use crate::error::StoreError;
use crate::keys::{self, DueList};

/// A payout, and what its transactions prove.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payout {
    /// The provider that pays it.
    pub provider: Provider,
    /// The provider's id.
    pub id: ObjectId,
    /// What was said of it.
    pub state: PayoutState,
    /// What its transactions come to, once they were fetched.
    pub proof: Option<PayoutProof>,
    /// The provider refused to list its transactions, and so there is no proof.
    pub unlisted: bool,
    /// The business that gets it, where that is another: then this is the part of it that is made of this business's payments.
    pub part_of: Option<BusinessId>,
    /// When it was first heard of.
    pub heard_at: Timestamp,
    /// Whether the provider's list of its transactions is being read.
    pub reading: Option<PayoutReading>,
    /// Counts the changes.
    pub version: u64,
}

/// A list of transactions that is read in several steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutReading {
    /// When its next step is due.
    pub due_at: Timestamp,
    /// The place in the list after which it goes on; from the beginning where there is none.
    pub after: Option<String>,
}

/// A movement of money at a provider, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderTransaction {
    pub transaction: BalanceTransaction,
    /// The payout that the provider lists it under; none where it is known by time alone, so far.
    pub payout: Option<ObjectId>,
    /// When it was written down, which may be long after it happened.
    pub recorded_at: Timestamp,
    /// The payment it comes from, where it is one of ours.
    pub payment: Option<PaymentId>,
    /// Where the payment keeps the fact that tells of its source, if that was known when the two were matched.
    pub fact: Option<String>,
    /// When the payment took it over, if its customer was not known until then.
    pub taken_over_at: Option<Timestamp>,
    /// The business whose payment it comes from, where that is another.
    pub other_business: Option<BusinessId>,
    /// The business that owns the account it moved on, where that is another.
    pub holder: Option<BusinessId>,
}

/// What stands in the list of what moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Money moved at the provider.
    Moved(ProviderTransaction),
    /// A payment took over what had moved before.
    TakenOver(ProviderTransaction),
}

#[derive(Serialize, Deserialize)]
struct PayoutRecord {
    id: ObjectId,
    currency: Currency,
    amount: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    arrives_on: Option<Date>,
    rank: String,
    reconciled: bool,
    #[serde(default)]
    manual: bool,
    #[serde(default)]
    unlisted: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    part_of: Option<BusinessId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    bank_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failure: Option<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty", default)]
    movements: BTreeSet<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    proof: Option<ProofRecord>,
    heard_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reading_after: Option<String>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct ProofRecord {
    gross: i64,
    fee: i64,
    net: i64,
    uneven: Vec<ObjectId>,
    holds: bool,
}

/// The attributes that a payout may have and lose.
pub(crate) const OPTIONAL_OF_PAYOUT: &[&str] = &[
    "arrives_on",
    "bank_reference",
    "failure",
    "movements",
    "proof",
    "reading_after",
    "due_at",
    "gsi3pk",
    "gsi3sk",
    "tries",
    "why",
];

pub(crate) fn of_payout(b: &BusinessId, payout: &Payout) -> Result<Item, StoreError> {
    let fact = &payout.state;
    let record = PayoutRecord {
        id: payout.id.clone(),
        currency: fact.amount.currency(),
        amount: fact.amount.minor(),
        arrives_on: fact.arrives_on,
        rank: fact.rank.as_str().to_owned(),
        reconciled: fact.reconciled,
        manual: fact.manual,
        unlisted: payout.unlisted,
        part_of: payout.part_of.clone(),
        bank_reference: fact.bank_reference.clone(),
        failure: fact.failure.clone(),
        movements: fact.movements.clone(),
        proof: payout.proof.as_ref().map(|proof| ProofRecord {
            gross: proof.gross.minor(),
            fee: proof.fee.minor(),
            net: proof.net.minor(),
            uneven: proof.uneven.clone(),
            holds: proof.holds,
        }),
        heard_at: payout.heard_at,
        due_at: None,
        reading_after: payout.reading.as_ref().and_then(|reading| reading.after.clone()),
        version: payout.version,
    };
    let item = item(&keys::payout(b, payout.provider, &payout.id), &record)?;
    let item = listed(item, Index::List, &keys::payouts(b), &format!("{:.3}#{}", payout.heard_at, payout.id));
    Ok(match &payout.reading {
        Some(reading) => {
            let name = format!("{b}#payout#{}#{}", payout.provider.as_str(), payout.id);
            due(item, DueList::Jobs, reading.due_at, &name)
        }
        None => item,
    })
}

pub(crate) fn payout(item: Item) -> Result<Payout, StoreError> {
    let provider = provider_of(&item)?;
    let record: PayoutRecord = record(item)?;
    let money = |minor| Balance::new(minor, record.currency).map_err(|error| StoreError::defect("payout", &error));
    let proof = record.proof.map(|proof| {
        Ok(PayoutProof {
            gross: money(proof.gross)?,
            fee: money(proof.fee)?,
            net: money(proof.net)?,
            uneven: proof.uneven,
            holds: proof.holds,
        })
    });
    Ok(Payout {
        provider,
        id: record.id,
        state: PayoutState {
            amount: money(record.amount)?,
            arrives_on: record.arrives_on,
            rank: PayoutRank::ALL
                .into_iter()
                .find(|rank| rank.as_str() == record.rank)
                .ok_or_else(|| StoreError::Defect(format!("payout of rank {}", record.rank)))?,
            reconciled: record.reconciled,
            manual: record.manual,
            bank_reference: record.bank_reference,
            failure: record.failure,
            movements: record.movements,
        },
        proof: proof.transpose()?,
        unlisted: record.unlisted,
        part_of: record.part_of,
        heard_at: record.heard_at,
        reading: record.due_at.map(|due_at| PayoutReading { due_at, after: record.reading_after }),
        version: record.version,
    })
}

#[derive(Serialize, Deserialize)]
struct TransactionRecord {
    id: ObjectId,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    source: Option<ObjectId>,
    currency: Currency,
    gross: i64,
    fee: i64,
    net: i64,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    exchange_rate: Option<String>,
    at: Timestamp,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payout: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    payment: Option<PaymentId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fact: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    taken_over_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    other_business: Option<BusinessId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    holder: Option<BusinessId>,
}

fn record_of(one: &ProviderTransaction) -> TransactionRecord {
    let transaction = &one.transaction;
    TransactionRecord {
        id: transaction.id.clone(),
        kind: transaction.kind.clone(),
        source: transaction.source.clone(),
        currency: transaction.gross.currency(),
        gross: transaction.gross.minor(),
        fee: transaction.fee.minor(),
        net: transaction.net.minor(),
        exchange_rate: transaction.exchange_rate.map(|rate| rate.to_string()),
        at: transaction.at,
        recorded_at: one.recorded_at,
        payout: one.payout.clone(),
        payment: one.payment.clone(),
        fact: one.fact.clone(),
        taken_over_at: one.taken_over_at,
        other_business: one.other_business.clone(),
        holder: one.holder.clone(),
    }
}

/// The attributes that a transaction loses once it is known whose it is.
pub(crate) const OPTIONAL_OF_TRANSACTION: &[&str] = &["gsi1pk", "gsi1sk"];

/// The transaction in the list of what moved, and in that of what has no owner yet, if it may find one.
pub(crate) fn of_transaction(
    b: &BusinessId,
    provider: Provider,
    one: &ProviderTransaction,
) -> Result<Item, StoreError> {
    let (id, at) = (&one.transaction.id, one.transaction.at);
    let item = item(&keys::transaction(b, provider, id), &record_of(one))?;
    let item = listed(item, Index::List, &keys::movements_of_month(b, at), &format!("{at:.3}#{id}#T"));
    Ok(if one.is_known() || one.transaction.source.is_none() || !one.transaction.may_be_a_payments() {
        item
    } else {
        listed(item, Index::Parent, &keys::unmatched(b, provider), &format!("{at:.3}#{id}"))
    })
}

impl ProviderTransaction {
    /// Whether it is known whose it is.
    pub fn is_known(&self) -> bool {
        self.payment.is_some() || self.other_business.is_some()
    }
}

#[derive(Serialize, Deserialize)]
struct MemberRecord {
    id: ObjectId,
}

/// That a transaction is of a payout.
pub(crate) fn of_member(
    b: &BusinessId,
    provider: Provider,
    payout: &ObjectId,
    transaction: &ObjectId,
) -> Result<Item, StoreError> {
    let key = keys::transaction_of_payout(b, provider, payout, transaction);
    item(&key, &MemberRecord { id: transaction.clone() })
}

/// The id of a transaction of a payout.
pub(crate) fn member(item: Item) -> Result<ObjectId, StoreError> {
    record::<MemberRecord>(item).map(|record| record.id)
}

/// The instant at which a payment took a transaction over, in the list of what moved; none where it did not.
pub(crate) fn of_taken_over(
    b: &BusinessId,
    provider: Provider,
    one: &ProviderTransaction,
) -> Result<Option<Item>, StoreError> {
    let Some(at) = one.taken_over_at else { return Ok(None) };
    let id = &one.transaction.id;
    let item = item(&keys::taken_over(b, provider, id), &record_of(one))?;
    Ok(Some(listed(item, Index::List, &keys::movements_of_month(b, at), &format!("{at:.3}#{id}#TO"))))
}

/// The attribute under which the item of what was paid out of a payment has a transaction, and its value. The same transaction has the
/// same, so that it is never there twice.
pub(crate) fn of_settled(one: &ProviderTransaction) -> Result<(String, AttributeValue), StoreError> {
    let value =
        serde_dynamo::to_attribute_value(record_of(one)).map_err(|error| StoreError::defect("encode", &error))?;
    Ok((format!("{SETTLED}{}", one.transaction.id), value))
}

const SETTLED: &str = "t#";

/// The transactions of a payment, in the order in which they happened.
pub(crate) fn settled(item: Item) -> Result<Vec<ProviderTransaction>, StoreError> {
    let ours = item.into_iter().filter(|(name, _)| name.starts_with(SETTLED));
    let read = ours.map(|(_, value)| {
        let record =
            serde_dynamo::from_attribute_value(value).map_err(|error| StoreError::defect("settled", &error))?;
        transaction_of(record)
    });
    let mut all = read.collect::<Result<Vec<_>, StoreError>>()?;
    all.sort_by(|one, other| {
        let key = |one: &ProviderTransaction| (one.transaction.at, one.transaction.id.clone());
        key(one).cmp(&key(other))
    });
    Ok(all)
}

pub(crate) fn movement(item: Item) -> Result<Movement, StoreError> {
    let is_taken_over = text_of(&item, "sk") == Some(keys::TAKEN_OVER);
    let one = transaction(item)?;
    Ok(if is_taken_over { Movement::TakenOver(one) } else { Movement::Moved(one) })
}

pub(crate) fn transaction(item: Item) -> Result<ProviderTransaction, StoreError> {
    transaction_of(record(item)?)
}

fn transaction_of(record: TransactionRecord) -> Result<ProviderTransaction, StoreError> {
    let money = |minor| Balance::new(minor, record.currency).map_err(|error| StoreError::defect("transaction", &error));
    let rate = record.exchange_rate.map(|rate| rate.parse()).transpose();
    Ok(ProviderTransaction {
        transaction: BalanceTransaction {
            id: record.id,
            kind: record.kind,
            source: record.source,
            gross: money(record.gross)?,
            fee: money(record.fee)?,
            net: money(record.net)?,
            exchange_rate: rate.map_err(|error| StoreError::defect("transaction", &error))?,
            at: record.at,
        },
        payout: record.payout,
        recorded_at: record.recorded_at,
        payment: record.payment,
        fact: record.fact,
        taken_over_at: record.taken_over_at,
        other_business: record.other_business,
        holder: record.holder,
    })
}
