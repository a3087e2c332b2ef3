//! Steps about refunds: ordered here, made at the provider, and explained by a person.

use operations::{NewCreditRefund, NewOutgoingPayment, NewRefund, NewRefundAnswer, OperationError};
use receivables::business::SettingsChange;
use receivables::payment::RefundMeaning;
use receivables::{Money as Amount, OutgoingPaymentId, ProviderRefunds, RefundId};
use serde_json::json;

use super::{Runner, currency, part, ulid};
use crate::steps::{CURRENCIES, Money, Step};
use crate::{Failure, provider};

impl Runner {
    pub(super) async fn refund(&self, money: Money, percent: i64) -> Result<bool, Failure> {
        let Some(charge) = self.charge(money).await else { return Ok(false) };
        let left = charge["amount"].as_i64().unwrap() - charge["amount_refunded"].as_i64().unwrap();
        let amount = provider::in_steps(left * percent / 100, charge["currency"].as_str().unwrap());
        let fields = format!("charge={}&amount={amount}", charge["id"].as_str().unwrap());
        // Stripe may refuse: more than is left, or charged back.
        Ok(self.world.stripe_post("/refunds", &fields).await.status.is_success())
    }

    /// The business orders a refund: the order is stored, and then requested under its idempotency key.
    pub(super) async fn order_refund(&self, step: &Step) -> Result<bool, Failure> {
        let Step::OrderRefund { order, money, place, percent, meaning } = step else { return Ok(false) };
        let Some(payment) = self.payment(*money).await? else { return Ok(false) };
        let from = place.and_then(|place| payment.allocations().get(place % payment.allocations().len().max(1)));
        let most = from.map_or_else(|| payment.refundable(), |from| from.applied);
        let (minor, currency) = (part(most, *percent).minor(), payment.currency());
        let new = NewRefund {
            id: RefundId::from_ulid(&ulid(6, *order)).unwrap(),
            payment: payment.id().clone(),
            currency: None,
            amount: Amount::new(provider::in_ours(minor, currency.code()), currency).ok(),
            invoice: from.map(|from| from.invoice.clone()),
            meaning: *meaning,
            credit_note_number: None,
            reason: "Not as ordered".parse().unwrap(),
        };
        let ordered = Box::pin(operations::order_refund(self.context(), &self.business, &new, self.world.now())).await;
        self.judge(ordered).map(|done| done.is_some())
    }

    /// Credit of an account is paid out by the provider or the bank, or comes back.
    pub(super) async fn pay_out_credit(&self, step: &Step) -> Result<bool, Failure> {
        let (context, b, now) = (self.context(), &self.business, self.world.now());
        if let Step::ReversePayout { outgoing } = step {
            let id = OutgoingPaymentId::from_ulid(&ulid(8, *outgoing)).unwrap();
            let reversed = operations::reverse_outgoing_payment(context, &b.id, &id, now).await;
            return self.judge(reversed).map(|done| done.is_some());
        }
        let (Step::PayOutCredit { customer, currency: place, percent, .. }
        | Step::RefundCredit { customer, currency: place, percent, .. }) = step
        else {
            return Ok(false);
        };
        if matches!(step, Step::RefundCredit { .. }) {
            self.send_too_much(*customer, *place).await?;
        }
        let (customer, currency) = (self.customers[*customer].0.clone(), currency(*place));
        let read = context.store.unapplied_of_account(&b.id, &customer).await;
        let there = self.judge(read.map_err(OperationError::from))?.unwrap_or_default();
        let by_bank = matches!(step, Step::PayOutCredit { .. });
        let there = there.iter().filter(|cash| by_bank || cash.source.starts_with("pay_"));
        let there = there.map(|cash| cash.amount).filter(|amount| amount.currency() == currency);
        let amount = part(Amount::sum(currency, there).unwrap(), *percent);
        let reason = "They left".parse().unwrap();
        let done = match step {
            Step::PayOutCredit { outgoing, .. } => {
                let id = OutgoingPaymentId::from_ulid(&ulid(8, *outgoing)).unwrap();
                let new = NewOutgoingPayment { id, customer, amount, sent_on: None, reference: None, reason };
                operations::pay_out_credit(context, b, &new, now).await.map(|_| true)
            }
            Step::RefundCredit { order, .. } => {
                let id = RefundId::from_ulid(&ulid(6, *order)).unwrap();
                let amount = Amount::new(provider::in_ours(amount.minor(), currency.code()), currency).unwrap();
                let new = NewCreditRefund { id, customer, amount, reason };
                let refunds = Box::pin(operations::refund_account_credit(context, b, &new, now)).await;
                refunds.map(|refunds| !refunds.is_empty())
            }
            _ => Ok(false),
        };
        self.judge(done).map(|done| done == Some(true))
    }

    /// A customer whom the provider knows sends money by their bank, of which a part may be for nothing.
    async fn send_too_much(&self, customer: usize, place: usize) -> Result<(), Failure> {
        let Some(known) = &self.customers[customer].1 else { return Ok(()) };
        let code = CURRENCIES[place].0;
        let amount = provider::to_stripe(provider::in_ours(90_000, code), code);
        let currency = code.to_lowercase();
        let sent = json!({ "amount": amount, "currency": currency, "customer": known, "funded": amount });
        self.world.stripe_control_if("/bank_transfers", &sent).await;
        self.drain().await
    }

    /// Money in suspense is sent back in its own currency.
    pub(super) async fn refund_suspense(&self, order: usize, payment: usize, percent: i64) -> Result<bool, Failure> {
        let Some(payment) = self.payment(Money::Payment(payment)).await? else { return Ok(false) };
        let kept = payment.suspense().first().and_then(|kept| payment.refundable_in(kept.currency()));
        let Some(kept) = kept.filter(|kept| !kept.is_zero()) else { return Ok(false) };
        let amount = part(kept, percent);
        let new = NewRefund {
            id: RefundId::from_ulid(&ulid(6, order)).unwrap(),
            payment: payment.id().clone(),
            currency: Some(kept.currency()),
            amount: Amount::new(provider::in_ours(amount.minor(), kept.currency().code()), kept.currency()).ok(),
            invoice: None,
            meaning: RefundMeaning::Credits,
            credit_note_number: None,
            reason: "In the wrong currency".parse().unwrap(),
        };
        let ordered = Box::pin(operations::order_refund(self.context(), &self.business, &new, self.world.now())).await;
        self.judge(ordered).map(|done| done.is_some())
    }

    /// The business chooses what a refund means that is made at the provider.
    pub(super) async fn choose(&self, choice: ProviderRefunds) -> Result<bool, Failure> {
        let change = SettingsChange { provider_refunds: Some(choice), ..SettingsChange::default() };
        let (context, now) = (self.context(), self.world.now());
        let chosen = operations::change_settings(context, &self.business.id, &change, now).await;
        self.judge(chosen).map(|done| done.is_some())
    }

    /// A person explains a refund that was made at the provider.
    pub(super) async fn answer_refund(&self, money: Money, meaning: RefundMeaning) -> Result<bool, Failure> {
        let Some(payment) = self.payment(money).await? else { return Ok(false) };
        let mut open = payment.unanswered_refunds().into_iter();
        let Some(open) = open.find(|open| !open.questioned.is_zero()) else { return Ok(false) };
        let answer = NewRefundAnswer {
            payment: payment.id().clone(),
            refund: open.refund,
            meaning,
            credit_note_number: None,
            reason: "Seen in the dashboard".parse().unwrap(),
        };
        let answered = operations::answer_refund(self.context(), &self.business, &answer, self.world.now()).await;
        self.judge(answered).map(|done| done.is_some())
    }
}
