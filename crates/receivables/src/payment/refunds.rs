//! Refunds that the business asks for.
//!
//! The order is kept before the provider is asked, under an id of its own that is the idempotency key of the asking; what is sent
//! back is believed only when the provider says so.
//!
//! An order that credits has its credit note at once, in the same decision: the invoices stay paid, and the payment has the money
//! over that will be sent back. So what the refund means does not depend on when, and from whom, it is heard that it was made. If it
//! is not made after all, the note stands, and the money is the customer's: it goes to what they owe.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::refund_meaning::{NewCredit, NotCredited, NoteOfRefund, RefundCredit, RefundMeaning, parts_to_credit};
use super::{Payment, State, fold};
use crate::allocation::Unfinished;
use crate::currency::Currency;
use crate::decision::Decision;
use crate::ids::{InvoiceId, RefundId};
use crate::money::Money;
use crate::provider_object::ObjectState;
use crate::text::Description;

/// Refunds that may be ordered of one payment.
pub const REFUNDS_PER_PAYMENT_MAX: usize = 50;
/// How long an order waits for its answer before the provider is asked again, under the same idempotency key.
const ASK_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// What we asked the provider to send back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOrder {
    /// Our id, the idempotency key of asking the provider.
    pub id: RefundId,
    /// How much is to be sent back, in the payment's currency or that of its money in suspense.
    pub amount: Money,
    /// The invoice whose allocation is to give it; none where it is taken from what is unapplied, then from the last one.
    pub invoice: Option<InvoiceId>,
    /// What it means to the invoices that its money had covered.
    pub meaning: RefundMeaning,
    /// The credit note that was issued with the order; none where it reopens, or takes what covered nothing.
    pub credit: Option<RefundCredit>,
    /// The reason given for it.
    pub reason: Description,
    /// The instant of the order, from which its idempotency key ages.
    pub ordered_at: Timestamp,
    /// Why the provider would not, where it said so.
    pub refused: Option<String>,
}

impl RefundOrder {
    /// Whether it is taken from what covers no invoice: also what it credits covers none from then on.
    pub(super) fn takes_unapplied(&self) -> bool {
        self.invoice.is_none() || self.meaning == RefundMeaning::Credits
    }
}

/// A refund to order.
#[derive(Clone, Debug)]
pub struct RefundRequest {
    /// Our id, the idempotency key of asking the provider.
    pub id: RefundId,
    /// How much is to be sent back.
    pub amount: Money,
    /// The invoice whose allocation is to give it; none where it is taken from what is unapplied, then from the last one.
    pub invoice: Option<InvoiceId>,
    /// What it means to the invoices that its money had covered.
    pub meaning: RefundMeaning,
    /// The credit note, where it is to have one.
    pub note: NoteOfRefund,
    /// The reason given for it.
    pub reason: Description,
}

/// Why a refund was not ordered, or what it means not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefusal {
    /// No money has come.
    #[error("no money of the payment has come, so none can be sent back")]
    NothingReceived,
    /// The payment is still being applied.
    #[error(transparent)]
    Unfinished(#[from] Unfinished),
    /// Too many refunds.
    #[error("expected at most {max} refunds of one payment")]
    TooManyRefunds {
        /// The most refunds there may be.
        max: usize,
    },
    /// No money of the payment is in the currency, or money in suspense is to be taken off an invoice.
    #[error("expected an amount in {expected}, or, without an invoice, in a currency of money in suspense")]
    OtherCurrency {
        /// The currency of the payment.
        expected: Currency,
    },
    /// Nothing of the payment is applied to the invoice.
    #[error("expected an invoice to which something of it is applied")]
    NotAllocated,
    /// Nothing, or more than can be sent back.
    #[error("expected more than nothing and at most {refundable:?}, which is what can still be sent back")]
    MoreThanRefundable {
        /// What can still be sent back.
        refundable: Money,
    },
    /// Its credit note would be for too many invoices.
    #[error(transparent)]
    NotCredited(#[from] NotCredited),
    /// The number of its credit note is another's.
    #[error("expected a number that no other credit note has")]
    NumberTaken,
    /// It was said before what the refund means, and that was something else.
    #[error("it was said before that the refund {}, and that stands", meaning.as_str())]
    AlreadyAnswered {
        /// What was said.
        meaning: RefundMeaning,
    },
    /// Nobody has to say what it means: it was ordered here, it failed, or the payment has no such refund.
    #[error("expected a refund that was made at the provider, that stands, and of which nothing was said")]
    NothingToAnswer,
}

impl RefundRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NothingReceived | Self::Unfinished(_) | Self::TooManyRefunds { .. } | Self::NothingToAnswer => None,
            Self::OtherCurrency { .. } => Some("currency"),
            Self::MoreThanRefundable { .. } => Some("amount"),
            Self::NotAllocated => Some("invoice"),
            Self::NotCredited(_) | Self::AlreadyAnswered { .. } => Some("meaning"),
            Self::NumberTaken => Some("credit_note_number"),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingReceived => "nothing_received",
            Self::Unfinished(_) => Unfinished::CODE,
            Self::TooManyRefunds { .. } => "too_many_refunds",
            Self::OtherCurrency { .. } => "other_currency",
            Self::NotAllocated => "not_allocated",
            Self::MoreThanRefundable { .. } => "more_than_refundable",
            Self::NotCredited(_) => "too_many_invoices",
            Self::NumberTaken => "number_taken",
            Self::AlreadyAnswered { .. } => "already_answered",
            Self::NothingToAnswer => "nothing_to_answer",
        }
    }
}

impl Payment {
    /// What the provider sends back for an order, in the order's currency; nothing where it failed. `None` before it has
    /// said anything.
    pub fn refunded_for(&self, order: &RefundId) -> Option<Money> {
        let mut refunds = self.provider_state.0.values().filter_map(ObjectState::refund);
        let refund = refunds.find(|refund| refund.order.as_ref() == Some(order))?;
        let ordered = self.refunds.iter().find(|known| known.id == *order);
        let currency = ordered.map_or(self.currency(), |order| order.amount.currency());
        Some(if refund.stands() { refund.amount.in_currency(currency) } else { Money::zero(currency) })
    }

    /// Orders that the provider has neither carried out nor refused.
    pub fn refunds_waiting(&self) -> impl Iterator<Item = &RefundOrder> {
        self.refunds.iter().filter(|order| order.refused.is_none() && self.refunded_for(&order.id).is_none())
    }

    /// Those of them that take of the payment's own money, and not of what is in suspense.
    pub(super) fn own_refunds_waiting(&self) -> impl Iterator<Item = &RefundOrder> {
        self.refunds_waiting().filter(|order| order.amount.currency() == self.currency())
    }

    /// When the provider is to be asked again about a refund that waits for its answer.
    pub(super) fn ask_about_refunds_at(&self, now: Timestamp) -> Option<Timestamp> {
        let waits = self.refunds_waiting().next().is_some();
        waits.then(|| now.saturating_add(ASK_AFTER).unwrap_or(Timestamp::MAX))
    }

    /// What can still be sent back: what is ours, less what was ordered and not answered yet.
    pub fn refundable(&self) -> Money {
        self.own_refunds_waiting().fold(self.cash(), |left, order| left.less(order.amount))
    }

    /// The same in a currency: of what is in suspense where it is not the payment's. `None` where there is no money in it.
    pub fn refundable_in(&self, currency: Currency) -> Option<Money> {
        if currency == self.currency() {
            return Some(self.refundable());
        }
        let kept = self.suspense().iter().find(|kept| kept.currency() == currency)?;
        let waiting = self.refunds_waiting().filter(|order| order.amount.currency() == currency);
        Some(waiting.fold(*kept, |left, order| left.less(order.amount)))
    }
}

/// Orders a refund, of the whole payment or of one allocation. One that credits issues its credit note with it, for what the money
/// covers now. Money in suspense is sent back in its own currency: it covers nothing, and the account is not touched.
pub fn order_refund(
    before: &Payment,
    request: RefundRequest,
    now: Timestamp,
) -> Result<(Payment, Decision), RefundRefusal> {
    let RefundRequest { id, amount, invoice, meaning, note, reason } = request;
    check_order(before, amount, invoice.as_ref())?;
    let parts = match meaning {
        RefundMeaning::Credits if amount.currency() != before.currency() => BTreeMap::new(),
        RefundMeaning::Credits => parts_to_credit(before, amount, invoice.as_ref())?,
        RefundMeaning::Reopens => BTreeMap::new(),
    };
    let credit = (!parts.is_empty()).then(|| RefundCredit { note: note.id.clone(), parts: parts.clone() });
    let new = credit.as_ref().map(|_| NewCredit { note, parts });
    let mut payment = before.clone();
    payment.refunds.push(RefundOrder { id, amount, invoice, meaning, credit, reason, ordered_at: now, refused: None });
    Ok(match new {
        Some(new) => {
            // What is about to be sent back is not placed again.
            let freed = Money::sum(before.currency(), new.parts.values().copied()).unwrap_or(amount);
            payment.cash.on_account = before.cash.on_account.checked_add(freed).unwrap_or(before.cash.on_account);
            fold::credited(before, payment, &new, now)
        }
        None => fold::changed(before, payment, now),
    })
}

fn check_order(before: &Payment, amount: Money, invoice: Option<&InvoiceId>) -> Result<(), RefundRefusal> {
    if before.state() != State::Settled {
        return Err(RefundRefusal::NothingReceived);
    }
    if before.unfinished {
        return Err(Unfinished.into());
    }
    if before.refunds.len() >= REFUNDS_PER_PAYMENT_MAX {
        return Err(RefundRefusal::TooManyRefunds { max: REFUNDS_PER_PAYMENT_MAX });
    }
    let other = RefundRefusal::OtherCurrency { expected: before.currency() };
    if amount.currency() != before.currency() && invoice.is_some() {
        return Err(other);
    }
    let there = before.refundable_in(amount.currency()).ok_or(other)?;
    let refundable = match invoice {
        Some(invoice) => {
            let allocation = before.allocations.iter().find(|allocation| allocation.invoice == *invoice);
            let allocation = allocation.ok_or(RefundRefusal::NotAllocated)?;
            let waiting = before.own_refunds_waiting().filter(|order| !order.takes_unapplied());
            let same = waiting.filter(|order| order.invoice.as_ref() == Some(invoice));
            same.fold(allocation.applied, |left, order| left.less(order.amount)).min(there)
        }
        None => there,
    };
    if amount.is_zero() || refundable.checked_sub(amount).is_err() {
        return Err(RefundRefusal::MoreThanRefundable { refundable });
    }
    Ok(())
}

/// The provider would not. `None` where the order is not there, or was answered.
pub fn refund_refused(before: &Payment, id: &RefundId, why: &str, now: Timestamp) -> Option<(Payment, Decision)> {
    let waiting = before.refunds_waiting().any(|order| order.id == *id);
    let mut payment = before.clone();
    let order = payment.refunds.iter_mut().find(|order| order.id == *id && waiting)?;
    order.refused = Some(why.to_owned());
    Some(fold::changed(before, payment, now))
}
