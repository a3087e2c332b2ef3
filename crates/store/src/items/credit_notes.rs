//! Credit notes and their allocations.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::provider_object::ProviderState;
use receivables::text::{Description, InvoiceNumber};
use receivables::{Allocation, BusinessId, CreditNote, CreditNoteId, Currency, CustomerId};
use serde::{Deserialize, Serialize};

use super::allocations::{AllocationRecord, allocation};
use super::consistent_read::Assembled;
use super::payments::digest_of;
use super::reviews::of_open_amount;
use super::{Index, Item, is_nothing, item, listed, money, record, text_of};
use crate::error::StoreError;
use crate::keys;

#[derive(Serialize, Deserialize)]
struct CreditNoteRecord {
    id: CreditNoteId,
    business: BusinessId,
    customer: CustomerId,
    number: InvoiceNumber,
    currency: Currency,
    amount: i64,
    reason: Description,
    issued_on: Date,
    unapplied: i64,
    #[serde(skip_serializing_if = "is_nothing", default)]
    paid_out: i64,
    recorded_at: Timestamp,
    version: u64,
    /// The digest of the allocations that belong to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    parts: Option<String>,
}

pub(crate) fn of_credit_note(note: &CreditNote) -> Result<Item, StoreError> {
    let record = CreditNoteRecord {
        id: note.id.clone(),
        business: note.business.clone(),
        customer: note.customer.clone(),
        number: note.number.clone(),
        currency: note.amount.currency(),
        amount: note.amount.minor(),
        reason: note.reason.clone(),
        issued_on: note.issued_on,
        unapplied: note.unapplied.minor(),
        paid_out: note.paid_out.minor(),
        recorded_at: note.recorded_at,
        version: note.version,
        parts: Some(digest_of(&note.allocations, &ProviderState::default())?),
    };
    let b = &note.business;
    let item = item(&keys::credit_note(b, &note.id), &record)?;
    let place = keys::credit_note_in_account(note.recorded_at, &note.id);
    let item = listed(item, Index::Parent, &keys::account(b, &note.customer), &place);
    Ok(listed(item, Index::List, &keys::credit_notes(b), &format!("{:.3}#{}", note.recorded_at, note.id)))
}

pub(crate) fn of_allocation(note: &CreditNote, place: usize, allocation: &Allocation) -> Result<Item, StoreError> {
    let b = &note.business;
    let item = item(&keys::credit_note_allocation(b, &note.id, place), &AllocationRecord::of(allocation))?;
    let parent = keys::invoice_partition(b, &allocation.invoice);
    Ok(listed(item, Index::Parent, &parent, &keys::credit_note_in_account(note.recorded_at, &note.id)))
}

pub(crate) fn of_unapplied(note: &CreditNote) -> Result<Item, StoreError> {
    let key = keys::unapplied_of_credit_note(&note.business, &note.customer, &note.id);
    let place = format!("{:.3}#{}", note.recorded_at, note.id);
    of_open_amount(&key, &note.business, &note.customer, note.id.as_str(), note.unapplied, &place)
}

/// The credit note of its partition's items, in any order.
pub(crate) fn credit_note(items: Vec<Item>) -> Result<Assembled<CreditNote>, StoreError> {
    if items.is_empty() {
        return Ok(Assembled::Absent);
    }
    let mut head = None;
    let mut allocations = Vec::new();
    for item in items {
        match text_of(&item, "sk").unwrap_or_default().as_bytes() {
            [b'N'] => head = Some(item),
            [b'A', b'#', ..] => {
                let place = text_of(&item, "sk").unwrap_or_default().to_owned();
                allocations.push((place, allocation(item)?));
            }
            _ => {}
        }
    }
    allocations.sort_by(|(one, _), (other, _)| one.cmp(other));
    let allocations: Vec<Allocation> = allocations.into_iter().map(|(_, allocation)| allocation).collect();
    let Some(head) = head else { return Ok(Assembled::Torn) };
    let (carried, digest) =
        (text_of(&head, "parts").map(str::to_owned), digest_of(&allocations, &ProviderState::default())?);
    let note = CreditNote { allocations, ..credit_note_head(head)? };
    Ok(Assembled::of(note, carried.as_deref(), &digest))
}

/// A credit note as its record alone tells: without its allocations, for lists.
pub(crate) fn credit_note_head(item: Item) -> Result<CreditNote, StoreError> {
    let record: CreditNoteRecord = record(item)?;
    Ok(CreditNote {
        id: record.id,
        business: record.business,
        customer: record.customer,
        number: record.number,
        amount: money(record.amount, record.currency)?,
        reason: record.reason,
        issued_on: record.issued_on,
        allocations: Vec::new(),
        unapplied: money(record.unapplied, record.currency)?,
        paid_out: money(record.paid_out, record.currency)?,
        recorded_at: record.recorded_at,
        version: record.version,
    })
}
