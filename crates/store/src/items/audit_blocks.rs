//! Blocks of the audit: which records are sealed, in which order, by which hashes.

use jiff::Timestamp;
use receivables::BusinessId;
use serde::{Deserialize, Serialize};

use super::outbox::RecordKey;
use super::{Item, item, record};
use crate::error::StoreError;
use crate::keys;

/// A block of the audit. Each of its records is sealed by a hash over the hash before it and the record's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditBlock {
    pub business: BusinessId,
    /// The number of its first record; the first record of all is 1.
    pub first: u64,
    /// The hash of the record before its first; empty at the beginning.
    pub hash_before: String,
    /// Its records, at least one.
    pub records: Vec<BlockRecord>,
    /// The ids of the documents that its records changed, each once.
    pub touched: Vec<String>,
    pub sealed_at: Timestamp,
    /// Whether each of its records is marked as sealed.
    pub marked: bool,
}

/// A record in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRecord {
    pub key: RecordKey,
    /// SHA-256, in hexadecimal, of the hash before, a line feed and the record's text.
    pub hash: String,
}

impl AuditBlock {
    /// The number of its last record.
    pub fn last(&self) -> u64 {
        self.first + u64::try_from(self.records.len()).unwrap_or(u64::MAX) - 1
    }

    /// The hash of its last record.
    pub fn hash(&self) -> &str {
        self.records.last().map_or(self.hash_before.as_str(), |record| record.hash.as_str())
    }
}

#[derive(Serialize, Deserialize)]
struct BlockItem {
    business: BusinessId,
    first: u64,
    hash_before: String,
    records: Vec<RecordItem>,
    touched: Vec<String>,
    sealed_at: Timestamp,
    #[serde(default)]
    marked: bool,
}

#[derive(Serialize, Deserialize)]
struct RecordItem {
    source: String,
    version: String,
    hash: String,
}

pub(crate) fn of_block(block: &AuditBlock) -> Result<Item, StoreError> {
    let records = block.records.iter().map(|record| RecordItem {
        source: record.key.source.clone(),
        version: record.key.version.clone(),
        hash: record.hash.clone(),
    });
    let stored = BlockItem {
        business: block.business.clone(),
        first: block.first,
        hash_before: block.hash_before.clone(),
        records: records.collect(),
        touched: block.touched.clone(),
        sealed_at: block.sealed_at,
        marked: block.marked,
    };
    item(&keys::audit_block(&block.business, block.first), &stored)
}

pub(crate) fn block(item: Item) -> Result<AuditBlock, StoreError> {
    let stored: BlockItem = record(item)?;
    if stored.records.is_empty() {
        return Err(StoreError::Defect("an audit block without records".to_owned()));
    }
    let business = stored.business;
    let records = stored.records.into_iter().map(|one| BlockRecord {
        key: RecordKey { business: business.clone(), source: one.source, version: one.version },
        hash: one.hash,
    });
    Ok(AuditBlock {
        first: stored.first,
        hash_before: stored.hash_before,
        records: records.collect(),
        touched: stored.touched,
        sealed_at: stored.sealed_at,
        marked: stored.marked,
        business,
    })
}
