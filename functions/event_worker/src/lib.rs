//! The worker of the tables' streams: applies recorded events, publishes committed facts.
//!
//! It is handed batches of stream records and answers with those that must come again. A record whose lane fails holds back
//! what follows it in the batch, which keeps the order of one key; nothing is lost and nothing is applied twice, because every
//! verb behind it may be carried out any number of times.

mod batch;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use function_runtime::AppState;
use operations::{OperationError, apply_provider_event, publish_fact, send_sign_in_mail};
use receivables::Actor;
use store::{StreamRecord, read_stream_image};

pub use batch::failed_from;

/// Handles one batch.
pub async fn handle(state: &AppState, event: Event) -> DynamoDbEventResponse {
    let (mut failed, mut records) = (None, 0_usize);
    for record in event.records {
        records += 1;
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        if let Err(error) = handle_record(state, record).await {
            batch::log(&error, &sequence_number);
            // Lambda begins again at the first that failed: whatever follows would be done twice for nothing.
            failed = Some(sequence_number);
            break;
        }
    }
    tracing::info!(records, failed = failed.is_some(), "stream batch");
    failed_from(failed)
}

async fn handle_record(state: &AppState, record: EventRecord) -> Result<(), OperationError> {
    let image = record.change.new_image;
    if image.is_empty() {
        return Ok(());
    }
    let now = state.clock.now();
    match read_stream_image(image.into())? {
        StreamRecord::Event(event) => {
            let context = state.context.acting_as(Actor::ProviderEvent(event.key.event.clone()));
            let applied = apply_provider_event(&context, &event, now).await?;
            tracing::info!(
                provider.event_id = event.key.event,
                provider.event_type = event.kind,
                outcome = ?applied,
                "provider event"
            );
            if applied == operations::Applied::Quarantined {
                tracing::error!(
                    provider.event_id = event.key.event,
                    metric.quarantined = 1,
                    "an event was quarantined"
                );
            }
            Ok(())
        }
        StreamRecord::DecisionRecord(record, announced) => {
            let context = state.context.acting_as(Actor::Stream);
            for fact in &announced {
                publish_fact(&context, fact, now).await?;
            }
            operations::seal_audit(&context, &record).await
        }
        StreamRecord::SignIn(asked) => send_sign_in_mail(&state.context, &asked, now).await,
        StreamRecord::SpentDueDays { business, customer, spent } => {
            Ok(state.context.store.prune_balance(&business, &customer, &spent).await?)
        }
        StreamRecord::Nothing => Ok(()),
    }
}
