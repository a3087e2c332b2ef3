//! Steps about money: payments, and what payers, issuers, other programs and the business do with them.

use operations::{ChargeMethod, StartPayment};
use receivables::payment::{Origin, Review, ReviewKind};
use receivables::{InvoiceHead, Locale, Money as Amount, Payment, PaymentId};
use serde_json::json;

use super::{CashPart, Foreign, Runner, part, ulid};
use crate::steps::{CURRENCIES, Money, NUMBERS, Step, Verdict};
use crate::{Failure, provider};

impl Runner {
    pub(super) async fn start(&mut self, payment: usize, parts: &[(usize, i64)]) -> Result<bool, Failure> {
        let mut wanted = Vec::new();
        for (invoice, percent) in parts {
            let Some(id) = self.invoices.get(invoice) else { continue };
            let Some(found) = self.judge(self.invoice(id).await)?.flatten() else { continue };
            wanted.push((id.clone(), part(found.balance.payable(), *percent)));
        }
        let id = PaymentId::from_ulid(&ulid(4, payment)).unwrap();
        let start = StartPayment { id: id.clone(), origin: Origin::Portal, locale: Locale::English, parts: wanted };
        let started = operations::start_payment(self.context(), &self.business, start, self.world.now());
        let started = Box::pin(started).await;
        let Some(started) = self.judge(started)? else { return Ok(false) };
        self.payments.insert(payment, started.payment.id().clone());
        if started.checkout_url.contains("/dev/stripe/pay/") {
            self.pages.insert(payment, started.checkout_url);
        }
        Ok(true)
    }

    /// Charges a saved method while its owner is away; where they are needed, a page asks them.
    pub(super) async fn charge_saved(
        &mut self,
        payment: usize,
        method: usize,
        invoice: usize,
        percent: i64,
    ) -> Result<bool, Failure> {
        let Some(saved) = self.saved.get(&method) else { return Ok(false) };
        let Some(id) = self.invoices.get(&invoice) else { return Ok(false) };
        let Some(found) = self.judge(self.invoice(id).await)?.flatten() else { return Ok(false) };
        let amount = part(found.balance.payable(), percent);
        let amount = Amount::new(provider::in_ours(amount.minor(), amount.currency().code()), amount.currency());
        let wanted = ChargeMethod {
            id: PaymentId::from_ulid(&ulid(4, payment)).unwrap(),
            customer: found.customer.clone(),
            method: saved.method.parse().unwrap(),
            locale: Locale::English,
            parts: vec![(id.clone(), amount.unwrap())],
        };
        let charged = operations::charge_method(self.context(), &self.business, wanted, self.world.now());
        let charged = Box::pin(charged).await;
        let Some(charged) = self.judge(charged)? else { return Ok(false) };
        let intent = charged.payment.charge().and_then(|charge| charge.intent.as_ref());
        self.charged.extend(intent.map(|intent| (payment, intent.to_string())));
        self.payments.insert(payment, charged.payment.id().clone());
        let page = charged.page.as_ref().and_then(|page| page.checkout());
        self.pages.extend(page.map(|page| (payment, page.url.clone())));
        Ok(true)
    }

    pub(super) async fn enter(&self, payment: usize, number: usize, answers: Option<bool>) -> bool {
        let Some(page) = self.pages.get(&payment) else { return false };
        let entered = self.world.submit_hosted(page, NUMBERS[number].0).await;
        if let Some(comes) = answers {
            let answer = if comes { "complete" } else { "fail" };
            self.world.post(page, &[("authentication", answer)]).await;
        }
        entered.status.is_redirection()
    }

    pub(super) async fn look(&self, payment: usize) -> Result<bool, Failure> {
        let Some(id) = self.payments.get(&payment) else { return Ok(false) };
        let found = self.context().store.payment(&self.business.id, id).await;
        let Some(payment) = self.judge(found.map_err(Into::into))?.flatten() else { return Ok(false) };
        let polled = operations::poll_payment(self.context(), payment, self.world.now()).await;
        self.judge(polled).map(|done| done.is_some())
    }

    pub(super) async fn dispute(&self, money: Money, percent: i64, inquiry: bool) -> Result<bool, Failure> {
        let Some(charge) = self.charge(money).await else { return Ok(false) };
        let whole = charge["amount"].as_i64().unwrap();
        // The smallest amounts have no parts.
        let part = provider::in_steps(whole * percent / 100, charge["currency"].as_str().unwrap());
        let amount = if part > 0 { part } else { whole };
        let body = json!({ "charge": charge["id"], "amount": amount, "inquiry": inquiry });
        Ok(self.world.stripe_control_if("/disputes", &body).await.is_some())
    }

    /// What is lost may be a part: the rest comes back with the decision. Where the percentage is odd, some more moves.
    pub(super) async fn verdict(&self, money: Money, verdict: Verdict, percent: i64) -> Result<bool, Failure> {
        let Some(charge) = self.charge(money).await else { return Ok(false) };
        let Some(dispute) = charge["dispute"].as_str() else { return Ok(false) };
        let disputed = self.world.stripe(&format!("/disputes/{dispute}")).await;
        let inquiry = disputed["status"].as_str().unwrap().starts_with("warning_");
        let whole = disputed["amount"].as_i64().unwrap();
        let part = |percent| provider::in_steps(whole * percent / 100, charge["currency"].as_str().unwrap());
        // Of the smallest amounts a rounding may be the half.
        let mut body = json!({ "verdict": verdict.as_str() });
        if !inquiry && whole >= 10_000 && verdict != Verdict::Escalated {
            let decided = if verdict == Verdict::Lost { part(percent.clamp(30, 100)) } else { whole };
            let back = if verdict == Verdict::Lost { whole - decided } else { whole };
            let more = if percent % 2 == 1 { part(percent % 3 - 1) } else { 0 };
            let moves = [more, back].into_iter().filter(|amount| *amount != 0);
            let moves: Vec<_> = moves.map(|amount| json!({ "amount": amount })).collect();
            body["amount"] = json!(decided);
            body["moves"] = json!(moves);
        }
        Ok(self.world.stripe_control_if(&format!("/disputes/{dispute}"), &body).await.is_some())
    }

    pub(super) async fn take_elsewhere(
        &mut self,
        label: usize,
        of: Option<usize>,
        place: usize,
        minor: i64,
        with_intent: bool,
    ) -> bool {
        let amount = provider::to_stripe(minor, CURRENCIES[place].0);
        let customer = of.and_then(|of| self.customers[of].1.clone()).map(String::from);
        if with_intent && let (Some(customer), true) = (&customer, label.is_multiple_of(2)) {
            // A customer sends it by bank transfer.
            let sent = json!({ "amount": amount, "currency": CURRENCIES[place].0.to_lowercase(), "customer": customer, "funded": amount });
            let Some(sent) = self.world.stripe_control_if("/bank_transfers", &sent).await else { return false };
            let text = |name: &str| sent[name].as_str().unwrap().to_owned();
            let (anchor, charge) = (text("id").parse().unwrap(), text("latest_charge"));
            self.foreign.insert(label, Foreign { anchor, charge });
            return true;
        }
        let body = json!({ "amount": amount, "currency": CURRENCIES[place].0.to_lowercase(), "customer": customer, "with_intent": with_intent });
        let Some(taken) = self.world.stripe_control_if("/foreign_charge", &body).await else { return false };
        let text = |name: &str| taken[name].as_str().unwrap().to_owned();
        let anchor = text("id").parse().unwrap();
        let charge = if with_intent { text("latest_charge") } else { text("id") };
        self.foreign.insert(label, Foreign { anchor, charge });
        true
    }

    pub(super) async fn identify(
        &self,
        foreign: usize,
        customer: usize,
        invoice: Option<usize>,
    ) -> Result<bool, Failure> {
        let Some(money) = self.foreign.get(&foreign) else { return Ok(false) };
        let store = &self.context().store;
        let waiting = store.waiting(&self.business.id, testing::stripe(), &money.anchor).await;
        let Some(waiting) = self.judge(waiting.map_err(Into::into))?.flatten() else { return Ok(false) };
        let mut facts = receivables::provider_object::ProviderState::default();
        for report in &waiting.reports {
            facts.merge(report);
        }
        let received: Vec<Amount> = facts.fold().received.amounts().collect();
        let mut parts = Vec::new();
        if let (Some(id), Some(came)) = (invoice.and_then(|label| self.invoices.get(&label)), received.first())
            && let Some(found) = self.judge(self.invoice(id).await)?.flatten()
            && found.currency() == came.currency()
        {
            let open = found.balance.open();
            parts.push((found, open.min(*came)));
        }
        let (context, b, now) = (self.context(), &self.business.id, self.world.now());
        let identified = operations::identify(context, b, &money.anchor, &self.customers[customer].0, parts, now);
        let identified = Box::pin(identified).await;
        self.judge(identified).map(|done| done.is_some())
    }

    /// Money on invoices is taken off them first.
    pub(super) async fn hand_over(&self, money: Money, customer: usize) -> Result<bool, Failure> {
        let Some(payment) = self.payment(money).await? else { return Ok(false) };
        let (context, business, now, id) = (self.context(), &self.business, self.world.now(), payment.id());
        for part in payment.allocations().iter().filter(|part| !part.applied.is_zero()) {
            let taken = operations::unapply_cash(context, business, id, &part.invoice, None, now).await;
            if self.judge(taken)?.is_none() {
                return Ok(false);
            }
        }
        let to = context.store.customer(&business.id, &self.customers[customer].0).await;
        let Some(to) = self.judge(to.map_err(Into::into))?.flatten() else { return Ok(false) };
        let handed = operations::hand_over(context, business, id, &to, now).await;
        self.judge(handed).map(|done| done.is_some())
    }

    /// An open invoice of the payment's account: the one with a label, or the next that there is.
    async fn open_invoice(&self, of: &Payment, label: usize) -> Result<Option<InvoiceHead>, Failure> {
        let labels = self.invoices.range(label..).chain(self.invoices.range(..label));
        for (_, id) in labels {
            let Some(found) = self.judge(self.invoice(id).await)?.flatten() else { continue };
            let fits = found.customer == *of.customer() && found.currency() == of.currency();
            if fits && !found.balance.open().is_zero() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// A request of an operator about money that has come.
    pub(super) async fn operate(&self, step: &Step) -> Result<bool, Failure> {
        let (Step::Apply { money, .. }
        | Step::Unapply { money, .. }
        | Step::Move { money, .. }
        | Step::CloseReview { money }) = step
        else {
            return Ok(false);
        };
        let Some(payment) = self.payment(*money).await? else { return Ok(false) };
        let (context, business, now, id) = (self.context(), &self.business, self.world.now(), payment.id());
        let at = |place: &usize| payment.allocations().get(place % payment.allocations().len().max(1));
        let operated = match step {
            Step::Apply { invoice, percent, .. } => {
                let Some(invoice) = self.open_invoice(&payment, *invoice).await? else { return Ok(false) };
                let amount = part(payment.unapplied(), *percent).min(invoice.balance.open());
                let parts = [CashPart { invoice: invoice.id, amount }];
                operations::apply_cash(context, business, id, &parts, now).await
            }
            Step::Unapply { place, percent, .. } => {
                let Some(from) = at(place) else { return Ok(false) };
                let amount = Some(part(from.applied, *percent));
                operations::unapply_cash(context, business, id, &from.invoice, amount, now).await
            }
            Step::Move { place, invoice, percent, .. } => {
                let Some(to) = self.open_invoice(&payment, *invoice).await? else { return Ok(false) };
                let Some(from) = at(place) else { return Ok(false) };
                let amount = Some(part(from.applied, *percent).min(to.balance.open()));
                operations::move_cash(context, business, id, &from.invoice, &to.id, amount, now).await
            }
            _ => {
                let mut reviews = payment.reviews().into_iter();
                let closes = |review: &Review| review.kind != ReviewKind::ProviderRefund;
                let Some(review) = reviews.find(closes) else { return Ok(false) };
                operations::close_review(context, business, id, &review.name, now).await
            }
        };
        self.judge(operated).map(|done| done.is_some())
    }
}
