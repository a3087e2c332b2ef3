//! What a refund means to the invoices that its money had covered: they are credited, or they are open again.
//!
//! Who orders a refund here says so with the order. A refund that was made at the provider says nothing: until it is answered, what
//! it took of invoices is in question. It is open, held and not asked for. How much that is follows from what was reported, and not
//! from the order in which it was; only an answer is kept.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Payment;
use crate::allocation::{DUE_DAYS_PER_STEP, SetAside, add_part};
use crate::ids::{CreditNoteId, InvoiceId, RefundId};
use crate::money::Money;
use crate::provider_object::{ObjectId, ObjectState, RefundState};
use crate::text::{Description, InvoiceNumber};

/// Invoices that the credit note of one refund can cover: each is three items of the transaction.
pub const CREDITED_PER_REFUND_MAX: usize = 25;

/// What a refund means to the invoices that its money had covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RefundMeaning {
    /// They are credited by as much: goods came back, and nothing is owed again.
    #[default]
    Credits,
    /// They are open again.
    Reopens,
}

impl RefundMeaning {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Credits, Self::Reopens];

    /// The word for it in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credits => "credits",
            Self::Reopens => "reopens",
        }
    }

    /// The meaning of a word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|meaning| meaning.as_str() == word)
    }
}

/// What a refund was credited with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundCredit {
    /// The credit note, which stands whatever becomes of the refund.
    pub note: CreditNoteId,
    /// What its payment gave up of each invoice for it.
    pub parts: BTreeMap<InvoiceId, Money>,
}

/// What was said of a refund that was made at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundAnswer {
    /// The provider's id of the refund; of one that was not reported by itself, that of the payment's object that counts it.
    pub refund: ObjectId,
    /// What it means.
    pub meaning: RefundMeaning,
    /// How much it was about, in the payment's currency.
    pub amount: Money,
    /// The credit note, where it covered something.
    pub credit: Option<RefundCredit>,
}

/// The credit note of a refund, as it is to be.
#[derive(Clone, Debug)]
pub struct NoteOfRefund {
    /// Its id, which follows from the refund.
    pub id: CreditNoteId,
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// The civil date printed on it.
    pub issued_on: Date,
    /// The reason printed on it.
    pub reason: Description,
}

/// The credit note of a refund would be for too many invoices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a refund of money that covers at most {max} invoices, which is what one credit note is for: refund invoice by invoice, or let it reopen them"
)]
pub struct NotCredited {
    /// The most invoices there may be.
    pub max: usize,
}

/// A credit note that is issued together with a refund, and what of it is for which invoice.
#[derive(Clone, Debug)]
pub(crate) struct NewCredit {
    pub(crate) note: NoteOfRefund,
    pub(crate) parts: BTreeMap<InvoiceId, Money>,
}

/// A refund that nobody has explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnansweredRefund {
    /// The provider's id of the refund; of one that was not reported by itself, that of the payment's object that counts it.
    pub refund: ObjectId,
    /// How much was sent back.
    pub amount: Money,
    /// What of it had covered invoices, and so is in question.
    pub questioned: Money,
}

impl Payment {
    /// What is known of the refunds that were made at the provider and not ordered here, in the order of their ids.
    fn refunds_made_elsewhere(&self) -> impl Iterator<Item = (&ObjectId, &RefundState)> {
        let ordered = |order: &RefundId| self.refunds.iter().any(|known| known.id == *order);
        let refunds = self.provider_state.0.iter().filter_map(|(object, state)| Some((object, state.refund()?)));
        refunds.filter(move |(_, refund)| !refund.order.as_ref().is_some_and(ordered))
    }

    /// The refunds made at the provider that nobody has explained, with what of them is in question: money that covered nothing went
    /// first, and the refund that is named first gave it.
    pub fn unanswered_refunds(&self) -> Vec<UnansweredRefund> {
        let nothing = Money::zero(self.currency());
        let refunds = self.unanswered();
        let all = Money::sum(self.currency(), refunds.iter().map(|(_, amount)| *amount)).unwrap_or(nothing);
        let held = self.allocations.iter().map(|part| part.questioned);
        let mut free = all.less(Money::sum(self.currency(), held).unwrap_or(all));
        let refunds = refunds.into_iter().map(|(refund, amount)| {
            let questioned = amount.less(free);
            free = free.less(amount);
            UnansweredRefund { refund, amount, questioned }
        });
        refunds.collect()
    }

    /// How much of what was sent back nobody has explained.
    pub(super) fn unanswered_amount(&self) -> Money {
        let amounts = self.unanswered().into_iter().map(|(_, amount)| amount);
        Money::sum(self.currency(), amounts).unwrap_or(self.cash.refunded).min(self.cash.refunded)
    }

    /// Each refund without an answer, with its amount. What the provider counts and has not reported by itself is asked about under
    /// the name of the object that counts it; an order of ours that waits for its answer may be among it, and is no question.
    fn unanswered(&self) -> Vec<(ObjectId, Money)> {
        let currency = self.currency();
        let is_answered = |refund: &ObjectId| self.refund_answers.iter().any(|answer| answer.refund == *refund);
        let is_refund =
            |object: &ObjectId| self.provider_state.0.get(object).is_some_and(|state| state.refund().is_some());
        let sum =
            |amounts: &mut dyn Iterator<Item = Money>| Money::sum(currency, amounts).unwrap_or(self.cash.received);
        let unreported = self.provider_state.fold().refunds_unreported.in_currency(currency);
        let unreported = unreported.less(sum(&mut self.own_refunds_waiting().map(|order| order.amount)));
        let counted_by = self.provider_state.0.iter().find_map(|(object, state)| match state {
            ObjectState::Intent(intent) if !intent.refunded.in_currency(currency).is_zero() => Some(object.clone()),
            ObjectState::Intent(_)
            | ObjectState::Checkout(_)
            | ObjectState::Refund(_)
            | ObjectState::Chargeback(_)
            | ObjectState::Concern(_) => None,
        });
        // What was answered before the refund itself was reported is an answer to it.
        let early = self.refund_answers.iter().filter(|answer| !is_refund(&answer.refund));
        let mut early = sum(&mut early.map(|answer| answer.amount));
        let standing = self.refunds_made_elsewhere().filter(|(object, refund)| refund.stands() && !is_answered(object));
        let standing = standing.map(|(object, refund)| (object.clone(), refund.amount.in_currency(currency)));
        let mut open = Vec::new();
        for (refund, amount) in standing.chain(counted_by.map(|object| (object, unreported))) {
            let left = amount.less(early);
            early = early.less(amount);
            if !left.is_zero() {
                open.push((refund, left));
            }
        }
        open
    }

    /// What is about to be sent back of what covers no invoice.
    pub(super) fn going_out(&self) -> Money {
        let going = self.own_refunds_waiting().filter(|order| order.takes_unapplied()).map(|order| order.amount);
        Money::sum(self.currency(), going).unwrap_or(self.cash.unapplied).min(self.cash.unapplied)
    }

    /// What single allocations gave up for good: what was sent back of them by choice, and what was credited. Refunds of the whole
    /// payment that reopen are not among it.
    pub(super) fn set_aside(&self) -> SetAside {
        let mut aside = SetAside::default();
        let answers = self.refund_answers.iter().filter_map(|answer| answer.credit.as_ref());
        let orders = self.refunds.iter().filter_map(|order| order.credit.as_ref());
        for (invoice, part) in orders.chain(answers).flat_map(|credit| &credit.parts) {
            add_part(&mut aside.credited, invoice, *part);
        }
        for order in self.refunds.iter().filter(|order| !order.takes_unapplied()) {
            let sent = self.refunded_for(&order.id).filter(|sent| !sent.is_zero());
            if let Some((invoice, sent)) = order.invoice.as_ref().zip(sent) {
                add_part(&mut aside.sent_back, invoice, sent);
            }
        }
        aside
    }
}

/// What a refund that is ordered now takes off invoices, and so would be credited: of the invoice that it names, else of what no
/// unapplied money gives, the last allocation first.
pub(super) fn parts_to_credit(
    payment: &Payment,
    amount: Money,
    invoice: Option<&InvoiceId>,
) -> Result<BTreeMap<InvoiceId, Money>, NotCredited> {
    if let Some(invoice) = invoice {
        return limited(payment, [(invoice.clone(), amount)].into());
    }
    let chosen = |invoice: &InvoiceId| {
        let waiting = payment.own_refunds_waiting().filter(|order| !order.takes_unapplied());
        let of_it = waiting.filter(|order| order.invoice.as_ref() == Some(invoice)).map(|order| order.amount);
        Money::sum(payment.currency(), of_it).unwrap_or(payment.cash.received)
    };
    let left = amount.less(payment.cash.unapplied.less(payment.going_out()));
    let rooms = payment.allocations.iter().map(|part| (&part.invoice, part.applied.less(chosen(&part.invoice))));
    limited(payment, from_the_last(rooms, left))
}

/// So much of what is there of each invoice, the last first.
pub(super) fn from_the_last<'a>(
    rooms: impl DoubleEndedIterator<Item = (&'a InvoiceId, Money)>,
    amount: Money,
) -> BTreeMap<InvoiceId, Money> {
    let (mut left, mut parts) = (amount, BTreeMap::new());
    for (invoice, room) in rooms.rev() {
        let part = room.min(left);
        left = left.less(part);
        if !part.is_zero() {
            add_part(&mut parts, invoice, part);
        }
    }
    parts
}

/// Refuses more parts than one transaction carries.
pub(super) fn limited(
    payment: &Payment,
    parts: BTreeMap<InvoiceId, Money>,
) -> Result<BTreeMap<InvoiceId, Money>, NotCredited> {
    let credited = payment.allocations.iter().filter(|part| parts.contains_key(&part.invoice));
    let days: usize = credited.map(|part| part.seen.room.days().len()).sum();
    if parts.len() > CREDITED_PER_REFUND_MAX || days > DUE_DAYS_PER_STEP {
        return Err(NotCredited { max: CREDITED_PER_REFUND_MAX });
    }
    Ok(parts)
}
