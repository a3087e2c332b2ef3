//! What stands around the books, in miniature: it keeps what was decided and commits only over what it was decided on.
//!
//! Names are single letters: invoice `A` has the number `A` and an id that ends in it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::decision::{Change, Decision};
use crate::ids::{BusinessId, CustomerId, InvoiceId, PayLinkId, PaymentId};
use crate::invoice::{self, Draft, DraftLine, Invoice};
use crate::ledger::Entry;
use crate::pay_link::{PayLink, Scope};
use crate::payment::{self, Checkout, Origin, Payment, Request, State};
use crate::statement::AccountSums;
use crate::{Fact, FactId, Locale, Money, Refusal, Report};

/// The day on which every story happens.
pub(super) const NOW: &str = "2026-02-20T12:00:00Z";

/// One account and all that belongs to it.
pub(super) struct Books {
    pub(super) invoices: BTreeMap<InvoiceId, Invoice>,
    pub(super) payments: BTreeMap<PaymentId, Payment>,
    pub(super) entries: Vec<Entry>,
    pub(super) sums: AccountSums,
    pub(super) facts: Vec<Fact>,
    /// Invoices for which money came, or was promised, after its payment had been closed.
    pub(super) late: BTreeSet<InvoiceId>,
    pub(super) now: Timestamp,
}

/// What came of a report.
pub(super) struct Decided {
    pub(super) decision: Decision,
    /// Another decision on an invoice came first, so that this one was made a second time.
    pub(super) again: bool,
}

/// Somebody else's decision came first.
#[derive(Debug)]
pub(super) struct Conflict;

pub(super) fn business() -> BusinessId {
    BusinessId::from_ulid(&ulid("B")).unwrap()
}

pub(super) fn customer() -> CustomerId {
    CustomerId::from_ulid(&ulid("C")).unwrap()
}

pub(super) fn invoice_id(name: &str) -> InvoiceId {
    InvoiceId::from_ulid(&ulid(name)).unwrap()
}

pub(super) fn payment_id(name: &str) -> PaymentId {
    PaymentId::from_ulid(&ulid(name)).unwrap()
}

/// The name that an id was made from.
pub(super) fn name_of(ulid: &str) -> &str {
    ulid.trim_start_matches('0')
}

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// `60.00` (euros) or `60.00 USD`.
pub(super) fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(' ').unwrap_or((text, "EUR"));
    Money::parse(amount, currency.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An invoice of one untaxed line, and the decision to issue it.
pub(super) fn issue(name: &str, gross: Money, due_on: jiff::civil::Date) -> (Invoice, Decision) {
    let line = DraftLine {
        description: "Work".parse().unwrap(),
        quantity: Decimal::ONE,
        unit_price: gross,
        tax_rate: Decimal::ZERO,
    };
    let draft = Draft {
        external_id: None,
        number: name.parse().unwrap(),
        currency: gross.currency(),
        purchase_order: None,
        issued_on: due_on,
        due_on,
        lines: vec![line],
    };
    invoice::issue(invoice_id(name), business(), customer(), draft, pay_link(name), now()).unwrap()
}

pub(super) fn pay_link(name: &str) -> PayLink {
    PayLink {
        id: PayLinkId::from_ulid(&ulid(name)).unwrap(),
        business: business(),
        customer: customer(),
        scope: Scope::Invoice(invoice_id(name)),
        expires_on: date(2026, 12, 31),
        revoked_at: None,
        token_hash: String::new(),
    }
}

pub(super) fn request(name: &str, parts: Vec<(Invoice, Money)>) -> Request {
    let currency = parts.first().map_or(crate::Currency::EUR, |(invoice, _)| invoice.currency());
    Request {
        id: payment_id(name),
        origin: Origin::Portal,
        locale: Locale::English,
        parts,
        minimum: Money::new(50, currency).unwrap(),
    }
}

pub(super) fn checkout_of(payment: &str) -> Checkout {
    Checkout {
        id: format!("cs_{payment}").parse().unwrap(),
        url: format!("https://checkout.example/{payment}"),
        expires_at: now().saturating_add(SignedDuration::from_hours(24)).unwrap(),
    }
}

fn ulid(name: &str) -> String {
    format!("{name:0>26}")
}

impl Books {
    pub(super) fn new() -> Self {
        Self {
            invoices: BTreeMap::new(),
            payments: BTreeMap::new(),
            entries: Vec::new(),
            sums: AccountSums::default(),
            facts: Vec::new(),
            late: BTreeSet::new(),
            now: now(),
        }
    }

    pub(super) fn issue(&mut self, name: &str, gross: Money, due_on: jiff::civil::Date) -> Decision {
        let (_, decision) = issue(name, gross, due_on);
        self.commit(&decision).unwrap();
        decision
    }

    pub(super) fn start(&mut self, name: &str, parts: &[(&str, Money)]) -> Result<Decision, Refusal> {
        let parts = parts.iter().map(|(invoice, part)| (self.invoices[&invoice_id(invoice)].clone(), *part)).collect();
        let (_, decision) = payment::start(request(name, parts), self.now)?;
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    pub(super) fn open(&mut self, name: &str) -> Option<Decided> {
        self.decide(name, |payment, now| payment.opened(checkout_of(name), now))
    }

    pub(super) fn hear(&mut self, name: &str, reports: &[Report]) -> Option<Decided> {
        self.decide(name, |payment, now| payment::hear(payment, reports, now))
    }

    /// Decides on the payment as it was kept; where another decision on one of its invoices came first, once more on the
    /// invoices as they stand.
    fn decide(
        &mut self,
        name: &str,
        decide: impl Fn(&Payment, Timestamp) -> Option<(Payment, Decision)>,
    ) -> Option<Decided> {
        self.now = self.now.saturating_add(SignedDuration::from_secs(1)).unwrap();
        let known = self.payments[&payment_id(name)].clone();
        let (_, decision) = decide(&known, self.now)?;
        if self.commit(&decision).is_ok() {
            return Some(Decided { decision, again: false });
        }
        let fresh = self.invoices.iter().map(|(id, invoice)| (id.clone(), invoice.standing.clone())).collect();
        let (_, decision) = decide(&known.on_fresh_standings(&fresh), self.now).unwrap();
        self.commit(&decision).unwrap();
        Some(Decided { decision, again: true })
    }

    /// All of a decision, or nothing where one of its changes was decided on something else than is kept.
    pub(super) fn commit(&mut self, decision: &Decision) -> Result<(), Conflict> {
        let stands = |change: &Change| match change {
            Change::InvoiceStanding { invoice, was, .. } => self.invoices[invoice].standing == *was,
            Change::PaymentChanged { was, .. } => self.payments[&was.id].version == was.version,
            Change::InvoiceIssued(invoice) => !self.invoices.contains_key(&invoice.id),
            Change::PaymentStarted(payment) => !self.payments.contains_key(&payment.id),
            Change::CustomerRegistered(_)
            | Change::ProfileChanged { .. }
            | Change::PayLinkIssued(_)
            | Change::PayLinkRevoked(_) => true,
        };
        if !decision.changes.iter().all(stands) {
            return Err(Conflict);
        }
        for change in &decision.changes {
            self.keep(change);
        }
        self.entries.extend(decision.entry.clone());
        self.facts.extend(decision.facts.iter().cloned());
        let moved = decision.balance_move();
        add(&mut self.sums.open, moved.open);
        add(&mut self.sums.open_by_due, moved.open_by_due);
        add(&mut self.sums.unapplied, moved.unapplied);
        add(&mut self.sums.pending, moved.pending);
        add(&mut self.sums.disputed, moved.disputed);
        self.check();
        Ok(())
    }

    fn keep(&mut self, change: &Change) {
        match change {
            Change::InvoiceIssued(invoice) => {
                self.invoices.insert(invoice.id.clone(), (**invoice).clone());
            }
            Change::InvoiceStanding { invoice, now, was, .. } => {
                assert_eq!(now.version, was.version + 1, "{invoice}");
                self.invoices.get_mut(invoice).unwrap().standing = now.clone();
            }
            Change::PaymentStarted(payment) => {
                self.payments.insert(payment.id.clone(), (**payment).clone());
            }
            Change::PaymentChanged { was, now } => {
                assert_eq!(now.version, was.version + 1, "{}", was.id);
                assert!(was.state != State::Settled || now.state == State::Settled, "{} left settled", was.id);
                assert!(now.received.minor() >= was.received.minor(), "{} lost money", was.id);
                assert!(
                    was.settled_at.is_none() || now.settled_at == was.settled_at,
                    "{} settled a second time",
                    was.id
                );
                if matches!(was.state, State::Failed | State::Cancelled) && was.state != now.state {
                    self.late.extend(now.allocations.iter().map(|allocation| allocation.invoice.clone()));
                }
                self.payments.insert(now.id.clone(), (**now).clone());
            }
            Change::CustomerRegistered(_)
            | Change::ProfileChanged { .. }
            | Change::PayLinkIssued(_)
            | Change::PayLinkRevoked(_) => {}
        }
    }

    /// What must hold after every commit.
    fn check(&self) {
        self.check_payments();
        self.check_invoices();
        self.check_sums();
        let names: BTreeSet<&FactId> = self.facts.iter().map(|fact| &fact.id).collect();
        assert_eq!(names.len(), self.facts.len(), "two facts of one name");
        let keys: BTreeSet<String> = self.entries.iter().map(Entry::key).collect();
        assert_eq!(keys.len(), self.entries.len(), "two entries of one key");
    }

    fn check_payments(&self) {
        for payment in self.payments.values() {
            let applied = payment.allocations.iter().map(|allocation| allocation.applied);
            let covered = Money::sum(payment.currency(), applied.chain([payment.unapplied])).unwrap();
            assert_eq!(payment.received, covered, "{}: received = applied + unapplied", payment.id);
            for allocation in &payment.allocations {
                assert!(
                    allocation.applied.minor() <= allocation.intended.minor(),
                    "{}: applied as intended",
                    payment.id
                );
                let on_its_way = !allocation.pending.is_zero();
                assert!(
                    !on_its_way || payment.state == State::Processing,
                    "{}: pending only while processing",
                    payment.id
                );
            }
            let entries = self.entries.iter().filter(|entry| entry.source == payment.id.as_str());
            let moved: i64 = entries.map(|entry| entry.change().unwrap().minor()).sum();
            assert_eq!(moved, -payment.received.minor(), "{}: the ledger moved by what was received", payment.id);
            let heard = payment.facts.fold().received;
            assert_eq!(payment.received, heard.in_currency(payment.currency()), "{}: all cash is taken", payment.id);
            let foreign = heard.amounts().filter(|amount| amount.currency() != payment.currency());
            assert_eq!(payment.suspense, foreign.collect::<Vec<_>>(), "{}: the rest is in suspense", payment.id);
            assert_eq!(payment.settled_at.is_some(), payment.state == State::Settled, "{}", payment.id);
            let at_rest = matches!(payment.state, State::Settled | State::Failed | State::Cancelled);
            assert_eq!(payment.look_at.is_none(), at_rest, "{}: asked about until it is at rest", payment.id);
        }
    }

    fn check_invoices(&self) {
        for (id, invoice) in &self.invoices {
            let standing = &invoice.standing;
            let ours =
                || self.payments.values().flat_map(|payment| &payment.allocations).filter(|known| known.invoice == *id);
            let applied = Money::sum(invoice.currency(), ours().map(|allocation| allocation.applied)).unwrap();
            assert_eq!(standing.applied, applied, "{id}: applied is the sum of allocations");
            assert!(applied.minor() <= standing.gross.minor(), "{id}: no more applied than demanded");
            let pending = Money::sum(invoice.currency(), ours().map(|allocation| allocation.pending)).unwrap();
            assert_eq!(standing.pending, pending, "{id}: pending is the sum of allocations");
            if !self.late.contains(id) {
                assert!(pending.minor() <= standing.open().minor(), "{id}: no more pending than open");
            }
            let legs = self.entries.iter().flat_map(|entry| &entry.legs);
            let moved: i64 = legs.filter(|leg| is_of(leg, id)).map(|leg| leg.change().minor()).sum();
            assert_eq!(standing.open().minor(), moved, "{id}: open is the sum of its legs");
            if let Some(payment) = &standing.live_checkout {
                assert!(self.payments[payment].state.checkout_is_live(), "{id} is claimed by a payment that is over");
            }
        }
    }

    fn check_sums(&self) {
        let mut sums = AccountSums::default();
        for invoice in self.invoices.values() {
            let (currency, standing) = (invoice.currency(), &invoice.standing);
            add(&mut sums.open, [(currency, standing.open().minor())]);
            add(&mut sums.open_by_due, [((currency, invoice.due_on), standing.open().minor())]);
            add(&mut sums.pending, [(currency, standing.pending.minor())]);
            add(&mut sums.disputed, [(currency, standing.disputed.minor())]);
        }
        for payment in self.payments.values() {
            add(&mut sums.unapplied, [(payment.currency(), payment.unapplied.minor())]);
        }
        assert_eq!(
            without_zeros(sums.clone()),
            without_zeros(self.sums.clone()),
            "the sums kept are the sums of what is kept"
        );
        for currency in sums.currencies() {
            let entries = self.entries.iter().filter(|entry| entry.currency == currency);
            let ledger: i64 = entries.map(|entry| entry.change().unwrap().minor()).sum();
            assert_eq!(self.sums.balance(currency).unwrap().minor(), ledger, "the balance is the sum of the ledger");
        }
    }
}

fn is_of(leg: &crate::ledger::Leg, id: &InvoiceId) -> bool {
    matches!(leg, crate::ledger::Leg::Invoice { invoice, .. } if invoice == id)
}

/// Adds sums to sums.
pub(super) fn add<K: Ord>(sums: &mut BTreeMap<K, i64>, more: impl IntoIterator<Item = (K, i64)>) {
    for (key, minor) in more {
        *sums.entry(key).or_default() += minor;
    }
}

fn without_zeros(mut sums: AccountSums) -> AccountSums {
    for part in [&mut sums.open, &mut sums.unapplied, &mut sums.pending, &mut sums.disputed] {
        part.retain(|_, minor| *minor != 0);
    }
    sums.open_by_due.retain(|_, minor| *minor != 0);
    sums
}
