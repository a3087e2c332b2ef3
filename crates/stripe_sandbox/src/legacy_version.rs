//! Events in an old API version, as an endpoint receives them whose version was never raised: a charge contains its refunds, a
//! payment intent its charges, and newer types of event are not delivered.
//!
//! Only events have this shape. A request names its version, and the product's requests name the current one.

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::Transaction;

pub(super) const API_VERSION: &str = "2020-08-27";

pub(super) fn is_on(connection: &Connection) -> Result<bool, ApiError> {
    let kept: Option<String> =
        connection.query_row("SELECT value FROM settings WHERE name = 'shape'", [], |row| row.get(0)).optional()?;
    Ok(kept.as_deref() == Some("older"))
}

pub(super) fn set(connection: &Connection, older: bool) -> Result<(), ApiError> {
    let shape = if older { "older" } else { "present" };
    connection.execute("INSERT OR REPLACE INTO settings VALUES ('shape', ?1)", [shape])?;
    Ok(())
}

/// Whether the endpoint receives events of a type. The list of events contains them all the same.
pub(super) fn is_delivered(kind: &str) -> bool {
    !kind.starts_with("refund.")
}

pub(super) fn reshape(transaction: &Transaction<'_>, object: &mut Value) -> Result<(), ApiError> {
    let id = object["id"].as_str().unwrap_or_default().to_owned();
    match object["object"].as_str() {
        Some("charge") => {
            let refunds = all_of(transaction, "refund", "charge", &id)?;
            object["refunds"] = list(&refunds, &format!("/v1/charges/{id}/refunds"));
        }
        Some("payment_intent") => {
            let mut charges = all_of(transaction, "charge", "payment_intent", &id)?;
            for charge in &mut charges {
                reshape(transaction, charge)?;
            }
            object["charges"] = list(&charges, &format!("/v1/charges?payment_intent={id}"));
            if let Some(fields) = object.as_object_mut() {
                fields.remove("latest_charge");
            }
        }
        Some("dispute") => {
            let first = object["balance_transactions"][0]["id"].clone();
            object["balance_transaction"] = first;
        }
        Some(_) | None => {}
    }
    Ok(())
}

/// All objects of a kind that name this id in a field, newest first.
fn all_of(transaction: &Transaction<'_>, object: &str, field: &str, id: &str) -> Result<Vec<Value>, ApiError> {
    let ids = transaction.ids_where(object, field, id)?;
    ids.iter().rev().map(|id| Ok(transaction.need(object, id, "id")?.body)).collect()
}

fn list(data: &[Value], url: &str) -> Value {
    json!({ "object": "list", "total_count": data.len(), "data": data, "has_more": false, "url": url })
}
