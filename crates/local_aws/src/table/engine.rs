//! The engine, and the definition of its tables.

use std::path::Path;

use dynoxide::Database;
use serde_json::{Value, json};

use super::{CORE, INBOX, TTL_ATTRIBUTE, TableError};

pub(super) const INDEXES: [&str; 3] = ["gsi1", "gsi2", "gsi3"];

/// Opens the file and creates the tables that are absent.
pub(super) fn open(file: &Path) -> Result<Database, TableError> {
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let database = Database::new(file.to_str().ok_or(TableError::Path)?)?;
    // Ends a bulk load that never began: the one door to `synchronous = NORMAL`, under which a commit costs no fsync.
    // A crash of the program loses nothing; only a crash of the machine may lose the last moments.
    database.disable_bulk_loading()?;
    for table in [CORE, INBOX] {
        if database.get_table_metadata(table)?.is_none() {
            database.create_table(serde_json::from_value(definition(table))?)?;
            database.update_time_to_live(serde_json::from_value(json!({
                "TableName": table,
                "TimeToLiveSpecification": { "AttributeName": TTL_ATTRIBUTE, "Enabled": true },
            }))?)?;
        }
    }
    Ok(database)
}

/// The names of the partition key and the sort key of the table, or of one of its indexes.
pub(super) fn key_names(index: Option<&str>) -> (String, String) {
    let index = index.unwrap_or_default();
    (format!("{index}pk"), format!("{index}sk"))
}

/// Both streams store both images in the file: otherwise a write that changed nothing could not be detected. A handler receives
/// the view that its table has in production.
fn definition(table: &str) -> Value {
    let key = |partition: &str, sort: &str| {
        json!([
            { "AttributeName": partition, "KeyType": "HASH" },
            { "AttributeName": sort, "KeyType": "RANGE" },
        ])
    };
    let mut attributes = vec!["pk".to_owned(), "sk".to_owned()];
    for index in INDEXES {
        let (partition, sort) = key_names(Some(index));
        attributes.extend([partition, sort]);
    }
    json!({
        "TableName": table,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": key("pk", "sk"),
        "AttributeDefinitions": attributes.iter()
            .map(|name| json!({ "AttributeName": name, "AttributeType": "S" })).collect::<Vec<_>>(),
        "GlobalSecondaryIndexes": INDEXES.iter().map(|index| {
            let (partition, sort) = key_names(Some(index));
            json!({
                "IndexName": index,
                "KeySchema": key(&partition, &sort),
                "Projection": { "ProjectionType": "ALL" },
            })
        }).collect::<Vec<_>>(),
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    })
}
