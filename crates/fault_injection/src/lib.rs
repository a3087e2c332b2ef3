//! Outages, switched on by hand: the next requests fail before they are carried out, or their answer is lost after.
//!
//! The switch is forgotten when the process ends; nothing is broken by itself.

use std::sync::{Mutex, PoisonError};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

/// What is asked for. What is not said is off.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Outage {
    /// Requests that go well before.
    after: u32,
    /// Requests that go wrong from there on.
    requests: u32,
    /// The status they are answered with; 503 where it is none of an error.
    status: u16,
    /// Whether they are carried out all the same: then the connection breaks instead of an answer.
    carried_out: bool,
    /// Only requests whose `User-Agent` begins so.
    agent: String,
}

/// An outage, and how many requests have met one since the process began.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Standing {
    #[serde(flatten)]
    outage: Outage,
    met: u64,
}

/// The switch.
#[derive(Debug, Default)]
pub struct OutageSwitch(Mutex<Standing>);

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out and answered.
    Answered,
    /// It is not carried out, and answered with this status.
    Refused(u16),
    /// It is carried out, and the answer is lost.
    Lost,
}

impl OutageSwitch {
    /// Replaces the outage, and tells what is.
    pub fn set(&self, outage: Outage) -> Standing {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        standing.outage = outage;
        standing.clone()
    }

    /// Counts a request down, and says what becomes of it.
    pub fn fate(&self, agent: &str) -> Fate {
        let mut standing = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let outage = &mut standing.outage;
        if outage.requests == 0 || !agent.starts_with(&outage.agent) {
            return Fate::Answered;
        }
        if outage.after > 0 {
            outage.after -= 1;
            return Fate::Answered;
        }
        outage.requests -= 1;
        let status = if (400..600).contains(&outage.status) { outage.status } else { 503 };
        let fate = if outage.carried_out { Fate::Lost } else { Fate::Refused(status) };
        standing.met += 1;
        fate
    }
}

/// An answer that breaks off before it says anything.
pub fn broken_off() -> Response {
    let nothing = futures::stream::once(async { Err::<Vec<u8>, _>(std::io::Error::other("an outage")) });
    Body::from_stream(nothing).into_response()
}
