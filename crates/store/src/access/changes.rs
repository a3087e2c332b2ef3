//! What changed, in the order in which it was sealed.
//!
//! A list by a key that changes loses items: what moves from a page that is still to come to one that was read is on neither. The
//! blocks of the audit lose nothing. Every decision is sealed in exactly one, a block is only ever put after the last one, and it
//! names the documents that its decisions changed. So a reader who goes from block to block, however slowly, meets every change; and
//! since a decision is committed before it is sealed, the document that is read after the block is at least as new.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use receivables::{BusinessId, CreditNote, CreditNoteId, Customer, CustomerId, Invoice, InvoiceId, Payment, PaymentId};

use super::accounts::Page;
use super::audit::AUDIT_NUMBER_MAX;
use super::invoices::by_partition;
use crate::error::StoreError;
use crate::items::{audit_blocks, customers, invoices};
use crate::keys;
use crate::table::{Query, Range, Store};

/// Blocks read for one page, at most. The table reads no more than a megabyte of them at once.
const BLOCKS_PER_PAGE_MAX: i32 = 100;

/// How much earlier than an instant its changes begin. A decision is sealed after it is committed, but the block has the time at which
/// its sealer began, by the sealer's own clock: Lambda ends a function after fifteen minutes, and the rest is for clocks that differ.
const SEALING_MARGIN: SignedDuration = SignedDuration::from_mins(20);

/// A place among the changes of a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangePlace {
    /// The number of the first record of a block, which may not be there yet.
    block: u64,
    /// How many of the ids that the block names lie before the place.
    passed: usize,
}

/// The ids of one kind that changed, on one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedIds<I> {
    /// Each once, in the order of its first change on the page.
    pub ids: Vec<I>,
    /// Where the next page begins.
    pub next: ChangePlace,
    /// Whether more may have changed already. There may be more although there is nothing on this page.
    pub has_more: bool,
}

impl fmt::Display for ChangePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.block, self.passed)
    }
}

impl FromStr for ChangePlace {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (block, passed) = text.split_once('.').ok_or("expected a block and a place in it")?;
        let (block, passed) = (block.parse(), passed.parse());
        let (Ok(block @ 1..=AUDIT_NUMBER_MAX), Ok(passed)) = (block, passed) else {
            return Err("expected the numbers of a block and of a place in it");
        };
        Ok(Self { block, passed })
    }
}

impl Store {
    /// The place from which on all changes since an instant lie, and some from before it. It is found by halving what may hold it.
    pub async fn changes_since(&self, b: &BusinessId, since: Timestamp) -> Result<ChangePlace, StoreError> {
        let from = since.saturating_sub(SEALING_MARGIN).unwrap_or(Timestamp::MIN);
        // Blocks that begin before `low` were sealed before `from`; the one that begins at `high`, if there is one, was not.
        let (mut low, mut high) = (1, self.last_audit_block(b).await?.map_or(1, |last| last.last() + 1));
        while low < high {
            let middle = low + (high - low) / 2;
            let Some(block) = self.audit_block_up_to(b, middle).await? else { break };
            if block.sealed_at < from {
                low = block.last() + 1;
            } else {
                high = block.first;
            }
        }
        Ok(ChangePlace { block: low, passed: 0 })
    }

    /// The ids of one kind that changed from a place on, at most `limit`, which is at most 100.
    pub async fn changed<I>(&self, b: &BusinessId, from: ChangePlace, limit: usize) -> Result<ChangedIds<I>, StoreError>
    where
        I: FromStr + PartialEq,
    {
        let limit = usize::try_from(Page::first(limit).limit()).unwrap_or(1);
        let (pk, first, end) = (keys::audit(b), format!("{:012}", from.block), format!("{AUDIT_NUMBER_MAX:012}"));
        let query = Query { limit: Some(BLOCKS_PER_PAGE_MAX), ..Query::within(&pk, Range::Between(&first, &end)) };
        let (items, last) = self.page(&self.tables.core, query).await?;
        let mut changed = ChangedIds { ids: Vec::new(), next: from, has_more: last.is_some() };
        for item in items {
            let block = audit_blocks::block(item)?;
            let passed = if block.first == from.block { from.passed } else { 0 };
            for (place, touched) in block.touched.iter().enumerate().skip(passed) {
                // What is no id of this kind is another kind's.
                let Ok(id) = touched.parse::<I>() else { continue };
                if changed.ids.contains(&id) {
                    continue;
                }
                if changed.ids.len() == limit {
                    let next = ChangePlace { block: block.first, passed: place };
                    return Ok(ChangedIds { next, has_more: true, ..changed });
                }
                changed.ids.push(id);
            }
            changed.next = ChangePlace { block: block.last() + 1, passed: 0 };
        }
        Ok(changed)
    }

    /// The customers of ids as they are stored now, in the order of the ids. Those that are not there, or that this version cannot
    /// read, are left out.
    pub async fn readable_customers(&self, b: &BusinessId, ids: &[CustomerId]) -> Result<Vec<Customer>, StoreError> {
        let keys: Vec<keys::Key> = ids.iter().map(|id| keys::customer(b, id)).collect();
        let mut items = by_partition(self.get_many(&self.tables.core, &keys).await?);
        let found = ids.iter().zip(&keys).filter_map(|(id, key)| Some((id, items.remove(&key.pk)?)));
        let read = found.map(|(id, item)| if_readable(id.as_str(), customers::customer(item)));
        read.filter_map(Result::transpose).collect()
    }

    /// The invoices of ids, with their lines, in the same way.
    pub async fn readable_invoices(&self, b: &BusinessId, ids: &[InvoiceId]) -> Result<Vec<Invoice>, StoreError> {
        let of = |key: fn(&BusinessId, &InvoiceId) -> keys::Key| ids.iter().map(|id| key(b, id)).collect::<Vec<_>>();
        let (head_keys, line_keys) = (of(keys::invoice), of(keys::invoice_lines));
        let (heads, lines) = tokio::try_join!(
            Box::pin(self.get_many(&self.tables.core, &head_keys)),
            Box::pin(self.get_many(&self.tables.core, &line_keys)),
        )?;
        let (mut heads, mut lines) = (by_partition(heads), by_partition(lines));
        // Both are there once the invoice is sealed: they were written together before.
        let found = ids.iter().zip(&head_keys).filter_map(|(id, key)| {
            let (head, lines) = heads.remove(&key.pk).zip(lines.remove(&key.pk))?;
            Some((id, invoices::head(head).and_then(|head| invoices::with_lines(head, lines))))
        });
        found.filter_map(|(id, read)| if_readable(id.as_str(), read).transpose()).collect()
    }

    /// The payment of an id, with its allocations. `None` where it is not there, or where this version cannot read it.
    pub async fn readable_payment(&self, b: &BusinessId, id: &PaymentId) -> Result<Option<Payment>, StoreError> {
        if_readable(id.as_str(), self.payment(b, id).await).map(Option::flatten)
    }

    /// The credit note of an id, in the same way.
    pub async fn readable_credit_note(
        &self,
        b: &BusinessId,
        id: &CreditNoteId,
    ) -> Result<Option<CreditNote>, StoreError> {
        if_readable(id.as_str(), self.credit_note(b, id).await).map(Option::flatten)
    }
}

/// What was read of a document, or nothing where it contradicts what this version knows: one such document must not end a list.
fn if_readable<T>(id: &str, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(StoreError::Defect(_)) => {
            tracing::warn!(document.id = id, "a changed document cannot be read and is left out of the list");
            Ok(None)
        }
        Err(error @ (StoreError::Unavailable(_) | StoreError::NewerVersion(_))) => Err(error),
    }
}
