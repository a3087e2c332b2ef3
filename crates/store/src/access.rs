//! The access patterns, one file per family.

pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod businesses;
pub(crate) mod changes;
pub(crate) mod credit_notes;
pub(crate) mod due;
pub(crate) mod effects;
pub(crate) mod events;
pub(crate) mod exports;
pub(crate) mod idempotency;
pub(crate) mod invoices;
pub(crate) mod outgoing_payments;
pub(crate) mod ownership;
pub(crate) mod payments;
pub(crate) mod payouts;
pub(crate) mod provider_accounts;
pub(crate) mod provider_cash;
pub(crate) mod provider_objects;
pub(crate) mod sign_ins;
pub(crate) mod stream;
pub(crate) mod sweeps;
pub(crate) mod unidentified;
