//! What every verb works with: the adapters, and on whose behalf it works.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use payment_gateway::Gateways;
use receivables::Actor;
use receivables::text::Description;
use store::Store;

use crate::links::Links;

/// What a verb works with. Cheap to clone: clones share connections.
#[derive(Clone, Debug)]
pub struct Context {
    /// The tables.
    pub store: Store,
    /// The accounts at payment providers.
    pub gateways: Gateways,
    /// Sends mail.
    pub mailer: mail::Sender,
    /// Addresses and the tokens in them.
    pub links: Links,
    /// On whose behalf the verb is carried out.
    pub actor: Actor,
    /// The request that is carried out, where an operator made it.
    pub action: Option<OperatorAction>,
    /// Names this process and its tries, so that a claim whose answer was lost is known again.
    pub worker: WorkerId,
}

/// A request of an operator to change the books.
#[derive(Clone, Debug)]
pub struct OperatorAction {
    /// Names it among the business's requests. A request that is tried again has the same name, and so is decided once.
    pub name: String,
    /// Why, in the operator's words: the audit keeps it.
    pub reason: Description,
}

impl Context {
    /// The same, on behalf of someone else.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same, for carrying out an operator's request.
    #[must_use]
    pub fn for_action(&self, action: OperatorAction) -> Self {
        Self { action: Some(action), ..self.clone() }
    }
}

/// Names a worker process and each of its tries.
#[derive(Clone, Debug)]
pub struct WorkerId {
    process: Arc<str>,
    tries: Arc<AtomicU64>,
}

impl WorkerId {
    /// A process of a name that no other has.
    pub fn new(process: &str) -> Self {
        Self { process: process.into(), tries: Arc::default() }
    }

    pub(crate) fn next(&self) -> String {
        format!("{}.{}", self.process, self.tries.fetch_add(1, Ordering::Relaxed))
    }
}
