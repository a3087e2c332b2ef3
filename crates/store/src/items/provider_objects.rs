//! The facts merged of a provider's objects.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::provider_object::{
    Attempt, AttemptRank, Cash, ChargebackState, CheckoutState, ConcernKind, ConcernState, IntentState, Move, Moves,
    RefundRank, RefundState,
};
use receivables::{Balance, Currency, ObjectId, ObjectState, RefundId};
use serde::{Deserialize, Serialize};

use super::money;
use crate::error::StoreError;

#[derive(Serialize, Deserialize)]
pub(crate) struct FactRecord {
    pub(crate) object: ObjectId,
    pub(crate) fact: MergedRecord,
}

/// The stored form of a merged fact.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MergedRecord {
    Checkout(CheckoutFactRecord),
    Intent(IntentFactRecord),
    Refund(RefundFactRecord),
    Chargeback(ChargebackFactRecord),
    Concern(ConcernFactRecord),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CheckoutFactRecord {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    intent: Option<ObjectId>,
    completed: bool,
    expired: bool,
    failed: bool,
    received: BTreeMap<Currency, i64>,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is the stored form of a fact whose flags only ever become true")]
pub(crate) struct IntentFactRecord {
    received: BTreeMap<Currency, i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    refunded: BTreeMap<Currency, i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    funded: BTreeMap<Currency, i64>,
    action_required: bool,
    processing_seen: bool,
    cancelled: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    by_transfer: bool,
    attempts: BTreeMap<String, AttemptRecord>,
}

#[derive(Serialize, Deserialize)]
struct AttemptRecord {
    rank: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    decline: Option<String>,
    #[serde(default)]
    returned: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct RefundFactRecord {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    order: Option<RefundId>,
    amount: BTreeMap<Currency, i64>,
    rank: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    failure: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "it is the stored form of a fact whose flags only ever become true")]
pub(crate) struct ChargebackFactRecord {
    amount: BTreeMap<Currency, i64>,
    inquiry: bool,
    formal: bool,
    withdrawn: bool,
    reinstated: bool,
    inquiry_closed: bool,
    won: bool,
    lost: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    lost_on: BTreeMap<Currency, i64>,
    moves: BTreeMap<String, MoveRecord>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    answer_by: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reason: Option<String>,
}

/// What came by one move; negative where it went, as is a fee that was given back.
#[derive(Serialize, Deserialize)]
struct MoveRecord {
    amount: i64,
    fee: i64,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    rate: Option<String>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ConcernFactRecord {
    kind: String,
    closed: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reason: Option<String>,
}

pub(crate) fn of_merged(fact: &ObjectState) -> MergedRecord {
    match fact {
        ObjectState::Checkout(fact) => MergedRecord::Checkout(CheckoutFactRecord {
            intent: fact.intent.clone(),
            completed: fact.completed,
            expired: fact.expired,
            failed: fact.failed,
            received: of_cash(&fact.received),
        }),
        ObjectState::Intent(fact) => MergedRecord::Intent(IntentFactRecord {
            received: of_cash(&fact.received),
            refunded: of_cash(&fact.refunded),
            funded: of_cash(&fact.funded),
            action_required: fact.action_required,
            processing_seen: fact.processing_seen,
            cancelled: fact.cancelled,
            by_transfer: fact.by_transfer,
            attempts: fact
                .attempts
                .iter()
                .map(|(id, attempt)| {
                    let rank = rank_word(attempt.rank).to_owned();
                    (id.clone(), AttemptRecord { rank, decline: attempt.decline.clone(), returned: attempt.returned })
                })
                .collect(),
        }),
        ObjectState::Refund(fact) => MergedRecord::Refund(RefundFactRecord {
            order: fact.order.clone(),
            amount: of_cash(&fact.amount),
            rank: refund_word(fact.rank).to_owned(),
            failure: fact.failure.clone(),
        }),
        ObjectState::Chargeback(fact) => MergedRecord::Chargeback(of_chargeback(fact)),
        ObjectState::Concern(fact) => MergedRecord::Concern(ConcernFactRecord {
            kind: fact.kind.as_str().to_owned(),
            closed: fact.closed,
            reason: fact.reason.clone(),
        }),
    }
}

fn of_chargeback(fact: &ChargebackState) -> ChargebackFactRecord {
    ChargebackFactRecord {
        amount: of_cash(&fact.amount),
        inquiry: fact.inquiry,
        formal: fact.formal,
        withdrawn: fact.withdrawn,
        reinstated: fact.reinstated,
        inquiry_closed: fact.inquiry_closed,
        won: fact.won,
        lost: fact.lost,
        lost_on: of_cash(&fact.lost_on),
        moves: fact.moves.iter().map(|(id, moved)| (id.to_owned(), of_move(moved))).collect(),
        answer_by: fact.answer_by,
        reason: fact.reason.clone(),
    }
}

fn chargeback(record: ChargebackFactRecord) -> Result<ChargebackState, StoreError> {
    let mut moves = Moves::default();
    for (id, record) in record.moves {
        moves.note(id, moved(&record)?);
    }
    Ok(ChargebackState {
        amount: cash(&record.amount)?,
        lost_on: cash(&record.lost_on)?,
        inquiry: record.inquiry,
        formal: record.formal,
        withdrawn: record.withdrawn,
        reinstated: record.reinstated,
        inquiry_closed: record.inquiry_closed,
        won: record.won,
        lost: record.lost,
        moves,
        answer_by: record.answer_by,
        reason: record.reason,
    })
}

fn of_move(moved: &Move) -> MoveRecord {
    let Move { amount, fee, at, rate } = *moved;
    let rate = rate.map(|rate| rate.to_string());
    MoveRecord { amount: amount.minor(), fee: fee.minor(), currency: amount.currency(), at, rate }
}

fn moved(record: &MoveRecord) -> Result<Move, StoreError> {
    let what = "move of a chargeback";
    let balance = |minor| Balance::new(minor, record.currency).map_err(|error| StoreError::defect(what, &error));
    let rate = record.rate.as_deref().map(str::parse).transpose();
    let rate = rate.map_err(|error: rust_decimal::Error| StoreError::defect(what, &error))?;
    Ok(Move { amount: balance(record.amount)?, fee: balance(record.fee)?, at: record.at, rate })
}

fn refund_word(rank: RefundRank) -> &'static str {
    match rank {
        RefundRank::Pending => "pending",
        RefundRank::Succeeded => "succeeded",
        RefundRank::Failed => "failed",
    }
}

pub(crate) fn merged(record: MergedRecord) -> Result<ObjectState, StoreError> {
    Ok(match record {
        MergedRecord::Checkout(fact) => ObjectState::Checkout(CheckoutState {
            intent: fact.intent,
            completed: fact.completed,
            expired: fact.expired,
            failed: fact.failed,
            received: cash(&fact.received)?,
        }),
        MergedRecord::Intent(fact) => ObjectState::Intent(IntentState {
            received: cash(&fact.received)?,
            refunded: cash(&fact.refunded)?,
            funded: cash(&fact.funded)?,
            action_required: fact.action_required,
            processing_seen: fact.processing_seen,
            cancelled: fact.cancelled,
            by_transfer: fact.by_transfer,
            attempts: fact
                .attempts
                .into_iter()
                .map(|(id, attempt)| {
                    let rank = rank_named(&attempt.rank)
                        .ok_or_else(|| StoreError::Defect(format!("attempt of rank {}", attempt.rank)))?;
                    Ok((id, Attempt { rank, decline: attempt.decline, returned: attempt.returned }))
                })
                .collect::<Result<_, StoreError>>()?,
        }),
        MergedRecord::Refund(fact) => ObjectState::Refund(RefundState {
            order: fact.order,
            amount: cash(&fact.amount)?,
            rank: [RefundRank::Pending, RefundRank::Succeeded, RefundRank::Failed]
                .into_iter()
                .find(|rank| refund_word(*rank) == fact.rank)
                .ok_or_else(|| StoreError::Defect(format!("refund of rank {}", fact.rank)))?,
            failure: fact.failure,
        }),
        MergedRecord::Chargeback(fact) => ObjectState::Chargeback(chargeback(fact)?),
        MergedRecord::Concern(fact) => ObjectState::Concern(ConcernState {
            kind: [ConcernKind::FraudWarning, ConcernKind::Review]
                .into_iter()
                .find(|kind| kind.as_str() == fact.kind)
                .ok_or_else(|| StoreError::Defect(format!("concern of kind {}", fact.kind)))?,
            closed: fact.closed,
            reason: fact.reason,
        }),
    })
}

fn of_cash(cash: &Cash) -> BTreeMap<Currency, i64> {
    cash.amounts().map(|amount| (amount.currency(), amount.minor())).collect()
}

fn cash(record: &BTreeMap<Currency, i64>) -> Result<Cash, StoreError> {
    let mut cash = Cash::default();
    for (currency, minor) in record {
        cash.raise(money(*minor, *currency)?);
    }
    Ok(cash)
}

fn rank_word(rank: AttemptRank) -> &'static str {
    match rank {
        AttemptRank::Pending => "pending",
        AttemptRank::Failed => "failed",
        AttemptRank::Succeeded => "succeeded",
    }
}

fn rank_named(word: &str) -> Option<AttemptRank> {
    [AttemptRank::Pending, AttemptRank::Failed, AttemptRank::Succeeded]
        .into_iter()
        .find(|rank| rank_word(*rank) == word)
}
