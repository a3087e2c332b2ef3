//! Errors towards Lambda: the only mapping from an error to the records that are delivered again.

use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use operations::OperationError;

/// The answer that makes Lambda begin again at a record, or, without one, that all are done.
pub fn failed_from(sequence_number: Option<String>) -> DynamoDbEventResponse {
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures = sequence_number
        .into_iter()
        .map(|number| {
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = Some(number);
            failure
        })
        .collect();
    response
}

/// An error that may pass is a warning; any other ends up with the failed records, and a person must look.
pub(crate) fn log(error: &OperationError) {
    if error.retryable() {
        tracing::warn!(%error, "a record will be delivered again");
    } else {
        tracing::error!(%error, metric.stuck = 1, "a record cannot be handled");
    }
}

/// An error that leaves a record to the timer.
pub(crate) fn log_left(error: &OperationError) {
    if error.is_outage() {
        tracing::warn!(%error, "a record is left to the timer");
    } else {
        tracing::error!(%error, metric.stuck = 1, "a record cannot be handled; it stays due");
    }
}
