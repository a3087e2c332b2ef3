//! Playing a story: each step carried out on a world, by the verbs and by the provider's own doors.
//!
//! What a step may come to: done, refused by the books, or lost because the world is broken just then. Anything else fails the
//! world.

#![expect(clippy::wildcard_enum_match_arm, reason = "each part of a play knows its own steps")]

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use operations::{CashPart, NewCreditNote, OperationError, StartPayment};
use receivables::calendar::days_after;
use receivables::customer::Profile;
use receivables::invoice::{Draft, DraftLine};
use receivables::payment::Origin;
use receivables::{
    Business, CreditNoteId, Currency, CustomerId, InvoiceId, Locale, Money as Amount, ObjectId, PayLinkId, Payment,
    PaymentId, Provider, RefundId, payment,
};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::random::Random;
use super::story::{CURRENCIES, CUSTOMERS, Money, NUMBERS, Step, Verdict};
use super::{Failure, provider};
use crate::World;

/// Calls that a story loses in a row, at most.
const LOST_IN_A_ROW_MAX: usize = 5;

/// Rounds in which a world must have settled.
const SETTLING_ROUNDS_MAX: usize = 60;

/// A world in which a story is played.
pub(super) struct Play {
    pub(super) world: World,
    pub(super) business: Business,
    customers: Vec<(CustomerId, Option<ObjectId>)>,
    invoices: BTreeMap<usize, InvoiceId>,
    payments: BTreeMap<usize, PaymentId>,
    pages: BTreeMap<usize, String>,
    foreign: BTreeMap<usize, Foreign>,
    notes: BTreeMap<usize, CreditNoteId>,
    /// Something was broken at some time, so that a mail may be missing.
    pub(super) crashed: bool,
    /// The next step happens while the workers are at it.
    meanwhile: bool,
    /// Events that a sweep has brought already.
    swept: BTreeSet<String>,
}

struct Foreign {
    anchor: ObjectId,
    charge: String,
}

/// An id of a label: the same in every world, so that a story with a step less is the same story.
fn ulid(kind: usize, label: usize) -> String {
    format!("01KJPQAMW0{kind:04}{label:012}")
}

fn currency(place: usize) -> Currency {
    CURRENCIES[place].0.parse().expect("a currency")
}

/// A part of an amount, of at least one unit.
fn part(of: Amount, percent: i64) -> Amount {
    let minor = (i128::from(of.minor()) * i128::from(percent) / 100).max(1);
    Amount::new(i64::try_from(minor).unwrap(), of.currency()).unwrap()
}

impl Play {
    pub(super) async fn begin(seed: u64) -> Self {
        let world = World::seeded(&seed.to_be_bytes()).await;
        world.calls.give_up_at_once();
        let (rooms, now) = (&world.local.state.rooms, world.now());
        let mut business = rooms.store.business(&world.local.business).await.unwrap().unwrap();
        let tolerance = |place| (currency(place), Amount::new(50_000, currency(place)).unwrap());
        business.write_off_tolerances = (0..CURRENCIES.len()).map(tolerance).collect();
        rooms.store.put_business(&business).await.expect("the business");
        let mut customers = Vec::new();
        for number in 0..CUSTOMERS {
            let stripe_id = match number {
                0 | 1 => {
                    let made = world.stripe_post("/customers", &format!("name=Customer+{number}")).await.json();
                    Some(made["id"].as_str().expect("a customer").parse().unwrap())
                }
                _ => None,
            };
            let profile = Profile {
                external_id: None,
                name: format!("Customer {number}").parse().unwrap(),
                email: Some(format!("customer-{number}@example.com").parse().unwrap()),
                locale: Some(Locale::English),
                stripe_id: stripe_id.clone(),
            };
            let id = CustomerId::from_ulid(&ulid(1, number)).unwrap();
            operations::register_customer(rooms, &business, id.clone(), profile, now).await.expect("a customer");
            customers.push((id, stripe_id));
        }
        let (invoices, payments, pages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (foreign, notes) = (BTreeMap::new(), BTreeMap::new());
        Self {
            world,
            business,
            customers,
            invoices,
            payments,
            pages,
            foreign,
            notes,
            crashed: false,
            meanwhile: false,
            swept: BTreeSet::new(),
        }
    }

    pub(super) fn rooms(&self) -> &operations::Rooms {
        &self.world.local.state.rooms
    }

    /// A refusal is an answer, and so is a loss while calls are being broken.
    fn judge<T>(&self, outcome: Result<T, OperationError>) -> Result<Option<T>, Failure> {
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(OperationError::Refused(_) | OperationError::NotFound | OperationError::ProviderRefused { .. }) => {
                Ok(None)
            }
            Err(OperationError::Unavailable(_)) if self.crashed => Ok(None),
            Err(error) => Err(Failure::new("a verb failed", error)),
        }
    }

    /// Carries out one step: by itself, or while the workers do what they can.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        let meanwhile = std::mem::replace(&mut self.meanwhile, *step == Step::Meanwhile);
        match step {
            Step::Invoice { invoice, customer, currency, minor, due_in } => {
                self.issue(*invoice, *customer, *currency, *minor, *due_in).await
            }
            Step::Start { payment, parts } => Box::pin(self.start(*payment, parts)).await,
            Step::Foreign { foreign, customer, currency, minor, with_intent } => {
                self.take_elsewhere(*foreign, *customer, *currency, *minor, *with_intent).await;
                Ok(())
            }
            Step::Credit { note, customer, currency, minor, invoice } => {
                self.credit(*note, *customer, *currency, *minor, *invoice).await
            }
            Step::Crash { after, calls, carried_out } => {
                self.crashed = true;
                self.world.calls.break_after(*after, *calls, *carried_out);
                Ok(())
            }
            Step::Sweep => self.sweep().await,
            _ if meanwhile => {
                let (acted, settled) = futures::join!(Box::pin(self.act(step)), self.settle());
                acted.and(settled)
            }
            _ => Box::pin(self.act(step)).await,
        }
    }

    /// The steps that leave nothing to remember.
    async fn act(&self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Enter { payment, number, answers } => {
                self.enter(*payment, NUMBERS[*number].0, *answers).await;
                Ok(())
            }
            Step::Look { payment } => self.look(*payment).await,
            Step::Refund { money, percent } => self.refund(*money, *percent).await,
            Step::OrderRefund { order, money, place, percent } => {
                self.order_refund(*order, *money, *place, *percent).await
            }
            Step::Dispute { money, percent, inquiry } => self.dispute(*money, *percent, *inquiry).await,
            Step::Verdict { money, verdict } => self.verdict(*money, *verdict).await,
            Step::Identify { foreign, customer, invoice } => {
                Box::pin(self.identify(*foreign, *customer, *invoice)).await
            }
            Step::ApplyCredit { .. } | Step::UnapplyCredit { .. } => self.move_credit(step).await,
            Step::WriteOff { invoice } | Step::TakeBack { invoice } => {
                let Some(id) = self.invoices.get(invoice) else { return Ok(()) };
                let (rooms, business, now) = (self.rooms(), &self.business, self.world.now());
                let written = match step {
                    Step::WriteOff { .. } => operations::write_off(rooms, business, id, now).await,
                    _ => operations::take_back_write_off(rooms, business, id, now).await,
                };
                self.judge(written).map(|_| ())
            }
            Step::Apply { .. } | Step::Unapply { .. } | Step::Move { .. } | Step::CloseReview { .. } => {
                self.operate(step).await
            }
            Step::Advance { minutes } => {
                self.world.advance(SignedDuration::from_mins(*minutes));
                Ok(())
            }
            Step::Settle => self.settle().await,
            Step::Chaos { duplicate, drop, delay_ms, reorder } => {
                let seed = self.world.now().as_second();
                let late = json!({ "delay_ms_max": delay_ms, "reorder": reorder, "seed": seed });
                let mut switch = json!({ "duplicate": duplicate, "drop": drop });
                switch.as_object_mut().unwrap().extend(late.as_object().unwrap().clone());
                self.world.chaos(switch).await;
                Ok(())
            }
            Step::Rivals { pick } => self.rivals(*pick).await,
            Step::Older { older } => {
                self.world.stripe_control("/shape", &json!({ "older": older })).await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Does all that can be done now: webhooks, streams, and what is due where time went by.
    pub(super) async fn settle(&self) -> Result<(), Failure> {
        let failed = |error: String| Failure::new("not settled", error);
        let mut lost = 0;
        for _ in 0..SETTLING_ROUNDS_MAX {
            let sent = self.world.local.sandbox.deliver_due().await;
            self.world.local.drain().await.map_err(failed)?;
            let due = match operations::run_due(self.rooms(), self.world.now()).await {
                Ok(due) => due.done + due.taken,
                // The timer's own reading of the list may be what was lost, and it comes again.
                Err(_) if self.crashed && lost < LOST_IN_A_ROW_MAX => {
                    lost += 1;
                    continue;
                }
                Err(error) => return Err(failed(error.to_string())),
            };
            if sent + due == 0 {
                return Ok(());
            }
        }
        Err(failed("something is always left".to_owned()))
    }

    async fn issue(
        &mut self,
        invoice: usize,
        customer: usize,
        place: usize,
        minor: i64,
        due_in: u16,
    ) -> Result<(), Failure> {
        let currency = currency(place);
        let today = self.business.time_zone.date_at(self.world.now());
        let draft = Draft {
            external_id: None,
            number: format!("F-{invoice}").parse().unwrap(),
            currency,
            purchase_order: None,
            issued_on: today,
            due_on: days_after(today, due_in),
            lines: vec![DraftLine {
                description: "Work".parse().unwrap(),
                quantity: Decimal::ONE,
                unit_price: Amount::new(minor, currency).unwrap(),
                tax_rate: Decimal::ZERO,
            }],
        };
        let id = InvoiceId::from_ulid(&ulid(2, invoice)).unwrap();
        let link = PayLinkId::from_ulid(&ulid(3, invoice)).unwrap();
        let (business, now) = (&self.business, self.world.now());
        let customer = &self.customers[customer].0;
        let issued = operations::issue_invoice(self.rooms(), business, id.clone(), link, customer, draft, now).await;
        self.judge(issued)?;
        self.invoices.insert(invoice, id);
        Ok(())
    }

    async fn start(&mut self, payment: usize, parts: &[(usize, i64)]) -> Result<(), Failure> {
        let mut asked = Vec::new();
        for (invoice, percent) in parts {
            let Some(id) = self.invoices.get(invoice) else { continue };
            let Some(held) = self.judge(self.invoice(id).await)?.flatten() else { continue };
            asked.push((id.clone(), part(held.standing.payable(), *percent)));
        }
        let id = PaymentId::from_ulid(&ulid(4, payment)).unwrap();
        let start = StartPayment { id: id.clone(), origin: Origin::Portal, locale: Locale::English, parts: asked };
        let started = operations::start_payment(self.rooms(), &self.business, start, self.world.now());
        let started = Box::pin(started).await;
        if let Some(started) = self.judge(started)? {
            self.payments.insert(payment, started.payment.id);
            if started.checkout_url.contains("/dev/stripe/pay/") {
                self.pages.insert(payment, started.checkout_url);
            }
        }
        Ok(())
    }

    async fn invoice(&self, id: &InvoiceId) -> Result<Option<receivables::Invoice>, OperationError> {
        Ok(self.rooms().store.invoice(&self.business.id, id).await?)
    }

    async fn enter(&self, payment: usize, number: &str, answers: Option<bool>) {
        let Some(page) = self.pages.get(&payment) else { return };
        self.world.submit_hosted(page, number).await;
        if let Some(comes) = answers {
            let answer = if comes { "complete" } else { "fail" };
            self.world.post(page, &[("authentication", answer)]).await;
        }
    }

    async fn look(&self, payment: usize) -> Result<(), Failure> {
        let Some(id) = self.payments.get(&payment) else { return Ok(()) };
        let looked = operations::look_at_payment(self.rooms(), &self.business, id, self.world.now()).await;
        self.judge(looked).map(|_| ())
    }

    /// The charge that took the money, if one did.
    async fn charge(&self, money: Money) -> Option<Value> {
        let charge = match money {
            Money::Foreign(label) => self.foreign.get(&label)?.charge.clone(),
            Money::Payment(label) => {
                let session = self.pages.get(&label)?.rsplit('/').next()?;
                let session = self.world.stripe(&format!("/checkout/sessions/{session}")).await;
                let intent =
                    self.world.stripe(&format!("/payment_intents/{}", session["payment_intent"].as_str()?)).await;
                intent["latest_charge"].as_str()?.to_owned()
            }
        };
        let charge = self.world.stripe(&format!("/charges/{charge}")).await;
        (charge["paid"] == true).then_some(charge)
    }

    async fn refund(&self, money: Money, percent: i64) -> Result<(), Failure> {
        let Some(charge) = self.charge(money).await else { return Ok(()) };
        let left = charge["amount"].as_i64().unwrap() - charge["amount_refunded"].as_i64().unwrap();
        let amount = provider::in_steps(left * percent / 100, charge["currency"].as_str().unwrap());
        let fields = format!("charge={}&amount={amount}", charge["id"].as_str().unwrap());
        // Stripe may say no: more than is left, or charged back.
        self.world.stripe_post("/refunds", &fields).await;
        Ok(())
    }

    /// The business orders a refund: the order is kept, and then asked for under its name.
    async fn order_refund(
        &self,
        order: usize,
        money: Money,
        place: Option<usize>,
        percent: i64,
    ) -> Result<(), Failure> {
        let (Some(payment), Some(charge)) = (self.payment(money).await?, self.charge(money).await) else {
            return Ok(());
        };
        let from = place.and_then(|place| payment.allocations.get(place % payment.allocations.len().max(1)));
        let most = from.map_or_else(|| payment.refundable(), |from| from.applied);
        let (minor, currency) = (part(most, percent).minor(), payment.currency());
        let amount = Amount::new(provider::in_ours(minor, currency.code()), currency).unwrap();
        let id = RefundId::from_ulid(&ulid(6, order)).unwrap();
        let (invoice, why) = (from.map(|from| from.invoice.clone()), "Not as ordered".parse().unwrap());
        let now = self.world.now();
        let Ok((_, decision)) = payment::order_refund(&payment, id.clone(), amount, invoice, why, now) else {
            return Ok(());
        };
        let also = store::Also::default();
        let kept = self.rooms().store.commit(&decision, &also).await.map_err(OperationError::from);
        if self.judge(kept)? != Some(store::Commitment::Committed) {
            return Ok(());
        }
        let fields = format!(
            "charge={}&amount={}&metadata[guichet_refund]={id}&metadata[guichet_payment]={}&metadata[guichet_business]={}",
            charge["id"].as_str().unwrap(),
            provider::to_stripe(amount.minor(), currency.code()),
            payment.id,
            payment.business
        );
        let answer = self.world.stripe_post("/refunds", &fields).await;
        let after = self.payment(money).await?;
        if !answer.status.is_success()
            && let Some(after) = after
            && let Some((_, decision)) = payment::refund_refused(&after, &id, "refused", now)
        {
            let told = self.rooms().store.commit(&decision, &also).await.map_err(OperationError::from);
            self.judge(told)?;
        }
        Ok(())
    }

    async fn dispute(&self, money: Money, percent: i64, inquiry: bool) -> Result<(), Failure> {
        let Some(charge) = self.charge(money).await else { return Ok(()) };
        let amount = (charge["amount"].as_i64().unwrap() * percent / 100).max(1);
        let amount = provider::in_steps(amount, charge["currency"].as_str().unwrap()).max(1);
        let body = json!({ "charge": charge["id"], "amount": amount, "inquiry": inquiry });
        self.world.stripe_control_if("/disputes", &body).await;
        Ok(())
    }

    async fn verdict(&self, money: Money, verdict: Verdict) -> Result<(), Failure> {
        let Some(charge) = self.charge(money).await else { return Ok(()) };
        let Some(dispute) = charge["dispute"].as_str() else { return Ok(()) };
        let body = json!({ "verdict": verdict.as_str() });
        self.world.stripe_control_if(&format!("/disputes/{dispute}"), &body).await;
        Ok(())
    }

    async fn take_elsewhere(&mut self, label: usize, of: Option<usize>, place: usize, minor: i64, with_intent: bool) {
        let amount = provider::to_stripe(minor, CURRENCIES[place].0);
        let customer = of.and_then(|of| self.customers[of].1.clone()).map(String::from);
        let body = json!({ "amount": amount, "currency": CURRENCIES[place].0.to_lowercase(), "customer": customer, "with_intent": with_intent });
        let Some(taken) = self.world.stripe_control_if("/foreign_charge", &body).await else { return };
        let text = |name: &str| taken[name].as_str().unwrap().to_owned();
        let anchor = text("id").parse().unwrap();
        let charge = if with_intent { text("latest_charge") } else { text("id") };
        self.foreign.insert(label, Foreign { anchor, charge });
    }

    async fn identify(&self, foreign: usize, customer: usize, invoice: Option<usize>) -> Result<(), Failure> {
        let Some(money) = self.foreign.get(&foreign) else { return Ok(()) };
        let store = &self.rooms().store;
        let waiting = store.waiting(&self.business.id, Provider::Stripe, &money.anchor).await;
        let Some(waiting) = self.judge(waiting.map_err(Into::into))?.flatten() else { return Ok(()) };
        let mut facts = receivables::provider_fact::Facts::default();
        for report in &waiting.reports {
            facts.hear(report);
        }
        let received: Vec<Amount> = facts.fold().received.amounts().collect();
        let mut parts = Vec::new();
        if let (Some(id), Some(came)) = (invoice.and_then(|label| self.invoices.get(&label)), received.first())
            && let Some(held) = self.judge(self.invoice(id).await)?.flatten()
            && held.currency() == came.currency()
        {
            let open = held.standing.open();
            parts.push((held, open.at_most(*came)));
        }
        let (rooms, b, now) = (self.rooms(), &self.business.id, self.world.now());
        let identified = operations::identify(rooms, b, &money.anchor, &self.customers[customer].0, parts, now);
        let identified = Box::pin(identified).await;
        self.judge(identified).map(|_| ())
    }

    async fn credit(
        &mut self,
        note: usize,
        customer: usize,
        place: usize,
        minor: i64,
        invoice: Option<usize>,
    ) -> Result<(), Failure> {
        let amount = Amount::new(minor, currency(place)).unwrap();
        let mut parts = Vec::new();
        if let Some(id) = invoice.and_then(|label| self.invoices.get(&label))
            && let Some(held) = self.judge(self.invoice(id).await)?.flatten()
        {
            parts.push(CashPart { invoice: id.clone(), amount: held.standing.open().at_most(amount) });
        }
        let id = CreditNoteId::from_ulid(&ulid(5, note)).unwrap();
        let new = NewCreditNote {
            id: id.clone(),
            customer: self.customers[customer].0.clone(),
            number: format!("N-{note}").parse().unwrap(),
            amount,
            reason: "Returned goods".parse().unwrap(),
            issued_on: self.business.time_zone.date_at(self.world.now()),
            parts,
        };
        let issued = operations::issue_credit_note(self.rooms(), &self.business, new, self.world.now()).await;
        self.judge(issued)?;
        self.notes.insert(note, id);
        Ok(())
    }

    async fn move_credit(&self, step: &Step) -> Result<(), Failure> {
        let (rooms, business, now) = (self.rooms(), &self.business, self.world.now());
        let (Step::ApplyCredit { note, .. } | Step::UnapplyCredit { note, .. }) = step else { return Ok(()) };
        let Some(id) = self.notes.get(note) else { return Ok(()) };
        let held = rooms.store.credit_note(&business.id, id).await.map_err(OperationError::from);
        let Some(held) = self.judge(held)?.flatten() else { return Ok(()) };
        let moved = match step {
            Step::ApplyCredit { invoice, percent, .. } => {
                let Some(invoice) = self.invoices.get(invoice) else { return Ok(()) };
                let parts = [CashPart { invoice: invoice.clone(), amount: part(held.unapplied, *percent) }];
                operations::apply_credit_note(rooms, business, id, &parts, now).await
            }
            Step::UnapplyCredit { percent, .. } => {
                let Some(first) = held.allocations.first() else { return Ok(()) };
                let amount = Some(part(first.applied, *percent));
                operations::unapply_credit_note(rooms, business, id, &first.invoice, amount, now).await
            }
            _ => return Ok(()),
        };
        self.judge(moved).map(|_| ())
    }

    /// The payment in which money is, where it is in one.
    async fn payment(&self, money: Money) -> Result<Option<Payment>, Failure> {
        let store = &self.rooms().store;
        let id = match money {
            Money::Payment(label) => self.payments.get(&label).cloned(),
            Money::Foreign(label) => match self.foreign.get(&label) {
                Some(foreign) => {
                    let found = store.payment_of_object(&self.business.id, Provider::Stripe, &foreign.anchor).await;
                    self.judge(found.map_err(Into::into))?.flatten()
                }
                None => None,
            },
        };
        let Some(id) = id else { return Ok(None) };
        let payment = store.payment(&self.business.id, &id).await;
        Ok(self.judge(payment.map_err(Into::into))?.flatten())
    }

    /// What an operator does with money that has come.
    async fn operate(&self, step: &Step) -> Result<(), Failure> {
        let (Step::Apply { money, .. }
        | Step::Unapply { money, .. }
        | Step::Move { money, .. }
        | Step::CloseReview { money }) = step
        else {
            return Ok(());
        };
        let Some(payment) = self.payment(*money).await? else { return Ok(()) };
        let (rooms, business, now, id) = (self.rooms(), &self.business, self.world.now(), &payment.id);
        let at = |place: &usize| payment.allocations.get(place % payment.allocations.len().max(1));
        let operated = match step {
            Step::Apply { invoice, percent, .. } => {
                let Some(invoice) = self.invoices.get(invoice) else { return Ok(()) };
                let parts = [CashPart { invoice: invoice.clone(), amount: part(payment.unapplied, *percent) }];
                operations::apply_cash(rooms, business, id, &parts, now).await
            }
            Step::Unapply { place, percent, .. } => {
                let Some(from) = at(place) else { return Ok(()) };
                let amount = Some(part(from.applied, *percent));
                operations::unapply_cash(rooms, business, id, &from.invoice, amount, now).await
            }
            Step::Move { place, invoice, percent, .. } => {
                let (Some(from), Some(to)) = (at(place), self.invoices.get(invoice)) else { return Ok(()) };
                let amount = Some(part(from.applied, *percent));
                operations::move_cash(rooms, business, id, &from.invoice, to, amount, now).await
            }
            _ => {
                let Some(review) = payment.reviews().into_iter().next() else { return Ok(()) };
                operations::close_review(rooms, business, id, &review.name, now).await
            }
        };
        self.judge(operated).map(|_| ())
    }

    /// What the nightly sweep of the provider's list of events does: every event once more, by the front door.
    pub(super) async fn sweep(&mut self) -> Result<(), Failure> {
        for event in provider::events(&self.world).await {
            let id = event["id"].as_str().unwrap().to_owned();
            if self.swept.contains(&id) {
                continue;
            }
            let answer = self.world.webhook(&event.to_string()).await;
            let lost = self.crashed && answer.status == reqwest::StatusCode::SERVICE_UNAVAILABLE;
            if answer.status.is_success() {
                self.swept.insert(id);
            } else if !lost {
                return Err(Failure::new("an event was not taken", answer.text));
            }
        }
        Ok(())
    }

    /// Two workers apply the same events side by side, while the streams' own do as well.
    async fn rivals(&self, pick: u64) -> Result<(), Failure> {
        let mut random = Random::new(pick);
        let mut events = provider::events(&self.world).await;
        random.shuffle(&mut events);
        events.truncate(random.below(7) + 1);
        for event in &events {
            self.world.webhook(&event.to_string()).await;
        }
        let received: Vec<store::ReceivedEvent> =
            events.iter().map(|event| provider::received(&self.world, event)).collect();
        let now = self.world.now();
        let twice = received.iter().chain(&received);
        let applied = twice.map(|event| operations::apply_provider_event(self.rooms(), event, now));
        for outcome in futures::future::join_all(applied).await {
            match outcome {
                // Who comes last too often is tried again by the stream.
                Err(OperationError::Conflict) => {}
                outcome => drop(self.judge(outcome)?),
            }
        }
        Ok(())
    }
}
