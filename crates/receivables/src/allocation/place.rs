//! Placing the money of a source: what each allocation shall have, and the steps that bring it there.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ALLOCATIONS_PER_STEP, Allocation, DUE_DAYS_PER_STEP, ITEMS_PER_STEP, REPORT_ITEMS_PER_STEP, SetAside, hold_of,
};
use crate::currency::Currency;
use crate::decision::Change;
use crate::fact::FactKind;
use crate::ids::InvoiceId;
use crate::invoice::{Due, Hold, HoldChange, HolderId, InvoiceChange, InvoiceHead, OpenDays};
use crate::ledger::{Contra, Leg, LegAccount};
use crate::money::{Balance, Money};

/// What a source has to give.
#[derive(Clone, Debug)]
pub(crate) struct Funds {
    /// What is ours of it.
    pub(crate) cash: Money,
    /// What stands against what it covers.
    pub(crate) contra: Contra,
    /// What the issuer took back of it.
    pub(crate) charged_back: Money,
    /// What was sent back of it by refunds of which nobody has said what they mean.
    pub(crate) questioned: Money,
    /// All of it is still on its way.
    pub(crate) processing: bool,
    /// What of single allocations is not to be had again, nor from the others.
    pub(crate) set_aside: SetAside,
    /// What of that a credit note takes over in this very decision, by invoice.
    pub(crate) credits: BTreeMap<InvoiceId, Money>,
    /// Whose holds they are; a credit note holds nothing.
    pub(crate) holder: Option<HolderId>,
    /// Nobody can pay on its hosted page any more, so that the invoices are free for another.
    pub(crate) page_is_over: bool,
    /// The invoices are as they stand now: one that cannot take its part is passed over from now on.
    pub(crate) place_remainder: bool,
    /// Items that the same transaction writes of the reports.
    pub(crate) report_items: usize,
}

/// What came of a step.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    pub(crate) changes: Vec<Change>,
    pub(crate) facts: Vec<FactKind>,
    pub(crate) legs: Vec<Leg>,
    /// What a credit note covers in the same decision.
    pub(crate) credit_legs: Vec<Leg>,
    /// What of the new credit note covers which invoice.
    pub(crate) credited: Vec<Allocation>,
    /// The part of the money that covers no invoice.
    pub(crate) unapplied: Money,
    /// What has gone back already but still stands on invoices, until the next steps have taken it off.
    pub(crate) to_reclaim: Money,
    /// Further steps are needed, on fresh standings.
    pub(crate) unfinished: bool,
}

/// What one allocation shall be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Want {
    ceiling: Money,
    applied: Money,
    pending: Money,
    charged_back: Money,
    questioned: Money,
    release: bool,
    /// The invoice had less room than was meant for it.
    short_of_room: bool,
}

/// What each allocation shall be, by walking the cash down the list.
fn wants(allocations: &[Allocation], funds: &Funds) -> Vec<Want> {
    let nothing = Money::zero(funds.cash.currency());
    let mut left = funds.cash;
    // What would be covered if nothing was in question; and if the issuer had taken nothing back either.
    let mut explained = funds.cash.checked_add(funds.questioned).unwrap_or(funds.cash);
    let mut whole = explained.checked_add(funds.charged_back).unwrap_or(explained);
    allocations
        .iter()
        .map(|allocation| {
            let aside = funds.set_aside.of(&allocation.invoice).unwrap_or(nothing);
            let room = allocation.room();
            let could = left.min(allocation.ceiling.less(aside));
            let applied = could.min(room);
            let short_of_room = applied != could;
            let ceiling = if short_of_room && funds.place_remainder {
                applied.checked_add(aside).unwrap_or(applied)
            } else {
                allocation.ceiling
            };
            left = left.less(applied);
            let without_question = explained.min(ceiling.less(aside));
            explained = explained.less(without_question);
            let without_chargeback = whole.min(ceiling.less(aside));
            whole = whole.less(without_chargeback);
            // Where the invoice was too full, that is neither; what was taken back of it is told apart once it is settled.
            let (questioned, charged_back) = if short_of_room && !funds.place_remainder {
                (allocation.questioned, allocation.charged_back)
            } else {
                (without_question.less(applied), without_chargeback.less(without_question))
            };
            let open_then = room.less(applied);
            let pending = if funds.processing { ceiling.less(aside).min(open_then) } else { nothing };
            Want {
                ceiling,
                applied,
                pending,
                charged_back,
                questioned,
                release: funds.page_is_over && allocation.page,
                short_of_room,
            }
        })
        .collect()
}

impl Want {
    fn is_met_by(&self, allocation: &Allocation) -> bool {
        self.ceiling == allocation.ceiling
            && self.applied == allocation.applied
            && self.pending == allocation.pending
            && self.charged_back == allocation.charged_back
            && self.questioned == allocation.questioned
            && !self.release
    }
}

/// Brings the allocations nearer to what they shall be, by as many as one transaction carries. `before` is how they are kept: what
/// differs is written in any case.
pub(crate) fn place(
    allocations: &mut [Allocation],
    before: &[Allocation],
    funds: &Funds,
    unapplied_before: Money,
) -> Placed {
    let wants = wants(allocations, funds);
    let unmet = |place: &usize| matches!((wants.get(*place), allocations.get(*place)), (Some(want), Some(after)) if !want.is_met_by(after));
    let gives = |place: &usize| matches!((wants.get(*place), allocations.get(*place)), (Some(want), Some(after)) if want.applied.minor() < after.applied.minor());
    let open: Vec<usize> = (0..allocations.len()).filter(unmet).collect();
    // First what gives back, from the last; then what takes, from the first: so nothing is given that is not there yet.
    let order = open.iter().rev().filter(|place| gives(place)).chain(open.iter().filter(|place| !gives(place)));
    let written = |place: &usize| allocations.get(*place) != before.get(*place);
    let mut items = ITEMS_PER_STEP
        .saturating_sub(funds.report_items.saturating_sub(REPORT_ITEMS_PER_STEP))
        .saturating_sub((0..allocations.len()).filter(written).count());
    let mut days = DUE_DAYS_PER_STEP;
    let moved = |place: &usize| match (allocations.get(*place), wants.get(*place)) {
        (Some(allocation), Some(want)) => change_of(allocation, want, funds).legs(funds.contra).count(),
        _ => 0,
    };
    let fits = |place: &usize| {
        let costs = if written(place) { 1 } else { 2 };
        let left = items.checked_sub(costs).zip(days.checked_sub(moved(place)));
        (items, days) = left.unwrap_or((0, 0));
        left.is_some()
    };
    let chosen: Vec<usize> = order.copied().take_while(fits).collect();
    let mut placed = Placed {
        changes: Vec::new(),
        facts: Vec::new(),
        legs: Vec::new(),
        credit_legs: Vec::new(),
        credited: Vec::new(),
        unapplied: funds.cash,
        to_reclaim: Money::zero(funds.cash.currency()),
        unfinished: chosen.len() < open.len()
            || (!funds.place_remainder && wants.iter().any(|want| want.short_of_room)),
    };
    let mut steps: Vec<usize> = chosen;
    steps.sort_unstable();
    for place in steps {
        if let (Some(allocation), Some(want)) = (allocations.get_mut(place), wants.get(place)) {
            step(allocation, want, funds, &mut placed);
        }
    }
    let applied: i64 = allocations.iter().map(|allocation| allocation.applied.minor()).sum();
    let applied = Money::new(applied, funds.cash.currency()).unwrap_or(funds.cash);
    placed.unapplied = funds.cash.less(applied);
    placed.to_reclaim = applied.less(funds.cash);
    if let Ok(change) = Balance::new(unapplied_before.minor() - placed.unapplied.minor(), funds.cash.currency())
        && !change.is_zero()
    {
        placed.legs.push(Leg { account: LegAccount::Unapplied, change, contra: funds.contra });
    }
    placed
}

/// One allocation becomes what it shall be, and its invoice with it.
fn step(allocation: &mut Allocation, want: &Want, funds: &Funds, placed: &mut Placed) {
    let change = change_of(allocation, want, funds);
    let credited = credited(allocation, want, funds);
    let let_go = allocation.questioned.less(want.questioned);
    // What the source gives up of an invoice and what the credit note covers of it are entered apart.
    let (was, given) = (allocation.seen.room.less(allocation.applied), allocation.seen.room.less(want.applied));
    placed.legs.extend(change.legs_between(&was, &given, funds.contra));
    placed.credit_legs.extend(change.legs_between(&given, &given.less(credited), Contra::Credit));
    allocation.ceiling = want.ceiling;
    allocation.applied = want.applied;
    allocation.pending = want.pending;
    allocation.charged_back = want.charged_back;
    allocation.questioned = want.questioned;
    allocation.page &= !want.release;
    let stays = change.applied.is_zero() && change.charged_back.is_zero() && change.hold.is_none();
    if !stays {
        allocation.seen.version = change.version_after();
    }
    if !credited.is_zero() {
        placed.credited.push(allocation.credited(credited));
    }
    if stays {
        return;
    }
    if !change.applied.is_zero() {
        placed.facts.push(balance_fact(&change));
    } else if !let_go.is_zero() {
        // Now it is owed again.
        let (invoice, number, open) = (change.invoice.clone(), change.number.clone(), change.open_after());
        placed.facts.push(FactKind::InvoiceReopened { invoice, number, reopened: let_go, open });
    }
    placed.changes.push(Change::InvoiceChanged(Box::new(change)));
}

/// What a new credit note covers of the invoice of an allocation: not more than is open then.
fn credited(allocation: &Allocation, want: &Want, funds: &Funds) -> Money {
    let open_then = allocation.room().less(want.applied);
    funds.credits.get(&allocation.invoice).map_or(Money::zero(open_then.currency()), |credit| credit.min(open_then))
}

/// What becomes of the invoice of an allocation.
fn change_of(allocation: &Allocation, want: &Want, funds: &Funds) -> InvoiceChange {
    let currency = want.applied.currency();
    let grown = |before: Money, after: Money| {
        Balance::new(after.minor() - before.minor(), currency).unwrap_or(Balance::zero(currency))
    };
    let is_held_otherwise =
        want.release || want.pending != allocation.pending || want.questioned != allocation.questioned;
    let held_then = hold_of(want.pending, want.questioned);
    let hold = funds.holder.as_ref().filter(|_| is_held_otherwise).map(|holder| HoldChange {
        holder: holder.clone(),
        before: allocation.hold().map(|(kind, _)| kind),
        after: held_then.map(|(kind, amount)| Hold { kind, amount, until: None }),
    });
    let covered = |by_source: Money| by_source.checked_add(credited(allocation, want, funds)).unwrap_or(by_source);
    InvoiceChange {
        invoice: allocation.invoice.clone(),
        number: allocation.number.clone(),
        zero: Money::zero(currency),
        version_before: allocation.seen.version,
        before: allocation.standing(allocation.applied, allocation.pending, allocation.questioned),
        after: allocation.standing(covered(want.applied), want.pending, want.questioned),
        last_due_on: allocation.seen.last_due_on,
        applied: grown(allocation.applied, covered(want.applied)),
        charged_back: grown(allocation.charged_back, want.charged_back),
        written_off: None,
        bad_debt: None,
        hold,
    }
}

/// What is announced of an invoice of which more or less is covered.
fn balance_fact(change: &InvoiceChange) -> FactKind {
    let (invoice, number) = (change.invoice.clone(), change.number.clone());
    let (before, open) = (change.open_before(), change.open_after());
    if open.is_zero() {
        FactKind::InvoicePaid { invoice, number, applied: before }
    } else if open.checked_sub(before).is_err() {
        FactKind::InvoicePartlyPaid { invoice, number, applied: before.less(open), open }
    } else {
        FactKind::InvoiceReopened { invoice, number, reopened: open.less(before), open }
    }
}

/// How much of what a source has left over may go to an invoice, by due day: nothing to one in another currency, to one from which
/// an operator took it back or the business refunded it, to one that is contested or whose money is on its way, and to a further
/// one where the source covers so many already. Whether a page is open for it is the caller's matter.
pub(crate) fn placeable(
    allocations: &[Allocation],
    currency: Currency,
    invoice: &InvoiceHead,
    set_aside: &SetAside,
    most: usize,
) -> OpenDays {
    let known = allocations.iter().find(|allocation| allocation.invoice == invoice.id);
    let barred = invoice.currency() != currency
        || known.is_none() && allocations.len() >= most
        || known.is_some_and(|known| known.withdrawn_by_operator)
        || set_aside.bars(&invoice.id);
    if barred {
        return OpenDays::default();
    }
    // What a known one may still take is not of what is left over.
    let nothing = Money::zero(currency);
    let aside = set_aside.of(&invoice.id).unwrap_or(nothing);
    let room = known.map_or(nothing, |known| known.ceiling.less(aside).less(known.applied));
    invoice.payable_days().less(room)
}

/// Extends the list by open invoices, for as much as is left and one transaction carries: what is due first comes first, day by
/// day, whichever invoice it is of. Those on which nothing is [`placeable`] are passed over. Says whether there are more of them
/// than that.
pub(crate) fn extend(
    allocations: &mut Vec<Allocation>,
    surplus: Money,
    open: &[InvoiceHead],
    set_aside: &SetAside,
    most: usize,
) -> bool {
    let room = |invoice: &InvoiceHead| placeable(allocations, surplus.currency(), invoice, set_aside, most);
    let free = open.iter().filter(|invoice| invoice.balance.holds.page().is_none());
    let rooms: Vec<(&InvoiceHead, OpenDays)> = free.map(|invoice| (invoice, room(invoice))).collect();
    let (mut left, mut touched, begun) = (surplus, BTreeSet::new(), allocations.len());
    for (invoice, due) in by_due_day(&rooms) {
        if left.is_zero() {
            return false;
        }
        let place = allocations.iter().position(|allocation| allocation.invoice == invoice.id);
        if place.is_none() && allocations.len() >= most {
            continue;
        }
        let is_first = !touched.contains(&invoice.id);
        if is_first && touched.len() == ALLOCATIONS_PER_STEP {
            return true;
        }
        touched.insert(&invoice.id);
        let part = due.amount.min(left);
        match place.and_then(|place| allocations.get_mut(place)) {
            Some(known) => {
                known.ceiling = known.ceiling.checked_add(part).unwrap_or(known.ceiling);
                // Of one that the books choose here, all that they choose was meant for it.
                if place >= Some(begun) {
                    known.intended = known.ceiling;
                }
            }
            None => allocations.push(Allocation::of(invoice, part)),
        }
        left = left.less(part);
    }
    false
}

/// What is due of invoices, the earliest first.
pub(crate) fn by_due_day<'a>(rooms: &[(&'a InvoiceHead, OpenDays)]) -> Vec<(&'a InvoiceHead, Due)> {
    let mut portions: Vec<(&InvoiceHead, Due)> =
        rooms.iter().flat_map(|(invoice, days)| days.days().iter().map(|due| (*invoice, *due))).collect();
    portions.sort_by_key(|(invoice, due)| (due.on, &invoice.id));
    portions
}
