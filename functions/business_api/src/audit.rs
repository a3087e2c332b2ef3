//! The audit: who did what, in a chain of seals that nobody can change without breaking it.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use receivables::csv::row as file_row;
use serde::{Deserialize, Serialize};
use store::{AuditSeal, Page, Paged};
use utoipa::{IntoParams, ToSchema};

use crate::answer::{Answer, Failure};
use crate::caller::Caller;
use crate::cursor::{List, Listing, PAGE_LIMIT_MAX};
use crate::faults::{Faults, checked};
use crate::query::Asked;

/// Records in one file: some two megabytes.
const RECORDS_PER_FILE_MAX: usize = 2_000;
/// The columns of a file; a record has a row for each thing that changed.
const COLUMNS: [&str; 12] =
    ["number", "at", "actor", "reason", "customer", "decision", "what", "field", "before", "after", "facts", "hash"];

/// What one decision did.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditRecord)]
pub(crate) struct AuditRecordShape {
    /// Its place in the chain, from 1.
    number: u64,
    /// When. RFC 3339, UTC.
    at: String,
    /// Who: `key:…`, `pay_link:…`, `customer:…`, `provider_event:…`, timer, stream or program.
    #[schema(example = "key:key_01JD8Z0000ABCDEFGHJKMNPQRS")]
    actor: String,
    /// Why, where whoever did it said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// Our id of the customer on whose account it was; absent of a change of the business itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    customer: Option<String>,
    /// What it is of, in the version that it made.
    decision: String,
    /// What changed.
    differences: Vec<DifferenceShape>,
    /// What was announced.
    facts: Vec<String>,
    /// The seal: SHA-256, in hexadecimal, of the seal before, a line feed and `sealed`. Before the first there is none.
    #[serde(default)]
    hash: String,
    /// The very text that is sealed, which says all of the above.
    #[serde(default)]
    sealed: String,
}

/// One thing that changed.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Difference)]
pub(crate) struct DifferenceShape {
    /// Our id of it.
    what: String,
    field: String,
    /// Empty of what was not there.
    before: String,
    after: String,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Begins after the record of this number; at the first where nothing is said.
    #[param(value_type = u64)]
    after: Option<String>,
    /// json, or the file formats ndjson and csv; json where nothing is said. A file has 2,000 records at most: the next begins
    /// `after` its last.
    format: Option<String>,
    /// How many at most, 1 to 100; 50 where nothing is said. Not of files.
    #[param(value_type = u32, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// The `next_cursor` of the page before. Not of files.
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Ndjson,
}

impl AuditQuery {
    fn read(&self, list: &Listing, faults: &mut Faults) -> Option<(Format, Page)> {
        let format = match self.format.as_deref() {
            None | Some("json") => Some(Format::Json),
            Some("csv") => Some(Format::Csv),
            Some("ndjson") => Some(Format::Ndjson),
            Some(_) => {
                faults.note("format", "expected json, csv or ndjson");
                None
            }
        };
        let after = faults.read_some::<u64>("after", self.after.as_deref());
        let mut page = list.page(self.limit.as_deref(), self.cursor.as_deref(), faults)?;
        if page.cursor.is_none() {
            page.cursor = after.map(|number| number.to_string());
        }
        Some((format?, page))
    }
}

impl AuditRecordShape {
    fn of(sealed: AuditSeal) -> Result<Self, Failure> {
        let shape: Self = serde_json::from_str(&sealed.text).map_err(|error| Failure::defect("audit", &error))?;
        Ok(Self { hash: sealed.hash, sealed: sealed.text, ..shape })
    }

    fn rows(&self, file: &mut String) {
        let row = |file: &mut String, difference: Option<&DifferenceShape>| {
            let of = |read: fn(&DifferenceShape) -> &String| difference.map(read).cloned().unwrap_or_default();
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
            file_row(file, &fields);
        };
        if self.differences.is_empty() {
            row(file, None);
        }
        for difference in &self.differences {
            row(file, Some(difference));
        }
    }
}

/// List what was done, oldest first
///
/// Every decision is one record, sealed over the one before it, so that none can be altered, left out or put in without
/// breaking all that follow.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "Audit", params(AuditQuery),
    responses((status = 200, description = "A page of records, or a file of them", content(
        (List<AuditRecordShape> = "application/json"),
        (String = "application/x-ndjson"),
        (String = "text/csv"),
    )))
)]
pub(crate) async fn list_audit(caller: Caller, Asked(asked): Asked<AuditQuery>) -> Result<Response, Failure> {
    let list = Listing::new(caller.business_id(), "audit", &[asked.after.as_deref()]);
    let (format, page) = checked(|faults| asked.read(&list, faults))?;
    if format != Format::Json {
        return file(&caller, format, page).await;
    }
    let found = caller.store().audit(caller.business_id(), &page).await?;
    let items = found.items.into_iter().map(AuditRecordShape::of).collect::<Result<Vec<_>, Failure>>()?;
    let paged = Paged { items, next_cursor: found.next_cursor };
    Ok(Answer::ok(&list.answer(paged, |shape: AuditRecordShape| shape))?.into_response())
}

async fn file(caller: &Caller, format: Format, from: Page) -> Result<Response, Failure> {
    let (mut text, mut records) = (String::new(), 0);
    let mut page = Page { limit: PAGE_LIMIT_MAX, ..from };
    if format == Format::Csv {
        file_row(&mut text, &COLUMNS.map(str::to_owned));
    }
    while records < RECORDS_PER_FILE_MAX {
        let found = caller.store().audit(caller.business_id(), &page).await?;
        records += found.items.len();
        for sealed in found.items {
            let shape = AuditRecordShape::of(sealed)?;
            if format == Format::Csv {
                shape.rows(&mut text);
            } else {
                text += &serde_json::to_string(&shape).map_err(|error| Failure::defect("audit", &error))?;
                text.push('\n');
            }
        }
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    let (kind, name) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        Format::Json | Format::Ndjson => ("application/x-ndjson", "attachment; filename=\"audit.ndjson\""),
    };
    let mut response = Answer::text(kind, text).into_response();
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
    Ok(response)
}
