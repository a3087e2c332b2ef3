//! The worker of the tables' streams: applies recorded events, publishes committed facts.
//!
//! It receives batches of stream records and answers with those that must be delivered again. Everything in the streams is also in
//! the due list, so that nothing is lost with a stream record, and only an outage of the tables holds a batch up. Nothing is applied
//! twice, because every operation behind it may be carried out any number of times.
//!
//! The spans of a batch and its records are listed in `function_runtime::telemetry`.

mod batch;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Instant;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use function_runtime::AppState;
use jiff::Timestamp;
use operations::{ApplyOutcome, Deadline, OperationError, apply_provider_event, publish, send_sign_in_mail};
use receivables::{Actor, BusinessId};
use store::{ReceivedEvent, RecordKey, StreamRecord, read_stream_image};
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

pub use batch::failed_from;

/// Handles one batch before a deadline, and answers from which record on Lambda must deliver it again.
pub async fn handle(state: &AppState, event: Event, deadline: Deadline) -> DynamoDbEventResponse {
    let began = Instant::now();
    let span = info_span!("stream.batch", records = event.records.len());
    let failed = Box::pin(first_failure(state, event, deadline)).instrument(span.clone()).await;
    span.in_scope(|| tracing::info!(failed = failed.is_some(), duration_ms = milliseconds(began), "stream batch"));
    failed_from(failed)
}

/// Handles records in order, up to the first that fails or to the deadline, and returns that record's number. Lambda begins again
/// at that record, so handling the ones after it now would be wasted. The decisions among those that were handled are sealed
/// together.
async fn first_failure(state: &AppState, event: Event, deadline: Deadline) -> Option<String> {
    let (mut failed, mut decided) = (None, BTreeMap::<BusinessId, Vec<RecordKey>>::new());
    for record in event.records {
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        if deadline.is_near() {
            failed = Some(sequence_number);
            break;
        }
        let span = info_span!(
            "stream.record",
            stream.sequence_number = sequence_number,
            kind = Empty,
            business.id = Empty,
            provider.event_id = Empty
        );
        // Boxed, because the verbs inside a span nest deeper than the compiler follows.
        match Box::pin(handle_record(state, record)).instrument(span.clone()).await {
            Ok(None) => {}
            Ok(Some(key)) => decided.entry(key.business.clone()).or_default().push(key),
            // Whatever is in the streams is due too, a little later: only the tables' own outage is worth waiting for here, for
            // it stops everything.
            Err(error) if holds(&error) => {
                span.in_scope(|| batch::log(&error));
                failed = Some(sequence_number);
                break;
            }
            Err(error) => span.in_scope(|| batch::log_left(&error)),
        }
    }
    let context = state.context.acting_as(Actor::Stream);
    for (business, keys) in decided {
        if let Err(error) = Box::pin(operations::seal_records(&context, &business, &keys, state.clock.now())).await {
            tracing::warn!(business.id = %business, %error, "decisions could not be sealed; the timer seals them");
        }
    }
    failed
}

/// Whether a record's error holds back the records after it.
fn holds(error: &OperationError) -> bool {
    matches!(error, OperationError::TablesUnavailable(_) | OperationError::Conflict)
}

/// Handles one record. Returns the key of a decision that is to be sealed.
async fn handle_record(state: &AppState, record: EventRecord) -> Result<Option<RecordKey>, OperationError> {
    let image = record.change.new_image;
    if image.is_empty() {
        return Ok(None);
    }
    let now = state.clock.now();
    let (span, context) = (Span::current(), state.context.acting_as(Actor::Stream));
    match read_stream_image(image.into())? {
        StreamRecord::Event(event) => {
            span.record("kind", "provider_event");
            span.record("business.id", event.key.business.as_str());
            span.record("provider.event_id", event.key.event.as_str());
            apply_event(state, &event, now).await?;
        }
        StreamRecord::Decision(record) => {
            span.record("kind", "decision");
            span.record("business.id", record.key.business.as_str());
            publish(&context, &record, now).await?;
            return Ok(Some(record.key));
        }
        StreamRecord::SignIn(sign_in) => {
            let (sign_in, due) = *sign_in;
            span.record("kind", "sign_in");
            span.record("business.id", sign_in.business.as_str());
            send_sign_in_mail(&state.context, &sign_in, &due, now).await?;
        }
        StreamRecord::SpentDueDays { business, customer, spent } => {
            span.record("kind", "spent_due_days");
            span.record("business.id", business.as_str());
            // What is not pruned now is pruned when the account moves again.
            if let Err(error) = context.store.prune_balance(&business, &customer, &spent).await {
                tracing::warn!(%error, "spent due days could not be removed");
            }
        }
        StreamRecord::Nothing => {}
    }
    Ok(None)
}

async fn apply_event(state: &AppState, event: &ReceivedEvent, now: Timestamp) -> Result<(), OperationError> {
    let context = state.context.acting_as(Actor::ProviderEvent(event.key.event.clone()));
    let applied = apply_provider_event(&context, event, now).await?;
    tracing::info!(provider.event_type = event.kind, outcome = ?applied, "provider event");
    if applied == ApplyOutcome::Quarantined {
        tracing::error!(metric.quarantined = 1, "an event was quarantined");
    }
    Ok(())
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
