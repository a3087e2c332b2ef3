//! The form that starts a payment.

pub(crate) mod form;
pub(crate) mod view;
