//! The span around each call of the tables, and what is logged of it.
//!
//! `function_runtime::telemetry` lists the names. Keys, values and expressions are in none of it: they hold ids of people.

use std::time::{Duration, Instant};

use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::{BoxError, ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use tracing::field::Empty;
use tracing::{Instrument, Span, debug_span};

/// The name of the span.
const SPAN: &str = "table.call";
/// A call that takes longer, its retries included, is told also where only what matters is logged.
const SLOW_CALL: Duration = Duration::from_millis(500);

/// Carries out one call of a table within its span.
pub(crate) async fn traced<O, E, R>(
    operation: &'static str,
    table: &str,
    call: impl Future<Output = Result<O, SdkError<E, R>>> + Send,
) -> Result<O, SdkError<E, R>>
where
    E: ProvideErrorMetadata,
{
    let span = debug_span!(SPAN, db.operation = operation, db.table = table, attempts = Empty);
    let began = Instant::now();
    // Boxed, because the client's own layers inside a span nest deeper than the compiler follows.
    let answer = Box::pin(call).instrument(span.clone()).await;
    let duration = began.elapsed();
    let duration_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let outcome = outcome(&answer);
    if duration >= SLOW_CALL {
        tracing::info!(parent: &span, db.operation = operation, db.table = table, outcome, duration_ms, "slow table call");
    } else {
        tracing::debug!(parent: &span, outcome, duration_ms, "table call");
    }
    answer
}

/// The service's own code where it refused, for it says what no message of ours could.
fn outcome<O, E: ProvideErrorMetadata, R>(answer: &Result<O, SdkError<E, R>>) -> &str {
    match answer {
        Ok(_) => "ok",
        Err(SdkError::ServiceError(service)) => service.err().code().unwrap_or("error"),
        Err(SdkError::TimeoutError(_)) => "timed_out",
        Err(SdkError::DispatchFailure(_)) => "unreachable",
        Err(SdkError::ResponseError(_)) => "unreadable",
        Err(_) => "not_sent",
    }
}

/// Notes in the span how often the client has tried.
#[derive(Debug)]
pub(crate) struct CountAttempts;

#[aws_smithy_runtime_api::client::interceptors::dyn_dispatch_hint]
impl Intercept for CountAttempts {
    fn name(&self) -> &'static str {
        "CountAttempts"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let span = Span::current();
        // Where the span of the call is not enabled, this is whatever span the call was made in.
        if span.metadata().is_some_and(|metadata| metadata.name() == SPAN)
            && let Some(attempts) = bag.load::<RequestAttempts>()
        {
            span.record("attempts", attempts.attempts());
        }
        Ok(())
    }
}
