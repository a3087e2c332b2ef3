//! Events: each with its object as it was at that moment.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::Transaction;
use super::form::Params;
use super::listing::{self, Page};

const TYPES_MAX: usize = 20;

pub(super) fn retrieve(transaction: &Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let mut event = transaction.need("event", id, "id")?.body;
    count_pending(transaction, &mut event)?;
    Ok(event)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let mut types = params.texts("types")?;
    if types.len() > TYPES_MAX {
        return Err(ApiError::invalid("types", format!("You can ask for up to {TYPES_MAX} types.")));
    }
    types.extend(params.text("type")?);
    params.finish()?;
    let mut events = listing::list(transaction, "event", "/v1/events", &page, |event| {
        types.is_empty() || types.iter().any(|wanted| names(wanted, event["type"].as_str().unwrap_or_default()))
    })?;
    for event in events["data"].as_array_mut().into_iter().flatten() {
        count_pending(transaction, event)?;
    }
    Ok(events)
}

/// Whether a filter, a type or a family such as `charge.*`, matches a type.
fn names(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(family) => kind.starts_with(family),
        None => kind == wanted,
    }
}

/// Updates the count of pending webhooks, the only field of an event that changes.
fn count_pending(transaction: &Transaction<'_>, event: &mut Value) -> Result<(), ApiError> {
    let waiting: i64 = transaction.sql.query_row(
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE event = ?1 AND state = 'waiting')",
        [event["id"].as_str()],
        |row| row.get(0),
    )?;
    event["pending_webhooks"] = json!(waiting);
    Ok(())
}
