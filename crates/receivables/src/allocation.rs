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

pub use apply::{ApplyRefusal, UnapplyRefusal, Unfinished, proposable, proposals};
pub(crate) use apply::{apply, unapply};
pub(crate) use place::{Funds, Placed, balance_fact, extend, place, placeable};

use crate::ids::InvoiceId;
use crate::invoice::{InvoiceBalance, InvoiceHead};
use crate::money::Money;
use crate::text::InvoiceNumber;

/// Allocations that one transaction can carry: two items each, and a handful besides, out of DynamoDB's hundred.
pub const ALLOCATIONS_PER_STEP: usize = 43;
/// Items of one transaction that are left for allocations and their invoices.
pub(crate) const ITEMS_PER_STEP: usize = 2 * ALLOCATIONS_PER_STEP;
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
    /// The civil date by which it is to be paid.
    pub due_on: Date,
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
    /// An operator took it back: it is never proposed again.
    pub withdrawn_by_operator: bool,
    /// How the invoice stood when this source last touched it. A decision on it is written only if it still stands so.
    pub balance: InvoiceBalance,
}

impl Allocation {
    /// A new one, of which nothing is applied yet.
    pub(crate) fn of(invoice: &InvoiceHead, intended: Money) -> Self {
        let nothing = Money::zero(intended.currency());
        Self {
            invoice: invoice.id.clone(),
            number: invoice.number.clone(),
            due_on: invoice.due_on,
            intended,
            ceiling: intended,
            applied: nothing,
            pending: nothing,
            charged_back: nothing,
            withdrawn_by_operator: false,
            balance: invoice.balance.clone(),
        }
    }

    /// Takes up how its invoice stands now, if it is among those.
    pub(crate) fn refresh(&mut self, fresh: &BTreeMap<InvoiceId, InvoiceHead>) {
        if let Some(invoice) = fresh.get(&self.invoice) {
            self.balance = invoice.balance.clone();
        }
    }

    /// The ceiling under which it has so much, where a part was sent back of it by choice.
    fn ceiling_beside(&self, applied: Money, aside: &BTreeMap<InvoiceId, Money>) -> Money {
        aside.get(&self.invoice).map_or(Ok(applied), |aside| applied.checked_add(*aside)).unwrap_or(self.ceiling)
    }
}
