//! The form that starts a payment.

pub(crate) mod form;
pub(crate) mod messages;
pub(crate) mod view;
