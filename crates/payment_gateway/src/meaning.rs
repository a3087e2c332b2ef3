//! What a provider's event, or an object fetched from it, means for the books.

use std::borrow::Cow;

use receivables::not_ours::ObjectLabels;
use receivables::payout::PayoutReport;
use receivables::saved_method::MethodReport;
use receivables::{ObjectId, Provider, Report};

use crate::providers::KnownProvider;
use crate::stripe;

/// What an event, or a fetched object, reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Reports about objects that are part of payments.
    Reports(Vec<Report>),
    /// Reports about saved payment methods.
    Methods(Vec<MethodReport>),
    /// The same about objects that are part of payments, by which a method was saved as well.
    ReportsAndMethods(Vec<Report>, Vec<MethodReport>),
    /// The provider's customer is gone, and every saved method with it.
    CustomerDeleted(ObjectId),
    /// Money lies at the provider for its customer, or was moved there: how much is asked of the provider.
    CashBalance(ObjectId),
    /// A report about a payout.
    Payout(PayoutReport),
    Nothing,
    /// It happened on another account at the provider than ours, such as one that is connected to it: nothing of it is ours.
    OfOtherAccount,
    /// The event only names its object: the object must be fetched, and has a meaning of its own.
    Fetch(Fetch),
}

/// An object to be fetched from its provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetch {
    Stripe {
        object: ObjectId,
        /// The kind of object, which decides where it is fetched.
        kind: stripe::Fetchable,
    },
}

/// Authentic input that cannot be understood, and goes to quarantine. The reason never quotes the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Unreadable {
    /// The reason in words, for the person who repairs it.
    pub reason: Cow<'static, str>,
}

impl Unreadable {
    pub(crate) fn because(reason: &'static str) -> Self {
        Self { reason: Cow::Borrowed(reason) }
    }
}

/// What a recorded event means.
pub fn meaning_of(provider: Provider, body: &[u8]) -> Result<Meaning, Unreadable> {
    match KnownProvider::of(provider).ok_or(Unreadable::because("its provider is not known here"))? {
        KnownProvider::Stripe => match stripe::Event::read(body)? {
            event if event.of_other_account => Ok(Meaning::OfOtherAccount),
            event => stripe::reports::reports(&event),
        },
    }
}

/// What the object of a recorded event says of itself beside its money: nothing, where the event only names it.
pub fn labels_of(provider: Provider, body: &[u8]) -> ObjectLabels {
    match KnownProvider::of(provider) {
        Some(KnownProvider::Stripe) => {
            stripe::Event::read(body).map(|event| stripe::reports::labels(&event)).unwrap_or_default()
        }
        None => ObjectLabels::default(),
    }
}
