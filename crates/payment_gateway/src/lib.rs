//! The providers: who takes the money, in the words of the books.
//!
//! No other room knows a provider's words. Each provider has a folder of its own; there is one so far.

pub mod stripe;
