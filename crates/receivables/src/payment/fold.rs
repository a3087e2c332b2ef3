//! Applying reports: they are merged into the provider's state, folded, and the difference is decided.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::facts::{announce, money_facts};
use super::{
    Checkout, Instrument, NewCredit, Payment, PaymentCash, Progress, State, Transition, charge_poll_delay, poll_delay,
    transition,
};
use crate::allocation::{self, Funds, Placed};
use crate::credit_note;
use crate::currency::Currency;
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::invoice::{HolderId, InvoiceHead, OpenDays};
use crate::ledger::{Contra, EntryDay, EntryKind, Leg};
use crate::money::Money;
use crate::provider_object::{CheckoutState, FoldedState, ObjectState, Report};

use super::ALLOCATIONS_PER_PAYMENT_MAX;

impl Payment {
    /// Remembers the hosted page. `None` where it is known, or the payment has none.
    pub fn opened(&self, checkout: Checkout, now: Timestamp) -> Option<(Self, Decision)> {
        let report = Report::new(checkout.id.clone(), ObjectState::Checkout(CheckoutState::default()));
        let mut payment = self.clone();
        let Instrument::Page(page) = &mut payment.instrument else { return None };
        let fresh = page.checkout.as_ref() != Some(&checkout);
        page.checkout = Some(checkout);
        let news = payment.provider_state.merge(&report);
        (fresh || news).then(|| decide(self, payment, Reason::FoldedState, now))
    }
}

/// Applies what a provider reports of a payment's objects. `None` where nothing of it is news.
pub fn apply_reports(before: &Payment, reports: &[Report], now: Timestamp) -> Option<(Payment, Decision)> {
    let mut payment = before.clone();
    let mut news = false;
    for report in reports {
        news |= payment.provider_state.merge(report);
    }
    news.then(|| decide(before, payment, Reason::FoldedState, now))
}

/// Gives up a payment for which nothing can have been taken: it waits for a payer and has no page on which one could pay, or its
/// charge was never requested. Money that comes all the same is taken. `None` where there is nothing to give up; a page that is known
/// has to be closed at its provider first, and of a charge the provider has to say that it was not made.
pub fn abandon(before: &Payment, now: Timestamp) -> Option<(Payment, Decision)> {
    let may_be = match &before.instrument {
        Instrument::Page(page) => page.checkout.is_none(),
        Instrument::Charge(_) => before.is_being_claimed(),
        Instrument::Outside => false,
    };
    (before.state().checkout_is_live() && may_be).then(|| decide(before, before.clone(), Reason::Abandoned, now))
}

/// Goes on with a payment that is not finished: the next step of what one transaction could not carry. `None` where no step
/// is left; what then keeps it unfinished needs [`place_remainder`].
pub fn next_step(before: &Payment, now: Timestamp) -> Option<(Payment, Decision)> {
    let (payment, decision) = before.unfinished.then(|| decide(before, before.clone(), Reason::FoldedState, now))?;
    (!payment.unfinished || payment.allocations != before.allocations).then_some((payment, decision))
}

/// Places what is left over: the chosen invoices that cannot take their part are passed over from now on, and other invoices are
/// found for it, oldest due first. The payment must be on fresh standings, and `open` are open invoices of the account as they
/// stand now: all on which something is [`placeable_on`], or the oldest of them, as many as cover the remainder or one more than
/// [`allocation::ALLOCATIONS_PER_STEP`]. `None` where it is finished.
pub fn place_remainder(before: &Payment, open: &[InvoiceHead], now: Timestamp) -> Option<(Payment, Decision)> {
    before.unfinished.then(|| decide(before, before.clone(), Reason::PlaceRemainder(open), now))
}

/// What of a payment is left over once every allocation has what it may have, beyond what is left on purpose. The payment must
/// be on fresh standings.
pub fn remainder(payment: &Payment) -> Money {
    surplus(payment, &payment.allocations)
}

/// Applies what is [`Payment::free`] of a finished payment, because something of the account became payable. The payment and the open
/// invoices must be as for [`place_remainder`]. `None` where nothing of it can be placed.
pub fn settle_again(before: &Payment, open: &[InvoiceHead], now: Timestamp) -> Option<(Payment, Decision)> {
    let placeable = |invoice: &InvoiceHead| placeable_on(before, invoice, OpenPages::Bar).first_day().is_some();
    if before.free().is_zero() || !open.iter().any(placeable) {
        return None;
    }
    let cash = PaymentCash { on_account: before.cash.unapplied.less(before.free()), ..before.cash.clone() };
    let payment = Payment { cash, ..before.clone() };
    Some(decide(before, payment, Reason::PlaceRemainder(open), now))
}

/// What an open page means for money that is to be placed on its invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenPages {
    /// The invoice is passed over.
    Bar,
    /// The page will be closed first: a payer's wish yields to money that came.
    Yield,
}

/// How much of the remainder may go to an open invoice of the account, by due day; see [`place_remainder`].
pub fn placeable_on(payment: &Payment, invoice: &InvoiceHead, pages: OpenPages) -> OpenDays {
    if pages == OpenPages::Bar && invoice.balance.holds.page().is_some() {
        return OpenDays::default();
    }
    let set_aside = payment.set_aside();
    allocation::placeable(&payment.allocations, payment.currency(), invoice, &set_aside, ALLOCATIONS_PER_PAYMENT_MAX)
}

/// Decides on a payment in which an operator changed something.
pub(super) fn changed(before: &Payment, payment: Payment, now: Timestamp) -> (Payment, Decision) {
    decide(before, payment, Reason::Operator, now)
}

/// Decides on a payment of which something is paid out by the business's bank, or is not after all.
pub(super) fn paid_out(before: &Payment, payment: Payment, now: Timestamp) -> (Payment, Decision) {
    decide(before, payment, Reason::FoldedState, now)
}

/// Decides on a payment of which something is credited: the credit note is issued in the same decision.
pub(super) fn credited(before: &Payment, payment: Payment, credit: &NewCredit, now: Timestamp) -> (Payment, Decision) {
    decide(before, payment, Reason::Credit(credit), now)
}

/// Decides on the first reports of a payment that was not started here: it exists from then on.
pub(super) fn begin_external(before: &Payment, payment: Payment, now: Timestamp) -> (Payment, Decision) {
    let (payment, mut decision) = decide(before, payment, Reason::FoldedState, now);
    let begun = Change::PaymentStarted(Box::new(payment.clone()));
    decision.changes.retain(|change| !matches!(change, Change::PaymentChanged { .. }));
    decision.changes.push(begun);
    (payment, decision)
}

/// Whether a finished payment's allocations are what its facts make of them.
pub fn is_as_folded(payment: &Payment) -> bool {
    let mut folded = payment.clone();
    let funds = funds(payment, 0, Reason::FoldedState);
    let placed = allocation::place(&mut folded.allocations, &payment.allocations, &funds, payment.cash.unapplied);
    payment.unfinished || (folded.allocations == payment.allocations && !placed.unfinished)
}

/// Why a decision is taken.
#[derive(Clone, Copy)]
pub(super) enum Reason<'a> {
    FoldedState,
    Abandoned,
    PlaceRemainder(&'a [InvoiceHead]),
    Operator,
    Credit(&'a NewCredit),
}

impl Reason<'_> {
    /// Whether the invoices are as they stand now, so that one that cannot take its part is passed over from now on.
    fn places_remainder(self) -> bool {
        match self {
            Self::PlaceRemainder(_) | Self::Operator | Self::Credit(_) => true,
            Self::FoldedState | Self::Abandoned => false,
        }
    }
}

/// The state that the provider's objects amount to. The table of states may still refuse it.
fn state_of(folded: &FoldedState, instrument: &Instrument) -> State {
    let (page_is_open, declined) = match instrument {
        // On an open hosted page a decline is not the end: the payer can try another card there.
        Instrument::Page(page) => (page.checkout.is_some() && !folded.completed, false),
        // A charge that was declined has failed, also where it was then given up at the provider.
        Instrument::Charge(charge) => (false, charge.decline.is_some() || folded.failed),
        Instrument::Outside => (false, false),
    };
    if folded.has_come() {
        State::Settled
    } else if folded.pending {
        State::Processing
    } else if declined {
        State::Failed
    } else if folded.over {
        State::Cancelled
    } else if folded.failed && !page_is_open {
        State::Failed
    } else if folded.action_required {
        State::NeedsAction
    } else {
        State::Started
    }
}

/// What the payment has to give to its allocations.
fn funds(payment: &Payment, report_items: usize, reason: Reason<'_>) -> Funds {
    let credits = match reason {
        Reason::Credit(credit) => credit.parts.clone(),
        Reason::FoldedState | Reason::Abandoned | Reason::PlaceRemainder(_) | Reason::Operator => BTreeMap::new(),
    };
    let processing = payment.instrument.speaks_for(payment.state());
    Funds {
        cash: payment.cash(),
        contra: Contra::Cash,
        charged_back: payment.cash.charged_back,
        questioned: payment.unanswered_amount(),
        processing,
        set_aside: payment.set_aside(),
        credits,
        holder: Some(HolderId::from(&payment.id)),
        page_is_over: !payment.state().checkout_is_live(),
        place_remainder: reason.places_remainder(),
        report_items,
    }
}

/// Folds the facts and decides the difference.
pub(super) fn decide(
    before: &Payment,
    mut payment: Payment,
    reason: Reason<'_>,
    now: Timestamp,
) -> (Payment, Decision) {
    let folded = payment.provider_state.fold();
    let currency = payment.currency();
    let reported = state_of(&folded, &payment.instrument);
    let abandoned = matches!(reason, Reason::Abandoned) && reported.checkout_is_live();
    let edge = transition(before.state(), if abandoned { State::Cancelled } else { reported });
    payment.version = before.version + 1;
    payment.cash.received = folded.received.in_currency(currency);
    payment.cash.returned = folded.returned.in_currency(currency);
    // What was paid out is gone, whatever else goes back.
    let there = payment.cash.received.less(payment.cash.paid_out);
    payment.cash.refunded = folded.refunded.in_currency(currency).min(there);
    payment.cash.charged_back = folded.charged_back.in_currency(currency).min(there.less(payment.cash.refunded));
    payment.cash.suspense = suspense(&folded, currency);
    if payment.proposed && folded.by_transfer {
        // The customer sent it for what they owe.
        payment.proposed = false;
        (payment.cash.kept, payment.cash.on_account) = (Money::zero(currency), Money::zero(currency));
    }
    payment.reviews_closed = payment.still_closed();
    let mut facts = Vec::new();
    if let Transition::Announce(announcement) = edge {
        payment.progress = Progress::reached(if abandoned { State::Cancelled } else { reported }, now);
        facts.extend(announce(announcement, &payment, &folded));
    }
    let placed = placed(before, &mut payment, reason);
    facts.extend(money_facts(before, &mut payment));
    facts.extend(placed.facts);
    payment.next_poll_at = next_poll(&payment, now);
    let kind = entry_kind(before, &payment, &placed.legs);
    let mut note = None;
    if let Reason::Credit(credit) = reason {
        let (issued, legs) = credit_note::issue_with_refund(&payment, credit, placed.credited, placed.credit_legs, now);
        let (credit_note, number) = (issued.id.clone(), issued.number.clone());
        let (issued_on, amount) = (issued.issued_on, issued.amount);
        facts.push(FactKind::CreditNoteIssued { credit_note, number, issued_on, amount });
        note = Some((issued, legs));
    }
    let decision = Decision::new(payment.business.clone(), payment.customer.clone(), now)
        .with_changes(placed.changes)
        .with_changes(note.iter().map(|(note, _)| Change::CreditNoteIssued(Box::new(note.clone()))))
        .with_change(Change::PaymentChanged { before: Box::new(before.clone()), after: Box::new(payment.clone()) })
        .with_entry(payment.id.as_str(), payment.version, EntryDay::Decided, kind, placed.legs)
        .with_facts(payment.id.as_str(), payment.version, facts);
    let decision = match note {
        Some((note, legs)) => {
            let kind = EntryKind::CreditNoteIssued(note.id.clone());
            decision.with_entry(payment.id.as_str(), payment.version, EntryDay::Decided, kind, legs)
        }
        None => decision,
    };
    (payment, decision)
}

/// A step of the payment's allocations, on the list that the reason makes of it.
fn placed(before: &Payment, payment: &mut Payment, reason: Reason<'_>) -> Placed {
    let place_remainder = reason.places_remainder();
    let mut more = false;
    let report_items = changed_items(before, payment, reason);
    if payment.proposed {
        payment.cash.on_account = payment.cash();
    }
    let mut allocations = std::mem::take(&mut payment.allocations);
    if let Reason::PlaceRemainder(open) = reason {
        let surplus = surplus(payment, &allocations);
        let set_aside = payment.set_aside();
        more = allocation::extend(&mut allocations, surplus, open, &set_aside, ALLOCATIONS_PER_PAYMENT_MAX);
    }
    let placed = allocation::place(
        &mut allocations,
        &before.allocations,
        &funds(payment, report_items, reason),
        unapplied_before(before, payment),
    );
    payment.allocations = allocations;
    payment.cash.unapplied = placed.unapplied;
    payment.cash.kept = match reason {
        _ if payment.proposed => payment.cash.unapplied,
        Reason::Operator | Reason::Credit(_) => payment.cash.kept.min(payment.cash.unapplied),
        // What went back may come again, and is then where it was left.
        Reason::FoldedState | Reason::Abandoned | Reason::PlaceRemainder(_) => payment.cash.kept,
    };
    payment.cash.to_reclaim = placed.to_reclaim;
    payment.unfinished =
        more || placed.unfinished || (!place_remainder && !surplus(payment, &payment.allocations).is_zero());
    if !payment.unfinished {
        payment.cash.on_account = payment.cash.unapplied;
    }
    placed
}

/// What was unapplied, once what is paid out is: that is entered apart, by the outgoing payment.
fn unapplied_before(before: &Payment, payment: &Payment) -> Money {
    let there = before.cash.unapplied.checked_add(before.cash.paid_out).unwrap_or(before.cash.received);
    there.less(payment.cash.paid_out)
}

/// Items that are written besides: of the reports provider objects, the names under which they are found, and reviews; and a credit
/// note with its parts.
fn changed_items(before: &Payment, after: &Payment, reason: Reason<'_>) -> usize {
    let facts = after
        .provider_state
        .0
        .iter()
        .filter(|(object, fact)| before.provider_state.0.get(*object) != Some(*fact))
        .count();
    let names = after.provider_state.names().difference(&before.provider_state.names()).count();
    // What is in question is not known before it is placed.
    let questions = after.unanswered_refunds().len();
    let (before, after) = (before.reviews(), after.reviews());
    let opened = after.iter().filter(|review| !before.contains(review)).count();
    let closed = before.iter().filter(|review| !after.contains(review)).count();
    let note = match reason {
        Reason::Credit(credit) => 3 + credit.parts.len(),
        Reason::FoldedState | Reason::Abandoned | Reason::PlaceRemainder(_) | Reason::Operator => 0,
    };
    facts + names + opened + closed + questions + note
}

/// What is left over when every allocation has what it may have, beyond what is left on purpose.
fn surplus(payment: &Payment, allocations: &[allocation::Allocation]) -> Money {
    let aside = payment.set_aside();
    let nothing = Money::zero(payment.currency());
    let mut left = payment.cash();
    for allocation in allocations {
        let aside = aside.of(&allocation.invoice).unwrap_or(nothing);
        left = left.less(allocation.ceiling.less(aside).min(allocation.room()));
    }
    let beyond_kept = payment.cash.on_account.less(payment.cash.kept);
    left.less(payment.cash.kept).less(beyond_kept)
}

/// What came in other currencies and has not gone back.
fn suspense(folded: &FoldedState, own: Currency) -> Vec<Money> {
    let others = folded.received.amounts().filter(|amount| amount.currency() != own);
    let left = others.map(|came| {
        let (refunded, taken) = (&folded.refunded, &folded.charged_back);
        came.less(refunded.in_currency(came.currency())).less(taken.in_currency(came.currency()))
    });
    left.filter(|left| !left.is_zero()).collect()
}

/// When a payment is to be looked at next: an unfinished one at once, and one whose decline is not answered; one with a refund that
/// was asked for soon; the rest as their instrument and state say.
pub fn next_poll(payment: &Payment, now: Timestamp) -> Option<Timestamp> {
    if payment.unfinished && !payment.state().checkout_is_live() || payment.has_unanswered_decline() {
        return Some(now);
    }
    [regular_poll(payment, now), payment.ask_about_refunds_at(now)].into_iter().flatten().min()
}

/// When its provider is asked about a payment of which nothing new was reported: ever more rarely, in the way of its instrument.
pub fn regular_poll(payment: &Payment, now: Timestamp) -> Option<Timestamp> {
    match &payment.instrument {
        Instrument::Page(_) | Instrument::Outside => poll_delay(payment.state(), payment.started_at, now),
        Instrument::Charge(charge) => charge_poll_delay(payment.state(), charge.requested_at, now),
    }
}

/// The caption of what moved.
fn entry_kind(before: &Payment, payment: &Payment, legs: &[Leg]) -> EntryKind {
    let total: i64 = legs.iter().map(|leg| leg.balance_change().minor()).sum();
    let id = payment.id.clone();
    match total {
        0 => EntryKind::CashMoved(id),
        ..0 => EntryKind::PaymentApplied(id),
        1.. if payment.cash.returned.minor() > before.cash.returned.minor() => EntryKind::PaymentReversed(id),
        1.. if payment.cash.charged_back.minor() > before.cash.charged_back.minor() => {
            EntryKind::PaymentChargedBack(id)
        }
        1.. if payment.cash.refunded.minor() > before.cash.refunded.minor() => EntryKind::PaymentRefunded(id),
        // A later step of what went back in one.
        1.. if !payment.cash.charged_back.is_zero() => EntryKind::PaymentChargedBack(id),
        1.. if !payment.cash.refunded.is_zero() => EntryKind::PaymentRefunded(id),
        1.. => EntryKind::PaymentReversed(id),
    }
}
