//! How errors are told to Lambda: the one mapping of what went wrong to the records that come again.

use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use operations::OperationError;

/// The answer that begins again at a record, or is done with all.
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

/// What can pass by itself is a warning; what cannot ends up with the failed records, and someone must look.
pub(crate) fn log(error: &OperationError) {
    if error.retryable() {
        tracing::warn!(%error, "a record comes again");
    } else {
        tracing::error!(%error, metric.stuck = 1, "a record cannot be handled");
    }
}
