//! What of a payment's unapplied money is paid out to its customer: by the provider, as refunds, or by the business's bank.

use jiff::Timestamp;

use super::{Payment, RefundMeaning, RefundOrder, RefundRefusal, fold};
use crate::decision::{Change, Decision};
use crate::ids::RefundId;
use crate::money::Money;
use crate::payment::REFUNDS_PER_PAYMENT_MAX;
use crate::text::Description;

/// A refund of what is free of a payment.
#[derive(Clone, Debug)]
pub struct CreditRefund {
    /// The payment as it stands.
    pub payment: Payment,
    /// Our id, the idempotency key of asking the provider.
    pub id: RefundId,
    /// How much is to be sent back.
    pub amount: Money,
}

impl Payment {
    /// What went back beyond what had come: the payer was refunded, charged back or paid as well.
    pub(crate) fn overdrawn(&self) -> Money {
        let (folded, own) = (self.provider_state.fold(), self.currency());
        let gone = [folded.refunded.in_currency(own), folded.charged_back.in_currency(own), self.cash.paid_out];
        Money::sum(own, gone).map_or(Money::zero(own), |gone| gone.less(folded.received.in_currency(own)))
    }

    /// The payment once so much of what is free was paid out by the business's bank.
    pub(crate) fn with_paid_out(&self, amount: Money, now: Timestamp) -> (Self, Decision) {
        let mut payment = self.clone();
        payment.cash.paid_out = self.cash.paid_out.checked_add(amount).unwrap_or(self.cash.received);
        payment.cash.on_account = self.cash.on_account.less(amount);
        fold::paid_out(self, payment, now)
    }

    /// The payment once so much of what was paid out was not after all. What went back meanwhile stays gone.
    pub(crate) fn with_payout_reversed(&self, amount: Money, now: Timestamp) -> (Self, Decision) {
        let mut payment = self.clone();
        payment.cash.paid_out = self.cash.paid_out.less(amount);
        payment.cash.on_account = self.cash.on_account.checked_add(amount).unwrap_or(self.cash.on_account);
        fold::paid_out(self, payment, now)
    }
}

/// Orders refunds of what is free of several payments, in one decision. Nothing moves until the provider says that they are made.
pub fn refund_credit(
    refunds: Vec<CreditRefund>,
    reason: &Description,
    now: Timestamp,
) -> Result<(Vec<Payment>, Option<Decision>), RefundRefusal> {
    let (mut after, mut decided) = (Vec::new(), None::<Decision>);
    for CreditRefund { payment: before, id, amount } in refunds {
        if before.refunds.len() >= REFUNDS_PER_PAYMENT_MAX {
            return Err(RefundRefusal::TooManyRefunds { max: REFUNDS_PER_PAYMENT_MAX });
        }
        if amount.is_zero() || before.free().checked_sub(amount).is_err() {
            return Err(RefundRefusal::MoreThanRefundable { refundable: before.free() });
        }
        let mut payment = before.clone();
        payment.refunds.push(RefundOrder {
            id,
            amount,
            invoice: None,
            // It covers no invoice, so there is none to open again.
            meaning: RefundMeaning::Reopens,
            credit: None,
            reason: reason.clone(),
            ordered_at: now,
            refused: None,
        });
        payment.version = before.version + 1;
        payment.next_poll_at = fold::next_poll(&payment, now);
        let decision = decided.take();
        let decision = decision.unwrap_or_else(|| Decision::new(before.business.clone(), before.customer.clone(), now));
        let change = Change::PaymentChanged { before: Box::new(before), after: Box::new(payment.clone()) };
        decided = Some(decision.with_change(change));
        after.push(payment);
    }
    Ok((after, decided))
}
