//! A payment made again of what was stored.

use jiff::Timestamp;

use super::{Instrument, Origin, Payment, PaymentCash, Progress, RefundAnswer, RefundOrder, State};
use crate::allocation::Allocation;
use crate::ids::{BusinessId, CustomerId, PaymentId};
use crate::locale::Locale;
use crate::money::Money;
use crate::provider_object::{Provider, ProviderState};

/// What was stored of a payment. The accessors of [`Payment`] say what each is.
#[expect(missing_docs, reason = "each is said at the accessor of its name")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPayment {
    pub id: PaymentId,
    pub business: BusinessId,
    pub customer: CustomerId,
    pub provider: Provider,
    pub amount: Money,
    pub allocations: Vec<Allocation>,
    pub origin: Origin,
    pub locale: Locale,
    pub started_at: Timestamp,
    pub instrument: Instrument,
    pub provider_state: ProviderState,
    pub state: State,
    pub settled_at: Option<Timestamp>,
    pub settlement_announced: bool,
    pub cash: PaymentCash,
    pub proposed: bool,
    pub unfinished: bool,
    pub refunds: Vec<RefundOrder>,
    pub refund_answers: Vec<RefundAnswer>,
    pub reviews_closed: Vec<String>,
    pub next_poll_at: Option<Timestamp>,
    pub version: u64,
}

/// Why stored amounts make no payment: the books never make such a one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Inconsistent {
    /// An amount in another currency.
    #[error("a payment has amounts in two currencies")]
    Currency,
    /// More went back, or is unapplied, than came.
    #[error("a payment has less than what went back of it, or covers no invoice")]
    Cash,
    /// It is settled without an instant, or has one and is not settled.
    #[error("a payment is settled at no instant, or has the instant and is not settled")]
    Settlement,
}

impl Payment {
    /// What is stored of it.
    pub fn into_stored(self) -> StoredPayment {
        StoredPayment {
            id: self.id,
            business: self.business,
            customer: self.customer,
            provider: self.provider,
            amount: self.amount,
            allocations: self.allocations,
            origin: self.origin,
            locale: self.locale,
            started_at: self.started_at,
            instrument: self.instrument,
            provider_state: self.provider_state,
            state: self.progress.state(),
            settled_at: self.progress.settled_at(),
            settlement_announced: self.progress.settlement_announced(),
            cash: self.cash,
            proposed: self.proposed,
            unfinished: self.unfinished,
            refunds: self.refunds,
            refund_answers: self.refund_answers,
            reviews_closed: self.reviews_closed,
            next_poll_at: self.next_poll_at,
            version: self.version,
        }
    }
}

impl StoredPayment {
    /// The payment. Refused where it is none that the books could have made.
    pub fn restore(self) -> Result<Payment, Inconsistent> {
        let currency = self.amount.currency();
        let cash = &self.cash;
        if cash.amounts().iter().any(|amount| amount.currency() != currency)
            || cash.suspense.iter().any(|amount| amount.currency() == currency)
        {
            return Err(Inconsistent::Currency);
        }
        let gone = cash.refunded.checked_add(cash.charged_back);
        if gone.and_then(|gone| cash.received.checked_sub(gone)).is_err()
            || cash.received.checked_sub(cash.unapplied).is_err()
        {
            return Err(Inconsistent::Cash);
        }
        let progress = Progress::of(self.state, self.settled_at, self.settlement_announced);
        Ok(Payment {
            id: self.id,
            business: self.business,
            customer: self.customer,
            provider: self.provider,
            amount: self.amount,
            allocations: self.allocations,
            origin: self.origin,
            locale: self.locale,
            started_at: self.started_at,
            instrument: self.instrument,
            provider_state: self.provider_state,
            progress: progress.ok_or(Inconsistent::Settlement)?,
            cash: self.cash,
            proposed: self.proposed,
            unfinished: self.unfinished,
            refunds: self.refunds,
            refund_answers: self.refund_answers,
            reviews_closed: self.reviews_closed,
            next_poll_at: self.next_poll_at,
            version: self.version,
        })
    }
}
