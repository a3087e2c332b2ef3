//! What is known of a decision beside the decision itself.

use std::collections::BTreeMap;

use receivables::text::Description;
use receivables::{Actor, ObjectId};

use crate::items::events::EventKey;

/// What is written in the same transaction besides the decision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommitContext {
    /// For the audit.
    pub actor: Actor,
    /// Why, where whoever did it said so.
    pub reason: Option<Description>,
    /// The name of an operator's action that this carries out. It is written once.
    pub act: Option<String>,
    /// The provider's event whose reports this applies; it is marked as applied.
    pub applied: Option<EventKey>,
    /// Objects about which reports were kept before they had a payment, with the version of those that this applies.
    pub adopted: BTreeMap<ObjectId, u64>,
}

impl CommitContext {
    /// Nothing but who did it.
    pub fn by(actor: Actor) -> Self {
        Self { actor, ..Self::default() }
    }
}
