//! Logging: JSON lines, and never a person, a secret or an amount.
//!
//! Each invocation is a span and ends with one wide line that holds its outcome and `duration_ms`. Every line names the spans
//! that it was written in, with their fields, so that everything that happens inside an invocation can be found by its ids. The
//! spans themselves write no lines when they begin or end: the wide line is the only one of an invocation.
//!
//! | span | level | around | fields |
//! |---|---|---|---|
//! | `portal.request` | info | a page or an act of the portal | `http.method`, `http.route`, `http.status` |
//! | `api.request` | info | a request of the API | `request.id`, `http.method`, `http.route` |
//! | `webhook.request` | info | a webhook, in the receiver | `business.id`, `provider.event_id` once it is verified |
//! | `stream.batch` | info | a batch of the tables' streams | `records` |
//! | `stream.record` | info | one record of it | `stream.sequence_number`, `kind`, `business.id`, `provider.event_id` |
//! | `due.run` | info | a run of the timer | |
//! | `table.call` | debug | one call of DynamoDB, the client's retries included | `db.operation`, `db.table`, `attempts` |
//! | `provider.call` | info | one question or order to a payment provider | `provider`, `provider.operation` |
//!
//! | line | level | in the span | fields |
//! |---|---|---|---|
//! | `portal request` | info | `portal.request` | `http.method`, `http.route`, `http.status`, `business.id`, `duration_ms` |
//! | `api request` | info | `api.request` | `http.method`, `http.route`, `http.status`, `business.id`, `duration_ms` |
//! | `webhook` | info | `webhook.request` | `provider.event_type`, `state`, `duplicate`, `recorded`, `duration_ms` |
//! | `a webhook was refused: …` | warn | `webhook.request` | `metric.bad_signature`, `metric.too_old`, `metric.too_large`, `metric.incomplete` or `metric.unknown_business` |
//! | `stream batch` | info | `stream.batch` | `failed`, `duration_ms` |
//! | `provider event` | info | `stream.record` | `provider.event_type`, `outcome` |
//! | `due work` | info | `due.run` | `done`, `failed`, `taken`, `duration_ms` |
//! | `table call` | debug | `table.call` | `outcome`, `duration_ms` |
//! | `slow table call` | info | its caller's | `db.operation`, `db.table`, `outcome`, `duration_ms` |
//!
//! `GUICHET_LOG=info,store=debug` shows the calls of the tables. A line at `error` asks for a person; fields that begin with
//! `metric.` are counters.

use tracing_subscriber::EnvFilter;

/// Begins logging: JSON lines on standard error output, filtered by `GUICHET_LOG`.
pub fn start() {
    let filter = crate::config::environment("GUICHET_LOG")
        .and_then(|filter| filter.parse::<EnvFilter>().ok())
        .unwrap_or_else(|| EnvFilter::new("info"));
    // A subscriber that exists already, as in tests, stays.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // The list of spans contains the innermost one as well.
        .with_current_span(false)
        .with_span_list(true)
        .try_init();
}
