//! Payments, their allocations and the facts merged of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::payment::{Allocation, Checkout, Origin, State};
use receivables::provider_fact::Facts;
use receivables::text::InvoiceNumber;
use receivables::{
    BusinessId, Currency, CustomerId, InvoiceId, Locale, Money, ObjectFact, ObjectId, PayLinkId, Payment, PaymentId,
};
use serde::{Deserialize, Serialize};

use super::facts::{FactRecord, merged, of_merged};
use super::invoices::StandingRecord;
use super::{Index, Item, item, listed, money, record, text_of};
use crate::{StoreError, keys};

#[derive(Serialize, Deserialize)]
struct PaymentRecord {
    id: PaymentId,
    business: BusinessId,
    customer: CustomerId,
    currency: Currency,
    amount: i64,
    origin: OriginRecord,
    locale: Locale,
    started_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    checkout: Option<CheckoutRecord>,
    state: String,
    received: i64,
    unapplied: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    suspense: BTreeMap<Currency, i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    settled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    look_at: Option<Timestamp>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginRecord {
    PayLink(PayLinkId),
    Portal(bool),
    Api(bool),
}

#[derive(Serialize, Deserialize)]
struct CheckoutRecord {
    id: ObjectId,
    url: String,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct AllocationRecord {
    invoice: InvoiceId,
    number: InvoiceNumber,
    due_on: Date,
    currency: Currency,
    intended: i64,
    applied_here: i64,
    pending_here: i64,
    #[serde(flatten)]
    standing: StandingRecord,
}

pub(crate) fn of_payment(payment: &Payment) -> Result<Item, StoreError> {
    let record = PaymentRecord {
        id: payment.id.clone(),
        business: payment.business.clone(),
        customer: payment.customer.clone(),
        currency: payment.currency(),
        amount: payment.amount.minor(),
        origin: match &payment.origin {
            Origin::PayLink(link) => OriginRecord::PayLink(link.clone()),
            Origin::Portal => OriginRecord::Portal(true),
            Origin::Api => OriginRecord::Api(true),
        },
        locale: payment.locale,
        started_at: payment.started_at,
        checkout: payment.checkout.as_ref().map(|checkout| CheckoutRecord {
            id: checkout.id.clone(),
            url: checkout.url.clone(),
            expires_at: checkout.expires_at,
        }),
        state: payment.state.as_str().to_owned(),
        received: payment.received.minor(),
        unapplied: payment.unapplied.minor(),
        suspense: payment.suspense.iter().map(|amount| (amount.currency(), amount.minor())).collect(),
        settled_at: payment.settled_at,
        look_at: payment.look_at,
        version: payment.version,
    };
    let b = &payment.business;
    let item = item(&keys::payment(b, &payment.id), &record)?;
    let place = keys::payment_in_account(payment.started_at, &payment.id);
    let item = listed(item, Index::Parent, &keys::account(b, &payment.customer), &place);
    let (month, at) = keys::payments_of_month(b, payment.started_at);
    let item = listed(item, Index::List, &month, &format!("{at}#{}", payment.id));
    Ok(match payment.look_at {
        Some(at) => listed(item, Index::Due, &keys::due(&payment.id), &keys::due_payment(at, b, &payment.id)),
        None => item,
    })
}

pub(crate) fn of_allocation(payment: &Payment, place: usize, allocation: &Allocation) -> Result<Item, StoreError> {
    let record = AllocationRecord {
        invoice: allocation.invoice.clone(),
        number: allocation.number.clone(),
        due_on: allocation.due_on,
        currency: payment.currency(),
        intended: allocation.intended.minor(),
        applied_here: allocation.applied.minor(),
        pending_here: allocation.pending.minor(),
        standing: StandingRecord::of(&allocation.standing),
    };
    let b = &payment.business;
    let item = item(&keys::allocation(b, &payment.id, place), &record)?;
    let parent = keys::invoice_partition(b, &allocation.invoice);
    Ok(listed(item, Index::Parent, &parent, &keys::payment_in_account(payment.started_at, &payment.id)))
}

pub(crate) fn of_fact(payment: &Payment, object: &ObjectId, fact: &ObjectFact) -> Result<Item, StoreError> {
    let key = keys::merged_fact(&payment.business, &payment.id, fact.kind(), object);
    item(&key, &FactRecord { object: object.clone(), fact: of_merged(fact) })
}

/// The payment of its partition's items, in any order. `None` where there is no payment.
pub(crate) fn payment(items: Vec<Item>) -> Result<Option<Payment>, StoreError> {
    let mut head = None;
    let mut allocations = Vec::new();
    let mut facts = Facts::default();
    for item in items {
        match text_of(&item, "sk").unwrap_or_default().as_bytes() {
            [b'P'] => head = Some(record::<PaymentRecord>(item)?),
            [b'A', b'#', ..] => {
                let place = text_of(&item, "sk").unwrap_or_default().to_owned();
                allocations.push((place, allocation(item)?));
            }
            [b'F', b'#', ..] => {
                let record: FactRecord = record(item)?;
                facts.0.insert(record.object, merged(record.fact)?);
            }
            _ => {}
        }
    }
    allocations.sort_by(|(one, _), (other, _)| one.cmp(other));
    let allocations = allocations.into_iter().map(|(_, allocation)| allocation).collect();
    head.map(|head| whole(head, allocations, facts)).transpose()
}

/// A payment as its record alone tells: without its allocations and facts, for lists.
pub(crate) fn payment_head(item: Item) -> Result<Payment, StoreError> {
    whole(record(item)?, Vec::new(), Facts::default())
}

fn whole(head: PaymentRecord, allocations: Vec<Allocation>, facts: Facts) -> Result<Payment, StoreError> {
    let currency = head.currency;
    let suspense = head.suspense.into_iter().map(|(currency, minor)| money(minor, currency));
    Ok(Payment {
        id: head.id,
        business: head.business,
        customer: head.customer,
        amount: money(head.amount, currency)?,
        allocations,
        origin: match head.origin {
            OriginRecord::PayLink(link) => Origin::PayLink(link),
            OriginRecord::Portal(_) => Origin::Portal,
            OriginRecord::Api(_) => Origin::Api,
        },
        locale: head.locale,
        started_at: head.started_at,
        checkout: head.checkout.map(|record| Checkout {
            id: record.id,
            url: record.url,
            expires_at: record.expires_at,
        }),
        facts,
        state: State::named(&head.state).ok_or_else(|| StoreError::Defect(format!("payment state {}", head.state)))?,
        received: money(head.received, currency)?,
        unapplied: money(head.unapplied, currency)?,
        suspense: suspense.collect::<Result<Vec<Money>, StoreError>>()?,
        settled_at: head.settled_at,
        look_at: head.look_at,
        version: head.version,
    })
}

fn allocation(item: Item) -> Result<Allocation, StoreError> {
    let record: AllocationRecord = record(item)?;
    let currency = record.currency;
    Ok(Allocation {
        invoice: record.invoice,
        number: record.number,
        due_on: record.due_on,
        intended: money(record.intended, currency)?,
        applied: money(record.applied_here, currency)?,
        pending: money(record.pending_here, currency)?,
        standing: record.standing.read(currency)?,
    })
}

#[derive(Serialize, Deserialize)]
struct ReviewRecord {
    payment: PaymentId,
    customer: CustomerId,
    reason: String,
    currency: Currency,
    amount: i64,
}

/// Something of a payment that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The payment.
    pub payment: PaymentId,
    /// Its account.
    pub customer: CustomerId,
    /// Why.
    pub reason: String,
    /// How much is at stake.
    pub amount: Money,
}

/// Money in another currency than the payment's is put before a person.
pub(crate) fn of_suspense(payment: &Payment, amount: Money) -> Result<Item, StoreError> {
    let reason = "other_currency";
    let record = ReviewRecord {
        payment: payment.id.clone(),
        customer: payment.customer.clone(),
        reason: reason.to_owned(),
        currency: amount.currency(),
        amount: amount.minor(),
    };
    let key = keys::review(&payment.business, &payment.id, &format!("{reason}#{}", amount.currency()));
    let place = format!("{:.3}#{}", payment.started_at, payment.id);
    Ok(listed(item(&key, &record)?, Index::List, &keys::reviews(&payment.business), &place))
}

pub(crate) fn review(item: Item) -> Result<Review, StoreError> {
    let record: ReviewRecord = record(item)?;
    Ok(Review {
        payment: record.payment,
        customer: record.customer,
        reason: record.reason,
        amount: money(record.amount, record.currency)?,
    })
}
