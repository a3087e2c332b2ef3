//! The portal: what a customer sees and does, as server-rendered documents and plain forms.
//!
//! A request comes in by `server`, which reads the store or calls an operation, makes a view ([`views`]) and renders a page
//! ([`pages`], [`components`]) in the reader's language ([`words`]). Every journey completes without a script: there is none.
//! Only a POST has an effect. No amount is computed here.

pub mod components;
pub mod pages;
pub mod reader;
mod server;
pub mod views;
pub mod words;

pub use server::router;

#[cfg(test)]
mod tests;
