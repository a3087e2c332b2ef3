//! The portal: what a customer sees and does, as server-rendered documents and plain forms.
//!
//! A folder holds a feature: its handlers read the store or call an operation, its view holds what they found as typed values,
//! its page renders that. What every feature needs stands beside them. Every journey completes without a script: there is
//! none. Only a POST has an effect. No amount is computed here.

mod account;
mod assets;
mod components;
mod cookies;
mod error_page;
mod failure;
mod headers;
mod invoices;
mod language;
mod localizer;
mod messages;
mod middleware;
mod pay_form;
mod pay_links;
mod payments;
mod request_context;
mod request_log;
mod router;
mod sign_in;
mod statement;
mod tokens;

pub use router::router;

#[cfg(test)]
mod tests;
