//! The runner: carries out each step in a world, by the verbs and by the provider's own interfaces.
//!
//! A step may be done, refused by the books, or lost because the world is broken at that moment. Anything else fails the world.

#![expect(clippy::wildcard_enum_match_arm, reason = "each part of a play knows its own steps")]

use std::cell::RefCell;
use std::collections::BTreeMap;

use jiff::SignedDuration;
use local_aws::streams::faults::Disorder;
use operations::{CashPart, OperationError};
use receivables::customer::Profile;
use receivables::{
    Business, CreditNoteId, Currency, CustomerId, InvoiceId, Locale, Money as Amount, ObjectId, Payment, PaymentId,
};
use serde_json::{Value, json};

use super::Failure;
use super::coverage::Coverage;
use super::steps::{CURRENCIES, CUSTOMERS, Money, Step};
use testing::World;

mod bank;
mod faults;
mod money;
mod owed;
mod refunds;
mod trouble;

/// The most calls that may be lost in a row.
const LOST_IN_A_ROW_MAX: usize = 16;

/// Rounds after which a world must be idle.
const DRAIN_ROUNDS_MAX: usize = 60;

/// A world in which steps are carried out.
pub(super) struct Runner {
    pub(super) world: World,
    pub(super) business: Business,
    customers: Vec<(CustomerId, Option<ObjectId>)>,
    invoices: BTreeMap<usize, InvoiceId>,
    payments: BTreeMap<usize, PaymentId>,
    pages: BTreeMap<usize, String>,
    saved: BTreeMap<usize, bank::SavedMethod>,
    /// The provider's record of each payment that charged a saved method, if it is known.
    charged: BTreeMap<usize, String>,
    foreign: BTreeMap<usize, Foreign>,
    notes: BTreeMap<usize, CreditNoteId>,
    /// Calls were lost at some time, so that a mail's fate may be unknown.
    pub(super) crashed: bool,
    /// Something did not answer at some time, so that a verb may have failed.
    pub(super) shaken: bool,
    /// Which steps had an effect.
    pub(super) coverage: RefCell<Coverage>,
    /// The next step runs while the workers run.
    meanwhile: bool,
    /// How the streams' deliveries go wrong.
    disorder: Disorder,
}

struct Foreign {
    anchor: ObjectId,
    charge: String,
}

/// An id for a label: the same in every world, so that leaving a step out leaves the others as they are.
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

impl Runner {
    pub(super) async fn begin(seed: u64) -> Self {
        let world = World::seeded(&seed.to_be_bytes()).await;
        world.calls.give_up_at_once();
        let (context, now) = (&world.local.state.context, world.now());
        let mut business = context.store.business(&world.local.business).await.unwrap().unwrap();
        let tolerance = |place| (currency(place), Amount::new(50_000, currency(place)).unwrap());
        business.write_off_tolerances = (0..CURRENCIES.len()).map(tolerance).collect();
        context.store.put_business(&business).await.expect("the business");
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
                provider_ids: stripe_id.iter().map(|id: &ObjectId| (testing::stripe(), id.clone())).collect(),
            };
            let id = CustomerId::from_ulid(&ulid(1, number)).unwrap();
            operations::register_customer(context, &business, id.clone(), profile, now).await.expect("a customer");
            customers.push((id, stripe_id));
        }
        let (invoices, payments, pages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (foreign, notes) = (BTreeMap::new(), BTreeMap::new());
        let runner = Self {
            world,
            business,
            customers,
            invoices,
            payments,
            pages,
            saved: BTreeMap::new(),
            charged: BTreeMap::new(),
            foreign,
            notes,
            crashed: false,
            shaken: false,
            coverage: RefCell::default(),
            meanwhile: false,
            disorder: Disorder::default(),
        };
        runner.seed_faults(seed);
        runner
    }

    pub(super) fn context(&self) -> &operations::Context {
        &self.world.local.state.context
    }

    /// A refusal is a valid answer, and so is a loss while calls are being broken.
    fn judge<T>(&self, outcome: Result<T, OperationError>) -> Result<Option<T>, Failure> {
        match outcome {
            Ok(done) => Ok(Some(done)),
            Err(
                OperationError::Refused(_)
                | OperationError::NotFound
                | OperationError::PayerMustChange { .. }
                | OperationError::ProviderRefused { .. },
            ) => Ok(None),
            Err(
                OperationError::TablesUnavailable(_)
                | OperationError::Unavailable(_)
                | OperationError::Misconfigured(_),
            ) if self.shaken => Ok(None),
            Err(error) => Err(Failure::new("a verb failed", error)),
        }
    }

    /// Carries out one step: by itself, or while the workers do what they can.
    pub(super) async fn step(&mut self, step: &Step) -> Result<(), Failure> {
        let meanwhile = std::mem::replace(&mut self.meanwhile, *step == Step::Meanwhile);
        let happened = match step {
            Step::Invoice { invoice, customer, currency, minor, due_in } => {
                self.issue(*invoice, *customer, *currency, *minor, *due_in).await?
            }
            Step::Start { payment, parts } => Box::pin(self.start(*payment, parts)).await?,
            Step::Charge { payment, method, invoice, percent } => {
                Box::pin(self.charge_saved(*payment, *method, *invoice, *percent)).await?
            }
            Step::Foreign { foreign, customer, currency, minor, with_intent } => {
                self.take_elsewhere(*foreign, *customer, *currency, *minor, *with_intent).await
            }
            Step::Credit { note, customer, currency, minor, invoice } => {
                self.credit(*note, *customer, *currency, *minor, *invoice).await?
            }
            Step::Crash { .. } | Step::Chaos { .. } | Step::Outage { .. } => self.trouble(step).await,
            Step::Fault(fault) => Box::pin(self.fault(fault)).await?,
            Step::Save { method, customer, debit } => self.save(*method, *customer, *debit).await,
            _ if meanwhile => {
                let (acted, drained) = futures::join!(Box::pin(self.act(step)), self.drain());
                drained?;
                let acted = acted?;
                if acted {
                    self.coverage.borrow_mut().happened(&Step::Meanwhile);
                }
                acted
            }
            _ => Box::pin(self.act(step)).await?,
        };
        if happened {
            self.coverage.borrow_mut().happened(step);
        }
        Ok(())
    }

    /// Carries out a step that creates nothing. Returns whether it had an effect.
    async fn act(&self, step: &Step) -> Result<bool, Failure> {
        match step {
            Step::Enter { payment, number, answers } => Ok(self.enter(*payment, *number, *answers).await),
            Step::Look { payment } => self.look(*payment).await,
            Step::Refund { money, percent } => self.refund(*money, *percent).await,
            Step::OrderRefund { .. } => Box::pin(self.order_refund(step)).await,
            Step::RefundSuspense { order, payment, percent } => {
                Box::pin(self.refund_suspense(*order, *payment, *percent)).await
            }
            Step::ProviderRefunds { choice } => self.choose(*choice).await,
            Step::AnswerRefund { money, meaning } => Box::pin(self.answer_refund(*money, *meaning)).await,
            Step::Dispute { money, percent, inquiry } => self.dispute(*money, *percent, *inquiry).await,
            Step::Verdict { money, verdict, percent } => self.verdict(*money, *verdict, *percent).await,
            Step::Identify { foreign, customer, invoice } => {
                Box::pin(self.identify(*foreign, *customer, *invoice)).await
            }
            Step::ApplyCredit { .. } | Step::UnapplyCredit { .. } => self.move_credit(step).await,
            Step::PayOutCredit { .. } | Step::RefundCredit { .. } | Step::ReversePayout { .. } => {
                Box::pin(self.pay_out_credit(step)).await
            }
            Step::WriteOff { .. } | Step::BadDebt { .. } | Step::TakeBack { .. } => self.write_off(step).await,
            Step::Apply { .. } | Step::Unapply { .. } | Step::Move { .. } | Step::CloseReview { .. } => {
                self.operate(step).await
            }
            Step::HandOver { money, customer } => Box::pin(self.hand_over(*money, *customer)).await,
            Step::Advance { minutes } => {
                self.world.advance(SignedDuration::from_mins(*minutes));
                Ok(true)
            }
            Step::Transfer { payment, percent } => Ok(self.transfer(*payment, *percent).await),
            Step::Arrive { payment, percent } => Ok(self.arrive(*payment, *percent).await),
            Step::ArriveIn { payment, currency, minor } => Ok(self.arrive_in(*payment, *currency, *minor).await),
            Step::PayOut => Ok(self.pay_out().await),
            Step::PayOutByHand { percent, instant } => Ok(self.pay_out_by_hand(*percent, *instant).await),
            Step::ReturnPayout { pick } => Ok(self.return_payout(*pick).await),
            Step::Die { method, removed } => Ok(self.die(*method, *removed).await),
            Step::Drain => self.drain().await.map(|()| true),
            Step::Sweep => self.sweep().await,
            Step::Rivals { pick } => self.rivals(*pick).await,
            Step::Older { older } => {
                self.world.stripe_control("/shape", &json!({ "older": older })).await;
                Ok(*older)
            }
            _ => Ok(false),
        }
    }

    /// Does all that can be done now: webhooks, streams, and what is due by the world's clock.
    pub(super) async fn drain(&self) -> Result<(), Failure> {
        let failed = |error: String| Failure::new("not drained", error);
        let (mut lost, mut quiet) = (0, 0);
        for _ in 0..DRAIN_ROUNDS_MAX {
            let sent = self.world.local.sandbox.deliver_due().await;
            self.world.local.drain_streams().await.map_err(failed)?;
            let due = match self.world.run_due().await {
                Ok(due) => due.done + due.taken,
                // The lost call may be the timer's own read of the list, which is repeated.
                Err(_) if self.shaken && lost < LOST_IN_A_ROW_MAX => {
                    lost += 1;
                    continue;
                }
                Err(error) => return Err(failed(error.to_string())),
            };
            quiet = if sent + due == 0 { quiet + 1 } else { 0 };
            if quiet == 2 {
                return Ok(());
            }
            if quiet == 1 {
                // What the timer did not find in an index that lags, it finds a minute later.
                self.world.local.table_faults().catch_up();
            }
        }
        Err(failed("something is always left".to_owned()))
    }

    async fn invoice(&self, id: &InvoiceId) -> Result<Option<receivables::InvoiceHead>, OperationError> {
        Ok(self.context().store.invoice_head(&self.business.id, id).await?)
    }

    /// The charge that took the money, if one did.
    async fn charge(&self, money: Money) -> Option<Value> {
        let charge = match money {
            Money::Foreign(label) => self.foreign.get(&label)?.charge.clone(),
            Money::Payment(label) => {
                let intent = match self.pages.get(&label) {
                    Some(page) => {
                        let session = page.rsplit('/').next()?;
                        let session = self.world.stripe(&format!("/checkout/sessions/{session}")).await;
                        session["payment_intent"].as_str()?.to_owned()
                    }
                    None => self.charged.get(&label)?.clone(),
                };
                let intent = self.world.stripe(&format!("/payment_intents/{intent}")).await;
                intent["latest_charge"].as_str()?.to_owned()
            }
        };
        let charge = self.world.stripe(&format!("/charges/{charge}")).await;
        (charge["paid"] == true).then_some(charge)
    }

    /// The payment that the money is in, if any.
    async fn payment(&self, money: Money) -> Result<Option<Payment>, Failure> {
        let store = &self.context().store;
        let id = match money {
            Money::Payment(label) => self.payments.get(&label).cloned(),
            Money::Foreign(label) => match self.foreign.get(&label) {
                Some(foreign) => {
                    let found = store.payment_of_object(&self.business.id, testing::stripe(), &foreign.anchor).await;
                    self.judge(found.map_err(Into::into))?.flatten()
                }
                None => None,
            },
        };
        let Some(id) = id else { return Ok(None) };
        let payment = store.payment(&self.business.id, &id).await;
        Ok(self.judge(payment.map_err(Into::into))?.flatten())
    }
}
