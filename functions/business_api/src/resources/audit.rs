//! The audit: who did what and why, in a chain of hashes that shows any later change.

use axum::response::{IntoResponse, Response};
use receivables::csv::{header as header_row, row as file_row};
use serde::{Deserialize, Serialize};
use store::{AuditSeal, Page, Paged};
use utoipa::{IntoParams, ToSchema};

use crate::http::auth::Caller;
use crate::http::error::ApiError;
use crate::http::pagination::{ListResponse, ListScope, PAGE_LIMIT_MAX};
use crate::http::response::{ApiResponse, attachment, csv_attachment};
use crate::http::strict_query::StrictQuery;
use crate::http::validation::{FieldErrors, validate};

/// Records in one file, at most: about two megabytes.
const RECORDS_PER_FILE_MAX: usize = 2_000;
/// A record has one row for each of its differences, and one row if it has none.
const COLUMNS: [&str; 12] =
    ["number", "at", "actor", "reason", "customer", "decision", "what", "field", "before", "after", "facts", "hash"];

/// One decision: who took it, why, and what it changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditRecord)]
pub(crate) struct AuditRecordResponse {
    /// Its place in the chain, counted from 1.
    number: u64,
    /// When it was taken. RFC 3339, UTC.
    at: String,
    /// Who took it: `key:…`, `pay_link:…`, `customer:…`, `provider_event:…`, `timer`, `stream` or `program`.
    #[schema(example = "key:key_01JD8Z0000ABCDEFGHJKMNPQRS")]
    actor: String,
    /// Why, if a reason was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// The id of the customer whose account changed. Left out if the business itself changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer: Option<String>,
    /// What was decided on, and the version that the decision created.
    decision: String,
    /// What changed.
    differences: Vec<DifferenceResponse>,
    /// The facts that were announced, such as `invoice.paid`.
    facts: Vec<String>,
    /// The SHA-256 hash, in hexadecimal, of the previous record's `hash`, a line feed and `sealed`. The first record starts from an
    /// empty hash.
    hash: String,
    /// The hashed text: a JSON object that contains the record as it is stored, with its number.
    sealed: String,
}

/// A field that changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Difference)]
pub(crate) struct DifferenceResponse {
    /// The id of what changed.
    what: String,
    /// The name of the field.
    field: String,
    /// The value before. Empty if there was none.
    before: String,
    /// The value after.
    after: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Starts after the record with this number. Default: starts at the first record.
    #[param(value_type = u64, required = false)]
    after: Option<String>,
    /// `json`, `ndjson` or `csv`. The last two give a file of up to 2,000 records; for the next file, set `after` to the number of
    /// its last record. Default: `json`.
    format: Option<String>,
    /// Items per page, 1 to 100. Default: 50. Not used for files.
    #[param(value_type = u32, required = false, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the previous page. Not used for files.
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Ndjson,
}

impl AuditQuery {
    fn read(&self, list: &ListScope, errors: &mut FieldErrors) -> Option<(Format, Page)> {
        let format = match self.format.as_deref() {
            None | Some("json") => Some(Format::Json),
            Some("csv") => Some(Format::Csv),
            Some("ndjson") => Some(Format::Ndjson),
            Some(_) => {
                errors.add("format", "expected json, csv or ndjson");
                None
            }
        };
        let after = errors.parse_optional::<u64>("after", self.after.as_deref());
        let mut page = list.page(self.limit.as_deref(), self.cursor.as_deref(), errors)?;
        if page.cursor.is_none() {
            page.cursor = after.map(|number| number.to_string());
        }
        Some((format?, page))
    }
}

/// The sealed text, as far as this version shows it.
#[derive(Deserialize)]
struct SealedText {
    number: u64,
    at: String,
    actor: String,
    reason: Option<String>,
    customer: Option<String>,
    name: String,
    differences: Vec<DifferenceResponse>,
    facts: Vec<SealedFact>,
}

#[derive(Deserialize)]
struct SealedFact {
    kind: String,
}

impl AuditRecordResponse {
    fn of(sealed: AuditSeal) -> Result<Self, ApiError> {
        let text: SealedText = serde_json::from_str(&sealed.text).map_err(|error| ApiError::defect("audit", &error))?;
        Ok(Self {
            number: text.number,
            at: text.at,
            actor: text.actor,
            reason: text.reason,
            customer: text.customer,
            decision: text.name,
            differences: text.differences,
            facts: text.facts.into_iter().map(|fact| fact.kind).collect(),
            hash: sealed.hash,
            sealed: sealed.text,
        })
    }

    fn rows(&self, file: &mut String) {
        let row = |file: &mut String, difference: Option<&DifferenceResponse>| {
            let of = |read: fn(&DifferenceResponse) -> &String| difference.map(read).cloned().unwrap_or_default();
            let fields = [
                self.number.to_string(),
                self.at.clone(),
                self.actor.clone(),
                self.reason.clone().unwrap_or_default(),
                self.customer.clone().unwrap_or_default(),
                self.decision.clone(),
                of(|one| &one.what),
                of(|one| &one.field),
                of(|one| &one.before),
                of(|one| &one.after),
                self.facts.join(" "),
                self.hash.clone(),
            ];
            file_row(file, &fields.map(Into::into));
        };
        if self.differences.is_empty() {
            row(file, None);
        }
        for difference in &self.differences {
            row(file, Some(difference));
        }
    }
}

/// List audit records, oldest first
///
/// Every decision is one record. The hash of each record includes the hash of the one before it, so that no record can be changed,
/// removed or inserted without breaking all later hashes.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit", params(AuditQuery),
    responses((status = 200, description = "A page of records, or a file of records.", content(
        (ListResponse<AuditRecordResponse> = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn list_audit(
    caller: Caller,
    StrictQuery(query): StrictQuery<AuditQuery>,
) -> Result<Response, ApiError> {
    let list = ListScope::new(&caller, "audit", &[query.after.as_deref()]);
    let (format, page) = validate(|errors| query.read(&list, errors))?;
    if format != Format::Json {
        return file(&caller, format, page).await;
    }
    let found = caller.store().audit(caller.business_id(), &page).await?;
    let items = found.items.into_iter().map(AuditRecordResponse::of).collect::<Result<Vec<_>, ApiError>>()?;
    let paged = Paged { items, next_cursor: found.next_cursor };
    Ok(ApiResponse::ok(&list.respond(paged, |record: AuditRecordResponse| record))?.into_response())
}

async fn file(caller: &Caller, format: Format, from: Page) -> Result<Response, ApiError> {
    let (mut text, mut records) = (String::new(), 0);
    let mut page = Page { limit: PAGE_LIMIT_MAX, ..from };
    if format == Format::Csv {
        header_row(&mut text, &COLUMNS);
    }
    while records < RECORDS_PER_FILE_MAX {
        let found = caller.store().audit(caller.business_id(), &page).await?;
        records += found.items.len();
        for sealed in found.items {
            let record = AuditRecordResponse::of(sealed)?;
            if format == Format::Csv {
                record.rows(&mut text);
            } else {
                text += &serde_json::to_string(&record).map_err(|error| ApiError::defect("audit", &error))?;
                text.push('\n');
            }
        }
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    Ok(match format {
        Format::Csv => csv_attachment("audit.csv", text),
        Format::Json | Format::Ndjson => attachment("application/x-ndjson", "audit.ndjson", text),
    })
}
