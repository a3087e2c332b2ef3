//! The pages, one function each: from a reader and a view to what stands in `main`.
//!
//! A page does not know how it was asked for; status, cookies and headers are the server's (`server`).

pub mod invoice;
pub mod invoices;
pub mod overview;
pub mod payment;
pub mod sign_in;
pub mod statement;
pub mod trouble;
