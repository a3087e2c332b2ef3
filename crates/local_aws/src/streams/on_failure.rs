//! The on-failure destination: a folder of JSON files in the shape AWS writes to a bucket.

use std::path::PathBuf;

use aws_lambda_events::event::dynamodb::Event;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Delivery, Shared, record};
use crate::atomic_write;
use crate::table::TableError;

/// A record that failed every retry.
pub(super) struct Failure<'a> {
    pub(super) delivery: &'a Delivery,
    pub(super) invocations: u32,
}

/// Stores the record and returns its file.
pub(super) fn keep(shared: &Shared, failure: &Failure<'_>) -> Result<PathBuf, TableError> {
    let now = shared.clock.now();
    let sequence = record::sequence_number(failure.delivery.sequence);
    let name = format!("{}-{}-{sequence}.json", shared.mapping.name, now.strftime("%Y-%m-%dT%H.%M.%S"));
    let file = shared.mapping.on_failure.join(name);
    atomic_write::write(&file, &serde_json::to_vec_pretty(&letter(shared, failure, now, &sequence)?)?)?;
    Ok(file)
}

fn letter(shared: &Shared, failure: &Failure<'_>, now: Timestamp, sequence: &str) -> Result<Value, TableError> {
    let record = &failure.delivery.record;
    let arrived_at = record.change.approximate_creation_date_time.timestamp();
    let arrived_at = Timestamp::from_second(arrived_at).unwrap_or(now).to_string();
    // There is no stream of 24 hours from which the record could be read again, so the whole record is stored: as for a bucket,
    // in a string.
    let mut event = Event::default();
    event.records = vec![record.clone()];
    Ok(json!({
        "requestContext": {
            "requestId": record.event_id,
            "functionArn": format!("arn:aws:lambda:us-east-1:000000000000:function:{}", shared.mapping.name),
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": failure.invocations,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "version": "1.0",
        "timestamp": now.to_string(),
        "DDBStreamBatchInfo": {
            "shardId": record::SHARD,
            "startSequenceNumber": sequence,
            "endSequenceNumber": sequence,
            "approximateArrivalOfFirstRecord": arrived_at,
            "approximateArrivalOfLastRecord": arrived_at,
            "batchSize": 1,
            "streamArn": shared.source.arn,
        },
        "payload": serde_json::to_string(&event)?,
    }))
}
