//! Proving an account: everything that is kept is computed again from the ledger and from the provider's facts.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;

use crate::currency::Currency;
use crate::ids::{CustomerId, InvoiceId, PaymentId};
use crate::invoice::Invoice;
use crate::ledger::{Entry, Leg};
use crate::payment::{Payment, State};
use crate::statement::AccountSums;

/// All that is kept of one account.
#[derive(Clone, Copy, Debug)]
pub struct AccountBooks<'a> {
    /// Whose.
    pub customer: &'a CustomerId,
    /// Its invoices.
    pub invoices: &'a [Invoice],
    /// Its payments, with their allocations and facts.
    pub payments: &'a [Payment],
    /// Its ledger.
    pub entries: &'a [Entry],
    /// Its sums.
    pub sums: &'a AccountSums,
}

/// Two places that disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The account.
    pub customer: CustomerId,
    /// What was compared, with the ids.
    pub what: String,
    /// What it was computed to be, in minor units or in words.
    pub computed: String,
    /// What is kept.
    pub kept: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: computed {}, kept {}", self.customer, self.what, self.computed, self.kept)
    }
}

/// Every difference on an account; none where its books are right.
pub fn differences(books: AccountBooks<'_>) -> Vec<Difference> {
    let mut proof = Proof { books, found: Vec::new() };
    let ledger = LedgerSums::of(books.entries);
    proof.invoices(&ledger);
    proof.payments(&ledger);
    proof.sums(&ledger);
    proof.found
}

/// What the ledger comes to.
#[derive(Default)]
struct LedgerSums {
    open_by_invoice: BTreeMap<InvoiceId, i64>,
    open: BTreeMap<Currency, i64>,
    open_by_due: BTreeMap<(Currency, Date), i64>,
    unapplied: BTreeMap<Currency, i64>,
    taken_by_payment: BTreeMap<PaymentId, i64>,
}

impl LedgerSums {
    fn of(entries: &[Entry]) -> Self {
        let mut sums = Self::default();
        for entry in entries {
            for leg in &entry.legs {
                let minor = leg.change().minor();
                match leg {
                    Leg::Invoice { invoice, due_on, .. } => {
                        *sums.open_by_invoice.entry(invoice.clone()).or_default() += minor;
                        *sums.open.entry(entry.currency).or_default() += minor;
                        *sums.open_by_due.entry((entry.currency, *due_on)).or_default() += minor;
                    }
                    Leg::Unapplied { .. } => *sums.unapplied.entry(entry.currency).or_default() -= minor,
                }
                if let Some(payment) = entry.kind.payment() {
                    *sums.taken_by_payment.entry(payment.clone()).or_default() -= minor;
                }
            }
        }
        sums
    }
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
        self.found.push(Difference { customer: self.books.customer.clone(), what, computed, kept });
    }

    /// Each invoice: open by the ledger, applied and pending by the payments.
    fn invoices(&mut self, ledger: &LedgerSums) {
        for invoice in self.books.invoices {
            let (id, standing) = (&invoice.id, &invoice.standing);
            let open = ledger.open_by_invoice.get(id).copied().unwrap_or(0);
            self.compare(|| format!("{id} open, by the ledger"), open, standing.open().minor());
            let parts = || {
                self.books.payments.iter().flat_map(|payment| &payment.allocations).filter(|part| part.invoice == *id)
            };
            let (applied, pending) =
                (parts().map(|part| part.applied.minor()).sum(), parts().map(|part| part.pending.minor()).sum());
            self.compare(|| format!("{id} applied, by the payments"), applied, standing.applied.minor());
            self.compare(|| format!("{id} pending, by the payments"), pending, standing.pending.minor());
            self.compare(|| format!("{id} gross"), invoice.totals.gross.minor(), standing.gross.minor());
        }
        for id in ledger.open_by_invoice.keys() {
            if !self.books.invoices.iter().any(|invoice| invoice.id == *id) {
                self.differ(format!("{id}, in the ledger"), "an invoice".to_owned(), "none".to_owned());
            }
        }
    }

    /// Each payment: received by the provider's facts, and every unit of it either applied or unapplied.
    fn payments(&mut self, ledger: &LedgerSums) {
        for payment in self.books.payments {
            let id = &payment.id;
            let heard = payment.facts.fold();
            let received = heard.received.in_currency(payment.currency()).minor();
            self.compare(|| format!("{id} received, by the facts"), received, payment.received.minor());
            let applied: i64 = payment.allocations.iter().map(|part| part.applied.minor()).sum();
            let placed = applied + payment.unapplied.minor();
            self.compare(|| format!("{id} received, by where it went"), placed, payment.received.minor());
            let taken = ledger.taken_by_payment.get(id).copied().unwrap_or(0);
            self.compare(|| format!("{id} received, by the ledger"), taken, payment.received.minor());
            let settled = !heard.received.is_empty();
            if settled != (payment.state == State::Settled) {
                let computed = if settled { "settled" } else { "not settled" };
                self.differ(format!("{id} state"), computed.to_owned(), payment.state.as_str().to_owned());
            }
        }
        for id in ledger.taken_by_payment.keys() {
            if !self.books.payments.iter().any(|payment| payment.id == *id) {
                self.differ(format!("{id}, in the ledger"), "a payment".to_owned(), "none".to_owned());
            }
        }
    }

    /// The account's sums: by the ledger, by the invoices and by the payments.
    fn sums(&mut self, ledger: &LedgerSums) {
        let kept = self.books.sums;
        let mut pending: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut disputed: BTreeMap<Currency, i64> = BTreeMap::new();
        let mut open: BTreeMap<Currency, i64> = BTreeMap::new();
        for invoice in self.books.invoices {
            let currency = invoice.currency();
            *pending.entry(currency).or_default() += invoice.standing.pending.minor();
            *disputed.entry(currency).or_default() += invoice.standing.disputed.minor();
            *open.entry(currency).or_default() += invoice.standing.open().minor();
        }
        let mut unapplied: BTreeMap<Currency, i64> = BTreeMap::new();
        for payment in self.books.payments {
            *unapplied.entry(payment.currency()).or_default() += payment.unapplied.minor();
        }
        self.tally("open, by the ledger", &ledger.open, &kept.open);
        self.tally("open, by the invoices", &open, &kept.open);
        self.tally("unapplied, by the ledger", &ledger.unapplied, &kept.unapplied);
        self.tally("unapplied, by the payments", &unapplied, &kept.unapplied);
        self.tally("pending, by the invoices", &pending, &kept.pending);
        self.tally("disputed, by the invoices", &disputed, &kept.disputed);
        self.tally("open by due day, by the ledger", &ledger.open_by_due, &kept.open_by_due);
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
