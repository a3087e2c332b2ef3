//! `expand[]`: ids replaced by the objects they name.

use serde_json::Value;

use super::api_error::ApiError;
use super::database::Transaction;
use super::{balance_transactions, checkout_lines};

const DEPTH_MAX: usize = 4;

/// Fields that name another object, and the kind of that object; none where the id itself tells the kind.
const EXPANDABLE: &[(&str, &str, &str)] = &[
    ("checkout.session", "customer", "customer"),
    ("checkout.session", "payment_intent", "payment_intent"),
    ("checkout.session", "setup_intent", "setup_intent"),
    ("payment_intent", "customer", "customer"),
    ("payment_intent", "latest_charge", "charge"),
    ("payment_intent", "payment_method", "payment_method"),
    ("balance_transaction", "source", ""),
    ("charge", "balance_transaction", "balance_transaction"),
    ("charge", "customer", "customer"),
    ("charge", "dispute", "dispute"),
    ("charge", "payment_intent", "payment_intent"),
    ("payment_method", "customer", "customer"),
    ("dispute", "charge", "charge"),
    ("dispute", "payment_intent", "payment_intent"),
    ("mandate", "payment_method", "payment_method"),
    ("payout", "balance_transaction", "balance_transaction"),
    ("payout", "failure_balance_transaction", "balance_transaction"),
    ("radar.early_fraud_warning", "charge", "charge"),
    ("radar.early_fraud_warning", "payment_intent", "payment_intent"),
    ("refund", "balance_transaction", "balance_transaction"),
    ("refund", "charge", "charge"),
    ("refund", "failure_balance_transaction", "balance_transaction"),
    ("refund", "payment_intent", "payment_intent"),
    ("review", "charge", "charge"),
    ("review", "payment_intent", "payment_intent"),
    ("setup_intent", "customer", "customer"),
    ("setup_intent", "mandate", "mandate"),
    ("setup_intent", "payment_method", "payment_method"),
];

pub(super) fn expand(transaction: &Transaction<'_>, body: &mut Value, paths: &[String]) -> Result<(), ApiError> {
    for path in paths {
        let segments: Vec<&str> = path.split('.').collect();
        if segments.len() > DEPTH_MAX + 1 {
            return Err(ApiError::invalid("expand", format!("You cannot expand more than {DEPTH_MAX} levels: {path}")));
        }
        follow(transaction, body, &segments, path)?;
    }
    Ok(())
}

fn follow(transaction: &Transaction<'_>, value: &mut Value, segments: &[&str], path: &str) -> Result<(), ApiError> {
    let Some((field, rest)) = segments.split_first() else { return Ok(()) };
    if value["object"] == "list" && *field == "data" {
        let items = value["data"].as_array_mut().into_iter().flatten();
        return items.into_iter().try_for_each(|item| follow(transaction, item, rest, path));
    }
    if value["object"] == "checkout.session" && *field == "line_items" {
        let session = value["id"].as_str().unwrap_or_default().to_owned();
        value["line_items"] = checkout_lines::first_page(transaction, &session)?;
        return Ok(());
    }
    let known = EXPANDABLE.iter().find(|(object, name, _)| value["object"] == *object && name == field);
    let Some((_, _, object)) = known else {
        return Err(ApiError::invalid("expand", format!("This property cannot be expanded ({path}).")));
    };
    if let Some(id) = value[*field].as_str() {
        let object = if object.is_empty() { source_object(id) } else { object };
        let mut body = transaction.need(object, id, "expand")?.body;
        if object == "balance_transaction" {
            balance_transactions::refresh(transaction, &mut body);
        }
        value[*field] = body;
    }
    if value[*field].is_null() { Ok(()) } else { follow(transaction, &mut value[*field], rest, path) }
}

/// The kind of the object that moved money, by its id.
fn source_object(id: &str) -> &'static str {
    match id.split('_').next().unwrap_or_default() {
        "re" | "pyr" => "refund",
        "du" => "dispute",
        "po" => "payout",
        _ => "charge",
    }
}
