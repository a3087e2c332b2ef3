//! A Stripe for one's own machine: it speaks Stripe's HTTP, shows a hosted payment page and posts signed webhooks.
//!
//! The product talks to it with the same client, over the same wire, as to the real Stripe; nothing in the product knows which
//! of the two it uses. Its clock is the program's, so a direct debit settles when the clock is moved forward. Objects, replies
//! and webhooks survive a restart.
//!
//! Deliberately absent: everything the product does not use of Stripe (an unknown parameter or address is refused, as Stripe
//! refuses it), and any card number but Stripe's published test numbers.

mod api;
mod api_error;
mod balance_transactions;
mod bank_transfers;
mod cash_balances;
mod chaos;
mod charges;
mod checkout_lines;
mod checkout_sessions;
mod condition;
mod confirmation;
mod confirmation_outcome;
mod controls;
mod customers;
mod database;
mod direct_payments;
mod dispute_words;
mod disputes;
mod event_log;
mod events;
mod exchange;
mod expansion;
mod follow_ups;
mod form;
mod hosted_page;
mod hosted_page_view;
mod hosted_page_words;
mod legacy_version;
mod listing;
mod money;
mod payment_intents;
mod payment_methods;
mod payouts;
mod radar;
mod refunds;
mod saved_methods;
mod setup_intents;
mod test_methods;
mod test_numbers;
#[cfg(test)]
mod tests;
mod webhooks;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use clock::Clock;
use rusqlite::Connection;
use tokio::sync::Notify;

use self::api_error::ApiError;
pub use self::condition::{Condition, Refusal};
use self::database::{RequestIds, Transaction};
use fault_injection::{ConditionSwitch, OutageSwitch};

/// The configuration of the sandbox; nothing in it is optional.
#[derive(Clone)]
pub struct SandboxConfig {
    /// The local server's origin: the hosted page is `{origin}/dev/stripe/pay/{session}`.
    pub origin: String,
    /// The only key its API accepts.
    pub secret_key: String,
    /// The secret that signs webhooks, `whsec_` included.
    pub webhook_secret: String,
    /// The SQLite file that holds everything.
    pub file: PathBuf,
}

/// Why the sandbox could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("the sandbox's directory cannot be made")]
    Directory(#[from] std::io::Error),
    #[error("the sandbox's file cannot be opened")]
    Database(#[from] rusqlite::Error),
}

/// The sandbox. Clones share it.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    config: SandboxConfig,
    clock: Clock,
    connection: Mutex<Connection>,
    endpoint: Mutex<Option<String>>,
    requests: AtomicU64,
    client: webhooks::Client,
    outage: OutageSwitch,
    condition: ConditionSwitch<Condition>,
    refusal: ConditionSwitch<Refusal>,
    delivering: tokio::sync::Mutex<()>,
    changed: Notify,
}

impl Sandbox {
    pub fn open(config: SandboxConfig, clock: Clock) -> Result<Self, SandboxError> {
        if let Some(directory) = config.file.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let connection = Connection::open(&config.file)?;
        database::prepare(&connection)?;
        let inner = Inner {
            config,
            clock,
            connection: Mutex::new(connection),
            endpoint: Mutex::new(None),
            requests: AtomicU64::new(0),
            client: webhooks::client(),
            outage: OutageSwitch::default(),
            condition: ConditionSwitch::default(),
            refusal: ConditionSwitch::default(),
            delivering: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// `/v1/…`, `/pay/{session}`, `/chaos` and the other controls, to be nested at `/dev/stripe`.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(api::routes())
            .merge(hosted_page::routes())
            .merge(controls::routes())
            .merge(webhooks::routes())
            .with_state(self.clone())
    }

    /// The condition in which Stripe is for the business. There is none, unless a test lets it begin; no route does.
    pub fn condition(&self) -> &ConditionSwitch<Condition> {
        &self.inner.condition
    }

    /// A refusal of Stripe's in its own words. There is none, unless a test lets it begin; no route does.
    pub fn refusal(&self) -> &ConditionSwitch<Refusal> {
        &self.inner.refusal
    }

    /// Sets the address that webhooks are posted to, in place of any earlier one. Until there is one they wait.
    pub fn subscribe(&self, url: String) {
        *self.inner.endpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(url);
        self.inner.changed.notify_one();
    }

    /// Does what is due by the clock: delayed transitions, then deliveries. Returns the number of both.
    ///
    /// A second caller waits for the first. A failed delivery is scheduled again and counts as done for now.
    pub async fn deliver_due(&self) -> usize {
        let _turn = self.inner.delivering.lock().await;
        let caught_up = self.run(RequestIds::default(), |_| Ok(())).await;
        let transitions = caught_up.map_or(0, |(transitions, ())| transitions);
        transitions + webhooks::deliver_due(self).await
    }

    /// The number of transitions and deliveries that are due by the clock and not done.
    pub fn pending(&self) -> usize {
        let now_ms = self.inner.clock.now().as_millisecond();
        let subscribed = self.endpoint().is_some();
        let connection = self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connection.query_row(
            "SELECT (SELECT count(*) FROM transitions WHERE due_at_ms <= ?1)
                  + (SELECT count(*) FROM deliveries WHERE ?2 AND state = 'waiting' AND due_at_ms <= ?1)",
            rusqlite::params![now_ms, subscribed],
            |row| row.get::<_, i64>(0),
        );
        usize::try_from(count.unwrap_or_default()).unwrap_or_default()
    }

    /// Resolves when something new was enqueued since the last call. For one listener.
    pub async fn changed(&self) {
        self.inner.changed.notified().await;
    }

    fn endpoint(&self) -> Option<String> {
        self.inner.endpoint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An id for the current request. It does not come from the file, because a refused request leaves nothing there.
    fn request_id(&self) -> String {
        let count = self.inner.requests.fetch_add(1, Ordering::Relaxed);
        let now_ms = self.inner.clock.now().as_millisecond();
        format!("req_{}", database::letters(&format!("request {count}|{now_ms}"), 14))
    }

    /// Runs one transaction off the async threads, after all due transitions.
    ///
    /// Also returns the number of those transitions. An error undoes everything.
    async fn run<T: Send + 'static>(
        &self,
        request_ids: RequestIds,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<(usize, T), ApiError> {
        let sandbox = self.clone();
        tokio::task::spawn_blocking(move || sandbox.transact(request_ids, work)).await?
    }

    fn transact<T>(
        &self,
        request_ids: RequestIds,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError>,
    ) -> Result<(usize, T), ApiError> {
        let mut connection = self.inner.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.inner.clock.now();
        let mut transaction =
            Transaction::begin(&mut connection, now, RequestIds::default(), &self.inner.config.origin)?;
        let transitions = catch_up(&mut transaction)?;
        transaction.request_ids = request_ids;
        let answer = work(&mut transaction)?;
        if transaction.commit()? {
            self.inner.changed.notify_one();
        }
        Ok((transitions, answer))
    }
}

/// Performs every due transition, so that nobody ever sees an outdated state.
fn catch_up(transaction: &mut Transaction<'_>) -> Result<usize, ApiError> {
    let mut transitions = 0;
    while let Some((kind, object)) = transaction.take_due()? {
        match kind.as_str() {
            follow_ups::FOLLOW_UP => follow_ups::perform(transaction, &object)?,
            checkout_sessions::EXPIRY => checkout_sessions::expire_unpaid(transaction, &object)?,
            confirmation::SETTLEMENT => confirmation::settle_debit(transaction, &object)?,
            disputes::DEADLINE => disputes::run_out(transaction, &object)?,
            disputes::DECISION => disputes::decide(transaction, &object)?,
            payouts::ARRIVAL => payouts::arrive(transaction, &object)?,
            refunds::ARRIVAL => refunds::arrive(transaction, &object)?,
            refunds::RETURN => refunds::come_back(transaction, &object)?,
            other => tracing::error!(transition.kind = other, "a transition of a kind unknown to this version"),
        }
        transitions += 1;
    }
    Ok(transitions)
}
