//! What is logged: one wide event per invocation, as JSON, and never a person, a secret or an amount.

use tracing_subscriber::EnvFilter;

/// Begins logging: JSON lines on standard error output, filtered by `GUICHET_LOG`.
pub fn start() {
    let filter = crate::config::environment("GUICHET_LOG")
        .and_then(|filter| filter.parse::<EnvFilter>().ok())
        .unwrap_or_else(|| EnvFilter::new("info"));
    // Where a subscriber is there already, as in tests, it stays.
    let _ = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_current_span(false)
        .try_init();
}
