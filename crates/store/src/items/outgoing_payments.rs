//! Outgoing payments: credit of an account that the business sends by its bank.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::outgoing_payment::{CreditPart, CreditSource};
use receivables::text::{Description, Reference};
use receivables::{BusinessId, Currency, CustomerId, OutgoingPayment, OutgoingPaymentId};
use serde::{Deserialize, Serialize};

use super::{Index, Item, item, listed, money, record};
use crate::error::StoreError;
use crate::keys;

#[derive(Serialize, Deserialize)]
struct OutgoingPaymentRecord {
    id: OutgoingPaymentId,
    business: BusinessId,
    customer: CustomerId,
    currency: Currency,
    amount: i64,
    parts: Vec<PartRecord>,
    sent_on: Date,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reference: Option<Reference>,
    reason: Description,
    recorded_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    reversed_at: Option<Timestamp>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct PartRecord {
    source: String,
    amount: i64,
}

pub(crate) fn of_outgoing_payment(outgoing: &OutgoingPayment) -> Result<Item, StoreError> {
    let part = |part: &CreditPart| PartRecord { source: part.source.as_str().to_owned(), amount: part.amount.minor() };
    let record = OutgoingPaymentRecord {
        id: outgoing.id.clone(),
        business: outgoing.business.clone(),
        customer: outgoing.customer.clone(),
        currency: outgoing.amount.currency(),
        amount: outgoing.amount.minor(),
        parts: outgoing.parts.iter().map(part).collect(),
        sent_on: outgoing.sent_on,
        reference: outgoing.reference.clone(),
        reason: outgoing.reason.clone(),
        recorded_at: outgoing.recorded_at,
        reversed_at: outgoing.reversed_at,
        version: outgoing.version,
    };
    let b = &outgoing.business;
    let item = item(&keys::outgoing_payment(b, &outgoing.id), &record)?;
    let place = keys::outgoing_payment_in_account(outgoing.recorded_at, &outgoing.id);
    Ok(listed(item, Index::Parent, &keys::account(b, &outgoing.customer), &place))
}

pub(crate) fn outgoing_payment(item: Item) -> Result<OutgoingPayment, StoreError> {
    let record: OutgoingPaymentRecord = record(item)?;
    let currency = record.currency;
    let part = |part: PartRecord| {
        let source = CreditSource::named(&part.source);
        let source = source.ok_or_else(|| StoreError::Defect(format!("credit of {}", part.source)))?;
        Ok(CreditPart { source, amount: money(part.amount, currency)? })
    };
    Ok(OutgoingPayment {
        id: record.id,
        business: record.business,
        customer: record.customer,
        amount: money(record.amount, currency)?,
        parts: record.parts.into_iter().map(part).collect::<Result<_, StoreError>>()?,
        sent_on: record.sent_on,
        reference: record.reference,
        reason: record.reason,
        recorded_at: record.recorded_at,
        reversed_at: record.reversed_at,
        version: record.version,
    })
}
