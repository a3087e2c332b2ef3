//! The clock: the one place that asks what time it is.
//!
//! Everything inside the product takes `now` as an argument. On a laptop and in tests the clock can be moved forward,
//! never back: the books append by time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time. Clones share the same offset.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    System { ahead_ms: Arc<AtomicI64> },
    Manual { now_ms: Arc<AtomicI64> },
}

impl Clock {
    /// The system's clock, which [`Clock::advance`] can run ahead of.
    pub fn system() -> Self {
        Self { source: Source::System { ahead_ms: Arc::new(AtomicI64::new(0)) } }
    }

    /// A clock that stands still until it is advanced. For tests.
    pub fn manual(start: Timestamp) -> Self {
        Self { source: Source::Manual { now_ms: Arc::new(AtomicI64::new(start.as_millisecond())) } }
    }

    /// The present instant, to the millisecond.
    pub fn now(&self) -> Timestamp {
        let ms = match &self.source {
            #[expect(clippy::disallowed_methods, reason = "this is the clock everyone else asks")]
            Source::System { ahead_ms } => {
                Timestamp::now().as_millisecond().saturating_add(ahead_ms.load(Ordering::SeqCst))
            }
            Source::Manual { now_ms } => now_ms.load(Ordering::SeqCst),
        };
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// How far ahead of the system's clock it runs; nothing where it does not follow that clock.
    pub fn ahead(&self) -> SignedDuration {
        match &self.source {
            Source::System { ahead_ms } => SignedDuration::from_millis(ahead_ms.load(Ordering::SeqCst)),
            Source::Manual { .. } => SignedDuration::ZERO,
        }
    }

    /// Moves the clock forward. A negative duration moves nothing: time goes one way.
    pub fn advance(&self, by: SignedDuration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX).max(0);
        match &self.source {
            Source::System { ahead_ms } => ahead_ms.fetch_add(ms, Ordering::SeqCst),
            Source::Manual { now_ms } => now_ms.fetch_add(ms, Ordering::SeqCst),
        };
    }
}
