//! A stored stream record as the event of AWS.

use aws_lambda_events::event::dynamodb::EventRecord;
use serde_json::{Map, Value, json};

use crate::table::{CORE, StoredRecord, Table, TableError};

const REGION: &str = "us-east-1";
/// The one shard of a table.
pub(super) const SHARD: &str = "shardId-00000000000000000001-00000001";
const ACCOUNT: &str = "000000000000";
/// Brings every sequence number to the 21 digits that are the least the service uses.
const SEQUENCE_BASE: i128 = 100_000_000_000_000_000_000;

/// The origin of records, as the event names it.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) arn: String,
    new_and_old_images: bool,
}

/// A write that changed something.
pub(super) struct Change {
    pub(super) partition_key: String,
    pub(super) record: EventRecord,
}

impl Source {
    pub(super) fn of(table: &Table, name: &str) -> Result<Self, TableError> {
        let began_at = table.stream_began_at(name)?.strftime("%Y-%m-%dT%H:%M:%S.000");
        let arn = format!("arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}/stream/{began_at}");
        // The view of each table's stream in production.
        Ok(Self { arn, new_and_old_images: name == CORE })
    }

    /// The record as Lambda would give it to a handler; `None` where the write changed nothing, because the service has no
    /// record for that.
    pub(super) fn change(&self, stored: &StoredRecord) -> Result<Option<Change>, TableError> {
        let keys: Value = serde_json::from_str(&stored.keys)?;
        let new_image: Option<Value> = stored.new_image.as_deref().map(serde_json::from_str).transpose()?;
        let old_image: Option<Value> = stored.old_image.as_deref().map(serde_json::from_str).transpose()?;
        if new_image.is_some() && new_image == old_image {
            return Ok(None);
        }
        let old_image = old_image.filter(|_| self.new_and_old_images);
        let partition_key = keys["pk"].to_string();
        let size =
            [Some(&keys), new_image.as_ref(), old_image.as_ref()].into_iter().flatten().map(item_size).sum::<usize>();
        let mut change = Map::new();
        change.insert("ApproximateCreationDateTime".into(), stored.created_at.into());
        change.insert("Keys".into(), keys);
        change.extend(new_image.map(|image| ("NewImage".to_owned(), image)));
        change.extend(old_image.map(|image| ("OldImage".to_owned(), image)));
        change.insert("SequenceNumber".into(), sequence_number(stored.sequence).into());
        change.insert("SizeBytes".into(), size.into());
        let view = if self.new_and_old_images { "NEW_AND_OLD_IMAGES" } else { "NEW_IMAGE" };
        change.insert("StreamViewType".into(), view.into());
        let mut record = json!({
            "eventID": stored.event_id,
            "eventName": stored.event_name,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": REGION,
            "dynamodb": change,
            "eventSourceARN": self.arn,
        });
        if let Some(identity) = &stored.user_identity {
            record["userIdentity"] = serde_json::from_str(identity)?;
        }
        Ok(Some(Change { partition_key, record: serde_json::from_value(record)? }))
    }
}

pub(super) fn sequence_number(sequence: i64) -> String {
    (SEQUENCE_BASE + i128::from(sequence)).to_string()
}

/// The lane of a partition key. It must be stable across runs and builds, because checkpoints are stored by lane: FNV-1a.
pub(super) fn lane_of(partition_key: &str, lanes: usize) -> usize {
    let hash = partition_key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    // The low bits of this hash of a short text vary little.
    let mixed = hash ^ (hash >> 32);
    let lanes = u64::try_from(lanes).unwrap_or(u64::MAX).max(1);
    usize::try_from(mixed % lanes).unwrap_or(0)
}

/// The size of an item by DynamoDB's published rule: names and values in bytes, with three for every nesting.
fn item_size(item: &Value) -> usize {
    item.as_object().map_or(0, |attributes| attributes.iter().map(|(name, value)| name.len() + value_size(value)).sum())
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|typed| typed.iter().next()) else { return 0 };
    let text = |value: &Value| {
        let length = value.as_str().map_or(0, str::len);
        match kind.trim_end_matches('S') {
            "N" => length.div_ceil(2) + 1,
            "B" => length / 4 * 3,
            _ => length,
        }
    };
    match value {
        Value::String(_) => text(value),
        Value::Array(values) if kind == "L" => 3 + values.iter().map(|value| 1 + value_size(value)).sum::<usize>(),
        Value::Array(values) => values.iter().map(text).sum(),
        Value::Object(_) => 3 + item_size(value),
        Value::Bool(_) | Value::Null | Value::Number(_) => 1,
    }
}
