//! What is shown in place of a page that could not be had.

pub(crate) mod messages;
pub(crate) mod page;
