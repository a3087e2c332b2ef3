//! The books: every rule of who owes what, as pure functions.
//!
//! A function here takes values (state, command, `now`) and returns a [`decision::Decision`] or the refusal of its command;
//! [`refusal::Refusal`] is the sum of them. It cannot fail in any other way: there is no I/O, no clock, no randomness and
//! nothing asynchronous in this room, and it knows neither tables nor providers nor pages. It builds for the browser.
#![deny(missing_docs)]

pub mod allocation;
pub mod audit;
pub mod business;
pub mod calendar;
pub mod credit_note;
pub mod csv;
pub mod currency;
pub mod customer;
pub mod decision;
pub mod fact;
pub mod ids;
pub mod invoice;
pub mod journal;
pub mod ledger;
pub mod locale;
pub mod money;
pub mod not_ours;
pub mod outgoing_payment;
pub mod pay_link;
pub mod payment;
pub mod payout;
pub mod permission;
pub mod provider_object;
pub mod refusal;
pub mod saved_method;
pub mod statement;
pub mod text;
pub mod verify;
pub mod write_off;

#[cfg(test)]
mod tests;

pub use allocation::Allocation;
pub use audit::Actor;
pub use business::{Business, OutsidePayments, ProviderRefunds};
pub use calendar::BillingZone;
pub use credit_note::CreditNote;
pub use currency::Currency;
pub use customer::Customer;
pub use decision::{BalanceMove, Change, Decision, HandedTo};
pub use fact::{Fact, FactFields, FactId, FactKind};
pub use ids::{
    BusinessId, CreditNoteId, CustomerId, ExportId, InvoiceId, KeyId, OutgoingPaymentId, PayLinkId, PaymentId,
    RefundId, ReviewId, SignInId,
};
pub use invoice::{Invoice, InvoiceHead};
pub use locale::{Language, Locale};
pub use money::{Balance, Money, MoneyError};
pub use outgoing_payment::OutgoingPayment;
pub use pay_link::PayLink;
pub use payment::Payment;
pub use permission::Permission;
pub use provider_object::{ObjectId, ObjectState, Provider, Report};
pub use refusal::Refusal;
