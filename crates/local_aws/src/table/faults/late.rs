//! A transaction that reaches the table late, as where the network or the service is slow: the test says when.

use std::sync::Arc;

use tokio::sync::{Notify, oneshot};

use super::Refusal;

/// The transaction that is to come late. Dropping this lets it go on.
pub struct LateTransaction {
    arrived: Arc<Notify>,
    go_on: oneshot::Sender<Option<Refusal>>,
}

/// What the table knows of it.
pub(super) struct Expected {
    /// Transactions that are carried out at once before it.
    after: usize,
    arrived: Arc<Notify>,
    go_on: oneshot::Receiver<Option<Refusal>>,
}

impl LateTransaction {
    pub(super) fn new(after: usize) -> (Self, Expected) {
        let (arrived, (go_on, waits)) = (Arc::new(Notify::new()), oneshot::channel());
        let expected = Expected { after, arrived: Arc::clone(&arrived), go_on: waits };
        (Self { arrived, go_on }, expected)
    }

    /// Resolves when it has arrived. Until [`Self::go_on`] it is not carried out.
    pub async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets it be carried out or refused.
    pub fn go_on(self, refusal: Option<Refusal>) {
        // Where nobody waits, the client has gone.
        let _ = self.go_on.send(refusal);
    }
}

impl Expected {
    /// Counts a transaction. Whether it is the one.
    pub(super) fn has_come(&mut self) -> bool {
        match self.after.checked_sub(1) {
            Some(left) => {
                self.after = left;
                false
            }
            None => true,
        }
    }

    /// Waits for the test, and returns how the transaction is refused, if it is.
    pub(super) async fn wait(self) -> Option<Refusal> {
        self.arrived.notify_one();
        self.go_on.await.ok().flatten()
    }
}
