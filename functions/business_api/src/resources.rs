//! The resources of the API: the noun in the URL names the file.

pub(crate) mod allocations;
pub(crate) mod amount;
pub(crate) mod audit;
pub(crate) mod business;
pub(crate) mod cash_source;
pub(crate) mod credit_notes;
pub(crate) mod customers;
pub(crate) mod effects;
pub(crate) mod exports;
pub(crate) mod invoices;
pub(crate) mod outgoing_payments;
pub(crate) mod pay_links;
pub(crate) mod payments;
pub(crate) mod payouts;
pub(crate) mod provider_cash;
pub(crate) mod provider_events;
pub(crate) mod reason;
pub(crate) mod reviews;
pub(crate) mod unapplied;
pub(crate) mod unidentified;
