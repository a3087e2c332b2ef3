//! The clients of AWS, each built once.

use aws_config::BehaviorVersion;
use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use std::time::Duration;

/// Tries of one request, the first included, with the client's own jittered pauses.
const TRIES_MAX: u32 = 4;
/// How long one try may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(5);

/// The configuration all clients share, from the environment that Lambda gives. The behaviour is pinned: it changes with a
/// commit of ours, not with a release of theirs.
pub async fn shared() -> SdkConfig {
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES_MAX))
        .timeout_config(TimeoutConfig::builder().operation_attempt_timeout(TRY_TIMEOUT).build())
        .load()
        .await
}
