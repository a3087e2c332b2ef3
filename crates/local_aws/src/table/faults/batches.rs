//! Batches that are carried out in part, and batch reads that meet a transaction.

use dynoxide::Database;
use serde_json::{Map, Value, json};

use super::keys::{Item, ItemKey, key_of};
use crate::table::operation::{Failure, Operation, run};

/// Takes what is to be left over out of a batch and returns it, in the form of the request. At least one part is carried out.
pub(super) fn leave_over(request: &mut Value, mut is_left: impl FnMut(&ItemKey) -> bool) -> Option<Value> {
    let tables = request["RequestItems"].as_object_mut()?;
    let mut left = Map::new();
    let mut first = true;
    for (table, batch) in tables.iter_mut() {
        let parts = if batch.is_array() { Some(&mut *batch) } else { batch.get_mut("Keys") };
        let Some(parts) = parts.and_then(Value::as_array_mut) else { continue };
        let (mut over, mut done) = (Vec::new(), Vec::new());
        for part in parts.drain(..) {
            let key = key_of(table, &part)
                .or_else(|| key_of(table, &part["PutRequest"]["Item"]))
                .or_else(|| key_of(table, &part["DeleteRequest"]["Key"]));
            if !std::mem::take(&mut first) && key.is_some_and(|key| is_left(&key)) {
                over.push(part);
            } else {
                done.push(part);
            }
        }
        *parts = done;
        if over.is_empty() {
            continue;
        }
        let mut rest = batch.clone();
        if rest.is_array() {
            rest = json!(over);
        } else {
            rest["Keys"] = json!(over);
        }
        left.insert(table.clone(), rest);
    }
    tables.retain(|_, batch| {
        let parts = batch.as_array().or_else(|| batch["Keys"].as_array());
        parts.is_none_or(|parts| !parts.is_empty())
    });
    (!left.is_empty()).then_some(Value::Object(left))
}

/// Carries out what a batch of writes has kept, and says what was left over.
pub(super) fn write(database: &Database, request: &Value, left: Option<&Value>) -> Result<Vec<u8>, Failure> {
    let answer = run(database, Operation::BatchWriteItem, request.to_string().as_bytes())?;
    with_left(&answer, "UnprocessedItems", left)
}

/// Carries out what a batch of reads has kept, with some items as they were before, and says what was left over.
pub(super) fn get(
    database: &Database,
    request: &Value,
    before: &[(ItemKey, Option<Item>)],
    left: Option<&Value>,
) -> Result<Vec<u8>, Failure> {
    let answer = run(database, Operation::BatchGetItem, request.to_string().as_bytes())?;
    if before.is_empty() {
        return with_left(&answer, "UnprocessedKeys", left);
    }
    let mut answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    for (key, image) in before {
        let items = &mut answer["Responses"][&key.table];
        let mut kept = items.take().as_array().cloned().unwrap_or_default();
        kept.retain(|item| key_of(&key.table, item).as_ref() != Some(key));
        kept.extend(image.clone().map(Value::Object));
        *items = Value::Array(kept);
    }
    with_left(answer.to_string().as_bytes(), "UnprocessedKeys", left)
}

fn with_left(answer: &[u8], name: &str, left: Option<&Value>) -> Result<Vec<u8>, Failure> {
    let Some(left) = left else { return Ok(answer.to_vec()) };
    let mut answer: Value = serde_json::from_slice(answer)
        .map_err(|error| Failure { status: 500, body: json!({ "message": error.to_string() }).to_string() })?;
    answer[name] = left.clone();
    Ok(answer.to_string().into_bytes())
}
