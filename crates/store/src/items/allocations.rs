//! Allocations of payments and credit notes.

use std::collections::BTreeMap;

use jiff::civil::Date;
use receivables::allocation::SeenInvoice;
use receivables::invoice::{CutKind, Held, OpenDays};
use receivables::text::InvoiceNumber;
use receivables::{Allocation, Currency, InvoiceId};
use serde::{Deserialize, Serialize};

use super::invoices::{days, of_days};
use super::{Item, is_nothing, money, record};
use crate::error::StoreError;

#[derive(Serialize, Deserialize)]
pub(crate) struct AllocationRecord {
    invoice: InvoiceId,
    number: InvoiceNumber,
    currency: Currency,
    intended: i64,
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "at_most")]
    ceiling: Option<i64>,
    applied: i64,
    pending: i64,
    #[serde(default)]
    charged_back: i64,
    #[serde(skip_serializing_if = "is_nothing", default)]
    questioned: i64,
    #[serde(default, rename = "undone")]
    withdrawn_by_operator: bool,
    page: bool,
    seen: SeenRecord,
}

/// What a source remembers of an invoice.
#[derive(Serialize, Deserialize)]
struct SeenRecord {
    version: u64,
    room: BTreeMap<Date, i64>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    held: BTreeMap<String, i64>,
    last_due_on: Date,
}

impl SeenRecord {
    fn of(seen: &SeenInvoice) -> Self {
        Self {
            version: seen.version,
            room: of_days(seen.room.days().iter().copied()),
            held: seen.held.0.iter().map(|(kind, amount)| (kind.as_str().to_owned(), amount.minor())).collect(),
            last_due_on: seen.last_due_on,
        }
    }

    fn read(self, currency: Currency) -> Result<SeenInvoice, StoreError> {
        let held = self.held.into_iter().map(|(word, minor)| {
            // What only a newer version can tell apart counts as contested.
            Ok((CutKind::of_word(&word).unwrap_or(CutKind::Disputed), money(minor, currency)?))
        });
        Ok(SeenInvoice {
            version: self.version,
            room: OpenDays::of_days(days(self.room, currency)?),
            held: Held(held.collect::<Result<_, StoreError>>()?),
            last_due_on: self.last_due_on,
        })
    }
}

impl AllocationRecord {
    pub(crate) fn of(allocation: &Allocation) -> Self {
        Self {
            invoice: allocation.invoice.clone(),
            number: allocation.number.clone(),
            currency: allocation.intended.currency(),
            intended: allocation.intended.minor(),
            ceiling: Some(allocation.ceiling.minor()),
            applied: allocation.applied.minor(),
            pending: allocation.pending.minor(),
            charged_back: allocation.charged_back.minor(),
            questioned: allocation.questioned.minor(),
            withdrawn_by_operator: allocation.withdrawn_by_operator,
            page: allocation.page,
            seen: SeenRecord::of(&allocation.seen),
        }
    }
}

/// An allocation of a payment or of a credit note.
pub(crate) fn allocation(item: Item) -> Result<Allocation, StoreError> {
    let record: AllocationRecord = record(item)?;
    let currency = record.currency;
    Ok(Allocation {
        invoice: record.invoice,
        number: record.number,
        intended: money(record.intended, currency)?,
        ceiling: money(record.ceiling.unwrap_or(record.intended), currency)?,
        applied: money(record.applied, currency)?,
        pending: money(record.pending, currency)?,
        charged_back: money(record.charged_back, currency)?,
        questioned: money(record.questioned, currency)?,
        withdrawn_by_operator: record.withdrawn_by_operator,
        page: record.page,
        seen: record.seen.read(currency)?,
    })
}
