//! Pay links: one invoice, open to whoever has the link.

pub(crate) mod handler;
pub(crate) mod messages;
pub(crate) mod page;
