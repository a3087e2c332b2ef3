//! Outages, switched on by hand: the next requests fail before they are carried out, or their answers are lost afterwards; and
//! conditions of a service, which tests let last for a time.
//!
//! Either ends with the process at the latest, and none begins on its own.

mod condition;
mod random;

use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

pub use self::condition::ConditionSwitch;
pub use self::random::Random;

/// An outage to switch on. A field that is left out is zero or off.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outage {
    /// Requests that still succeed before it begins.
    after: u32,
    /// Requests that fail once it has begun.
    requests: u32,
    /// The HTTP status of their answers; 503 unless it is one of 400 to 599.
    status: u16,
    /// Whether they are carried out all the same: then the connection breaks in place of the answer.
    carried_out: bool,
    /// Only requests whose `User-Agent` begins like this are affected.
    agent: String,
}

/// The current outage, and how many requests have met one since the process began.
#[derive(Clone, Debug, Default, Serialize)]
pub struct OutageStatus {
    #[serde(flatten)]
    outage: Outage,
    met: u64,
}

/// Holds the current outage, if any.
#[derive(Debug, Default)]
pub struct OutageSwitch(Mutex<OutageStatus>);

/// What is to happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestOutcome {
    /// It is carried out and answered.
    Answered,
    /// It is not carried out, and answered with this status.
    Refused(u16),
    /// It is carried out, and the answer is lost.
    Lost,
}

impl OutageSwitch {
    /// Replaces the outage and returns the new state.
    pub fn set(&self, outage: Outage) -> OutageStatus {
        let mut status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        status.outage = outage;
        status.clone()
    }

    /// Counts a request, and decides what is to happen to it.
    pub fn next_outcome(&self, agent: &str) -> RequestOutcome {
        let mut status = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outage = &mut status.outage;
        if outage.requests == 0 || !agent.starts_with(&outage.agent) {
            return RequestOutcome::Answered;
        }
        if outage.after > 0 {
            outage.after -= 1;
            return RequestOutcome::Answered;
        }
        outage.requests -= 1;
        let http_status = if (400..600).contains(&outage.status) { outage.status } else { 503 };
        let outcome = if outage.carried_out { RequestOutcome::Lost } else { RequestOutcome::Refused(http_status) };
        status.met += 1;
        outcome
    }
}

/// An answer whose connection breaks before its first byte.
pub fn broken_response() -> Response {
    let broken = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("an outage")) });
    Body::from_stream(broken).into_response()
}
