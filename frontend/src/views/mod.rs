//! What a page shows, as typed values made by pure functions from the books.
//!
//! A view holds amounts and dates, not their texts: the page writes them for its reader. Every amount is one that
//! `receivables` computed; nothing here adds or subtracts.

pub mod account;
pub mod invoice;
pub mod pay_form;
pub mod payment;
pub mod statement;
