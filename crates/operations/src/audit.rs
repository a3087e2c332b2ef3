//! Sealing the audit, and proving its chain.
//!
//! Every decision writes a record in its own transaction. The records of a business are sealed in blocks, one after the other: each
//! record's seal is the SHA-256 of the seal before it, a line break, and the record as JSON. So no record can be changed, removed
//! or inserted without breaking every seal after it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use receivables::BusinessId;
use sha2::{Digest, Sha256};
use store::{AuditBlock, BlockRecord, DecisionRecord, DueList, RecordKey};

use crate::context::Context;
use crate::error::OperationError;

/// Records of one block, at most.
const BLOCK_RECORDS_MAX: usize = 250;
/// Tries of putting a block at the end of the audit, against other sealers.
const TRIES_MAX: u32 = 20;
/// Blocks read at a time.
const BLOCKS_PAGE: usize = 10;

/// Seals records of a business that are not sealed yet. Any number of sealers may do it at once: a block has its place from the one
/// before, so that of two sealers one wins and the other begins again.
pub async fn seal_records(
    context: &Context,
    b: &BusinessId,
    keys: &[RecordKey],
    now: Timestamp,
) -> Result<(), OperationError> {
    let mut conflicts = 0;
    while conflicts < TRIES_MAX {
        let last = context.store.last_audit_block(b).await?;
        if let Some(last) = last.as_ref().filter(|last| !last.marked) {
            mark(context, last).await?;
        }
        // Read after the last block, whose records are marked: what is not marked now is in no block.
        let mut records = context.store.decision_records(keys).await?;
        records.retain(|record| record.sealed.is_none());
        records.sort_by(|one, other| (one.at, &one.key).cmp(&(other.at, &other.key)));
        records.truncate(BLOCK_RECORDS_MAX);
        if records.is_empty() {
            return Ok(());
        }
        let block = block_after(last.as_ref(), b, &records, now);
        if context.store.put_audit_block(&block).await? {
            context.store.mark_sealed(&block, &(block.first..).zip(&records).collect::<Vec<_>>()).await?;
        } else {
            conflicts += 1;
            tokio::time::sleep(context.store.pause(conflicts.min(4))).await;
        }
    }
    Err(OperationError::Conflict)
}

/// Marks the records of a block, whose sealer may have died before it did.
async fn mark(context: &Context, block: &AuditBlock) -> Result<(), OperationError> {
    let numbers: BTreeMap<&RecordKey, u64> =
        block.records.iter().map(|record| &record.key).zip(block.first..).collect();
    let keys: Vec<RecordKey> = numbers.keys().map(|key| (*key).clone()).collect();
    let records = context.store.decision_records(&keys).await?;
    let unmarked = records.iter().filter(|record| record.sealed.is_none());
    let unmarked: Vec<(u64, &DecisionRecord)> =
        unmarked.filter_map(|record| Some((*numbers.get(&record.key)?, record))).collect();
    Ok(context.store.mark_sealed(block, &unmarked).await?)
}

fn block_after(last: Option<&AuditBlock>, b: &BusinessId, records: &[DecisionRecord], now: Timestamp) -> AuditBlock {
    let first = last.map_or(1, |last| last.last() + 1);
    let hash_before = last.map_or_else(String::new, |last| last.hash().to_owned());
    let (mut before, mut sealed) = (hash_before.clone(), Vec::with_capacity(records.len()));
    for (number, record) in (first..).zip(records) {
        let hash = hash(&before, &record.text(number));
        before.clone_from(&hash);
        sealed.push(BlockRecord { key: record.key.clone(), hash });
    }
    let touched: BTreeSet<&String> = records.iter().flat_map(|record| &record.touched).collect();
    AuditBlock {
        business: b.clone(),
        first,
        hash_before,
        records: sealed,
        touched: touched.into_iter().cloned().collect(),
        sealed_at: now,
        marked: false,
    }
}

fn hash(before: &str, text: &str) -> String {
    hex::encode(Sha256::digest(format!("{before}\n{text}")))
}

/// What the chain of a business holds.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// How many records it has.
    pub(crate) records: u64,
    /// The names of the decisions that are in it.
    pub(crate) names: BTreeSet<String>,
    /// Where it is broken, in words.
    pub(crate) broken: Option<String>,
    /// The names of the decisions that wait to be sealed.
    pub(crate) unsealed: Vec<String>,
}

/// Computes the chain of a business again, from the records themselves.
pub(crate) async fn verify_chain(context: &Context, b: &BusinessId) -> Result<Chain, OperationError> {
    let (mut chain, mut before) = (Chain::default(), String::new());
    loop {
        let blocks = context.store.audit_blocks(b, chain.records + 1, BLOCKS_PAGE).await?;
        let blocks: Vec<_> = blocks.into_iter().filter(|block| block.last() > chain.records).collect();
        if blocks.is_empty() {
            break;
        }
        for block in blocks {
            if let Err(broken) = verify_block(context, &block, &mut chain, &mut before).await? {
                chain.broken = Some(broken);
                return Ok(chain);
            }
        }
    }
    let prefix = format!("{b}.");
    let waiting = context.store.everything_due(DueList::Records).await?;
    let names = waiting.iter().filter_map(|due| due.name().strip_prefix(&prefix));
    chain.unsealed.extend(names.filter(|name| !chain.names.contains(*name)).map(str::to_owned));
    Ok(chain)
}

async fn verify_block(
    context: &Context,
    block: &AuditBlock,
    chain: &mut Chain,
    before: &mut String,
) -> Result<Result<(), String>, OperationError> {
    let expected = chain.records + 1;
    if block.first != expected {
        return Ok(Err(format!("expected record {expected}, found {}", block.first)));
    }
    if block.hash_before != *before {
        return Ok(Err(format!("the block of record {expected} does not follow the one before")));
    }
    let keys: Vec<RecordKey> = block.records.iter().map(|record| record.key.clone()).collect();
    let records = context.store.decision_records(&keys).await?;
    let records: BTreeMap<&RecordKey, &DecisionRecord> = records.iter().map(|record| (&record.key, record)).collect();
    for (number, sealed) in (block.first..).zip(&block.records) {
        let Some(record) = records.get(&sealed.key) else {
            return Ok(Err(format!("record {number} is not there")));
        };
        if record.sealed.is_some_and(|marked| marked != number) {
            return Ok(Err(format!("record {number} is marked with another number")));
        }
        if hash(before, &record.text(number)) != sealed.hash {
            return Ok(Err(format!("record {number} does not have the seal it was given")));
        }
        before.clone_from(&sealed.hash);
        if !chain.names.insert(sealed.key.name()) {
            return Ok(Err(format!("record {number} is sealed twice")));
        }
    }
    chain.records = block.last();
    Ok(Ok(()))
}
