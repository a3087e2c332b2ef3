//! What events and objects of Stripe's mean, in the words of the books.
//!
//! Everything is read for what it says *for good*: money that came, a page that was finished, an attempt that failed. What is
//! said is merged one way only (`receivables::provider_fact`), so a report need not know what came before it.
//!
//! | event | effect |
//! |---|---|
//! | `checkout.session.completed` | completed, link to the intent; received = `amount_total` where `payment_status` is `paid`, else no cash |
//! | `checkout.session.async_payment_succeeded` | the same, paid |
//! | `checkout.session.async_payment_failed` | completed and failed |
//! | `checkout.session.expired` | expired |
//! | `payment_intent.created` | whose the intent is, which its later events may not say |
//! | `payment_intent.processing` | the attempt is pending |
//! | `payment_intent.requires_action` | the payer must act |
//! | `payment_intent.succeeded` | received = `amount_received`; the attempt succeeded |
//! | `payment_intent.payment_failed` | the attempt failed, and why. Never takes cash away |
//! | `payment_intent.canceled` | given up; the last attempt is over |
//! | `payment_intent.partially_funded` | the payer must send the rest. No cash until it has succeeded |
//! | `charge.succeeded` | the intent's attempt succeeded and, once captured, received = `amount_captured`; else nothing |
//! | `charge.pending`, `charge.failed` | the intent's attempt is pending, or failed and why |
//! | a charge without an intent; a session that costs nothing or is of another mode than `payment` | nothing: not ours to collect |
//! | thin events about a session or an intent | the object must be fetched; then the same as above |
//! | any other type, known or not | nothing. It is kept, and a later version may replay it |
//!
//! Refunds, disputes, payouts and saved methods are absent: their facts are not in the books yet.
//!
//! A status that is missing is taken from the event's type, and only then. What an object says of itself comes first, because
//! a thin event or a fetch has nothing else.

mod charge;
mod checkout;
mod intent;

use std::borrow::Cow;

use receivables::{BusinessId, Currency, Money, ObjectFact, ObjectId, PaymentId, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::currency::from_stripe;
use crate::event::{Event, Unreadable};
use crate::field::Field;

/// The metadata under which an object carries our payment's id.
pub const METADATA_PAYMENT: &str = "guichet_payment";
/// The metadata under which an object carries the business's id.
pub const METADATA_BUSINESS: &str = "guichet_business";

/// The types of event that can change anything; an endpoint at Stripe need subscribe to no others.
pub const EVENT_TYPES_APPLIED: &[&str] = &[
    checkout::COMPLETED,
    checkout::ASYNC_PAYMENT_SUCCEEDED,
    checkout::ASYNC_PAYMENT_FAILED,
    checkout::EXPIRED,
    intent::CREATED,
    intent::PROCESSING,
    intent::REQUIRES_ACTION,
    intent::SUCCEEDED,
    intent::PAYMENT_FAILED,
    intent::CANCELED,
    intent::PARTIALLY_FUNDED,
    charge::SUCCEEDED,
    charge::PENDING,
    charge::FAILED,
];

/// What an event comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// This is said of these objects.
    Reports(Vec<Report>),
    /// It changes nothing here.
    Nothing,
    /// It only names its object: fetch that, and hear what it says.
    Fetch {
        /// Its id.
        object: ObjectId,
        /// How to fetch it.
        kind: Fetchable,
    },
}

/// An object that can be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetchable {
    /// A checkout session.
    Checkout,
    /// A payment intent.
    Intent,
}

/// Translates an event.
pub fn reports(event: &Event<'_>) -> Result<Meaning, Unreadable> {
    if event.thin {
        return Ok(named(event));
    }
    let kind = &*event.kind;
    if !EVENT_TYPES_APPLIED.contains(&kind) {
        return Ok(Meaning::Nothing);
    }
    let object = event.object.ok_or(Unreadable::because("the event has no object"))?;
    let found = if kind.starts_with(checkout::FAMILY) {
        is_a(event, checkout::OBJECT)?;
        checkout::read(object, Some(kind))?
    } else if kind.starts_with(intent::FAMILY) {
        is_a(event, intent::OBJECT)?;
        vec![intent::read(object, Some(kind))?]
    } else {
        is_a(event, charge::OBJECT)?;
        charge::read(object, Some(kind))?.into_iter().collect()
    };
    Ok(if found.is_empty() { Meaning::Nothing } else { Meaning::Reports(found) })
}

/// What a checkout session says that was fetched by request, and its intent where that was expanded.
pub fn checkout_session_reports(json: &[u8]) -> Result<Vec<Report>, Unreadable> {
    checkout::read(whole(json)?, None)
}

/// What a payment intent says that was fetched by request.
pub fn payment_intent_reports(json: &[u8]) -> Result<Vec<Report>, Unreadable> {
    Ok(vec![intent::read(whole(json)?, None)?])
}

/// What a thin event comes to. Its type is not asked: fetching an object that says nothing new does no harm.
fn named(event: &Event<'_>) -> Meaning {
    let kind = match event.object_kind.as_deref() {
        Some(checkout::OBJECT) => Some(Fetchable::Checkout),
        Some(intent::OBJECT) => Some(Fetchable::Intent),
        Some(_) | None => None,
    };
    match (event.object_id.clone(), kind) {
        (Some(object), Some(kind)) => Meaning::Fetch { object, kind },
        (Some(_) | None, _) => Meaning::Nothing,
    }
}

fn whole(json: &[u8]) -> Result<&RawValue, Unreadable> {
    serde_json::from_slice(json).map_err(|_| Unreadable::because("it is no JSON"))
}

/// An object that says what it is must be what its event is about.
fn is_a(event: &Event<'_>, expected: &str) -> Result<(), Unreadable> {
    match event.object_kind.as_deref() {
        Some(found) if found != expected => {
            Err(Unreadable::because("the event's object is not of the kind its type names"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Whose an object is, as far as it says.
#[derive(Clone, Default)]
struct Owner {
    business: Option<BusinessId>,
    payment: Option<PaymentId>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    guichet_payment: Field<'a>,
    guichet_business: Field<'a>,
}

impl Owner {
    /// What the metadata names. A value that is not of our making is none: others may use the same words.
    fn of(metadata: Field<'_>) -> Self {
        let metadata: Metadata<'_> = metadata.record().unwrap_or_default();
        Self { business: parsed(metadata.guichet_business), payment: parsed(metadata.guichet_payment) }
    }

    /// The same, with what is missing taken from an object that this one belongs to.
    fn or(self, other: &Self) -> Self {
        Self {
            business: self.business.or_else(|| other.business.clone()),
            payment: self.payment.or_else(|| other.payment.clone()),
        }
    }

    fn report(self, object: ObjectId, fact: ObjectFact) -> Report {
        Report { object, of: None, customer: None, business: self.business, payment: self.payment, fact }
    }
}

fn parsed<T: std::str::FromStr>(field: Field<'_>) -> Option<T> {
    field.text()?.parse().ok()
}

/// An amount that was received. No amount, or one in a currency that we cannot count in, is no reason to guess.
fn received(amount: Field<'_>, currency: Field<'_>) -> Result<Option<Money>, Unreadable> {
    let number = amount.whole().ok_or(Unreadable::because("money came, but not how much"))?;
    if number == 0 {
        return Ok(None);
    }
    let code = currency.text().ok_or(Unreadable::because("money came in no currency"))?;
    let currency: Currency = code
        .to_ascii_uppercase()
        .parse()
        .map_err(|_| Unreadable::because("money came in a currency that is not known here"))?;
    let amount = from_stripe(number, currency).map_err(|rule| Unreadable { reason: Cow::Owned(rule.to_string()) })?;
    Ok(Some(amount))
}

#[cfg(test)]
mod tests;
