//! The keys of items, in requests and in the items themselves.

use serde_json::{Map, Value};

/// The attributes of an item, in DynamoDB's JSON.
pub(super) type Item = Map<String, Value>;

/// The key of an item, with its table.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ItemKey {
    pub(super) table: String,
    pub(super) pk: String,
    pub(super) sk: String,
}

/// The text of an attribute, if it is a text.
pub(super) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.get("S")?.as_str()
}

/// The key in an item, or in the key of a request.
pub(super) fn key_of(table: &str, item: &Value) -> Option<ItemKey> {
    let item = item.as_object()?;
    Some(ItemKey { table: table.to_owned(), pk: text(item, "pk")?.to_owned(), sk: text(item, "sk")?.to_owned() })
}

/// The items that a request is about, in its order: what it reads by key, writes, or makes a condition of.
pub(super) fn items_of(request: &Value) -> Vec<ItemKey> {
    let one = |part: &Value| {
        let table = part["TableName"].as_str()?;
        key_of(table, &part["Key"]).or_else(|| key_of(table, &part["Item"]))
    };
    if let Some(parts) = request["TransactItems"].as_array() {
        return parts.iter().filter_map(|part| part.as_object()?.values().next().and_then(one)).collect();
    }
    if let Some(tables) = request["RequestItems"].as_object() {
        return tables.iter().flat_map(|(table, batch)| keys_of_batch(table, batch)).collect();
    }
    one(request).into_iter().collect()
}

fn keys_of_batch(table: &str, batch: &Value) -> Vec<ItemKey> {
    let read = batch["Keys"].as_array().into_iter().flatten().filter_map(|key| key_of(table, key));
    let written = batch.as_array().into_iter().flatten().filter_map(|write| {
        key_of(table, &write["PutRequest"]["Item"]).or_else(|| key_of(table, &write["DeleteRequest"]["Key"]))
    });
    read.chain(written).collect()
}
