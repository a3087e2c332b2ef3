//! Invoices: the list, and one of them with the form that pays it.

pub(crate) mod details;
pub(crate) mod handler;
pub(crate) mod list_page;
pub(crate) mod messages;
pub(crate) mod page;
pub(crate) mod payable_invoice;
pub(crate) mod state;
pub(crate) mod table;
pub(crate) mod view;
