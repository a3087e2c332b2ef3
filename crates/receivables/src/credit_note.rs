//! Credit notes: documents that reduce what is owed, applied like cash, in part or whole, to one invoice or several.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::allocation::{self, ALLOCATIONS_PER_STEP, Allocation, Funds, Placed};
use crate::decision::{Change, Decision};
use crate::fact::{Fact, FactKind};
use crate::ids::{BusinessId, CreditNoteId, CustomerId, InvoiceId};
use crate::invoice::Invoice;
use crate::ledger::{Entry, EntryKind};
use crate::money::Money;
use crate::refusal::Refusal;
use crate::text::{Description, InvoiceNumber};

/// Invoices to which one credit note may be applied.
pub const ALLOCATIONS_PER_CREDIT_NOTE_MAX: usize = ALLOCATIONS_PER_STEP;

/// A credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// Our id.
    pub id: CreditNoteId,
    /// Who gives it.
    pub business: BusinessId,
    /// Who has it.
    pub customer: CustomerId,
    /// The number printed on it, unique among the business's invoices and credit notes.
    pub number: InvoiceNumber,
    /// How much it reduces what is owed.
    pub amount: Money,
    /// Why.
    pub reason: Description,
    /// When it is dated.
    pub issued_on: Date,
    /// What it covers.
    pub allocations: Vec<Allocation>,
    /// What of it covers no invoice.
    pub unapplied: Money,
    /// When it reached us.
    pub recorded_at: Timestamp,
    /// Counts the changes.
    pub version: u64,
}

/// What the business asks us to credit.
#[derive(Clone, Debug)]
pub struct CreditNoteDraft {
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: Description,
    /// When it is dated.
    pub issued_on: Date,
    /// The invoices it is for, and how much for each; none where it is kept for later.
    pub parts: Vec<(Invoice, Money)>,
}

/// Issues a credit note and applies it as far as the draft says.
pub fn issue(
    id: CreditNoteId,
    business: BusinessId,
    customer: CustomerId,
    draft: CreditNoteDraft,
    now: Timestamp,
) -> Result<(CreditNote, Decision), Refusal> {
    if draft.amount.is_zero() {
        return Err(Refusal::NothingToCredit);
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
        recorded_at: now,
        version: 0,
    };
    let mut note = before.clone();
    if !draft.parts.is_empty() {
        apply_parts(&mut note, draft.amount, &draft.parts)?;
    }
    Ok(decide(&before, note, now))
}

/// Applies what is left of a credit note to invoices of the account.
pub fn apply(
    before: &CreditNote,
    parts: &[(Invoice, Money)],
    now: Timestamp,
) -> Result<(CreditNote, Decision), Refusal> {
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
) -> Result<(CreditNote, Decision), Refusal> {
    let mut note = before.clone();
    allocation::unapply(&mut note.allocations, invoice, amount, &BTreeMap::new())?;
    Ok(decide(before, note, now))
}

fn apply_parts(note: &mut CreditNote, left: Money, parts: &[(Invoice, Money)]) -> Result<(), Refusal> {
    allocation::apply(&mut note.allocations, left, &note.customer, parts, &BTreeMap::new())?;
    if note.allocations.len() > ALLOCATIONS_PER_CREDIT_NOTE_MAX {
        return Err(Refusal::TooManyAllocations { max: ALLOCATIONS_PER_CREDIT_NOTE_MAX });
    }
    Ok(())
}

/// Whether the allocations are what the amount makes of them.
pub fn is_as_folded(note: &CreditNote) -> bool {
    let mut folded = note.clone();
    place(&mut folded, note);
    folded.allocations == note.allocations
}

fn place(note: &mut CreditNote, before: &CreditNote) -> Placed {
    let funds = Funds {
        cash: note.amount,
        charged_back: Money::zero(note.amount.currency()),
        processing: false,
        set_aside: BTreeMap::new(),
        release: None,
        place_remainder: true,
        report_items: 0,
    };
    let unapplied = note.unapplied;
    allocation::place(&mut note.allocations, &before.allocations, &funds, unapplied)
}

fn decide(before: &CreditNote, mut note: CreditNote, now: Timestamp) -> (CreditNote, Decision) {
    let placed = place(&mut note, before);
    note.unapplied = placed.unapplied;
    note.version = before.version + 1;
    let issued = before.version == 0;
    let mut kinds = placed.facts;
    if issued {
        kinds.insert(0, FactKind::CreditNoteIssued { credit_note: note.id.clone() });
    }
    let facts = kinds.into_iter().enumerate();
    let facts = facts.map(|(place, kind)| Fact::new(note.id.as_str(), note.version, place, now, kind)).collect();
    let id = note.id.clone();
    let entry = (!placed.legs.is_empty()).then(|| Entry {
        source: note.id.to_string(),
        sequence: note.version,
        posted_at: now,
        kind: if issued { EntryKind::CreditNoteIssued(id) } else { EntryKind::CreditNoteMoved(id) },
        currency: note.amount.currency(),
        legs: placed.legs,
    });
    let mut changes = placed.changes;
    changes.push(if issued {
        Change::CreditNoteIssued(Box::new(note.clone()))
    } else {
        Change::CreditNoteChanged { before: Box::new(before.clone()), after: Box::new(note.clone()) }
    });
    let decision = Decision {
        business: note.business.clone(),
        customer: note.customer.clone(),
        at: now,
        changes,
        entry,
        handed_to: None,
        facts,
    };
    (note, decision)
}
