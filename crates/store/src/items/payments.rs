//! Payments, their allocations and the facts merged of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use receivables::payment::{Origin, PaymentCash, RefundAnswer, RefundOrder, Review, State, StoredPayment};
use receivables::provider_object::ProviderState;
use receivables::{
    Allocation, BusinessId, Currency, CustomerId, Locale, Money, ObjectId, ObjectState, PayLinkId, Payment, PaymentId,
    Provider,
};
use serde::{Deserialize, Serialize};

use super::allocations::{AllocationRecord, allocation};
use super::consistent_read::{Assembled, PartsDigest};
use super::instruments::{ChargeRecord, PageRecord, instrument, of_instrument};
use super::provider_objects::{FactRecord, merged, of_merged};
use super::refunds::{RefundAnswerRecord, RefundOrderRecord};
use super::reviews::of_open_amount;
use super::{Index, Item, due, is_nothing, item, listed, money, record, text_of};
use crate::error::StoreError;
use crate::keys::{self, DueList};

#[derive(Serialize, Deserialize)]
struct PaymentRecord {
    id: PaymentId,
    business: BusinessId,
    customer: CustomerId,
    provider: Provider,
    currency: Currency,
    amount: i64,
    origin: OriginRecord,
    locale: Locale,
    started_at: Timestamp,
    instrument: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    page: Option<PageRecord>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    charge: Option<ChargeRecord>,
    state: String,
    received: i64,
    #[serde(skip_serializing_if = "is_nothing", default)]
    returned: i64,
    #[serde(default)]
    refunded: i64,
    #[serde(default)]
    charged_back: i64,
    #[serde(skip_serializing_if = "is_nothing", default)]
    paid_out: i64,
    unapplied: i64,
    #[serde(default, rename = "owed_back")]
    to_reclaim: i64,
    #[serde(default)]
    on_account: i64,
    #[serde(skip_serializing_if = "is_nothing", default)]
    kept: i64,
    // What is not so is left out, which keeps a payment on an open page under a kilobyte, the step of what a write costs.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    unfinished: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    proposed: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    settlement_announced: bool,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    refunds: Vec<RefundOrderRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    refund_answers: Vec<RefundAnswerRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    reviews_closed: Vec<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    suspense: BTreeMap<Currency, i64>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    settled_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default, rename = "due_at")]
    next_poll_at: Option<Timestamp>,
    version: u64,
    /// The digest of the allocations and facts that belong to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    parts: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OriginRecord {
    PayLink(PayLinkId),
    Portal(bool),
    Api(bool),
    Provider(bool),
}

pub(crate) fn of_payment(payment: &Payment) -> Result<Item, StoreError> {
    let (instrument, page, charge) = of_instrument(payment.instrument());
    let record = PaymentRecord {
        id: payment.id().clone(),
        business: payment.business().clone(),
        customer: payment.customer().clone(),
        provider: payment.provider(),
        currency: payment.currency(),
        amount: payment.amount().minor(),
        origin: match payment.origin() {
            Origin::PayLink(link) => OriginRecord::PayLink(link.clone()),
            Origin::Portal => OriginRecord::Portal(true),
            Origin::Api => OriginRecord::Api(true),
            Origin::Provider => OriginRecord::Provider(true),
        },
        locale: payment.locale(),
        started_at: payment.started_at(),
        instrument,
        page,
        charge,
        state: payment.state().as_str().to_owned(),
        received: payment.received().minor(),
        returned: payment.returned().minor(),
        refunded: payment.refunded().minor(),
        charged_back: payment.charged_back().minor(),
        paid_out: payment.paid_out().minor(),
        unapplied: payment.unapplied().minor(),
        to_reclaim: payment.to_reclaim().minor(),
        on_account: payment.on_account().minor(),
        kept: payment.kept().minor(),
        unfinished: payment.unfinished(),
        proposed: payment.proposed(),
        settlement_announced: payment.settlement_announced(),
        refunds: payment.refunds().iter().map(|order| RefundOrderRecord::of(order, payment.currency())).collect(),
        refund_answers: payment.refund_answers().iter().map(RefundAnswerRecord::of).collect(),
        reviews_closed: payment.reviews_closed().to_vec(),
        suspense: payment.suspense().iter().map(|amount| (amount.currency(), amount.minor())).collect(),
        settled_at: payment.settled_at(),
        next_poll_at: payment.next_poll_at(),
        version: payment.version(),
        parts: Some(digest_of(payment.allocations(), payment.provider_state())?),
    };
    let b = payment.business();
    let item = item(&keys::payment(b, payment.id()), &record)?;
    let place = keys::payment_in_account(payment.started_at(), payment.id());
    let item = listed(item, Index::Parent, &keys::account(b, payment.customer()), &place);
    let (month, at) = keys::payments_of_month(b, payment.started_at());
    let item = listed(item, Index::List, &month, &format!("{at}#{}", payment.id()));
    Ok(match payment.next_poll_at() {
        Some(at) => due(item, DueList::Payments, at, payment.id().as_str()),
        None => item,
    })
}

pub(crate) fn of_allocation(payment: &Payment, place: usize, allocation: &Allocation) -> Result<Item, StoreError> {
    let b = payment.business();
    let item = item(&keys::allocation(b, payment.id(), place), &AllocationRecord::of(allocation))?;
    let parent = keys::invoice_partition(b, &allocation.invoice);
    Ok(listed(item, Index::Parent, &parent, &keys::payment_in_account(payment.started_at(), payment.id())))
}

/// Something that a person should look at, in the business's list.
pub(crate) fn of_review(payment: &Payment, review: &Review) -> Result<Item, StoreError> {
    let key = keys::review(payment.business(), payment.id(), &review.name);
    let place = format!("{:.3}#{}#{}", payment.started_at(), payment.id(), review.name);
    super::reviews::of_review(&key, payment, review, &place)
}

pub(crate) fn of_fact(payment: &Payment, object: &ObjectId, fact: &ObjectState) -> Result<Item, StoreError> {
    let key = keys::merged_fact(payment.business(), payment.id(), payment.provider(), fact.kind(), object);
    item(&key, &FactRecord { object: object.clone(), fact: of_merged(fact) })
}

/// The sort key of the fact that tells of an object: its own, or for an attempt that of its intent.
pub(crate) fn fact_of(payment: &Payment, object: &ObjectId) -> Option<String> {
    let tells = |(id, fact): &(&ObjectId, &ObjectState)| {
        *id == object || fact.intent().is_some_and(|intent| intent.attempts.contains_key(object.as_str()))
    };
    let (id, fact) = payment.provider_state().0.iter().find(tells)?;
    Some(keys::merged_fact(payment.business(), payment.id(), payment.provider(), fact.kind(), id).sk)
}

/// What of a payment covers no invoice, in the business's list.
pub(crate) fn of_unapplied(payment: &Payment) -> Result<Item, StoreError> {
    let key = keys::unapplied_of_payment(payment.business(), payment.customer(), payment.id());
    let place = format!("{:.3}#{}", payment.started_at(), payment.id());
    of_open_amount(&key, payment.business(), payment.customer(), payment.id().as_str(), payment.unapplied(), &place)
}

/// The digest of what belongs to a head. How an invoice stands is the invoice's own: an allocation remembers it, and is not
/// written again because it has changed.
pub(crate) fn digest_of(allocations: &[Allocation], facts: &ProviderState) -> Result<String, StoreError> {
    let mut digest = PartsDigest::new();
    allocations.iter().try_for_each(|part| {
        let amounts = [part.intended, part.ceiling, part.applied, part.pending, part.charged_back, part.questioned];
        digest.add(&(&part.invoice, amounts.map(Money::minor), part.withdrawn_by_operator, part.page))
    })?;
    facts
        .0
        .iter()
        .try_for_each(|(object, fact)| digest.add(&FactRecord { object: object.clone(), fact: of_merged(fact) }))?;
    Ok(digest.text())
}

/// The payment of its partition's items, in any order.
pub(crate) fn payment(items: Vec<Item>) -> Result<Assembled<Payment>, StoreError> {
    if items.is_empty() {
        return Ok(Assembled::Absent);
    }
    let mut head = None;
    let mut allocations = Vec::new();
    let mut facts = ProviderState::default();
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
    let allocations: Vec<Allocation> = allocations.into_iter().map(|(_, allocation)| allocation).collect();
    let Some(head) = head else { return Ok(Assembled::Torn) };
    let (carried, digest) = (head.parts.clone(), digest_of(&allocations, &facts)?);
    Ok(Assembled::of(whole(head, allocations, facts)?, carried.as_deref(), &digest))
}

/// A payment of its record and those of its facts that were read.
pub(crate) fn payment_in_part(head: Item, facts: Vec<Item>) -> Result<Payment, StoreError> {
    let mut state = ProviderState::default();
    for item in facts {
        let record: FactRecord = record(item)?;
        state.0.insert(record.object, merged(record.fact)?);
    }
    whole(record(head)?, Vec::new(), state)
}

/// A payment as its record alone tells: without its allocations and facts, for lists.
pub(crate) fn payment_head(item: Item) -> Result<Payment, StoreError> {
    whole(record(item)?, Vec::new(), ProviderState::default())
}

fn whole(
    head: PaymentRecord,
    allocations: Vec<Allocation>,
    provider_state: ProviderState,
) -> Result<Payment, StoreError> {
    let currency = head.currency;
    let refunds = head.refunds.into_iter().map(|record| record.read(currency));
    let answers = head.refund_answers.into_iter().map(|record| record.read(currency));
    let suspense = head.suspense.into_iter().map(|(currency, minor)| money(minor, currency));
    let stored = StoredPayment {
        id: head.id,
        business: head.business,
        customer: head.customer,
        provider: head.provider,
        amount: money(head.amount, currency)?,
        allocations,
        origin: match head.origin {
            OriginRecord::PayLink(link) => Origin::PayLink(link),
            OriginRecord::Portal(_) => Origin::Portal,
            OriginRecord::Api(_) => Origin::Api,
            OriginRecord::Provider(_) => Origin::Provider,
        },
        locale: head.locale,
        started_at: head.started_at,
        instrument: instrument((head.instrument, head.page, head.charge))?,
        provider_state,
        state: State::named(&head.state).ok_or_else(|| StoreError::Defect(format!("payment state {}", head.state)))?,
        cash: PaymentCash {
            received: money(head.received, currency)?,
            returned: money(head.returned, currency)?,
            refunded: money(head.refunded, currency)?,
            charged_back: money(head.charged_back, currency)?,
            paid_out: money(head.paid_out, currency)?,
            unapplied: money(head.unapplied, currency)?,
            to_reclaim: money(head.to_reclaim, currency)?,
            on_account: money(head.on_account, currency)?,
            kept: money(head.kept, currency)?,
            suspense: suspense.collect::<Result<Vec<Money>, StoreError>>()?,
        },
        unfinished: head.unfinished,
        proposed: head.proposed,
        settlement_announced: head.settlement_announced,
        refunds: refunds.collect::<Result<Vec<RefundOrder>, StoreError>>()?,
        refund_answers: answers.collect::<Result<Vec<RefundAnswer>, StoreError>>()?,
        reviews_closed: head.reviews_closed,
        settled_at: head.settled_at,
        next_poll_at: head.next_poll_at,
        version: head.version,
    };
    let id = stored.id.clone();
    stored.restore().map_err(|inconsistent| StoreError::Defect(format!("payment {id}: {inconsistent}")))
}

#[cfg(test)]
mod tests {
    use receivables::allocation::SeenInvoice;
    use receivables::invoice::{Held, OpenDays};
    use receivables::provider_object::{Cash, IntentState, RefundRank, RefundState};

    use super::*;

    /// A payment whose head carries a digest that is made otherwise could not be read any more: who changes this changes how
    /// digests say that they are made, in [`super::super::parts`].
    #[test]
    fn the_digest_of_what_is_in_the_tables_stays_what_it_is() {
        let euros = |minor| Cash::of(Money::new(minor, Currency::EUR).unwrap());
        let intent = IntentState { received: euros(12_050), refunded: euros(500), ..IntentState::default() };
        let refund = RefundState { order: None, amount: euros(500), rank: RefundRank::Succeeded, failure: None };
        let facts = [("pi_1", ObjectState::Intent(intent)), ("re_1", ObjectState::Refund(refund))];
        let facts = ProviderState(facts.into_iter().map(|(id, fact)| (id.parse().unwrap(), fact)).collect());
        let amount = |minor| Money::new(minor, Currency::EUR).unwrap();
        let nothing = amount(0);
        let seen = SeenInvoice {
            version: 1,
            room: OpenDays::default(),
            held: Held::default(),
            last_due_on: "2026-04-01".parse().unwrap(),
        };
        let part = Allocation {
            invoice: "inv_01JD8Z0000ABCDEFGHJKMNPQRS".parse().unwrap(),
            number: "F-1".parse().unwrap(),
            intended: amount(12_050),
            ceiling: amount(12_050),
            applied: amount(11_550),
            pending: nothing,
            charged_back: nothing,
            questioned: nothing,
            withdrawn_by_operator: false,
            page: false,
            seen,
        };
        let of = |parts: &[Allocation], facts: &ProviderState| digest_of(parts, facts).unwrap();
        assert_eq!(of(&[], &ProviderState::default()), "2:e3b0c44298fc1c149afbf4c8");
        assert_eq!(of(&[], &facts), "2:eefa8556d9551ef9711d925d");
        assert_eq!(of(&[part], &facts), "2:5fc4aecfc8a0abf734b6a4c6");
    }
}
