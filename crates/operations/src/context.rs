//! What every operation works with: the tables, the providers, mail, links, and the actor.

use jiff::Timestamp;
use object_storage::ObjectStorage;
use payment_gateway::Gateways;
use receivables::Actor;
use receivables::text::Description;
use store::Store;

use crate::links::Links;

/// What an operation works with. Cheap to clone: clones share connections.
#[derive(Clone, Debug)]
pub struct Context {
    pub store: Store,
    /// The accounts at payment providers.
    pub gateways: Gateways,
    pub mailer: mail::Sender,
    /// Where files are made; without one, only exports that are small enough to be answered at once.
    pub object_storage: Option<ObjectStorage>,
    /// Writes addresses and the tokens in them.
    pub links: Links,
    /// On whose behalf the operation is carried out: the audit records it.
    pub actor: Actor,
    /// The operator's request that is being carried out, if there is one.
    pub action: Option<OperatorAction>,
}

/// A request of an operator to change the books.
#[derive(Clone, Debug)]
pub struct OperatorAction {
    /// The request's name, unique within the business. A retry has the same name, and so is decided once.
    pub name: String,
    /// The reason, in the operator's words: the audit keeps it.
    pub reason: Description,
}

impl Context {
    /// The present instant, and never one before an instant that is known to have been. Each decision is of the instant at which it
    /// is made: work that decides often asks anew each time.
    pub(crate) fn present(&self, since: Timestamp) -> Timestamp {
        self.store.now().max(since)
    }

    /// The same context on behalf of another actor.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self { actor, ..self.clone() }
    }

    /// The same context, for carrying out an operator's request.
    #[must_use]
    pub fn for_action(&self, action: OperatorAction) -> Self {
        Self { action: Some(action), ..self.clone() }
    }
}
