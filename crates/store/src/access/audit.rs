//! The audit: records of decisions, and the blocks in which they are sealed.

use aws_sdk_dynamodb::types::AttributeValue;
use receivables::BusinessId;

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::audit_blocks::{self, AuditBlock};
use crate::items::outbox::{DecisionRecord, RecordKey};
use crate::keys;
use crate::table::{Query, Range, Store};
use crate::update::Update;

/// The largest number of a record: keys have room for twelve digits.
pub(super) const AUDIT_NUMBER_MAX: u64 = 999_999_999_999;

/// A sealed record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditSeal {
    /// Its place, from 1.
    pub number: u64,
    /// The seal: a hash over the seal before it and the text.
    pub hash: String,
    /// What is sealed, as one text.
    pub text: String,
}

impl Store {
    /// The last block of a business's audit.
    pub async fn last_audit_block(&self, b: &BusinessId) -> Result<Option<AuditBlock>, StoreError> {
        self.audit_block_up_to(b, AUDIT_NUMBER_MAX).await
    }

    /// The block that holds the record of a number, or else the last one before it.
    pub(super) async fn audit_block_up_to(
        &self,
        b: &BusinessId,
        number: u64,
    ) -> Result<Option<AuditBlock>, StoreError> {
        let (pk, to) = (keys::audit(b), format!("{:012}", number.min(AUDIT_NUMBER_MAX)));
        let query = Query { limit: Some(1), newest_first: true, ..Query::within(&pk, Range::UpTo(&to)) };
        let (items, _) = self.page(&self.tables.core, query).await?;
        items.into_iter().next().map(audit_blocks::block).transpose()
    }

    /// The records at these keys, in no order; one that is not there is left out.
    pub async fn decision_records(&self, keys: &[RecordKey]) -> Result<Vec<DecisionRecord>, StoreError> {
        let keys: Vec<keys::Key> = keys.iter().map(RecordKey::item).collect();
        let items = self.get_many(&self.tables.core, &keys).await?;
        items.into_iter().map(DecisionRecord::read).collect()
    }

    /// Puts a block at the end of the audit. Says whether it was still the end.
    pub async fn put_audit_block(&self, block: &AuditBlock) -> Result<bool, StoreError> {
        self.put_new(&self.tables.core, audit_blocks::of_block(block)?).await
    }

    /// Marks the records of a block as sealed, each with its number, and takes them out of the due list. Nothing else of a
    /// record ever changes, so that writing it whole loses nothing.
    pub async fn mark_sealed(&self, block: &AuditBlock, records: &[(u64, &DecisionRecord)]) -> Result<(), StoreError> {
        let items = records.iter().map(|(number, record)| record.sealed(*number)).collect();
        self.put_many(&self.tables.core, items).await?;
        let key = keys::audit_block(&block.business, block.first);
        let update = Update {
            key: &key,
            set: "SET marked = :yes",
            condition: "attribute_exists(pk)",
            values: vec![(":yes", AttributeValue::Bool(true))],
            names: Vec::new(),
        };
        self.update(&self.tables.core, update).await.map(drop)
    }

    /// The blocks of a business, oldest first, from the one on that holds the record of a number. The cursor is the number of a
    /// block's first record.
    pub async fn audit_blocks(&self, b: &BusinessId, from: u64, limit: usize) -> Result<Vec<AuditBlock>, StoreError> {
        let first = self.audit_block_up_to(b, from).await?.map_or(1, |block| block.first);
        let pk = keys::audit(b);
        let (from, to) = (format!("{first:012}"), format!("{AUDIT_NUMBER_MAX:012}"));
        let items = self.first(&self.tables.core, Query::within(&pk, Range::Between(&from, &to)), limit).await?;
        items.into_iter().map(audit_blocks::block).collect()
    }

    /// The sealed records of a business, oldest first. The cursor is the number of the last record before.
    pub async fn audit(&self, b: &BusinessId, page: &Page) -> Result<Paged<AuditSeal>, StoreError> {
        let limit = usize::try_from(page.limit()).unwrap_or(1);
        let after = page.cursor.as_deref().and_then(|cursor| cursor.parse::<u64>().ok()).unwrap_or(0);
        let mut items: Vec<AuditSeal> = Vec::new();
        // No chain is so long that there is anything after the largest number.
        let Some(mut from) = after.checked_add(1).filter(|from| *from <= AUDIT_NUMBER_MAX) else {
            return Ok(Paged { items, next_cursor: None });
        };
        let mut more = false;
        while let Some(block) = self.audit_block_up_to(b, from).await?.filter(|block| block.last() >= from) {
            let skipped = usize::try_from(from - block.first).unwrap_or(usize::MAX);
            let wanted = limit.saturating_sub(items.len());
            let rest = block.records.get(skipped..).unwrap_or_default();
            let shown = rest.get(..wanted.min(rest.len())).unwrap_or_default();
            let keys: Vec<RecordKey> = shown.iter().map(|record| record.key.clone()).collect();
            let stored = self.decision_records(&keys).await?;
            for (number, record) in (from..).zip(shown) {
                let stored = stored.iter().find(|stored| stored.key == record.key);
                let stored = stored.ok_or_else(|| StoreError::Defect("a sealed record is not there".to_owned()))?;
                items.push(AuditSeal { number, hash: record.hash.clone(), text: stored.text(number) });
            }
            if shown.len() < rest.len() {
                more = true;
                break;
            }
            from = block.last() + 1;
            if items.len() >= limit {
                more = self.audit_block_up_to(b, from).await?.is_some_and(|block| block.last() >= from);
                break;
            }
        }
        let next_cursor = items.last().filter(|_| more).map(|last| last.number.to_string());
        Ok(Paged { items, next_cursor })
    }
}
