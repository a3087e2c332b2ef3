//! What Stripe's events and objects mean, in the terms of the books.
//!
//! Only what is true *for good* is read: money that came or went back, a page that was finished, an attempt that failed.
//! Reports are merged one way only (`receivables::provider_object`), so a report need not know what came before it.
//!
//! | event | effect |
//! |---|---|
//! | `checkout.session.completed` | completed, link to the intent; received = `amount_total` where `payment_status` is `paid`, else no cash |
//! | `checkout.session.async_payment_succeeded` | the same, paid |
//! | `checkout.session.async_payment_failed` | completed and failed |
//! | `checkout.session.expired` | expired |
//! | `payment_intent.created` | whose the intent is, which its later events may not say |
//! | any of an intent whose money came or is on its way with `setup_future_usage=off_session` | as below, and its method may be charged while its owner is away |
//! | `payment_intent.processing` | the attempt is pending |
//! | `payment_intent.requires_action` | the payer must act |
//! | `payment_intent.succeeded` | received = `amount_received`; the attempt succeeded |
//! | `payment_intent.payment_failed` | the attempt failed, and why. Never takes cash away |
//! | `payment_intent.canceled` | given up; the last attempt is over |
//! | `payment_intent.partially_funded` | funded = `amount` less what remains; the payer must send the rest. No cash until it has succeeded |
//! | `charge.succeeded` | the attempt succeeded and, once captured, received = `amount_captured`; else nothing |
//! | `charge.captured` | the same, of what was only reserved before |
//! | `charge.pending`, `charge.failed` | the attempt is pending, or failed and why |
//! | `charge.refunded` | the same as `charge.succeeded`, and refunded = `amount_refunded`, a sum and never a delta; and the refunds listed in it |
//! | `refund.created`, `refund.updated`, `refund.failed`, `charge.refund.updated` | the refund: how much, how far, and by which order of ours |
//! | `charge.dispute.created`, `.updated`, `.closed` | the chargeback or inquiry, its deadline and its moves of money (`dispute`) |
//! | `charge.dispute.funds_withdrawn`, `.funds_reinstated` | the same, and that the funds are out, or back |
//! | `radar.early_fraud_warning.created`, `.updated`; `review.opened`, `.closed` | a doubt, or its end |
//! | `payment_method.attached`, `.updated`, `.automatically_updated` | whose the saved method is, and how it looks |
//! | `payment_method.detached` | it was removed |
//! | `setup_intent.succeeded` | a method was saved, under which mandate, and whether (`usage`) for charges while its owner is away |
//! | `mandate.updated` | whether the mandate has ended |
//! | `customer.deleted` | all methods of the customer are gone |
//! | `payout.created`, `.updated`, `.paid`, `.failed`, `.canceled` | the payout, and how far it came |
//! | `payout.reconciliation_completed` | the same, and that its transactions are complete |
//! | `cash_balance.funds_available`, `customer_cash_balance_transaction.created` | money lies at Stripe for a customer, or was moved there: how much is asked (`cash_balance`) |
//! | a charge that is only reserved; a session that costs nothing or is of another mode than `payment`; a setup intent that saved nothing for a customer; a mandate for one payment | nothing: not ours to collect, or nothing has happened |
//! | thin events about any of these objects | the object must be fetched; then the same as above. That a method was detached or a customer deleted is said by the type alone |
//! | any other type, known or not | nothing. It is kept, and a later version may replay it |
//!
//! Deliberately absent: `setup_intent.setup_failed` and its like, which end no method; everything of subscriptions and of
//! Stripe's own invoices.
//!
//! A report names the object that carries its money as `of`: the intent, or the charge where there is no intent. The owner that
//! an object does not name is taken from the object that contains it.
//!
//! A missing status is taken from the event's type, and only then: a thin event or a fetch has nothing but the object.

mod cash_balance;
mod charge;
mod checkout;
mod concern;
mod dispute;
mod fetched;
mod intent;
mod labels;
mod method;
mod payout;
mod refund;

use std::borrow::Cow;

use receivables::not_ours::ObjectLabels;
use receivables::saved_method::MethodReport;
use receivables::{Balance, BusinessId, Currency, Money, ObjectId, ObjectState, PaymentId, Report};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meaning::{Fetch, Meaning, Unreadable};
use crate::stripe::currency::{CurrencyRule, balance_from_stripe, from_stripe};
use crate::stripe::event::Event;
use crate::stripe::field::Field;

pub(crate) use cash_balance::amounts as cash_balance_amounts;
pub use fetched::Fetchable;

/// The metadata under which an object carries our payment's id.
pub const METADATA_PAYMENT: &str = "guichet_payment";
/// The metadata under which an object carries the business's id.
pub const METADATA_BUSINESS: &str = "guichet_business";
/// The metadata under which a refund carries our order's id.
pub const METADATA_REFUND: &str = "guichet_refund";

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
    charge::CAPTURED,
    charge::REFUNDED,
    refund::CREATED,
    refund::UPDATED,
    refund::FAILED,
    refund::OF_CHARGE_UPDATED,
    dispute::CREATED,
    dispute::UPDATED,
    dispute::CLOSED,
    dispute::FUNDS_WITHDRAWN,
    dispute::FUNDS_REINSTATED,
    concern::WARNING_CREATED,
    concern::WARNING_UPDATED,
    concern::REVIEW_OPENED,
    concern::REVIEW_CLOSED,
    method::ATTACHED,
    method::DETACHED,
    method::UPDATED,
    method::AUTOMATICALLY_UPDATED,
    method::CARD_AUTOMATICALLY_UPDATED,
    method::SETUP_SUCCEEDED,
    method::MANDATE_UPDATED,
    method::CUSTOMER_DELETED,
    payout::CREATED,
    payout::UPDATED,
    payout::PAID,
    payout::FAILED,
    payout::CANCELED,
    payout::RECONCILIATION_COMPLETED,
    cash_balance::FUNDS_AVAILABLE,
    cash_balance::TRANSACTION_CREATED,
];

impl Meaning {
    fn of_reports(reports: Vec<Report>) -> Self {
        if reports.is_empty() { Self::Nothing } else { Self::Reports(reports) }
    }

    fn of_intent(reports: Vec<Report>, kept: Option<MethodReport>) -> Self {
        match kept {
            Some(kept) => Self::ReportsAndMethods(reports, vec![kept]),
            None => Self::of_reports(reports),
        }
    }

    fn of_method(report: Option<MethodReport>) -> Self {
        report.map_or(Self::Nothing, |report| Self::Methods(vec![report]))
    }
}

/// The meaning of an event for the books.
pub fn reports(event: &Event<'_>) -> Result<Meaning, Unreadable> {
    if event.thin {
        return Ok(named(event));
    }
    let kind = &*event.kind;
    if !EVENT_TYPES_APPLIED.contains(&kind) {
        return Ok(Meaning::Nothing);
    }
    let object = event.object().ok_or(Unreadable::because("the event has no object"))?;
    if kind == method::CUSTOMER_DELETED {
        is_a(event, method::CUSTOMER)?;
        let id = event.object_id.clone().ok_or(Unreadable::because("the customer has no id"))?;
        return Ok(Meaning::CustomerDeleted(id));
    }
    if let Some(word) = cash_balance::object_of(kind) {
        is_a(event, word)?;
        return Ok(Meaning::CashBalance(cash_balance::customer(object)?));
    }
    let subject = Fetchable::of_event(kind).ok_or(Unreadable::because("the event's type is of no family"))?;
    is_a(event, subject.word())?;
    subject.read(object, Some(kind))
}

/// What the object of an event says of itself beside its money.
pub fn labels(event: &Event<'_>) -> ObjectLabels {
    event.object().map(labels::read).unwrap_or_default()
}

/// The reports of a fetched checkout session, and of its intent where that was expanded.
pub fn checkout_session_reports(json: &[u8]) -> Result<Vec<Report>, Unreadable> {
    checkout::read(whole(json)?, None)
}

/// The reports of a fetched payment intent, and of the refunds of its charges where those are included.
pub fn payment_intent_reports(json: &[u8]) -> Result<Vec<Report>, Unreadable> {
    intent::read(whole(json)?, None)
}

/// The meaning of any fetched object.
pub fn object_meaning(kind: Fetchable, json: &[u8]) -> Result<Meaning, Unreadable> {
    kind.read(whole(json)?, None)
}

/// The meaning of a thin event. Its type counts only where the object can no longer say it: in all other cases fetching the
/// object does no harm.
fn named(event: &Event<'_>) -> Meaning {
    let Some(object) = event.object_id.clone() else {
        return Meaning::Nothing;
    };
    let word = event.object_kind.as_deref().unwrap_or_default();
    match (word, event.kind.strip_prefix("v1.")) {
        (method::CUSTOMER, Some(method::CUSTOMER_DELETED)) => Meaning::CustomerDeleted(object),
        (method::OBJECT, Some(method::DETACHED)) => Meaning::Methods(vec![method::detached(object)]),
        (word, _) => {
            Fetchable::of_object(word).map_or(Meaning::Nothing, |kind| Meaning::Fetch(Fetch::Stripe { object, kind }))
        }
    }
}

fn whole(json: &[u8]) -> Result<&RawValue, Unreadable> {
    serde_json::from_slice(json).map_err(|_| Unreadable::because("it is no JSON"))
}

/// Checks that an object is of the kind that its event is about.
fn is_a(event: &Event<'_>, expected: &str) -> Result<(), Unreadable> {
    match event.object_kind.as_deref() {
        Some(found) if found != expected => {
            Err(Unreadable::because("the event's object is not of the kind its type names"))
        }
        Some(_) | None => Ok(()),
    }
}

/// The owner of an object: the payment, business and customer that it names.
#[derive(Clone, Default)]
struct Owner {
    business: Option<BusinessId>,
    payment: Option<PaymentId>,
    customer: Option<ObjectId>,
    invoice: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow, rename = "guichet_payment")]
    payment: Field<'a>,
    #[serde(rename = "guichet_business")]
    business: Field<'a>,
    #[serde(rename = "guichet_refund")]
    refund: Field<'a>,
    /// Written by other programs of the business: the invoice that their payment is for, by its id or number.
    #[serde(rename = "guichet_invoice")]
    invoice: Field<'a>,
}

impl Owner {
    /// The owner by metadata and customer. A value not made by us is ignored: others may use the same keys.
    fn of(metadata: Field<'_>, customer: Field<'_>) -> Self {
        let metadata: Metadata<'_> = metadata.record().unwrap_or_default();
        Self {
            business: parsed(metadata.business),
            payment: parsed(metadata.payment),
            customer: customer.id(),
            invoice: metadata.invoice.label(),
        }
    }

    /// The same, completed from an object that this one belongs to.
    fn or(self, other: &Self) -> Self {
        Self {
            business: self.business.or_else(|| other.business.clone()),
            payment: self.payment.or_else(|| other.payment.clone()),
            customer: self.customer.or_else(|| other.customer.clone()),
            invoice: self.invoice.or_else(|| other.invoice.clone()),
        }
    }

    fn report(self, object: ObjectId, state: ObjectState) -> Report {
        let Self { business, payment, customer, invoice } = self;
        Report { object, of: None, customer, business, payment, invoice, state }
    }
}

/// The object that carries the money of a refund, dispute or doubt, with its owner where it is included whole.
fn carrier(payment_intent: Field<'_>, charge: Field<'_>) -> Result<(Option<ObjectId>, Owner), Unreadable> {
    let taken: charge::Charge<'_> = charge.record().unwrap_or_default();
    let intent: intent::Intent<'_> = payment_intent.record().unwrap_or_default();
    let id = match payment_intent.raw() {
        Some(_) => Some(payment_intent.id().ok_or(Unreadable::because("the intent that it is about has no id"))?),
        None => taken.intent().or_else(|| charge.id()),
    };
    Ok((id, intent.owner().or(&taken.owner())))
}

fn parsed<T: std::str::FromStr>(field: Field<'_>) -> Option<T> {
    field.text()?.parse().ok()
}

/// An amount received or refunded; `None` for zero. A missing amount or an unknown currency makes the object unreadable.
fn received(amount: Field<'_>, currency: Field<'_>) -> Result<Option<Money>, Unreadable> {
    amount_of(amount.whole().ok_or(Unreadable::because("money moved, but not how much"))?, currency)
}

/// The same for a number that was read before.
fn amount_of(number: i64, currency: Field<'_>) -> Result<Option<Money>, Unreadable> {
    if number == 0 {
        return Ok(None);
    }
    from_stripe(number, currency_of(currency)?).map(Some).map_err(unreadable)
}

/// A signed sum, which may be zero.
pub(crate) fn sum_of(amount: Field<'_>, currency: Field<'_>) -> Result<Balance, Unreadable> {
    let number = amount.whole().ok_or(Unreadable::because("money moved, but not how much"))?;
    balance_from_stripe(number, currency_of(currency)?).map_err(unreadable)
}

/// Whether a balance transaction is a fee as a whole: Stripe says so in its type, or of an `adjustment` in its category.
pub(crate) fn is_fee(kind: Field<'_>, category: Field<'_>) -> bool {
    let kind = kind.text().is_some_and(|kind| kind.ends_with("_fee"));
    kind || matches!(category.text().as_deref(), Some("fee" | "tax"))
}

fn currency_of(field: Field<'_>) -> Result<Currency, Unreadable> {
    let code = field.text().ok_or(Unreadable::because("money moved in no currency"))?;
    currency_named(&code)
}

fn currency_named(code: &str) -> Result<Currency, Unreadable> {
    let known = code.to_ascii_uppercase().parse();
    known.map_err(|_| Unreadable::because("money moved in a currency that is not known here"))
}

fn unreadable(rule: CurrencyRule) -> Unreadable {
    Unreadable { reason: Cow::Owned(rule.to_string()) }
}

#[cfg(test)]
mod tests;
