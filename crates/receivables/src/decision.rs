//! Decisions: what is to be written, all or nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::BillingZone;
use crate::credit_note::CreditNote;
use crate::currency::Currency;
use crate::customer::Customer;
use crate::fact::{Fact, FactKind};
use crate::ids::{BusinessId, CustomerId};
use crate::invoice::{CutKind, Invoice, InvoiceChange};
use crate::ledger::{DraftEntry, Entry, EntryDay, EntryKind, Leg, LegAccount};
use crate::outgoing_payment::OutgoingPayment;
use crate::pay_link::PayLink;
use crate::payment::Payment;

/// What the books decided: changes, entries in the ledger, and the facts to announce. It is committed whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The business that it belongs to.
    pub business: BusinessId,
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// The instant of the decision, and of its entries and facts.
    pub at: Timestamp,
    /// The changes, in the order in which they were decided.
    pub changes: Vec<Change>,
    /// What is entered in the ledger, where amounts moved.
    pub entries: Vec<DraftEntry>,
    /// The other account, where money leaves this one for it.
    pub handed_to: Option<HandedTo>,
    /// What is announced once the decision is committed.
    pub facts: Vec<Fact>,
}

/// The account that money enters in the decision by which it leaves another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedTo {
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// What is entered in its ledger.
    pub entries: Vec<DraftEntry>,
}

/// One thing that changes. Each carries what it was decided on, so that it is written over nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A customer we did not know.
    CustomerRegistered(Customer),
    /// Something new of a customer we know.
    ProfileChanged {
        /// The values that were read, over which alone it is written.
        before: Customer,
        /// The values to write.
        after: Customer,
    },
    /// An invoice that is not there yet.
    InvoiceIssued(Box<Invoice>),
    /// What is covered or held of an invoice changes.
    InvoiceChanged(Box<InvoiceChange>),
    /// A pay link that is not there yet.
    PayLinkIssued(PayLink),
    /// A pay link is taken back.
    PayLinkRevoked(PayLink),
    /// A payment that is not there yet.
    PaymentStarted(Box<Payment>),
    /// A payment changes.
    PaymentChanged {
        /// The values that were read, over which alone it is written.
        before: Box<Payment>,
        /// The values to write.
        after: Box<Payment>,
    },
    /// A credit note that is not there yet.
    CreditNoteIssued(Box<CreditNote>),
    /// A credit note changes.
    CreditNoteChanged {
        /// The values that were read, over which alone it is written.
        before: Box<CreditNote>,
        /// The values to write.
        after: Box<CreditNote>,
    },
    /// An outgoing payment that is not there yet.
    CreditPaidOut(Box<OutgoingPayment>),
    /// An outgoing payment is reversed.
    CreditPayoutReversed {
        /// The values that were read, over which alone it is written.
        before: Box<OutgoingPayment>,
        /// The values to write.
        after: Box<OutgoingPayment>,
    },
}

impl Change {
    /// The payment as it becomes, where one begins or changes.
    pub fn payment(&self) -> Option<&Payment> {
        match self {
            Self::PaymentStarted(payment) | Self::PaymentChanged { after: payment, .. } => Some(payment),
            Self::CustomerRegistered(_)
            | Self::ProfileChanged { .. }
            | Self::InvoiceIssued(_)
            | Self::InvoiceChanged(_)
            | Self::PayLinkIssued(_)
            | Self::PayLinkRevoked(_)
            | Self::CreditNoteIssued(_)
            | Self::CreditNoteChanged { .. }
            | Self::CreditPaidOut(_)
            | Self::CreditPayoutReversed { .. } => None,
        }
    }
}

/// By how much the account's balance item moves, in minor units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BalanceMove {
    /// Open amounts per currency.
    pub open: BTreeMap<Currency, i64>,
    /// Open amounts per currency and due day.
    pub open_by_due: BTreeMap<(Currency, Date), i64>,
    /// Unapplied cash per currency.
    pub unapplied: BTreeMap<Currency, i64>,
    /// Pending amounts per currency.
    pub pending: BTreeMap<Currency, i64>,
    /// Disputed amounts per currency.
    pub disputed: BTreeMap<Currency, i64>,
    /// Amounts in question per currency.
    pub questioned: BTreeMap<Currency, i64>,
}

impl BalanceMove {
    /// By how much entries alone move it, whatever their days.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a DraftEntry>) -> Self {
        let mut moved = Self::default();
        for Leg { account, change, .. } in entries.into_iter().flat_map(|entry| &entry.legs) {
            match account {
                LegAccount::Invoice { due_on, .. } => {
                    *moved.open.entry(change.currency()).or_default() += change.minor();
                    *moved.open_by_due.entry((change.currency(), *due_on)).or_default() += change.minor();
                }
                LegAccount::Unapplied => *moved.unapplied.entry(change.currency()).or_default() -= change.minor(),
                LegAccount::Contra(_) => {}
            }
        }
        moved
    }

    /// Whether nothing moves.
    pub fn is_empty(&self) -> bool {
        let still = |sums: &BTreeMap<Currency, i64>| sums.values().all(|minor| *minor == 0);
        still(&self.open)
            && still(&self.unapplied)
            && still(&self.pending)
            && still(&self.disputed)
            && still(&self.questioned)
            && self.open_by_due.values().all(|minor| *minor == 0)
    }
}

impl Decision {
    /// A decision on an account that changes nothing yet.
    pub fn new(business: BusinessId, customer: CustomerId, at: Timestamp) -> Self {
        Self { business, customer, at, changes: Vec::new(), entries: Vec::new(), handed_to: None, facts: Vec::new() }
    }

    /// Adds a change.
    #[must_use]
    pub fn with_change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds changes, in their order.
    #[must_use]
    pub fn with_changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.extend(changes);
        self
    }

    /// Enters legs of one currency for the version of a source that this decision makes; nothing where there is no leg.
    #[must_use]
    pub fn with_entry(mut self, source: &str, version: u64, day: EntryDay, kind: EntryKind, legs: Vec<Leg>) -> Self {
        self.entries.extend(draft(source, version, day, kind, legs));
        self
    }

    /// Announces what happened by the version of a source that this decision makes.
    #[must_use]
    pub fn with_facts(mut self, source: &str, version: u64, kinds: impl IntoIterator<Item = FactKind>) -> Self {
        let facts = kinds.into_iter().enumerate();
        self.facts.extend(facts.map(|(place, kind)| Fact::new(source, version, place, self.at, kind)));
        self
    }

    /// Enters legs on another account, for which money leaves this one.
    #[must_use]
    pub fn handed_to(
        mut self,
        customer: CustomerId,
        source: &str,
        version: u64,
        kind: EntryKind,
        legs: Vec<Leg>,
    ) -> Self {
        let entries = draft(source, version, EntryDay::Decided, kind, legs).into_iter().collect();
        self.handed_to = Some(HandedTo { customer, entries });
        self
    }

    /// The entries as they are recorded: on the account of the decision, and on the other where money is handed over. Each has a place
    /// of its own, so that no two have one name.
    pub fn entries_in(&self, zone: &BillingZone) -> (Vec<Entry>, Vec<Entry>) {
        let (mut own, mut handed): (Vec<Entry>, Vec<Entry>) = (Vec::new(), Vec::new());
        for draft in &self.entries {
            own.extend(draft.recorded(own.len(), self.at, zone));
        }
        for draft in self.handed_to.iter().flat_map(|handed| &handed.entries) {
            handed.extend(draft.recorded(own.len() + handed.len(), self.at, zone));
        }
        (own, handed)
    }

    /// By how much the account's balance item moves.
    pub fn balance_move(&self) -> BalanceMove {
        let mut moved = BalanceMove::of(&self.entries);
        for change in &self.changes {
            if let Change::InvoiceChanged(change) = change {
                let currency = change.zero.currency();
                let grown = |kind| {
                    let (before, after) = change.cut(kind);
                    after.minor() - before.minor()
                };
                *moved.pending.entry(currency).or_default() += grown(CutKind::Pending);
                *moved.disputed.entry(currency).or_default() += grown(CutKind::Disputed);
                *moved.questioned.entry(currency).or_default() += grown(CutKind::Questioned);
            }
        }
        moved
    }
}

fn draft(source: &str, version: u64, day: EntryDay, kind: EntryKind, legs: Vec<Leg>) -> Option<DraftEntry> {
    let currency = legs.first()?.change.currency();
    debug_assert!(legs.iter().all(|leg| leg.change.currency() == currency), "an entry has one currency");
    Some(DraftEntry { source: source.to_owned(), version, day, kind, legs })
}
