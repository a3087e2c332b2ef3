//! Pay links: one invoice, open to whoever has the link.

pub(crate) mod handler;
