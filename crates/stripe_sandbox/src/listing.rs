//! Lists, newest first, with Stripe's cursors and `created` filters.

use rusqlite::params;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::Transaction;
use super::form::Params;

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 100;

/// The parameters of every list. Read before the filters of the list at hand, and finished after them.
pub(super) struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
    created: Span,
}

/// Bounds on `created`, both inclusive.
struct Span {
    from: i64,
    to: i64,
}

impl Page {
    pub(super) fn take(params: &mut Params) -> Result<Self, ApiError> {
        let limit = params.integer("limit")?.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(ApiError::invalid("limit", format!("Limit must be between 1 and {LIMIT_MAX}.")));
        }
        let page = Self {
            limit: usize::try_from(limit).unwrap_or_default(),
            starting_after: params.text("starting_after")?,
            ending_before: params.text("ending_before")?,
            created: Span::take(params)?,
        };
        if page.starting_after.is_some() && page.ending_before.is_some() {
            let message = "You may only specify one of these parameters: starting_after, ending_before.";
            return Err(ApiError::invalid("ending_before", message));
        }
        Ok(page)
    }
}

impl Span {
    /// Reads `created=t`, or `created[gt|gte|lt|lte]=t`.
    fn take(params: &mut Params) -> Result<Self, ApiError> {
        let mut span = Self { from: i64::MIN, to: i64::MAX };
        if params.is_text("created") {
            let exact = params.integer("created")?.unwrap_or_default();
            return Ok(Self { from: exact, to: exact });
        }
        let Some(mut bounds) = params.tree("created")? else { return Ok(span) };
        if let Some(after) = bounds.integer("gt")? {
            span.from = span.from.max(after.saturating_add(1));
        }
        if let Some(from) = bounds.integer("gte")? {
            span.from = span.from.max(from);
        }
        if let Some(before) = bounds.integer("lt")? {
            span.to = span.to.min(before.saturating_sub(1));
        }
        if let Some(to) = bounds.integer("lte")? {
            span.to = span.to.min(to);
        }
        bounds.finish()?;
        Ok(span)
    }
}

/// The page of the objects that pass the filter.
pub(super) fn list(
    transaction: &Transaction<'_>,
    object: &str,
    url: &str,
    page: &Page,
    keep: impl Fn(&Value) -> bool,
) -> Result<Value, ApiError> {
    let backwards = page.ending_before.is_some();
    let after = cursor(transaction, object, "starting_after", page.starting_after.as_deref())?.unwrap_or(i64::MAX);
    let before = cursor(transaction, object, "ending_before", page.ending_before.as_deref())?.unwrap_or(i64::MIN);
    let order = if backwards { "ASC" } else { "DESC" };
    let mut statement = transaction.sql.prepare_cached(&format!(
        "SELECT body FROM objects WHERE object = ?1 AND seq < ?2 AND seq > ?3 ORDER BY seq {order}"
    ))?;
    let mut rows = statement.query(params![object, after, before])?;
    let mut data = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Value = serde_json::from_str(&row.get::<_, String>(0)?)?;
        let created = body["created"].as_i64().unwrap_or_default();
        if (page.created.from..=page.created.to).contains(&created) && keep(&body) {
            data.push(body);
        }
        if data.len() > page.limit {
            break;
        }
    }
    let has_more = data.len() > page.limit;
    data.truncate(page.limit);
    if backwards {
        data.reverse();
    }
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

fn cursor(transaction: &Transaction<'_>, object: &str, param: &str, id: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(id) = id else { return Ok(None) };
    let mut statement = transaction.sql.prepare_cached("SELECT seq FROM objects WHERE id = ?1 AND object = ?2")?;
    let mut rows = statement.query(params![id, object])?;
    match rows.next()? {
        Some(row) => Ok(Some(row.get(0)?)),
        None => Err(ApiError::no_such_in(param, object, id)),
    }
}

/// Whether an optional filter accepts this field's value.
pub(super) fn matches(wanted: Option<&str>, field: &Value) -> bool {
    wanted.is_none_or(|wanted| field.as_str() == Some(wanted))
}
