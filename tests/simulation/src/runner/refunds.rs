//! Steps about refunds: ordered here, made at the provider, and explained by a person.

use operations::{NewRefund, NewRefundAnswer};
use receivables::business::SettingsChange;
use receivables::payment::RefundMeaning;
use receivables::{Money as Amount, ProviderRefunds, RefundId};

use super::{Runner, part, ulid};
use crate::steps::{Money, Step};
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
            amount: Amount::new(provider::in_ours(minor, currency.code()), currency).ok(),
            invoice: from.map(|from| from.invoice.clone()),
            meaning: *meaning,
            credit_note_number: None,
            reason: "Not as ordered".parse().unwrap(),
        };
        let ordered = operations::order_refund(self.context(), &self.business, &new, self.world.now()).await;
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
