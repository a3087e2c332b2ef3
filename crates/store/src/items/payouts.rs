//! Payouts.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::payout::{PayoutProof, PayoutRank, PayoutState};
use receivables::provider_object::Provider;
use receivables::{Balance, BusinessId, Currency, ObjectId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, due, item, listed, provider_of, record};
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
