//! Making an export's file, a step at a time.
//!
//! A step reads some pages from where the last one ended, writes their rows as a part, and then, in one conditional write, the
//! part's name and the place where the next step begins. A part's name tells what is in it. So a step that is done twice has done the
//! same, and a part that a worker wrote whose claim had run out is in no file.

use std::time::Duration;

use jiff::Timestamp;
use object_storage::ObjectStorage;
use receivables::{BillingZone, BusinessId, ExportId};
use sha2::{Digest, Sha256};
use store::{DueItem, Export, ExportKind, ExportPart};
use tokio::time::Instant;

use super::period::ExportPeriod;
use super::read::{self, Place};
use super::rows::{PartWriter, Rows};
use crate::context::Context;
use crate::error::OperationError;

/// Pages of a step, of a hundred items each, and how long it may take: it ends with the page in which it passes either.
const PAGES_PER_STEP: usize = 20;
const STEP_TIME: Duration = Duration::from_secs(5);
/// Bytes of a digest in the name of a part.
const DIGEST_BYTES: usize = 8;

fn storage(context: &Context) -> Result<&ObjectStorage, OperationError> {
    let storage = context.object_storage.as_ref();
    storage.ok_or_else(|| OperationError::Unavailable("there is no object storage".to_owned()))
}

/// What the names of an export's objects begin with.
fn objects_of(export: &Export) -> String {
    format!("{}/{}", export.business, export.id)
}

/// Does the next step of a claimed export: of its making, or its removal. Says whether it was still as it was claimed.
pub(crate) async fn make_step(
    context: &Context,
    claimed: &DueItem,
    export: &Export,
    now: Timestamp,
) -> Result<bool, OperationError> {
    let storage = storage(context)?;
    if now >= export.expires_at {
        storage.remove_all(&objects_of(export)).await?;
        context.store.delete_export(export).await?;
        return Ok(true);
    }
    if export.ready_at.is_some() {
        let waiting = Export { due_at: export.expires_at, why: None, ..export.clone() };
        return Ok(context.store.move_export(claimed, &waiting, None).await?);
    }
    let zone = BillingZone::named(&export.time_zone).map_err(|error| OperationError::Defect(error.to_string()))?;
    let (writer, next) = next_part(context, export, &zone).await?;
    let rows = writer.rows();
    let part =
        if writer.is_empty() { None } else { Some(put_part(storage, export, writer.into_text().into_bytes()).await?) };
    let after = Export {
        cursor: next.as_ref().map(written).transpose()?,
        rows,
        parts: part.as_ref().map_or(export.parts, |part| part.number),
        ready_at: next.is_none().then_some(now),
        due_at: if next.is_none() { export.expires_at } else { now },
        why: None,
        ..export.clone()
    };
    Ok(context.store.move_export(claimed, &after, part.as_ref()).await?)
}

/// The rows of the next pages, and where the step after this one begins; nowhere where the file is whole.
async fn next_part<'a>(
    context: &Context,
    export: &Export,
    zone: &'a BillingZone,
) -> Result<(PartWriter<'a>, Option<Place>), OperationError> {
    let Export { business, from, to, .. } = export.clone();
    let period = ExportPeriod { business, zone: zone.clone(), from, to };
    let mut writer = PartWriter::after(export.rows, export.format, zone);
    let mut place = if let Some(cursor) = &export.cursor {
        read_place(cursor)?
    } else {
        writer.begin(&export.kind, export.complete_until)?;
        Place::default()
    };
    let began = Instant::now();
    for _ in 0..PAGES_PER_STEP {
        let (rows, next) = match &export.kind {
            ExportKind::Journal => {
                let (lines, next) = read::journal_page(context, &period, place).await?;
                (Rows::Journal(lines), next)
            }
            ExportKind::Payments => {
                let (payments, next) = read::payments_page(context, &period, place).await?;
                (Rows::Payments(payments), next)
            }
            ExportKind::Statement(customer) => {
                let (rows, next) = read::statement_page(context, &period, customer, place).await?;
                (Rows::Statement(rows), next)
            }
        };
        writer.add(&rows)?;
        let Some(next) = next else {
            writer.end();
            return Ok((writer, None));
        };
        place = next;
        if began.elapsed() > STEP_TIME {
            break;
        }
    }
    Ok((writer, Some(place)))
}

async fn put_part(storage: &ObjectStorage, export: &Export, bytes: Vec<u8>) -> Result<ExportPart, OperationError> {
    let number = export.parts.saturating_add(1);
    let digest: Vec<u8> = Sha256::digest(&bytes).into_iter().take(DIGEST_BYTES).collect();
    let object = format!("{}/{number:06}-{}", objects_of(export), hex::encode(digest));
    let part = ExportPart { number, object, bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX) };
    storage.put(&part.object, bytes).await?;
    Ok(part)
}

fn written(place: &Place) -> Result<String, OperationError> {
    serde_json::to_string(place).map_err(|error| OperationError::Defect(format!("an export's place: {error}")))
}

fn read_place(cursor: &str) -> Result<Place, OperationError> {
    serde_json::from_str(cursor).map_err(|error| OperationError::Defect(format!("an export's place: {error}")))
}

/// The parts of an export's file in their order, each to be read by its name.
pub async fn export_file(
    context: &Context,
    b: &BusinessId,
    id: &ExportId,
) -> Result<(ObjectStorage, Vec<ExportPart>), OperationError> {
    let parts = context.store.export_parts(b, id).await?;
    Ok((storage(context)?.clone(), parts))
}
