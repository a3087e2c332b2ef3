//! The statement of an account, as a page and as a file.

pub(crate) mod handler;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod view;
