//! The account at a glance.

pub(crate) mod handler;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod view;
