//! Stripe, and nothing but Stripe.
//!
//! Inwards, it proves that an event is Stripe's ([`signature`]), reads its envelope ([`event`]) and translates it into the
//! terms of the books ([`reports`]). Outwards, behind the feature `requests`, it opens, looks up and closes checkouts, charges
//! saved methods, refunds money, and fetches and lists Stripe's objects; `refusals` says what is done about each of Stripe's
//! error codes, `declines` why a charge brought no money. In both directions amounts pass through [`currency`], because Stripe's minor units are not always those of
//! ISO 4217.
//!
//! Nothing here decides anything, stores anything or knows a clock, and no type of Stripe leaves the room. An event is never
//! read through a generated type: a field that is absent, null or of another type in another API version must not cost a
//! payment, so only the fields that are needed are read, each by itself (`field`).

/// Stripe's name in keys and addresses.
pub const NAME: &str = "stripe";

pub mod currency;
#[cfg(feature = "requests")]
mod declines;
pub(crate) mod envelope;
pub mod event;
mod field;
#[cfg(feature = "requests")]
mod refusals;
pub mod reports;
#[cfg(feature = "requests")]
pub mod requests;
pub mod signature;

pub use event::Event;
pub use reports::{EVENT_TYPES_APPLIED, Fetchable};
