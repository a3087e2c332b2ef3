//! Cash application: how the money of one source covers invoices.
//!
//! A source (a payment, a credit note) has an amount and an ordered list of allocations. What each of them takes is a fold:
//! the amount is walked down the list, each taking what it may and its invoice can. So the first chosen is covered first, and
//! when money goes back, what is unapplied goes first and then the last allocation, backwards.
//!
//! One transaction has room for [`ALLOCATIONS_PER_STEP`] of them. A larger source is worked off in steps: each takes back from
//! the last, then covers from the first, and after each the amounts agree. What a step leaves undone follows from what is kept
//! and needs no other memory.

use std::collections::BTreeMap;

use jiff::civil::Date;

mod apply;
mod place;
mod set_aside;

pub use apply::{ApplyRefusal, UnapplyRefusal, Unfinished, proposable, proposals};
pub(crate) use apply::{apply, unapply};
pub(crate) use place::{Funds, Placed, by_due_day, extend, place, placeable};
pub(crate) use set_aside::{SetAside, add_part};

use crate::ids::InvoiceId;
use crate::invoice::{Held, Hold, HoldKind, HolderId, InvoiceHead, OpenDays, Standing};
use crate::money::Money;
use crate::text::InvoiceNumber;

/// Allocations that one transaction can carry: two items each, and a handful besides, out of DynamoDB's hundred.
pub const ALLOCATIONS_PER_STEP: usize = 43;
/// Items of one transaction that are left for allocations and their invoices.
pub(crate) const ITEMS_PER_STEP: usize = 2 * ALLOCATIONS_PER_STEP;
/// Due days that one transaction can move: each is a sum of the account, and an update of those has room for so many.
pub const DUE_DAYS_PER_STEP: usize = 250;
/// What a transaction may carry besides, before it takes from that: the payment, its unapplied, the entry, the balance, the
/// audit, the event, the action, and so many items of the reports.
const REPORT_ITEMS_PER_STEP: usize = 7;

/// This much of a source for this invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The invoice that it covers, or was to cover.
    pub invoice: InvoiceId,
    /// The number printed on that invoice.
    pub number: InvoiceNumber,
    /// What was meant for it: by the payer, by the books, by an operator.
    pub intended: Money,
    /// The most that it may take. It is lowered where the invoice could not take all, so that what went elsewhere stays there.
    pub ceiling: Money,
    /// What is applied to it.
    pub applied: Money,
    /// What is on its way to it.
    pub pending: Money,
    /// What the issuer took back of it.
    pub charged_back: Money,
    /// What refunds took of it of which nobody has said yet whether they credit the invoice. It is open, held and not asked for.
    pub questioned: Money,
    /// An operator took it back: it is never proposed again.
    pub withdrawn_by_operator: bool,
    /// The hosted page of its payment is open for it, so that no other is.
    pub page: bool,
    /// How the invoice stood when this source last touched it. A decision on it is written only if it still stands so.
    pub seen: SeenInvoice,
}

/// What a source remembers of an invoice, which is what a decision on it rests on. What the source itself covers and holds of it
/// stands beside it in the allocation, and is left out here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenInvoice {
    /// The version of the invoice.
    pub version: u64,
    /// What the source could cover, by due day: what is open and what it covers.
    pub room: OpenDays,
    /// What others hold.
    pub held: Held,
    /// The last day on which the invoice is due.
    pub last_due_on: Date,
}

impl Allocation {
    /// A new one, of which nothing is applied yet.
    pub(crate) fn of(invoice: &InvoiceHead, intended: Money) -> Self {
        let nothing = Money::zero(intended.currency());
        Self {
            invoice: invoice.id.clone(),
            number: invoice.number.clone(),
            intended,
            ceiling: intended,
            applied: nothing,
            pending: nothing,
            charged_back: nothing,
            questioned: nothing,
            withdrawn_by_operator: false,
            page: false,
            seen: SeenInvoice::of(invoice, nothing, None),
        }
    }

    /// What it could cover at most: what is open of the invoice and what it covers.
    pub(crate) fn room(&self) -> Money {
        self.seen.room.total(self.applied.currency())
    }

    /// What is open of its invoice, as far as it knows.
    pub fn invoice_open(&self) -> Money {
        self.room().less(self.applied)
    }

    /// What its source holds of the invoice, and how much: an open page, what is on its way, what a refund took and nobody has
    /// explained. A source has one of these at a time: an open page is over once money is on its way, and that once it came.
    pub(crate) fn hold(&self) -> Option<(HoldKind, Money)> {
        if self.page { Some((HoldKind::Page, self.intended)) } else { hold_of(self.pending, self.questioned) }
    }

    /// How its invoice stands, as far as it knows, where the source covers and holds so much of it.
    pub(crate) fn standing(&self, applied: Money, pending: Money, questioned: Money) -> Standing {
        let own = |kind, amount| Hold { kind, amount, until: None };
        let held = self.seen.held.clone();
        let held = held.with(&own(HoldKind::Pending, pending)).with(&own(HoldKind::Refund, questioned));
        Standing { open: self.seen.room.less(applied), held }
    }

    /// The part that a credit note covers of its invoice beside it, in the decision that lowers or ends what it has or holds. It
    /// remembers the invoice with that part covered by another.
    pub(crate) fn credited(&mut self, part: Money) -> Self {
        let nothing = Money::zero(part.currency());
        let others = hold_of(self.pending, self.questioned).map(|(kind, amount)| Hold { kind, amount, until: None });
        let held = self.seen.held.clone();
        let seen = SeenInvoice {
            room: self.seen.room.less(self.applied),
            held: others.iter().fold(held, Held::with),
            ..self.seen.clone()
        };
        self.seen.room = self.seen.room.less(part);
        Self {
            intended: part,
            ceiling: part,
            applied: part,
            pending: nothing,
            charged_back: nothing,
            questioned: nothing,
            withdrawn_by_operator: false,
            page: false,
            seen,
            ..self.clone()
        }
    }

    /// Takes up how its invoice stands now, if it is among those. `own` is its source, where that can hold anything.
    pub(crate) fn refresh(&mut self, fresh: &BTreeMap<InvoiceId, InvoiceHead>, own: Option<&HolderId>) {
        if let Some(invoice) = fresh.get(&self.invoice) {
            self.refresh_from(invoice, own);
        }
    }

    /// Whether what it remembers is how the invoice stands, or how it stood in another version.
    pub(crate) fn remembers(&self, invoice: &InvoiceHead, own: Option<&HolderId>) -> bool {
        self.seen.version != invoice.balance.version || self.seen == SeenInvoice::of(invoice, self.applied, own)
    }

    fn refresh_from(&mut self, invoice: &InvoiceHead, own: Option<&HolderId>) {
        self.seen = SeenInvoice::of(invoice, self.applied, own);
    }

    /// The ceiling under which it has so much, where a part was sent back of it by choice.
    fn ceiling_beside(&self, applied: Money, aside: &SetAside) -> Money {
        aside.of(&self.invoice).map_or(Ok(applied), |aside| applied.checked_add(aside)).unwrap_or(self.ceiling)
    }
}

/// What a source holds that has so much on its way, and so much in question.
pub(crate) fn hold_of(pending: Money, questioned: Money) -> Option<(HoldKind, Money)> {
    match (pending.is_zero(), questioned.is_zero()) {
        (false, _) => Some((HoldKind::Pending, pending)),
        (true, false) => Some((HoldKind::Refund, questioned)),
        (true, true) => None,
    }
}

impl SeenInvoice {
    fn of(invoice: &InvoiceHead, applied: Money, own: Option<&HolderId>) -> Self {
        Self {
            version: invoice.balance.version,
            room: invoice.schedule.open(invoice.balance.covered().less(applied)),
            held: invoice.balance.holds.held_beside(own),
            last_due_on: invoice.schedule.last_day(),
        }
    }
}
