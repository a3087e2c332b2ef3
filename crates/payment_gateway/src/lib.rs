//! The payment providers, translated into the terms of the books.
//!
//! No other room knows a provider's terms. Inwards, [`webhook`] proves that a request comes from a provider and takes the
//! events out of it, and [`Meaning`] says what an event reports. Outwards, behind the feature `requests`, a [`Gateway`] opens
//! and closes checkouts, charges saved methods, refunds money, and fetches and lists the provider's objects. Each provider has
//! a folder of its own; [`Gateway`] is a closed enum over them.
//!
//! Nothing here decides anything, stores anything or knows a clock, and no type of a provider leaves the room.

#[cfg(feature = "requests")]
mod gateway;
#[cfg(feature = "requests")]
mod idempotency_key;
mod meaning;
#[cfg(feature = "requests")]
mod orders;
mod providers;
#[cfg(feature = "requests")]
mod reaction;
#[cfg(feature = "requests")]
mod request_error;
mod secret;
pub mod stripe;
pub mod webhook;

#[cfg(feature = "requests")]
pub use gateway::{Gateway, GatewayConfig, GatewayConfigError, Gateways};
#[cfg(feature = "requests")]
pub use idempotency_key::{IdempotencyKey, Operation};
pub use meaning::{Fetch, Meaning, Unreadable, labels_of, meaning_of};
#[cfg(feature = "requests")]
pub use orders::{
    ChargeOutcome, CheckoutOrder, CloseOutcome, EventsPage, ListedEvent, OpenedCheckout, RefundOrder, RefundOutcome,
    SavedCharge, TransactionsPage,
};
pub use providers::provider_named;
#[cfg(feature = "requests")]
pub use reaction::{Alarm, Detail, PayerRemedy, Reaction};
#[cfg(feature = "requests")]
pub use request_error::{OrderError, RequestError};
pub use secret::{Secret, SecretError};
