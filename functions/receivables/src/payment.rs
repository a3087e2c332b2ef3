//! Payments: the customer's money moving to us, one attempt at one amount.
//!
//! A payment's state, cash and allocations are a fold over what the provider has said ([`hear`]); what is entered in the
//! ledger is the difference between the fold before and after. Saying the same thing twice therefore moves nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::{Fact, FactKind};
use crate::ids::{BusinessId, CustomerId, InvoiceId, PayLinkId, PaymentId};
use crate::invoice::{Invoice, Standing};
use crate::ledger::{Entry, EntryKind, Leg};
use crate::locale::Locale;
use crate::money::{Balance, Money, MoneyError};
use crate::provider_fact::{Facts, Heard, ObjectId, Report};
use crate::refusal::Refusal;
use crate::text::InvoiceNumber;

mod state;

pub use state::{Announcement, LOOK_AFTER_PROCESSING, LOOK_AFTER_START, State, Transition, look_after, transition};

/// Allocations that one transaction can carry: two items each, and a handful besides, out of DynamoDB's hundred.
pub const ALLOCATIONS_PER_PAYMENT_MAX: usize = 45;

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Our id, minted when the page was rendered; it is the once-key of everything done for the payment.
    pub id: PaymentId,
    /// To whom.
    pub business: BusinessId,
    /// On whose account.
    pub customer: CustomerId,
    /// How much was asked for: the sum of what is intended.
    pub amount: Money,
    /// What it is for, in the order the payer chose.
    pub allocations: Vec<Allocation>,
    /// How the payer came.
    pub origin: Origin,
    /// How the payer reads.
    pub locale: Locale,
    /// When.
    pub started_at: Timestamp,
    /// The hosted page, once it exists.
    pub checkout: Option<Checkout>,
    /// What the provider has said.
    pub facts: Facts,
    /// How it stands.
    pub state: State,
    /// The money that came, in the payment's currency.
    pub received: Money,
    /// The part of it that covers no invoice.
    pub unapplied: Money,
    /// Money that came in another currency, kept aside until someone has looked.
    pub suspense: Vec<Money>,
    /// When the funds became ours.
    pub settled_at: Option<Timestamp>,
    /// When to ask the provider, should nothing be heard before; none once there is nothing to wait for.
    pub look_at: Option<Timestamp>,
    /// Counts the changes.
    pub version: u64,
}

/// How the payer came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By a pay link.
    PayLink(PayLinkId),
    /// Signed in.
    Portal,
    /// The business started it for them.
    Api,
}

/// The provider's hosted page for a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkout {
    /// The provider's id of it.
    pub id: ObjectId,
    /// Where it is.
    pub url: String,
    /// When it closes.
    pub expires_at: Timestamp,
}

/// This much of a payment for this invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The invoice.
    pub invoice: InvoiceId,
    /// Its number.
    pub number: InvoiceNumber,
    /// When it is due.
    pub due_on: Date,
    /// What the payer meant for it.
    pub intended: Money,
    /// What is applied to it.
    pub applied: Money,
    /// What is on its way to it.
    pub pending: Money,
    /// How the invoice stood when this payment last touched it. A decision on it is written only if it still stands so.
    pub standing: Standing,
}

/// What a payer asks for.
#[derive(Clone, Debug)]
pub struct Request {
    /// Minted when the page was rendered.
    pub id: PaymentId,
    /// How the payer came.
    pub origin: Origin,
    /// How the payer reads.
    pub locale: Locale,
    /// The invoices, and how much for each, in the payer's order.
    pub parts: Vec<(Invoice, Money)>,
    /// The least that the provider takes in the currency.
    pub minimum: Money,
}

/// Starts a payment: its record, and the claim of each invoice's one live checkout.
pub fn start(request: Request, now: Timestamp) -> Result<(Payment, Decision), Refusal> {
    let (first, _) = request.parts.first().ok_or(Refusal::NothingToPay)?;
    let (business, customer, currency) = (first.business.clone(), first.customer.clone(), first.currency());
    check_parts(&request.parts, &customer, currency)?;
    let amount = Money::sum(currency, request.parts.iter().map(|(_, part)| *part)).map_err(too_large)?;
    if amount.checked_sub(request.minimum).is_err() {
        return Err(Refusal::BelowMinimum { minimum: request.minimum });
    }
    check_rests(&request.parts, request.minimum)?;
    let mut changes = Vec::with_capacity(request.parts.len() + 1);
    let mut allocations = Vec::with_capacity(request.parts.len());
    for (invoice, part) in request.parts {
        let was = invoice.standing.clone();
        let standing = Standing { live_checkout: Some(request.id.clone()), version: was.version + 1, ..was.clone() };
        changes.push(Change::InvoiceStanding {
            invoice: invoice.id.clone(),
            due_on: invoice.due_on,
            was,
            now: standing.clone(),
        });
        allocations.push(Allocation {
            invoice: invoice.id,
            number: invoice.number,
            due_on: invoice.due_on,
            intended: part,
            applied: Money::zero(currency),
            pending: Money::zero(currency),
            standing,
        });
    }
    let payment = Payment {
        id: request.id,
        business,
        customer,
        amount,
        allocations,
        origin: request.origin,
        locale: request.locale,
        started_at: now,
        checkout: None,
        facts: Facts::default(),
        state: State::Started,
        received: Money::zero(currency),
        unapplied: Money::zero(currency),
        suspense: Vec::new(),
        settled_at: None,
        look_at: look_after(State::Started, now, now),
        version: 1,
    };
    changes.push(Change::PaymentStarted(Box::new(payment.clone())));
    let kind = FactKind::PaymentStarted { payment: payment.id.clone() };
    let decision = Decision {
        business: payment.business.clone(),
        customer: payment.customer.clone(),
        changes,
        entry: None,
        facts: vec![Fact::new(payment.id.as_str(), 1, 0, now, kind)],
    };
    Ok((payment, decision))
}

fn check_parts(parts: &[(Invoice, Money)], customer: &CustomerId, currency: Currency) -> Result<(), Refusal> {
    if parts.len() > ALLOCATIONS_PER_PAYMENT_MAX {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_PAYMENT_MAX });
    }
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let field = |name: &str| format!("allocations[{place}].{name}");
        if parts.iter().take(place).any(|(other, _)| other.id == invoice.id) {
            return Err(Refusal::InvoiceTwice { field: field("invoice") });
        }
        if invoice.customer != *customer {
            return Err(Refusal::OtherCustomer { field: field("invoice") });
        }
        if invoice.currency() != currency || part.currency() != currency {
            return Err(Refusal::OtherCurrency { field: field("invoice"), expected: currency });
        }
        let standing = &invoice.standing;
        if standing.open().is_zero() {
            return Err(Refusal::AlreadyPaid);
        }
        if standing.payable().is_zero() {
            return Err(Refusal::PaymentOnItsWay);
        }
        if let Some(payment) = &standing.live_checkout {
            return Err(Refusal::CheckoutOpen { payment: payment.clone() });
        }
        if part.is_zero() {
            return Err(Refusal::NothingToPay);
        }
        if standing.payable().checked_sub(*part).is_err() {
            return Err(Refusal::MoreThanPayable { field: field("amount"), payable: standing.payable() });
        }
    }
    Ok(())
}

/// What a part leaves open must be nothing, or enough to be paid another time.
fn check_rests(parts: &[(Invoice, Money)], minimum: Money) -> Result<(), Refusal> {
    for (place, (invoice, part)) in parts.iter().enumerate() {
        let payable = invoice.standing.payable();
        let rest = payable.less(*part);
        // An invoice that was too small from the start may be paid in any way together with others.
        if !rest.is_zero() && rest.checked_sub(minimum).is_err() && payable.checked_sub(minimum).is_ok() {
            return Err(Refusal::LeavesTooLittle { field: format!("allocations[{place}].amount"), payable, minimum });
        }
    }
    Ok(())
}

fn too_large(cause: MoneyError) -> Refusal {
    Refusal::Amount { field: "allocations".to_owned(), cause }
}

impl Payment {
    /// The currency of every amount of it.
    pub fn currency(&self) -> Currency {
        self.amount.currency()
    }

    /// Whether it asks for the same as another request would: the same invoices, the same amounts.
    pub fn asks_for(&self, parts: &[(InvoiceId, Money)]) -> bool {
        self.allocations.len() == parts.len()
            && self
                .allocations
                .iter()
                .zip(parts)
                .all(|(known, (invoice, part))| known.invoice == *invoice && known.intended == *part)
    }

    /// The payment with its invoices as they stand now, for deciding again after another's change came first.
    #[must_use]
    pub fn on_fresh_standings(mut self, fresh: &BTreeMap<InvoiceId, Standing>) -> Self {
        for allocation in &mut self.allocations {
            if let Some(standing) = fresh.get(&allocation.invoice) {
                allocation.standing = standing.clone();
            }
        }
        self
    }

    /// Remembers the hosted page. `None` where it is known.
    pub fn opened(&self, checkout: Checkout, now: Timestamp) -> Option<(Self, Decision)> {
        let report = Report {
            object: checkout.id.clone(),
            of: None,
            customer: None,
            business: None,
            payment: None,
            fact: crate::provider_fact::ObjectFact::Checkout(crate::provider_fact::CheckoutFact::default()),
        };
        let fresh = self.checkout.as_ref() != Some(&checkout);
        let mut payment = self.clone();
        payment.checkout = Some(checkout);
        let news = payment.facts.hear(&report);
        (fresh || news).then(|| decide(self, payment, false, now))
    }
}

/// Hears what a provider says of a payment's objects. `None` where nothing of it is news.
pub fn hear(was: &Payment, reports: &[Report], now: Timestamp) -> Option<(Payment, Decision)> {
    let mut payment = was.clone();
    let mut news = false;
    for report in reports {
        news |= payment.facts.hear(report);
    }
    news.then(|| decide(was, payment, false, now))
}

/// Gives up a payment that waited for a payer for longer than any page stays open, and of which nothing else was ever heard.
/// Money that comes all the same is taken. `None` where there is nothing to give up.
pub fn give_up(was: &Payment, now: Timestamp) -> Option<(Payment, Decision)> {
    was.state.checkout_is_live().then(|| decide(was, was.clone(), true, now))
}

/// What the facts say the state is, before the state table has its word.
fn state_of(heard: &Heard, has_checkout: bool) -> State {
    // On an open hosted page a decline is not the end: the payer can try another card there.
    let page_is_open = has_checkout && !heard.completed;
    if !heard.received.is_empty() {
        State::Settled
    } else if heard.pending {
        State::Processing
    } else if heard.over {
        State::Cancelled
    } else if heard.failed && !page_is_open {
        State::Failed
    } else if heard.action_required {
        State::NeedsAction
    } else {
        State::Started
    }
}

/// Folds the facts and decides the difference.
fn decide(was: &Payment, mut payment: Payment, given_up: bool, now: Timestamp) -> (Payment, Decision) {
    let heard = payment.facts.fold();
    let currency = payment.currency();
    let told = state_of(&heard, payment.checkout.is_some());
    let target = if given_up && told.checkout_is_live() { State::Cancelled } else { told };
    payment.version = was.version + 1;
    let mut facts = Vec::new();
    let edge = transition(was.state, target);
    if let Transition::Announce(_) = edge {
        payment.state = target;
    }
    payment.received = heard.received.in_currency(currency);
    payment.suspense = heard.received.amounts().filter(|amount| amount.currency() != currency).collect();
    if payment.state == State::Settled && payment.settled_at.is_none() {
        payment.settled_at = Some(now);
    }
    payment.look_at = look_after(payment.state, payment.started_at, now);
    if let Transition::Announce(announcement) = edge {
        facts.push(announce(announcement, &payment));
    }
    for amount in payment.suspense.iter().filter(|amount| !was.suspense.contains(amount)) {
        facts.push(FactKind::PaymentInSuspense { payment: payment.id.clone(), received: *amount });
    }
    let mut changes = Vec::new();
    let legs = reallocate(&mut payment, &mut changes, &mut facts);
    let facts = facts
        .into_iter()
        .enumerate()
        .map(|(place, kind)| Fact::new(payment.id.as_str(), payment.version, place, now, kind))
        .collect();
    let entry = entry_of(&payment, legs, now);
    changes.push(Change::PaymentChanged { was: Box::new(was.clone()), now: Box::new(payment.clone()) });
    let decision =
        Decision { business: payment.business.clone(), customer: payment.customer.clone(), changes, entry, facts };
    (payment, decision)
}

fn announce(announcement: Announcement, payment: &Payment) -> FactKind {
    let id = payment.id.clone();
    match announcement {
        Announcement::NeedsAction => FactKind::PaymentNeedsAction { payment: id },
        Announcement::Processing => FactKind::PaymentProcessing { payment: id },
        Announcement::Settled => FactKind::PaymentSettled { payment: id, received: payment.received },
        Announcement::Failed => FactKind::PaymentFailed { payment: id },
        Announcement::Cancelled => FactKind::PaymentCancelled { payment: id },
    }
}

/// Walks the allocations in the payer's order with the cash there is. What no invoice can take is unapplied.
fn reallocate(payment: &mut Payment, changes: &mut Vec<Change>, facts: &mut Vec<FactKind>) -> Vec<Leg> {
    let mut left = payment.received;
    let mut legs = Vec::new();
    let (id, state) = (payment.id.clone(), payment.state);
    for allocation in &mut payment.allocations {
        let was = allocation.standing.clone();
        let room = was.open().checked_add(allocation.applied).unwrap_or(was.open());
        let target = left.at_most(allocation.intended).at_most(room);
        left = left.less(target);
        let change = target.minor() - allocation.applied.minor();
        let mut now = was.clone();
        now.applied = now.applied.less(allocation.applied).checked_add(target).unwrap_or(now.applied);
        let pending = if state == State::Processing { allocation.intended.at_most(now.open()) } else { zero(target) };
        now.pending = now.pending.less(allocation.pending).checked_add(pending).unwrap_or(now.pending);
        if now.live_checkout.as_ref() == Some(&id) && !state.checkout_is_live() {
            now.live_checkout = None;
        }
        allocation.applied = target;
        allocation.pending = pending;
        if now == was {
            continue;
        }
        now.version += 1;
        allocation.standing = now.clone();
        if let Ok(change) = Balance::new(-change, target.currency())
            && !change.is_zero()
        {
            facts.push(standing_fact(&allocation.invoice, &was, &now));
            legs.push(Leg::Invoice {
                invoice: allocation.invoice.clone(),
                number: allocation.number.clone(),
                due_on: allocation.due_on,
                change,
            });
        }
        changes.push(Change::InvoiceStanding {
            invoice: allocation.invoice.clone(),
            due_on: allocation.due_on,
            was,
            now,
        });
    }
    let unapplied = payment.unapplied.minor() - left.minor();
    payment.unapplied = left;
    if let Ok(change) = Balance::new(unapplied, left.currency())
        && !change.is_zero()
    {
        legs.push(Leg::Unapplied { change });
    }
    legs
}

fn zero(like: Money) -> Money {
    Money::zero(like.currency())
}

fn standing_fact(invoice: &InvoiceId, was: &Standing, now: &Standing) -> FactKind {
    let invoice = invoice.clone();
    if now.open().is_zero() {
        FactKind::InvoicePaid { invoice }
    } else if now.applied.checked_sub(was.applied).is_ok() {
        FactKind::InvoicePartlyPaid { invoice }
    } else {
        FactKind::InvoiceReopened { invoice }
    }
}

fn entry_of(payment: &Payment, legs: Vec<Leg>, now: Timestamp) -> Option<Entry> {
    if legs.is_empty() {
        return None;
    }
    let total: i64 = legs.iter().map(|leg| leg.change().minor()).sum();
    let kind = if total > 0 {
        EntryKind::PaymentReversed(payment.id.clone())
    } else {
        EntryKind::PaymentApplied(payment.id.clone())
    };
    Some(Entry {
        source: payment.id.to_string(),
        sequence: payment.version,
        posted_at: now,
        kind,
        currency: payment.currency(),
        legs,
    })
}
