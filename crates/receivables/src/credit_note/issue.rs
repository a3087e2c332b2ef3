//! Issuing a credit note, applying what is left of it, and taking it off an invoice again.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ALLOCATIONS_PER_CREDIT_NOTE_MAX, CreditNote, CreditNoteDraft};
use crate::allocation::{self, Allocation, ApplyRefusal, DUE_DAYS_PER_STEP, Funds, Placed, SetAside, UnapplyRefusal};
use crate::decision::{Change, Decision};
use crate::fact::FactKind;
use crate::ids::{BusinessId, CreditNoteId, CustomerId, InvoiceId};
use crate::invoice::InvoiceHead;
use crate::ledger::{Contra, EntryDay, EntryKind, Leg, LegAccount};
use crate::money::{Balance, Money};
use crate::payment::{NewCredit, NoteOfRefund, Payment};

/// Why a credit note was not issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueRefusal {
    /// Its amount is zero.
    #[error("expected an amount greater than zero")]
    NothingToCredit,
    /// The number is an invoice's or another credit note's.
    #[error("expected a number that no other invoice has")]
    NumberTaken,
    /// It cannot be applied as the draft says.
    #[error(transparent)]
    Apply(#[from] ApplyRefusal),
}

impl IssueRefusal {
    /// The field of the command that is at fault, in the API's words.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NothingToCredit => Some("amount"),
            Self::NumberTaken => Some("number"),
            Self::Apply(refusal) => refusal.field(),
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingToCredit => "nothing_to_credit",
            Self::NumberTaken => "number_taken",
            Self::Apply(refusal) => refusal.code(),
        }
    }
}

/// Issues a credit note and applies it as far as the draft says.
pub fn issue(
    id: CreditNoteId,
    business: BusinessId,
    customer: CustomerId,
    draft: CreditNoteDraft,
    now: Timestamp,
) -> Result<(CreditNote, Decision), IssueRefusal> {
    if draft.amount.is_zero() {
        return Err(IssueRefusal::NothingToCredit);
    }
    let before = CreditNote {
        id,
        business,
        customer,
        number: draft.number,
        amount: draft.amount,
        reason: draft.reason,
        issued_on: draft.issued_on,
        allocations: Vec::new(),
        // Before it is issued there is nothing of it; so the first entry gives the whole of it.
        unapplied: Money::zero(draft.amount.currency()),
        paid_out: Money::zero(draft.amount.currency()),
        recorded_at: now,
        version: 0,
    };
    let mut note = before.clone();
    if !draft.parts.is_empty() {
        apply_parts(&mut note, draft.amount, &draft.parts)?;
    }
    Ok(decide(&before, note, now))
}

/// Issues the credit note of a refund, in the decision of its payment: for what the payment gives up of each invoice, or a refund
/// took of it. `covered` is what it covers of the invoices; what they do not take is unapplied. `legs` is what moves on the account
/// beside that: where the money covered the invoices until now, it is more unapplied cash, and no invoice is open for a moment.
pub(crate) fn issue_with_refund(
    payment: &Payment,
    credit: &NewCredit,
    covered: Vec<Allocation>,
    legs: Vec<Leg>,
    now: Timestamp,
) -> (CreditNote, Vec<Leg>) {
    let currency = payment.currency();
    let sum = |amounts: &mut dyn Iterator<Item = Money>| Money::sum(currency, amounts).unwrap_or(payment.received());
    let amount = sum(&mut credit.parts.values().copied());
    let unapplied = amount.less(sum(&mut covered.iter().map(|part| part.applied)));
    let NoteOfRefund { id, number, issued_on, reason } = credit.note.clone();
    let note = CreditNote {
        id,
        business: payment.business().clone(),
        customer: payment.customer().clone(),
        number,
        amount,
        reason,
        issued_on,
        allocations: covered,
        unapplied,
        paid_out: Money::zero(currency),
        recorded_at: now,
        version: 1,
    };
    let mut legs = legs;
    if !unapplied.is_zero() {
        let change = Balance::in_favour(unapplied);
        legs.push(Leg { account: LegAccount::Unapplied, change, contra: Contra::Credit });
    }
    (note, legs)
}

/// Applies what is left of a credit note to invoices of the account.
pub fn apply(
    before: &CreditNote,
    parts: &[(InvoiceHead, Money)],
    now: Timestamp,
) -> Result<(CreditNote, Decision), ApplyRefusal> {
    let mut note = before.clone();
    apply_parts(&mut note, before.unapplied, parts)?;
    Ok(decide(before, note, now))
}

/// Takes an allocation back, or a part of it; what it covered is unapplied.
pub fn unapply(
    before: &CreditNote,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<(CreditNote, Decision), UnapplyRefusal> {
    let mut note = before.clone();
    allocation::unapply(&mut note.allocations, invoice, amount, &SetAside::default())?;
    Ok(decide(before, note, now))
}

/// The credit note once so much of it is paid out in all.
pub(crate) fn with_paid_out(before: &CreditNote, paid_out: Money, now: Timestamp) -> (CreditNote, Decision) {
    decide(before, CreditNote { paid_out, ..before.clone() }, now)
}

fn apply_parts(note: &mut CreditNote, left: Money, parts: &[(InvoiceHead, Money)]) -> Result<(), ApplyRefusal> {
    allocation::apply(&mut note.allocations, left, &note.customer, parts, &SetAside::default(), None)?;
    if note.allocations.len() > ALLOCATIONS_PER_CREDIT_NOTE_MAX {
        return Err(ApplyRefusal::TooManyAllocations { max: ALLOCATIONS_PER_CREDIT_NOTE_MAX });
    }
    // A credit note is applied in one transaction.
    let days: usize = note.allocations.iter().map(|allocation| allocation.seen.room.days().len()).sum();
    if days > DUE_DAYS_PER_STEP {
        return Err(ApplyRefusal::TooManyDueDays { max: DUE_DAYS_PER_STEP });
    }
    Ok(())
}

/// Whether the allocations are what the amount makes of them.
pub(crate) fn is_as_folded(note: &CreditNote) -> bool {
    let mut folded = note.clone();
    place(&mut folded, note);
    folded.allocations == note.allocations
}

fn place(note: &mut CreditNote, before: &CreditNote) -> Placed {
    let funds = Funds {
        cash: note.amount.less(note.paid_out),
        contra: Contra::Credit,
        charged_back: Money::zero(note.amount.currency()),
        questioned: Money::zero(note.amount.currency()),
        processing: false,
        set_aside: SetAside::default(),
        credits: BTreeMap::new(),
        holder: None,
        page_is_over: false,
        place_remainder: true,
        report_items: 0,
    };
    // What is paid out is entered apart, by the outgoing payment.
    let unapplied = before.unapplied.checked_add(before.paid_out).unwrap_or(before.amount).less(note.paid_out);
    allocation::place(&mut note.allocations, &before.allocations, &funds, unapplied)
}

fn decide(before: &CreditNote, mut note: CreditNote, now: Timestamp) -> (CreditNote, Decision) {
    let placed = place(&mut note, before);
    note.unapplied = placed.unapplied;
    note.version = before.version + 1;
    let issued = before.version == 0;
    let mut kinds = placed.facts;
    if issued {
        let (credit_note, number) = (note.id.clone(), note.number.clone());
        let (issued_on, amount) = (note.issued_on, note.amount);
        kinds.insert(0, FactKind::CreditNoteIssued { credit_note, number, issued_on, amount });
    }
    let id = note.id.clone();
    let (day, kind) = if issued {
        (EntryDay::Printed(note.issued_on), EntryKind::CreditNoteIssued(id))
    } else {
        (EntryDay::Decided, EntryKind::CreditNoteMoved(id))
    };
    let change = if issued {
        Change::CreditNoteIssued(Box::new(note.clone()))
    } else {
        Change::CreditNoteChanged { before: Box::new(before.clone()), after: Box::new(note.clone()) }
    };
    let decision = Decision::new(note.business.clone(), note.customer.clone(), now)
        .with_changes(placed.changes)
        .with_change(change)
        .with_entry(note.id.as_str(), note.version, day, kind, placed.legs)
        .with_facts(note.id.as_str(), note.version, kinds);
    (note, decision)
}
