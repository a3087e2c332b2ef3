//! Exports: files that are made of the books, in parts.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::{BusinessId, CustomerId, ExportId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, due, item, listed, record, text_of};
use crate::error::StoreError;
use crate::keys::{self, DueList};

/// What an export is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// The journal of a period.
    Journal,
    /// The payments that were started in a period.
    Payments,
    /// What happened on a customer's account in a period.
    Statement(CustomerId),
}

/// The form of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    Json,
    Csv,
}

/// An export, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    pub id: ExportId,
    pub business: BusinessId,
    pub kind: ExportKind,
    pub format: ExportFormat,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The IANA name of the zone in which the days are counted; it stays what it was when the export was asked for.
    pub time_zone: String,
    pub requested_at: Timestamp,
    /// Whatever was entered before this instant is in it.
    pub complete_until: Timestamp,
    /// Where its making goes on; from the beginning where there is none.
    pub cursor: Option<String>,
    /// Rows so far.
    pub rows: u64,
    /// Parts so far.
    pub parts: u32,
    /// Since when the file is whole.
    pub ready_at: Option<Timestamp>,
    /// When it is removed.
    pub expires_at: Timestamp,
    /// When its next step is due: of its making, then its removal.
    pub due_at: Timestamp,
    /// Why its last step failed, if it did.
    pub why: Option<String>,
}

/// A part of an export's file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportPart {
    /// Its place among the parts, from 1.
    pub number: u32,
    /// The name of its bytes in the object storage.
    pub object: String,
    pub bytes: u64,
}

impl ExportKind {
    /// The word in the API and in file names.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Payments => "payments",
            Self::Statement(_) => "statement",
        }
    }

    /// The kind of a word; a statement is somebody's, and nothing else is.
    pub fn of_word(word: &str, customer: Option<CustomerId>) -> Option<Self> {
        match (word, customer) {
            ("journal", None) => Some(Self::Journal),
            ("payments", None) => Some(Self::Payments),
            ("statement", Some(customer)) => Some(Self::Statement(customer)),
            _ => None,
        }
    }

    /// Whose statement it is.
    pub fn customer(&self) -> Option<&CustomerId> {
        match self {
            Self::Statement(customer) => Some(customer),
            Self::Journal | Self::Payments => None,
        }
    }
}

impl ExportFormat {
    /// The word in the API; also the ending of the file's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// The form of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        [Self::Json, Self::Csv].into_iter().find(|format| format.as_str() == word)
    }
}

#[derive(Serialize, Deserialize)]
struct ExportRecord {
    id: ExportId,
    business: BusinessId,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    customer: Option<CustomerId>,
    format: String,
    from: Date,
    to: Date,
    time_zone: String,
    requested_at: Timestamp,
    complete_until: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    cursor: Option<String>,
    rows: u64,
    parts: u32,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    ready_at: Option<Timestamp>,
    expires_at: Timestamp,
    due_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    why: Option<String>,
}

/// The attributes that an export may have and lose.
pub(crate) const OPTIONAL: [&str; 4] = ["cursor", "ready_at", "why", "tries"];

pub(crate) fn of_export(export: &Export) -> Result<Item, StoreError> {
    let (b, id) = (&export.business, &export.id);
    let record = ExportRecord {
        id: id.clone(),
        business: b.clone(),
        kind: export.kind.as_str().to_owned(),
        customer: export.kind.customer().cloned(),
        format: export.format.as_str().to_owned(),
        from: export.from,
        to: export.to,
        time_zone: export.time_zone.clone(),
        requested_at: export.requested_at,
        complete_until: export.complete_until,
        cursor: export.cursor.clone(),
        rows: export.rows,
        parts: export.parts,
        ready_at: export.ready_at,
        expires_at: export.expires_at,
        due_at: export.due_at,
        why: export.why.clone(),
    };
    let item = item(&keys::export(b, id), &record)?;
    let item = listed(item, Index::List, &keys::exports(b), &format!("{:.3}#{id}", export.requested_at));
    Ok(due(item, DueList::Jobs, export.due_at, &format!("{b}#export#{id}")))
}

pub(crate) fn export(item: Item) -> Result<Export, StoreError> {
    let record: ExportRecord = record(item)?;
    let defect = |what: &str| StoreError::Defect(format!("an export of the {what}"));
    Ok(Export {
        kind: ExportKind::of_word(&record.kind, record.customer)
            .ok_or_else(|| defect(&format!("kind {}", record.kind)))?,
        format: ExportFormat::of_word(&record.format).ok_or_else(|| defect(&format!("form {}", record.format)))?,
        id: record.id,
        business: record.business,
        from: record.from,
        to: record.to,
        time_zone: record.time_zone,
        requested_at: record.requested_at,
        complete_until: record.complete_until,
        cursor: record.cursor,
        rows: record.rows,
        parts: record.parts,
        ready_at: record.ready_at,
        expires_at: record.expires_at,
        due_at: record.due_at,
        why: record.why,
    })
}

pub(crate) fn of_part(export: &Export, part: &ExportPart) -> Result<Item, StoreError> {
    item(&keys::export_part(&export.business, &export.id, part.number), part)
}

/// The parts among the items of an export's partition, in their order.
pub(crate) fn parts(items: Vec<Item>) -> Result<Vec<ExportPart>, StoreError> {
    let is_part = |item: &Item| text_of(item, "sk").is_some_and(|sk| sk.starts_with(keys::EXPORT_PART));
    items.into_iter().filter(is_part).map(record).collect()
}
