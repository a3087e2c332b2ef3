//! The worker of the tables' streams: applies recorded events, publishes committed facts.
//!
//! It receives batches of stream records and answers with those that must be delivered again. A record that fails holds back
//! the records after it in its batch, which keeps the order of one key; nothing is lost and nothing is applied twice, because
//! every verb behind it may be carried out any number of times.
//!
//! The spans of a batch and its records are listed in `function_runtime::telemetry`.

mod batch;
#[cfg(test)]
mod tests;

use std::time::Instant;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use function_runtime::AppState;
use jiff::Timestamp;
use operations::{ApplyOutcome, OperationError, apply_provider_event, publish_fact, send_sign_in_mail};
use receivables::Actor;
use store::{ReceivedEvent, StreamRecord, read_stream_image};
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

pub use batch::failed_from;

/// Handles one batch, and answers from which record on Lambda must deliver it again.
pub async fn handle(state: &AppState, event: Event) -> DynamoDbEventResponse {
    let began = Instant::now();
    let span = info_span!("stream.batch", records = event.records.len());
    let failed = Box::pin(first_failure(state, event)).instrument(span.clone()).await;
    span.in_scope(|| tracing::info!(failed = failed.is_some(), duration_ms = milliseconds(began), "stream batch"));
    failed_from(failed)
}

/// Handles records in order, up to the first that fails, and returns that record's number. Lambda begins again at that record,
/// so handling the ones after it now would be wasted.
async fn first_failure(state: &AppState, event: Event) -> Option<String> {
    for record in event.records {
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        let span = info_span!(
            "stream.record",
            stream.sequence_number = sequence_number,
            kind = Empty,
            business.id = Empty,
            provider.event_id = Empty
        );
        // Boxed, because the verbs inside a span nest deeper than the compiler follows.
        let handled = Box::pin(handle_record(state, record)).instrument(span.clone()).await;
        if let Err(error) = handled {
            span.in_scope(|| batch::log(&error));
            return Some(sequence_number);
        }
    }
    None
}

async fn handle_record(state: &AppState, record: EventRecord) -> Result<(), OperationError> {
    let image = record.change.new_image;
    if image.is_empty() {
        return Ok(());
    }
    let now = state.clock.now();
    let (span, context) = (Span::current(), state.context.acting_as(Actor::Stream));
    match read_stream_image(image.into())? {
        StreamRecord::Event(event) => {
            span.record("kind", "provider_event");
            span.record("business.id", event.key.business.as_str());
            span.record("provider.event_id", event.key.event.as_str());
            apply_event(state, &event, now).await
        }
        StreamRecord::DecisionRecord(record, announced) => {
            span.record("kind", "decision");
            span.record("business.id", record.business.as_str());
            for fact in &announced {
                publish_fact(&context, fact, now).await?;
            }
            operations::seal_audit(&context, &record).await
        }
        StreamRecord::SignIn(sign_in) => {
            span.record("kind", "sign_in");
            span.record("business.id", sign_in.business.as_str());
            send_sign_in_mail(&state.context, &sign_in, now).await
        }
        StreamRecord::SpentDueDays { business, customer, spent } => {
            span.record("kind", "spent_due_days");
            span.record("business.id", business.as_str());
            Ok(context.store.prune_balance(&business, &customer, &spent).await?)
        }
        StreamRecord::Nothing => Ok(()),
    }
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
