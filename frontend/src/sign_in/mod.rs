//! Signing in by e-mail, and signing out.

pub(crate) mod email_form;
pub(crate) mod handler;
pub(crate) mod messages;
pub(crate) mod page;
