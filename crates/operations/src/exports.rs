//! What the business's bookkeeping exports: the journal, the payments with their fees, and statements.
//!
//! What is small is answered at once. A file of any size is made as due work: each step reads some pages, writes their rows as a
//! part into the object storage, and moves the place where the next step begins.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use receivables::journal::JournalLine;
use receivables::payout::Settlement;
use receivables::{BillingZone, Business, ExportId, Payment};
use store::{DECISION_AGE_MAX, Export, ExportFormat, ExportKind};

use crate::context::Context;
use crate::error::OperationError;

mod movements;
mod period;
mod read;
mod rows;
mod step;

pub use step::export_file;
pub(crate) use step::make_step;

use period::ExportPeriod;
use read::Place;
use rows::{PartWriter, Rows};

/// The most days that one export may span.
pub const EXPORT_DAYS_MAX: i32 = 366;
/// The most rows that are answered at once: a page that a function has ready in seconds, of some megabytes.
pub const ROWS_AT_ONCE_MAX: usize = 5_000;
/// For how long an export's file is kept.
pub const EXPORT_KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 90);
/// What may lie between a try to write a decision and our reading it, beside [`DECISION_AGE_MAX`]: the tries that the client of the
/// tables makes of itself, a list that is behind, and two machines' clocks that differ.
pub const CLOCK_MARGIN: SignedDuration = SignedDuration::from_mins(2);

/// A payment with its settlement at the provider.
#[derive(Clone, Debug)]
pub struct ExportedPayment {
    /// The payment, without its allocations and facts.
    pub payment: Payment,
    /// What was paid out of it so far, by currency.
    pub settled: Vec<Settlement>,
}

/// An export that is asked for.
#[derive(Clone, Debug)]
pub struct NewExport {
    /// Drawn for the request; asked for again under the same id, it is made once.
    pub id: ExportId,
    pub kind: ExportKind,
    pub format: ExportFormat,
    pub from: Date,
    pub to: Date,
}

/// Up to which instant an export up to a day is complete if reading it began at an instant: whatever was entered before is in it. A
/// period that has just ended, or has not, is complete up to an earlier instant than its end.
pub fn complete_until(zone: &BillingZone, to: Date, began_at: Timestamp) -> Timestamp {
    let margin = DECISION_AGE_MAX.saturating_add(CLOCK_MARGIN);
    let settled = began_at.saturating_sub(margin).unwrap_or(Timestamp::MIN);
    to.tomorrow().map_or(Timestamp::MAX, |next| zone.start_of(next)).min(settled)
}

/// Asks for an export: from now on it is being made. The same export asked for again is the one that is stored.
pub async fn request_export(
    context: &Context,
    business: &Business,
    new: NewExport,
    now: Timestamp,
) -> Result<Export, OperationError> {
    if let Some(customer) = new.kind.customer() {
        context.store.customer(&business.id, customer).await?.ok_or(OperationError::NotFound)?;
    }
    let export = Export {
        id: new.id,
        business: business.id.clone(),
        kind: new.kind,
        format: new.format,
        from: new.from,
        to: new.to,
        time_zone: business.time_zone.name().to_owned(),
        requested_at: now,
        complete_until: complete_until(&business.time_zone, new.to, now),
        cursor: None,
        rows: 0,
        parts: 0,
        ready_at: None,
        expires_at: now.saturating_add(EXPORT_KEPT_FOR).unwrap_or(Timestamp::MAX),
        due_at: now,
        why: None,
    };
    if context.store.put_new_export(&export).await? {
        return Ok(export);
    }
    context.store.export(&business.id, &export.id).await?.ok_or(OperationError::Conflict)
}

/// The journal of a period by day: the ledger's entries that are of its days, whenever they were recorded, and the movements at the
/// provider. `None` where it has more than
/// [`ROWS_AT_ONCE_MAX`] lines.
pub async fn journal(
    context: &Context,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Option<Vec<JournalLine>>, OperationError> {
    let period = ExportPeriod::of(business, from, to);
    let (mut lines, mut place) = (Vec::new(), Some(Place::default()));
    while let Some(at) = place {
        let (page, next) = read::journal_page(context, &period, at).await?;
        lines.extend(page);
        if lines.len() > ROWS_AT_ONCE_MAX {
            return Ok(None);
        }
        place = next;
    }
    lines.sort_by_key(|line| line.on);
    Ok(Some(lines))
}

/// The payments of a period, by the day they were started, with their fees. `None` where there are more than
/// [`ROWS_AT_ONCE_MAX`].
pub async fn exported_payments(
    context: &Context,
    business: &Business,
    from: Date,
    to: Date,
) -> Result<Option<Vec<ExportedPayment>>, OperationError> {
    let period = ExportPeriod::of(business, from, to);
    let (mut payments, mut place) = (Vec::new(), Some(Place::default()));
    while let Some(at) = place {
        let (page, next) = read::payments_page(context, &period, at).await?;
        payments.extend(page);
        if payments.len() > ROWS_AT_ONCE_MAX {
            return Ok(None);
        }
        place = next;
    }
    Ok(Some(payments))
}

/// A journal as a file of comma-separated values.
pub fn journal_file(lines: Vec<JournalLine>, zone: &BillingZone) -> Result<String, OperationError> {
    csv_file(&ExportKind::Journal, &Rows::Journal(lines), zone)
}

/// Payments as a file of comma-separated values.
pub fn payments_file(payments: Vec<ExportedPayment>, zone: &BillingZone) -> Result<String, OperationError> {
    csv_file(&ExportKind::Payments, &Rows::Payments(payments), zone)
}

fn csv_file(kind: &ExportKind, rows: &Rows, zone: &BillingZone) -> Result<String, OperationError> {
    let mut writer = PartWriter::after(0, ExportFormat::Csv, zone);
    // A file of this form has no place for the instant.
    writer.begin(kind, Timestamp::MAX)?;
    writer.add(rows)?;
    writer.end();
    Ok(writer.into_text())
}
