//! What stands around the books, in miniature: it keeps what was decided and commits only over what it was decided on.
//!
//! Names are single letters: invoice `A` has the number `A` and an id that ends in it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::allocation::Allocation;
use crate::credit_note::{self, CreditNote, CreditNoteDraft};
use crate::decision::{Change, Decision};
use crate::ids::{BusinessId, CreditNoteId, CustomerId, InvoiceId, OutgoingPaymentId, PayLinkId, PaymentId, RefundId};
use crate::invoice::{self, Draft, DraftLine, DraftSchedule, Due, HoldKind, Invoice, InvoiceHead, ListPlace};
use crate::journal::{self, JournalAccount, JournalLine};
use crate::ledger::Entry;
use crate::outgoing_payment::{self, Credit, OutgoingPayment, OutgoingPaymentDraft, OutgoingPaymentRefusal};
use crate::pay_link::{PayLink, Scope};
use crate::payment::{
    self, ChargeRule, Checkout, ChosenMethod, CreditRefund, Origin, Payment, Request, ReviewKind, State,
};
use crate::statement::AccountSums;
use crate::verify::{self, AccountBooks};
use crate::{BillingZone, Fact, FactId, FactKind, Locale, Money, Refusal, Report, write_off};

/// The day on which every story happens.
pub(super) const NOW: &str = "2026-02-20T12:00:00Z";

/// Items that DynamoDB takes in one transaction.
const TRANSACTION_ITEMS_MAX: usize = 100;

/// One account and all that belongs to it.
pub(super) struct Books {
    pub(super) invoices: BTreeMap<InvoiceId, InvoiceHead>,
    /// The same with their lines, as they were issued.
    pub(super) issued: Vec<Invoice>,
    pub(super) payments: BTreeMap<PaymentId, Payment>,
    pub(super) notes: BTreeMap<CreditNoteId, CreditNote>,
    pub(super) outgoing: BTreeMap<OutgoingPaymentId, OutgoingPayment>,
    pub(super) entries: Vec<Entry>,
    pub(super) sums: AccountSums,
    pub(super) facts: Vec<Fact>,
    /// Invoices for which money came, or was promised, after its payment had been closed.
    pub(super) late: BTreeSet<InvoiceId>,
    pub(super) now: Timestamp,
    /// With very many invoices, only what `verify` proves is looked at, and only where a payment moved.
    pub(super) vast: bool,
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

pub(super) fn refund_id(name: &str) -> RefundId {
    RefundId::from_ulid(&ulid(name)).unwrap()
}

pub(super) fn outgoing_payment_id(name: &str) -> OutgoingPaymentId {
    OutgoingPaymentId::from_ulid(&ulid(name)).unwrap()
}

pub(super) fn credit_note_id(name: &str) -> CreditNoteId {
    CreditNoteId::from_ulid(&ulid(name)).unwrap()
}

/// The name that an id was made from.
pub(super) fn name_of(ulid: &str) -> &str {
    ulid.trim_start_matches('0')
}

pub(super) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Where the business counts its days.
pub(super) fn zone() -> BillingZone {
    BillingZone::named("Europe/Paris").unwrap()
}

/// `60.00` (euros) or `60.00 USD`.
pub(super) fn money(text: &str) -> Money {
    let (amount, currency) = text.split_once(' ').unwrap_or((text, "EUR"));
    Money::parse(amount, currency.parse().unwrap()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// An invoice of one untaxed line, and the decision to issue it.
pub(super) fn issue(name: &str, gross: Money, due_on: jiff::civil::Date) -> (InvoiceHead, Decision) {
    issue_due(name, gross, due_on, DraftSchedule::On(due_on))
}

/// The same, due on several days.
fn issue_due(
    name: &str,
    gross: Money,
    issued_on: jiff::civil::Date,
    schedule: DraftSchedule,
) -> (InvoiceHead, Decision) {
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
        issued_on,
        schedule,
        lines: vec![line],
    };
    let issued = invoice::issue(invoice_id(name), business(), customer(), draft, pay_link(name), now());
    let (invoice, decision) = issued.unwrap();
    (invoice.head, decision)
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

pub(super) fn request(name: &str, parts: Vec<(InvoiceHead, Money)>) -> Request {
    let currency = parts.first().map_or(crate::Currency::EUR, |(invoice, _)| invoice.currency());
    Request {
        provider: "stripe".parse().unwrap(),
        id: payment_id(name),
        method: None,
        origin: Origin::Portal,
        locale: Locale::English,
        parts,
        rule: ChargeRule { minimum: Money::new(50, currency).unwrap(), step: Money::new(1, currency).unwrap() },
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
            issued: Vec::new(),
            payments: BTreeMap::new(),
            notes: BTreeMap::new(),
            outgoing: BTreeMap::new(),
            entries: Vec::new(),
            sums: AccountSums::default(),
            facts: Vec::new(),
            late: BTreeSet::new(),
            now: now(),
            vast: false,
        }
    }

    pub(super) fn issue(&mut self, name: &str, gross: Money, due_on: jiff::civil::Date) -> Decision {
        let (_, decision) = issue(name, gross, due_on);
        self.commit(&decision).unwrap();
        decision
    }

    pub(super) fn issue_due(&mut self, name: &str, days: &[Due]) -> Decision {
        let gross = Money::sum(days[0].amount.currency(), days.iter().map(|due| due.amount)).unwrap();
        let (_, decision) = issue_due(name, gross, days[0].on, DraftSchedule::Days(days.to_vec()));
        self.commit(&decision).unwrap();
        decision
    }

    pub(super) fn start(&mut self, name: &str, parts: &[(&str, Money)]) -> Result<Decision, Refusal> {
        let parts = parts.iter().map(|(invoice, part)| (self.invoices[&invoice_id(invoice)].clone(), *part)).collect();
        let (_, decisions) = payment::start(&request(name, parts), self.now)?;
        for decision in &decisions {
            self.commit(decision).unwrap();
        }
        Ok(decisions.into_iter().next().unwrap())
    }

    /// The same, charging a saved card.
    pub(super) fn charge(&mut self, name: &str, parts: &[(&str, Money)]) -> Result<Decision, Refusal> {
        let (id, kind) = ("pm_1".parse().unwrap(), Some("card".to_owned()));
        let method = Some(ChosenMethod { id, kind, customer: "cus_1".parse().unwrap() });
        let request = Request { method, ..request(name, self.parts(parts)) };
        let (_, decisions) = payment::start(&request, self.now)?;
        for decision in &decisions {
            self.commit(decision).unwrap();
        }
        Ok(decisions.into_iter().next().unwrap())
    }

    pub(super) fn open(&mut self, name: &str) -> Option<Decided> {
        self.decide(name, |payment, now| payment.opened(checkout_of(name), now))
    }

    pub(super) fn hear(&mut self, name: &str, reports: &[Report]) -> Option<Decided> {
        self.decide(name, |payment, now| payment::apply_reports(payment, reports, now))
    }

    /// Goes on with a payment that is not finished, a step at a time, and proves the books after each.
    pub(super) fn finish(&mut self, name: &str) -> Vec<Decision> {
        let mut steps = Vec::new();
        while let Some((_, decision)) = {
            let fresh = self.fresh(name);
            let open: Vec<InvoiceHead> =
                self.invoices.values().filter(|one| !one.balance.open().is_zero()).cloned().collect();
            payment::next_step(&fresh, self.now).or_else(|| payment::place_remainder(&fresh, &open, self.now))
        } {
            self.commit(&decision).unwrap();
            steps.push(decision);
            assert!(steps.len() < 200, "{name} is never finished");
        }
        steps
    }

    /// A payment on the standings of now.
    pub(super) fn fresh(&self, name: &str) -> Payment {
        self.payments[&payment_id(name)].clone().with_current_invoices(&self.invoices)
    }

    pub(super) fn credit(&mut self, name: &str, amount: Money, parts: &[(&str, Money)]) -> Result<Decision, Refusal> {
        self.credit_on(name, date(2026, 2, 20), amount, parts)
    }

    /// A credit note with another date printed on it.
    pub(super) fn credit_on(
        &mut self,
        name: &str,
        issued_on: jiff::civil::Date,
        amount: Money,
        parts: &[(&str, Money)],
    ) -> Result<Decision, Refusal> {
        let draft = CreditNoteDraft {
            number: name.parse().unwrap(),
            amount,
            reason: "Returned".parse().unwrap(),
            issued_on,
            parts: self.parts(parts),
        };
        let (_, decision) = credit_note::issue(credit_note_id(name), business(), customer(), draft, self.now)?;
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    pub(super) fn apply_credit(&mut self, name: &str, parts: &[(&str, Money)]) -> Result<Decision, Refusal> {
        let (_, decision) = credit_note::apply(&self.notes[&credit_note_id(name)], &self.parts(parts), self.now)?;
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    /// Takes so much, or all there is, of the last credit note off an invoice again.
    pub(super) fn unapply_some_credit(&mut self, name: &str, minor: i64) {
        let invoice = invoice_id(name);
        let applied = |note: &CreditNote| note.allocations.first().filter(|part| !part.applied.is_zero()).cloned();
        let Some((note, part)) = self.notes.values().rev().find_map(|note| Some((note.clone(), applied(note)?))) else {
            return;
        };
        let amount = Money::new(minor, part.applied.currency()).unwrap().min(part.applied);
        let fresh = note.with_current_invoices(&self.invoices);
        let (_, decision) = credit_note::unapply(&fresh, &invoice, Some(amount), self.now).unwrap();
        self.commit(&decision).unwrap();
    }

    /// `write-off A` with a tolerance of 0.50, `bad-debt A 40.00` or all that is open, `take-back A 40.00` or all.
    pub(super) fn write_off(&mut self, verb: &str, rest: &str) -> Result<Decision, Refusal> {
        let (name, amount) = rest.split_once(' ').map_or((rest, None), |(name, amount)| (name, Some(money(amount))));
        let invoice = &self.invoices[&invoice_id(name)];
        let decided = match verb {
            "write-off" => write_off::write_off(invoice, Money::new(50, invoice.currency()).unwrap(), self.now),
            "bad-debt" => write_off::write_off_bad_debt(invoice, amount, self.now),
            _ => write_off::take_back(invoice, amount, self.now),
        };
        let (_, decision) = decided?;
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    /// Every source of credit, as it stands.
    fn credits(&self) -> Vec<Credit> {
        let notes = self.notes.values().cloned().map(Credit::CreditNote);
        let payments = self.payments.values().cloned().map(Credit::Payment);
        let mut credits: Vec<Credit> = notes.chain(payments).collect();
        credits.sort_by_key(Credit::rank);
        credits
    }

    /// The business sends credit by its bank.
    pub(super) fn pay_out(&mut self, name: &str, amount: Money) -> Result<Decision, Refusal> {
        self.now = self.now.saturating_add(SignedDuration::from_secs(1)).unwrap();
        let of = (outgoing_payment_id(name), business(), customer());
        let (sent_on, reason) = (date(2026, 2, 20), "Leaves us".parse().unwrap());
        let draft = OutgoingPaymentDraft { amount, sent_on, reference: None, reason };
        let credits: Vec<Credit> =
            self.credits().into_iter().filter(|credit| credit.free().currency() == amount.currency()).collect();
        let (_, decision) = outgoing_payment::pay_out(of, draft, &credits, self.now)?;
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    /// An outgoing payment comes back.
    pub(super) fn reverse(&mut self, name: &str) -> Result<Decision, Refusal> {
        self.now = self.now.saturating_add(SignedDuration::from_secs(1)).unwrap();
        let known = self.outgoing.get(&outgoing_payment_id(name));
        let before = known.ok_or(OutgoingPaymentRefusal::AlreadyReversed)?;
        let is_of_it = |credit: &Credit| match credit {
            Credit::CreditNote(note) => before.parts.iter().any(|part| part.source.as_str() == note.id.as_str()),
            Credit::Payment(payment) => before.parts.iter().any(|part| part.source.as_str() == payment.id().as_str()),
        };
        let credits: Vec<Credit> = self.credits().into_iter().filter(is_of_it).collect();
        let (_, decision) = outgoing_payment::reverse(before, &credits, self.now)?;
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    /// The provider is to send back free money of payments.
    pub(super) fn refund_credit(&mut self, refunds: &[(&str, &str, Money)]) -> Result<Decision, Refusal> {
        self.now = self.now.saturating_add(SignedDuration::from_secs(1)).unwrap();
        let refund = |(payment, id, amount): &(&str, &str, Money)| CreditRefund {
            payment: self.payments[&payment_id(payment)].clone(),
            id: refund_id(id),
            amount: *amount,
        };
        let refunds = refunds.iter().map(refund).collect();
        let (_, decision) = payment::refund_credit(refunds, &"Leaves us".parse().unwrap(), self.now)?;
        let decision = decision.unwrap();
        self.commit(&decision).unwrap();
        Ok(decision)
    }

    fn parts(&self, parts: &[(&str, Money)]) -> Vec<(InvoiceHead, Money)> {
        parts.iter().map(|(name, part)| (self.invoices[&invoice_id(name)].clone(), *part)).collect()
    }

    /// What an operator does with a payment.
    pub(super) fn operate(
        &mut self,
        name: &str,
        act: impl FnOnce(&Self, &Payment, Timestamp) -> Result<(Payment, Decision), Refusal>,
    ) -> Result<Decision, Refusal> {
        self.now = self.now.saturating_add(SignedDuration::from_secs(1)).unwrap();
        let (_, decision) = act(self, &self.fresh(name), self.now)?;
        self.commit(&decision).unwrap();
        Ok(decision)
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
        let (_, decision) = decide(&known.with_current_invoices(&self.invoices), self.now).unwrap();
        self.commit(&decision).unwrap();
        Some(Decided { decision, again: true })
    }

    /// All of a decision, or nothing where one of its changes was decided on something else than is kept.
    pub(super) fn commit(&mut self, decision: &Decision) -> Result<(), Conflict> {
        let stands = |change: &Change| match change {
            Change::InvoiceChanged(change) => self.invoices[&change.invoice].balance.version == change.version_before,
            Change::PaymentChanged { before, .. } => self.payments[before.id()].version() == before.version(),
            Change::InvoiceIssued(invoice) => !self.invoices.contains_key(&invoice.head.id),
            Change::PaymentStarted(payment) => !self.payments.contains_key(payment.id()),
            Change::CreditNoteIssued(note) => !self.notes.contains_key(&note.id),
            Change::CreditNoteChanged { before, .. } => self.notes[&before.id].version == before.version,
            Change::CreditPaidOut(outgoing) => !self.outgoing.contains_key(&outgoing.id),
            Change::CreditPayoutReversed { before, .. } => self.outgoing[&before.id].version == before.version,
            Change::CustomerRegistered(_)
            | Change::ProfileChanged { .. }
            | Change::PayLinkIssued(_)
            | Change::PayLinkRevoked(_) => true,
        };
        if !decision.changes.iter().all(stands) {
            return Err(Conflict);
        }
        assert!(items_of(decision) <= TRANSACTION_ITEMS_MAX, "a transaction of {} items", items_of(decision));
        for change in &decision.changes {
            self.keep(change);
        }
        for entry in decision.entries_in(&zone()).0 {
            check_journal(&entry);
            self.entries.push(entry);
        }
        for fact in &decision.facts {
            self.check_fact(&fact.kind);
            self.facts.push(fact.clone());
        }
        let moved = decision.balance_move();
        add(&mut self.sums.open, moved.open);
        add(&mut self.sums.open_by_due, moved.open_by_due);
        add(&mut self.sums.unapplied, moved.unapplied);
        add(&mut self.sums.pending, moved.pending);
        add(&mut self.sums.disputed, moved.disputed);
        add(&mut self.sums.questioned, moved.questioned);
        let moved = decision.changes.iter().any(|change| matches!(change, Change::PaymentChanged { .. }));
        if !self.vast {
            self.check();
        } else if moved {
            self.check_by_verify();
        }
        Ok(())
    }

    fn keep(&mut self, change: &Change) {
        match change {
            Change::InvoiceIssued(invoice) => {
                self.invoices.insert(invoice.head.id.clone(), invoice.head.clone());
                self.issued.push((**invoice).clone());
            }
            Change::InvoiceChanged(change) => {
                let head = self.invoices.get_mut(&change.invoice).unwrap();
                assert_eq!(change.before, head.standing(), "{}: what was remembered of it", head.id);
                *head = head.changed_by(change);
                assert_eq!(change.after, head.standing(), "{}: what it becomes", head.id);
                let place = ListPlace { open: !head.balance.open().is_zero(), due_on: head.due_on() };
                assert_eq!(change.places().1, place, "{}: its place in lists", head.id);
            }
            Change::PaymentStarted(payment) => {
                self.payments.insert(payment.id().clone(), (**payment).clone());
            }
            Change::PaymentChanged { before, after } => {
                assert_eq!(after.version(), before.version() + 1, "{}", before.id());
                assert!(
                    before.state() != State::Settled || after.state() == State::Settled,
                    "{} left settled",
                    before.id()
                );
                let came = |payment: &Payment| payment.received().minor() + payment.returned().minor();
                assert!(came(after) >= came(before), "{} forgot money", before.id());
                assert!(
                    before.settled_at().is_none() || after.settled_at() == before.settled_at(),
                    "{} settled a second time",
                    before.id()
                );
                if matches!(before.state(), State::Failed | State::Cancelled) && before.state() != after.state() {
                    self.late.extend(after.allocations().iter().map(|allocation| allocation.invoice.clone()));
                }
                self.payments.insert(after.id().clone(), (**after).clone());
            }
            Change::CreditNoteIssued(note) => {
                self.notes.insert(note.id.clone(), (**note).clone());
            }
            Change::CreditNoteChanged { after, before } => {
                assert_eq!(after.version, before.version + 1, "{}", before.id);
                self.notes.insert(after.id.clone(), (**after).clone());
            }
            Change::CreditPaidOut(after) | Change::CreditPayoutReversed { after, .. } => {
                self.outgoing.insert(after.id.clone(), (**after).clone());
            }
            Change::CustomerRegistered(_)
            | Change::ProfileChanged { .. }
            | Change::PayLinkIssued(_)
            | Change::PayLinkRevoked(_) => {}
        }
    }

    /// A fact says all that is to be known, as it is once the decision is kept, and is the same from its fields.
    fn check_fact(&self, kind: &FactKind) {
        let told = kind.fields();
        assert_eq!(FactKind::named(kind.name(), told.clone()), Ok(Some(kind.clone())));
        if let Some(invoice) = told.invoice.as_ref().map(|id| &self.invoices[id]) {
            assert_eq!(told.number.as_ref(), Some(&invoice.number), "{kind:?}");
            assert_eq!(told.open, Some(invoice.balance.open()), "{kind:?}");
        }
        let about = [told.invoice.is_some(), told.payment.is_some(), told.credit_note.is_some()];
        let about = [&about[..], &[told.outgoing_payment.is_some()]].concat();
        assert_eq!(about.into_iter().filter(|about| *about).count(), 1, "{kind:?}");
        assert!(told.amount.is_some_and(|amount| !amount.is_zero()) || told.payment.is_some(), "{kind:?}");
    }

    fn check_by_verify(&self) {
        let now = |issued: &Invoice| Invoice { head: self.invoices[&issued.head.id].clone(), ..issued.clone() };
        let invoices: Vec<Invoice> = self.issued.iter().map(now).collect();
        let payments: Vec<Payment> = self.payments.values().cloned().collect();
        let credit_notes: Vec<CreditNote> = self.notes.values().cloned().collect();
        let outgoing_payments: Vec<OutgoingPayment> = self.outgoing.values().cloned().collect();
        let books = AccountBooks {
            customer: &customer(),
            invoices: &invoices,
            payments: &payments,
            credit_notes: &credit_notes,
            outgoing_payments: &outgoing_payments,
            entries: &self.entries,
            sums: &self.sums,
        };
        assert_eq!(verify::differences(books), Vec::new(), "the books verify");
    }

    /// What must hold after every commit.
    fn check(&self) {
        self.check_by_verify();
        self.check_payments();
        self.check_invoices();
        self.check_sums();
        let names: BTreeSet<&FactId> = self.facts.iter().map(|fact| &fact.id).collect();
        assert_eq!(names.len(), self.facts.len(), "two facts of one name");
        let keys: BTreeSet<String> = self.entries.iter().map(Entry::name).collect();
        assert_eq!(keys.len(), self.entries.len(), "two entries of one name");
    }

    fn check_payments(&self) {
        for payment in self.payments.values() {
            let applied = payment.allocations().iter().map(|allocation| allocation.applied);
            let covered = Money::sum(payment.currency(), applied.chain([payment.unapplied()])).unwrap();
            let cash = payment.cash().checked_add(payment.to_reclaim()).unwrap();
            assert_eq!(cash, covered, "{}: cash = applied + unapplied", payment.id());
            for allocation in payment.allocations() {
                assert!(allocation.applied.minor() <= allocation.ceiling.minor(), "{}: applied as meant", payment.id());
                let on_its_way = !allocation.pending.is_zero();
                let waits = payment.charge().is_some() && payment.state().checkout_is_live();
                assert!(
                    !on_its_way || payment.state() == State::Processing || waits || payment.unfinished(),
                    "{}: pending only while processing, or charged",
                    payment.id()
                );
            }
            let entries = self.entries.iter().filter(|entry| entry.kind.payment() == Some(payment.id()));
            let moved: i64 = entries.map(|entry| entry.change().unwrap().minor()).sum();
            let came = covered.minor() + payment.paid_out().minor();
            assert_eq!(moved, -came, "{}: the ledger moved by what is here, or was paid out", payment.id());
            let heard = payment.provider_state().fold();
            assert_eq!(
                payment.received(),
                heard.received.in_currency(payment.currency()),
                "{}: all cash is taken",
                payment.id()
            );
            for foreign in heard.received.amounts().filter(|amount| amount.currency() != payment.currency()) {
                let currency = foreign.currency();
                let kept =
                    payment.suspense().iter().filter(|kept| kept.currency() == currency).map(|kept| kept.minor());
                let gone =
                    heard.refunded.in_currency(currency).minor() + heard.charged_back.in_currency(currency).minor();
                let left = (foreign.minor() - gone).max(0);
                assert_eq!(kept.sum::<i64>(), left, "{}: the rest is in suspense", payment.id());
            }
            let of_review = payment.reviews().into_iter().filter(|review| review.kind == ReviewKind::ProviderRefund);
            let of_review = Money::sum(payment.currency(), of_review.map(|review| review.amount)).unwrap();
            let asked = payment.allocations().iter().map(|allocation| allocation.questioned);
            let asked = Money::sum(payment.currency(), asked).unwrap();
            if !payment.unfinished() {
                assert_eq!(asked, of_review, "{}: a person is asked about all that is held", payment.id());
            }
            assert_eq!(payment.settled_at().is_some(), payment.state() == State::Settled, "{}", payment.id());
            let at_rest = matches!(payment.state(), State::Settled | State::Failed | State::Cancelled)
                && payment.refunds_waiting().next().is_none()
                && !payment.has_unanswered_decline()
                && !payment.unfinished();
            assert_eq!(payment.next_poll_at().is_none(), at_rest, "{}: asked about until it is at rest", payment.id());
        }
    }

    fn check_invoices(&self) {
        for (id, invoice) in &self.invoices {
            let balance = &invoice.balance;
            let of_payments = self.payments.values().flat_map(super::super::payment::Payment::allocations);
            let of_notes = self.notes.values().flat_map(|note| &note.allocations);
            let ours: Vec<&Allocation> = of_payments.chain(of_notes).filter(|known| known.invoice == *id).collect();
            let ours = || ours.iter();
            let applied = Money::sum(invoice.currency(), ours().map(|allocation| allocation.applied)).unwrap();
            assert_eq!(balance.applied, applied, "{id}: applied is the sum of allocations");
            assert!(applied.minor() <= balance.gross.minor(), "{id}: no more applied than demanded");
            let pending = Money::sum(invoice.currency(), ours().map(|allocation| allocation.pending)).unwrap();
            let held = balance.holds.0.values().filter(|hold| hold.kind == HoldKind::Pending).map(|hold| hold.amount);
            let held = Money::sum(invoice.currency(), held).unwrap();
            assert_eq!(held, pending, "{id}: pending is the sum of allocations");
            if !self.late.contains(id) {
                assert!(pending.minor() <= balance.open().minor(), "{id}: no more pending than open");
            }
            assert!(
                balance.pending().minor() <= balance.open().minor(),
                "{id}: shown as pending, at most what is open"
            );
            let asked = Money::sum(invoice.currency(), ours().map(|allocation| allocation.questioned)).unwrap();
            let held = balance.holds.0.values().filter(|hold| hold.kind == HoldKind::Refund).map(|hold| hold.amount);
            assert_eq!(Money::sum(invoice.currency(), held).unwrap(), asked, "{id}: what is in question is held");
            let legs = self.entries.iter().flat_map(|entry| &entry.legs);
            let moved: i64 = legs.filter(|leg| is_of(leg, id)).map(|leg| leg.balance_change().minor()).sum();
            assert_eq!(balance.open().minor(), moved, "{id}: open is the sum of its legs");
            if let Some(payment) = balance.holds.page() {
                let worker = &self.payments[&payment];
                assert!(
                    worker.state().checkout_is_live() || worker.unfinished(),
                    "{id} is claimed by a payment that is over"
                );
            }
        }
    }

    fn check_sums(&self) {
        let mut sums = AccountSums::default();
        for invoice in self.invoices.values() {
            let (currency, balance) = (invoice.currency(), &invoice.balance);
            add(&mut sums.open, [(currency, balance.open().minor())]);
            let days = invoice.open_days();
            add(&mut sums.open_by_due, days.days().iter().map(|due| ((currency, due.on), due.amount.minor())));
            add(&mut sums.pending, [(currency, balance.pending().minor())]);
            add(&mut sums.disputed, [(currency, balance.disputed().minor())]);
            add(&mut sums.questioned, [(currency, balance.questioned().minor())]);
        }
        for payment in self.payments.values() {
            add(&mut sums.unapplied, [(payment.currency(), payment.unapplied().minor())]);
        }
        for note in self.notes.values() {
            add(&mut sums.unapplied, [(note.amount.currency(), note.unapplied.minor())]);
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

/// In the journal each entry comes to nothing, and its legs stand on the accounts of the customer as the ledger has them.
fn check_journal(entry: &Entry) {
    let lines = journal::of_entry(entry, &zone()).unwrap();
    assert_eq!(lines.iter().map(|line| line.amount.minor()).sum::<i64>(), 0, "{lines:?}");
    assert!(lines.iter().all(|line| line.amount.currency() == entry.currency), "{lines:?}");
    let own = |line: &&JournalLine| matches!(line.account, JournalAccount::Receivable | JournalAccount::CustomerCredit);
    let own: i64 = lines.iter().filter(own).map(|line| line.amount.minor()).sum();
    assert_eq!(own, entry.change().unwrap().minor(), "{lines:?}");
}

/// Items that a decision writes, at most: with the entries, the balance, the audit, the event and the act.
fn items_of(decision: &Decision) -> usize {
    let allocations = |before: &[Allocation], after: &[Allocation]| {
        after.iter().enumerate().filter(|(place, one)| before.get(*place) != Some(*one)).count()
    };
    let payment = |before: Option<&Payment>, after: &Payment| {
        let facts = after
            .provider_state()
            .0
            .iter()
            .filter(|(id, fact)| before.and_then(|before| before.provider_state().0.get(*id)) != Some(*fact));
        let known = before.map(|before| before.provider_state().names()).unwrap_or_default();
        let reviews = before.map(Payment::reviews).unwrap_or_default();
        let opened = after.reviews().into_iter().filter(|review| !reviews.contains(review)).count();
        let gone = reviews.iter().filter(|review| !after.reviews().contains(review)).count();
        let allocated = before.map(super::super::payment::Payment::allocations).unwrap_or_default();
        let of_money = facts.count() + after.provider_state().names().difference(&known).count() + opened + gone;
        2 + allocations(allocated, after.allocations()) + of_money
    };
    let items = |change: &Change| match change {
        Change::InvoiceChanged(_)
        | Change::PayLinkIssued(_)
        | Change::PayLinkRevoked(_)
        | Change::CreditPaidOut(_)
        | Change::CreditPayoutReversed { .. } => 1,
        Change::PaymentStarted(after) => payment(None, after),
        Change::PaymentChanged { before, after } => payment(Some(before), after),
        Change::CreditNoteIssued(note) => 3 + allocations(&[], &note.allocations),
        Change::CreditNoteChanged { before, after } => 2 + allocations(&before.allocations, &after.allocations),
        Change::InvoiceIssued(_) => 4,
        Change::CustomerRegistered(_) | Change::ProfileChanged { .. } => 6,
    };
    4 + decision.entries_in(&zone()).0.len() + decision.changes.iter().map(items).sum::<usize>()
}

fn is_of(leg: &crate::ledger::Leg, id: &InvoiceId) -> bool {
    leg.invoice().is_some_and(|(invoice, _)| invoice == id)
}

/// Adds sums to sums.
pub(super) fn add<K: Ord>(sums: &mut BTreeMap<K, i64>, more: impl IntoIterator<Item = (K, i64)>) {
    for (key, minor) in more {
        *sums.entry(key).or_default() += minor;
    }
}

fn without_zeros(mut sums: AccountSums) -> AccountSums {
    let AccountSums { open, unapplied, pending, disputed, questioned, .. } = &mut sums;
    for part in [open, unapplied, pending, disputed, questioned] {
        part.retain(|_, minor| *minor != 0);
    }
    sums.open_by_due.retain(|_, minor| *minor != 0);
    sums
}
