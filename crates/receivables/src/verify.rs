//! Proving an account: everything that is kept is computed again from the ledger and from the provider's facts.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::allocation::Allocation;
use crate::credit_note::{self, CreditNote};
use crate::currency::Currency;
use crate::ids::{CustomerId, InvoiceId};
use crate::invoice::{self, HoldKind, HolderId, Invoice, InvoiceHead};
use crate::ledger::{Contra, Entry, Leg, LegAccount};
use crate::money::Money;
use crate::outgoing_payment::OutgoingPayment;
use crate::payment::{self, Payment, State};
use crate::statement::AccountSums;

/// All that is kept of one account.
#[derive(Clone, Copy, Debug)]
pub struct AccountBooks<'a> {
    /// The customer on whose account it stands.
    pub customer: &'a CustomerId,
    /// All its invoices, paid ones included.
    pub invoices: &'a [Invoice],
    /// Its payments, with their allocations and facts.
    pub payments: &'a [Payment],
    /// Its credit notes, with their allocations.
    pub credit_notes: &'a [CreditNote],
    /// Its outgoing payments.
    pub outgoing_payments: &'a [OutgoingPayment],
    /// All entries of its ledger.
    pub entries: &'a [Entry],
    /// The sums that are kept beside the ledger.
    pub sums: &'a AccountSums,
}

/// Two places that disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The account; none where it is of the whole business.
    pub customer: Option<CustomerId>,
    /// What was compared, with the ids.
    pub what: String,
    /// What it was computed to be, in minor units or in words.
    pub computed: String,
    /// The value that is kept.
    pub kept: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.customer {
            Some(customer) => write!(f, "{customer}: ")?,
            None => f.write_str("business: ")?,
        }
        write!(f, "{}: computed {}, kept {}", self.what, self.computed, self.kept)
    }
}

/// Every difference on an account; none where its books are right.
pub fn differences(books: AccountBooks<'_>) -> Vec<Difference> {
    let mut proof = Proof { books, found: Vec::new() };
    let ledger = LedgerSums::of(books.entries);
    proof.invoices(&ledger);
    proof.holds();
    proof.remembered();
    proof.payments(&ledger);
    proof.credit_notes(&ledger);
    proof.outgoing_payments(&ledger);
    proof.covered(&ledger);
    proof.sums(&ledger);
    proof.found
}

/// What the ledger comes to: by account and contra account, whatever the captions say.
#[derive(Default)]
struct LedgerSums {
    open_by_invoice: BTreeMap<InvoiceId, BTreeMap<Date, i64>>,
    open: BTreeMap<Currency, i64>,
    open_by_due: BTreeMap<(Currency, Date), i64>,
    unapplied: BTreeMap<Currency, i64>,
    /// What is open of an invoice, by what made it so.
    by_invoice: BTreeMap<(InvoiceId, Contra), i64>,
    /// What a source gave to the account, by contra account, and what of that to which invoice.
    given: BTreeMap<(String, Contra), i64>,
    covered: BTreeMap<(String, InvoiceId), i64>,
}

impl LedgerSums {
    fn of(entries: &[Entry]) -> Self {
        let mut sums = Self::default();
        let legs = entries.iter().flat_map(|entry| entry.legs.iter().map(move |leg| (entry, leg)));
        for (entry, Leg { account, change, contra }) in legs {
            let minor = change.minor();
            // The credit note of a refund is entered by the decision of its payment, and what went back of a payment meanwhile by that
            // which reverses an outgoing payment.
            let of_note = entry.kind.credit_note().map(ToString::to_string);
            let of_payment = || entry.kind.payment().map(ToString::to_string);
            let source = of_note.or_else(of_payment).unwrap_or_else(|| entry.source.clone());
            match account {
                LegAccount::Invoice { invoice, due_on, .. } => {
                    *sums.open_by_invoice.entry(invoice.clone()).or_default().entry(*due_on).or_default() += minor;
                    *sums.open.entry(entry.currency).or_default() += minor;
                    *sums.open_by_due.entry((entry.currency, *due_on)).or_default() += minor;
                    *sums.by_invoice.entry((invoice.clone(), *contra)).or_default() += minor;
                    if matches!(contra, Contra::Cash | Contra::Credit) {
                        *sums.covered.entry((source.clone(), invoice.clone())).or_default() -= minor;
                    }
                }
                LegAccount::Unapplied => *sums.unapplied.entry(entry.currency).or_default() -= minor,
                LegAccount::Contra(_) => {}
            }
            *sums.given.entry((source, *contra)).or_default() -= minor;
        }
        sums
    }

    /// What the open amount of an invoice moved by against a contra account.
    fn of_invoice(&self, invoice: &InvoiceId, contra: Contra) -> i64 {
        self.by_invoice.get(&(invoice.clone(), contra)).copied().unwrap_or(0)
    }

    /// What a source gave to the account against these contra accounts.
    fn given(&self, source: &str, contras: &[Contra]) -> i64 {
        contras.iter().filter_map(|contra| self.given.get(&(source.to_owned(), *contra))).sum()
    }
}

/// What a payment gives to an account: its money, or what another account had of it.
const OF_PAYMENTS: [Contra; 2] = [Contra::Cash, Contra::Unapplied];

fn total(parts: &[&Allocation], amount: fn(&Allocation) -> Money) -> i64 {
    parts.iter().map(|part| amount(part).minor()).sum()
}

struct Proof<'a> {
    books: AccountBooks<'a>,
    found: Vec<Difference>,
}

impl Proof<'_> {
    fn compare(&mut self, what: impl FnOnce() -> String, computed: i64, kept: i64) {
        if computed != kept {
            self.differ(what(), computed.to_string(), kept.to_string());
        }
    }

    fn differ(&mut self, what: String, computed: String, kept: String) {
        self.found.push(Difference { customer: Some(self.books.customer.clone()), what, computed, kept });
    }

    /// Each invoice: open by the ledger and day by day, applied by what covers it, held by its payments.
    fn invoices(&mut self, ledger: &LedgerSums) {
        let mut allocations: BTreeMap<&InvoiceId, Vec<&Allocation>> = BTreeMap::new();
        let of_payments = self.books.payments.iter().flat_map(super::payment::Payment::allocations);
        let of_notes = self.books.credit_notes.iter().flat_map(|note| &note.allocations);
        for allocation in of_payments.chain(of_notes) {
            allocations.entry(&allocation.invoice).or_default().push(allocation);
        }
        for invoice in self.books.invoices {
            let (id, balance) = (&invoice.head.id, &invoice.head.balance);
            let open = ledger.open_by_invoice.get(id).cloned().unwrap_or_default();
            self.compare(|| format!("{id} open, by the ledger"), open.values().sum(), balance.open().minor());
            let days = invoice.head.open_days();
            let days = days.days().iter().map(|due| (due.on, due.amount.minor())).collect();
            self.tally(&format!("{id} open by due day, by the ledger"), &open, &days);
            let of = |amount: fn(&Allocation) -> Money| allocations.get(id).map_or(0, |parts| total(parts, amount));
            self.compare(
                || format!("{id} applied, by what covers it"),
                of(|part| part.applied),
                balance.applied.minor(),
            );
            let charged_back = of(|part| part.charged_back);
            self.compare(|| format!("{id} charged back, by the payments"), charged_back, balance.charged_back.minor());
            let bad_debt = -ledger.of_invoice(id, Contra::BadDebt);
            self.compare(|| format!("{id} bad debt, by the ledger"), bad_debt, balance.bad_debt.minor());
            let written_off = bad_debt - ledger.of_invoice(id, Contra::WriteOff);
            self.compare(|| format!("{id} written off, by the ledger"), written_off, balance.written_off.minor());
            let invoiced = ledger.of_invoice(id, Contra::Invoiced);
            self.compare(|| format!("{id} gross, by the ledger"), invoiced, balance.gross.minor());
            self.compare(|| format!("{id} gross"), invoice.totals.gross.minor(), balance.gross.minor());
            let scheduled = invoice.head.schedule.total().map_or(-1, Money::minor);
            self.compare(|| format!("{id} schedule"), balance.gross.minor(), scheduled);
            if !invoice::adds_up(invoice) {
                self.differ(format!("{id} amounts"), "those of its lines".to_owned(), "others".to_owned());
            }
        }
        for id in ledger.open_by_invoice.keys() {
            if !self.books.invoices.iter().any(|invoice| invoice.head.id == *id) {
                self.differ(format!("{id}, in the ledger"), "an invoice".to_owned(), "none".to_owned());
            }
        }
    }

    /// Pages, money on its way, refunds in question: what each payment holds is held on the invoice, and nothing else of these
    /// kinds is.
    fn holds(&mut self) {
        let mut held: BTreeMap<(InvoiceId, String), i64> = BTreeMap::new();
        for payment in self.books.payments {
            for part in payment.allocations() {
                if let Some((kind, amount)) = part.hold() {
                    let name = format!("{} of {}", kind.as_str(), payment.id());
                    *held.entry((part.invoice.clone(), name)).or_default() += amount.minor();
                }
            }
        }
        let mut kept = BTreeMap::new();
        for head in self.books.invoices.iter().map(|invoice| &invoice.head) {
            for (holder, hold) in &head.balance.holds.0 {
                if matches!(hold.kind, HoldKind::Page | HoldKind::Pending | HoldKind::Refund) {
                    kept.insert((head.id.clone(), format!("{} of {holder}", hold.kind.as_str())), hold.amount.minor());
                }
            }
        }
        self.tally("held, by the payments", &held, &kept);
    }

    /// What allocations remember of their invoices, where no other decision has come since.
    fn remembered(&mut self) {
        let heads: BTreeMap<&InvoiceId, &InvoiceHead> =
            self.books.invoices.iter().map(|invoice| (&invoice.head.id, &invoice.head)).collect();
        let of_payments = self.books.payments.iter();
        let of_payments = of_payments
            .flat_map(|payment| payment.allocations().iter().map(|part| (part, Some(HolderId::from(payment.id())))));
        let of_notes = self.books.credit_notes.iter().flat_map(|note| &note.allocations).map(|part| (part, None));
        let astray: Vec<InvoiceId> = of_payments
            .chain(of_notes)
            .filter(|(part, own)| heads.get(&part.invoice).is_some_and(|head| !part.remembers(head, own.as_ref())))
            .map(|(part, _)| part.invoice.clone())
            .collect();
        for invoice in astray {
            let what = format!("{invoice}, as an allocation remembers it");
            self.differ(what, "as it stands".to_owned(), "otherwise".to_owned());
        }
    }

    /// Each payment: what came and went by the provider's facts, every unit of it either applied or unapplied, and each
    /// allocation what the facts make of it.
    fn payments(&mut self, ledger: &LedgerSums) {
        for payment in self.books.payments {
            let id = payment.id();
            let folded = payment.provider_state().fold();
            let currency = payment.currency();
            let received = folded.received.in_currency(currency);
            let there = received.less(payment.paid_out());
            let refunded = folded.refunded.in_currency(currency).min(there);
            let charged_back = folded.charged_back.in_currency(currency).min(there.less(refunded));
            self.compare(|| format!("{id} received, by the facts"), received.minor(), payment.received().minor());
            let returned = folded.returned.in_currency(currency);
            self.compare(|| format!("{id} returned, by the facts"), returned.minor(), payment.returned().minor());
            self.compare(|| format!("{id} refunded, by the facts"), refunded.minor(), payment.refunded().minor());
            let kept = payment.charged_back().minor();
            self.compare(|| format!("{id} charged back, by the facts"), charged_back.minor(), kept);
            let applied: i64 = payment.allocations().iter().map(|part| part.applied.minor()).sum();
            let placed = applied + payment.unapplied().minor();
            let cash = folded.cash(currency).less(payment.paid_out()).minor() + payment.to_reclaim().minor();
            self.compare(|| format!("{id} cash, by where it is"), placed, cash);
            let taken = ledger.given(id.as_str(), &OF_PAYMENTS);
            let given = placed + payment.paid_out().minor();
            self.compare(|| format!("{id} cash, by the ledger"), taken, given);
            if !payment.unfinished() {
                self.compare(|| format!("{id} owed back, when finished"), 0, payment.to_reclaim().minor());
            }
            let others = folded.received.amounts().filter(|amount| amount.currency() != currency);
            let suspense = others.map(|amount| folded.cash(amount.currency())).filter(|amount| !amount.is_zero());
            let suspense: Vec<Money> = suspense.collect();
            if suspense != payment.suspense() {
                let what = format!("{id} in suspense, by the facts");
                self.differ(what, format!("{suspense:?}"), format!("{:?}", payment.suspense()));
            }
            if !payment::is_as_folded(payment) {
                self.differ(format!("{id} allocations"), "as folded".to_owned(), "otherwise".to_owned());
            }
            let settled = folded.has_come();
            if settled != (payment.state() == State::Settled) {
                let computed = if settled { "settled" } else { "not settled" };
                self.differ(format!("{id} state"), computed.to_owned(), payment.state().as_str().to_owned());
            }
        }
        for (source, contra) in ledger.given.keys() {
            // Of a payment that was handed to another account nothing is left in this one.
            let is_of_one = OF_PAYMENTS.contains(contra) && ledger.given(source, &OF_PAYMENTS) != 0;
            if is_of_one && !self.books.payments.iter().any(|payment| payment.id().as_str() == source) {
                self.differ(format!("{source}, in the ledger"), "a payment".to_owned(), "none".to_owned());
            }
        }
    }

    /// What each source covers of each invoice, by the ledger.
    fn covered(&mut self, ledger: &LedgerSums) {
        let of_payments = self.books.payments.iter().map(|payment| (payment.id().as_str(), payment.allocations()));
        let of_notes = self.books.credit_notes.iter().map(|note| (note.id.as_str(), &*note.allocations));
        let parts =
            of_payments.chain(of_notes).flat_map(|(source, parts)| parts.iter().map(move |part| (source, part)));
        let applied = parts.map(|(source, part)| ((source.to_owned(), part.invoice.clone()), part.applied.minor()));
        self.tally("applied, by the ledger", &ledger.covered, &applied.collect());
    }

    /// Each credit note: every unit of it either applied or unapplied, by its allocations and by the ledger.
    fn credit_notes(&mut self, ledger: &LedgerSums) {
        for note in self.books.credit_notes {
            let id = &note.id;
            let placed: i64 = note.allocations.iter().map(|part| part.applied.minor()).sum();
            let placed = placed + note.unapplied.minor() + note.paid_out.minor();
            self.compare(|| format!("{id} amount, by where it is"), placed, note.amount.minor());
            let given = ledger.given(id.as_str(), &[Contra::Credit]);
            self.compare(|| format!("{id} amount, by the ledger"), given, note.amount.minor());
            if !credit_note::is_as_folded(note) {
                self.differ(format!("{id} allocations"), "as folded".to_owned(), "otherwise".to_owned());
            }
        }
        for (source, _) in ledger.given.keys().filter(|(_, contra)| *contra == Contra::Credit) {
            if !self.books.credit_notes.iter().any(|note| note.id.as_str() == source) {
                self.differ(format!("{source}, in the ledger"), "a credit note".to_owned(), "none".to_owned());
            }
        }
    }

    /// Each outgoing payment: its parts, what the ledger has of it, and what its sources remember of all of them.
    fn outgoing_payments(&mut self, ledger: &LedgerSums) {
        let mut paid_out: BTreeMap<&str, i64> = BTreeMap::new();
        for outgoing in self.books.outgoing_payments {
            let (id, parts) = (&outgoing.id, outgoing.parts.iter());
            let sum: i64 = parts.clone().map(|part| part.amount.minor()).sum();
            self.compare(|| format!("{id} amount, by its parts"), sum, outgoing.amount.minor());
            let stands = if outgoing.reversed_at.is_none() { outgoing.amount.minor() } else { 0 };
            let sent = -ledger.given(id.as_str(), &[Contra::CustomerRefund]);
            self.compare(|| format!("{id} amount, by the ledger"), sent, stands);
            for part in parts.filter(|_| stands != 0) {
                *paid_out.entry(part.source.as_str()).or_default() += part.amount.minor();
            }
        }
        let of_payments = self.books.payments.iter().map(|payment| (payment.id().as_str(), payment.paid_out()));
        let of_notes = self.books.credit_notes.iter().map(|note| (note.id.as_str(), note.paid_out));
        let kept = of_payments.chain(of_notes).map(|(source, amount)| (source, amount.minor())).collect();
        self.tally("paid out, by the outgoing payments", &paid_out, &kept);
        for (source, _) in ledger.given.keys().filter(|(_, contra)| *contra == Contra::CustomerRefund) {
            if !self.books.outgoing_payments.iter().any(|outgoing| outgoing.id.as_str() == source) {
                self.differ(format!("{source}, in the ledger"), "an outgoing payment".to_owned(), "none".to_owned());
            }
        }
    }

    /// The account's sums: by the ledger, by the invoices and by the payments.
    fn sums(&mut self, ledger: &LedgerSums) {
        let kept = self.books.sums;
        let mut pending: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut disputed: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut questioned: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut open: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut open_by_due: BTreeMap<(Currency, Date), i64> = BTreeMap::new();
        for head in self.books.invoices.iter().map(|invoice| &invoice.head) {
            let currency = head.currency();
            *pending.entry(currency).or_default() += head.balance.pending().minor();
            *disputed.entry(currency).or_default() += head.balance.disputed().minor();
            *questioned.entry(currency).or_default() += head.balance.questioned().minor();
            *open.entry(currency).or_default() += head.balance.open().minor();
            for due in head.open_days().days() {
                *open_by_due.entry((currency, due.on)).or_default() += due.amount.minor();
            }
        }
        let mut unapplied: BTreeMap<Currency, i64> = BTreeMap::new();
        for payment in self.books.payments {
            *unapplied.entry(payment.currency()).or_default() += payment.unapplied().minor();
        }
        for note in self.books.credit_notes {
            *unapplied.entry(note.amount.currency()).or_default() += note.unapplied.minor();
        }
        self.tally("open, by the ledger", &ledger.open, &kept.open);
        self.tally("open, by the invoices", &open, &kept.open);
        self.tally("unapplied, by the ledger", &ledger.unapplied, &kept.unapplied);
        self.tally("unapplied, by payments and credit notes", &unapplied, &kept.unapplied);
        self.tally("pending, by the invoices", &pending, &kept.pending);
        self.tally("disputed, by the invoices", &disputed, &kept.disputed);
        self.tally("in question, by the invoices", &questioned, &kept.questioned);
        self.tally("open by due day, by the ledger", &ledger.open_by_due, &kept.open_by_due);
        self.tally("open by due day, by the invoices", &open_by_due, &kept.open_by_due);
    }

    fn tally<K: Ord + fmt::Debug>(&mut self, what: &str, computed: &BTreeMap<K, i64>, kept: &BTreeMap<K, i64>) {
        let mut keys: Vec<&K> = computed.keys().chain(kept.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let of = |sums: &BTreeMap<K, i64>| sums.get(key).copied().unwrap_or(0);
            self.compare(|| format!("{what} {key:?}"), of(computed), of(kept));
        }
    }
}
