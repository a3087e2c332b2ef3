//! Payments: what became of one, and what the payer can do about it.

pub(crate) mod handler;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod table;
pub(crate) mod view;
