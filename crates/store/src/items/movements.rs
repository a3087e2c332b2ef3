//! What moved at the providers, each movement once, and what was said of it later.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use receivables::not_ours::OwnershipMark;
use receivables::payout::BalanceTransaction;
use receivables::provider_object::Provider;
use receivables::{Balance, BusinessId, Currency, ObjectId, PaymentId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, record, text_of};
use crate::error::StoreError;
use crate::keys;

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
    /// What was said of it while nobody knew whose it is, where anything was.
    pub ownership: Option<Ownership>,
    /// The business whose payment it comes from, where that is another.
    pub other_business: Option<BusinessId>,
    /// The business that owns the account it moved on, where that is another.
    pub holder: Option<BusinessId>,
}

/// What was said of money whose customer is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ownership {
    /// The object that carries the money.
    pub carrier: ObjectId,
    /// Since when it is not ours, or is to be identified after all, in the order of their instants.
    pub marks: Vec<OwnershipMark>,
}

impl Ownership {
    fn is_not_ours(&self) -> bool {
        self.marks.last().is_some_and(|mark| mark.not_ours)
    }
}

/// What stands in the list of what moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movement {
    /// Money moved at the provider.
    Moved(ProviderTransaction),
    /// A payment took over what had moved before.
    TakenOver(ProviderTransaction),
    /// What had moved before was said not to be ours, or to be after all.
    Marked(ProviderTransaction, OwnershipMark),
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
    carrier: Option<ObjectId>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    marks: Vec<MarkRecord>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    other_business: Option<BusinessId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    holder: Option<BusinessId>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
pub(crate) struct MarkRecord {
    at: Timestamp,
    not_ours: bool,
}

impl MarkRecord {
    pub(crate) fn of(mark: &OwnershipMark) -> Self {
        Self { at: mark.at, not_ours: mark.not_ours }
    }

    pub(crate) fn mark(self) -> OwnershipMark {
        OwnershipMark { at: self.at, not_ours: self.not_ours }
    }
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
        carrier: one.ownership.as_ref().map(|ownership| ownership.carrier.clone()),
        marks: one.ownership.iter().flat_map(|ownership| ownership.marks.iter().map(MarkRecord::of)).collect(),
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
    if one.is_known() || one.transaction.source.is_none() || !one.transaction.may_be_a_payments() {
        return Ok(item);
    }
    Ok(match one.ownership.as_ref().filter(|ownership| ownership.is_not_ours()) {
        Some(Ownership { carrier, .. }) => {
            listed(item, Index::Parent, &keys::not_ours_movements(b, provider), &format!("{carrier}#{id}"))
        }
        None => listed(item, Index::Parent, &keys::unmatched(b, provider), &unmatched_place(one)),
    })
}

impl ProviderTransaction {
    /// Whether it is known whose it is.
    pub fn is_known(&self) -> bool {
        self.payment.is_some() || self.other_business.is_some()
    }
}

/// The place of a movement in the list of those without an owner.
pub(crate) fn unmatched_place(one: &ProviderTransaction) -> String {
    format!("{:.3}#{}", one.transaction.at, one.transaction.id)
}

/// What was said of a transaction after it had moved, in the list of what moved.
pub(crate) fn of_marks(b: &BusinessId, provider: Provider, one: &ProviderTransaction) -> Result<Vec<Item>, StoreError> {
    let (id, since) = (&one.transaction.id, one.transaction.at);
    let marks = one.ownership.iter().flat_map(|ownership| &ownership.marks).filter(|mark| mark.at > since);
    let of_mark = |mark: &OwnershipMark| {
        let item = item(&keys::marked(b, provider, id, mark.at), &record_of(one))?;
        Ok(listed(item, Index::List, &keys::movements_of_month(b, mark.at), &format!("{:.3}#{id}#M", mark.at)))
    };
    marks.map(of_mark).collect()
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
    let place = text_of(&item, "sk").unwrap_or_default().to_owned();
    let one = transaction(item)?;
    if place == keys::TAKEN_OVER {
        return Ok(Movement::TakenOver(one));
    }
    let Some(at) = place.strip_prefix(keys::MARKED) else { return Ok(Movement::Moved(one)) };
    let marks = one.ownership.iter().flat_map(|ownership| &ownership.marks);
    let mark = marks.copied().find(|mark| mark.at.to_string() == at);
    let mark = mark.ok_or_else(|| StoreError::Defect("a movement without its mark".to_owned()))?;
    Ok(Movement::Marked(one, mark))
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
        ownership: record
            .carrier
            .map(|carrier| Ownership { carrier, marks: record.marks.into_iter().map(MarkRecord::mark).collect() }),
        other_business: record.other_business,
        holder: record.holder,
    })
}
