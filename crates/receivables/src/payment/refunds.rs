//! Refunds that the business asks for.
//!
//! The order is kept before the provider is asked, under an id of its own that is the idempotency key of the asking; what is sent
//! back is believed only when the provider says so.

use jiff::{SignedDuration, Timestamp};

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
    /// How much is to be sent back, in the payment's currency.
    pub amount: Money,
    /// The invoice whose allocation is to give it; none where it is taken from what is unapplied, then from the last one.
    pub invoice: Option<InvoiceId>,
    /// The reason given for it.
    pub reason: Description,
    /// The instant of the order, from which its idempotency key ages.
    pub ordered_at: Timestamp,
    /// Why the provider would not, where it said so.
    pub refused: Option<String>,
}

/// Why a refund was not ordered.
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
    /// The amount is in another currency than the payment.
    #[error("expected an amount in {expected}")]
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
}

impl RefundRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NothingReceived | Self::Unfinished(_) | Self::TooManyRefunds { .. } => None,
            Self::OtherCurrency { .. } | Self::MoreThanRefundable { .. } => Some("amount"),
            Self::NotAllocated => Some("invoice"),
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
        }
    }
}

impl Payment {
    /// What the provider sends back for an order, in the payment's currency; nothing where it failed. `None` before it has
    /// said anything.
    pub fn refunded_for(&self, order: &RefundId) -> Option<Money> {
        let mut refunds = self.provider_state.0.values().filter_map(ObjectState::refund);
        let refund = refunds.find(|refund| refund.order.as_ref() == Some(order))?;
        let amount = refund.amount.in_currency(self.currency());
        Some(if refund.stands() { amount } else { Money::zero(self.currency()) })
    }

    /// Orders that the provider has neither carried out nor refused.
    pub fn refunds_waiting(&self) -> impl Iterator<Item = &RefundOrder> {
        self.refunds.iter().filter(|order| order.refused.is_none() && self.refunded_for(&order.id).is_none())
    }

    /// When the provider is to be asked again about a refund that waits for its answer.
    pub(super) fn ask_about_refunds_at(&self, now: Timestamp) -> Option<Timestamp> {
        let waits = self.refunds_waiting().next().is_some();
        waits.then(|| now.saturating_add(ASK_AFTER).unwrap_or(Timestamp::MAX))
    }

    /// What can still be sent back: what is ours, less what was ordered and not answered yet.
    pub fn refundable(&self) -> Money {
        self.refunds_waiting().fold(self.cash(), |left, order| left.less(order.amount))
    }
}

/// Orders a refund, of the whole payment or of one allocation.
pub fn order_refund(
    before: &Payment,
    id: RefundId,
    amount: Money,
    invoice: Option<InvoiceId>,
    reason: Description,
    now: Timestamp,
) -> Result<(Payment, Decision), RefundRefusal> {
    if before.state != State::Settled {
        return Err(RefundRefusal::NothingReceived);
    }
    if before.unfinished {
        return Err(Unfinished.into());
    }
    if before.refunds.len() >= REFUNDS_PER_PAYMENT_MAX {
        return Err(RefundRefusal::TooManyRefunds { max: REFUNDS_PER_PAYMENT_MAX });
    }
    if amount.currency() != before.currency() {
        return Err(RefundRefusal::OtherCurrency { expected: before.currency() });
    }
    let refundable = match &invoice {
        Some(invoice) => {
            let allocation = before.allocations.iter().find(|allocation| allocation.invoice == *invoice);
            let allocation = allocation.ok_or(RefundRefusal::NotAllocated)?;
            let same = before.refunds_waiting().filter(|order| order.invoice.as_ref() == Some(invoice));
            same.fold(allocation.applied, |left, order| left.less(order.amount)).min(before.refundable())
        }
        None => before.refundable(),
    };
    if amount.is_zero() || refundable.checked_sub(amount).is_err() {
        return Err(RefundRefusal::MoreThanRefundable { refundable });
    }
    let mut payment = before.clone();
    payment.refunds.push(RefundOrder { id, amount, invoice, reason, ordered_at: now, refused: None });
    Ok(fold::changed(before, payment, now))
}

/// The provider would not. `None` where the order is not there, or was answered.
pub fn refund_refused(before: &Payment, id: &RefundId, why: &str, now: Timestamp) -> Option<(Payment, Decision)> {
    let waiting = before.refunds_waiting().any(|order| order.id == *id);
    let mut payment = before.clone();
    let order = payment.refunds.iter_mut().find(|order| order.id == *id && waiting)?;
    order.refused = Some(why.to_owned());
    Some(fold::changed(before, payment, now))
}
