//! Credit notes: issued, applied, taken back.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::credit_note::{self, CreditNoteDraft, IssueRefusal};
use receivables::text::{Description, InvoiceNumber};
use receivables::{Business, CreditNote, CreditNoteId, CustomerId, InvoiceId, Money};
use store::keys::Unique;
use store::{CommitOutcome, Conflict};

use crate::cash_moves::{CashPart, parts_of};
use crate::{Context, OperationError, commit, is_already_done, written};

/// Times a decision is taken anew because another came first.
const TRIES_MAX: u32 = 6;

/// What the business asks us to credit.
#[derive(Clone, Debug)]
pub struct NewCreditNote {
    /// Minted for it.
    pub id: CreditNoteId,
    /// Who has it.
    pub customer: CustomerId,
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// How much.
    pub amount: Money,
    /// Why.
    pub reason: Description,
    /// When it is dated.
    pub issued_on: Date,
    /// What it is for; none where it is kept for later.
    pub parts: Vec<CashPart>,
}

/// Issues a credit note and applies it as far as it says. The same again gives the one that is there.
pub async fn issue_credit_note(
    context: &Context,
    business: &Business,
    new: NewCreditNote,
    now: Timestamp,
) -> Result<CreditNote, OperationError> {
    context.store.customer(&business.id, &new.customer).await?.ok_or(OperationError::NotFound)?;
    for _ in 0..TRIES_MAX {
        let draft = CreditNoteDraft {
            number: new.number.clone(),
            amount: new.amount,
            reason: new.reason.clone(),
            issued_on: new.issued_on,
            parts: parts_of(context, business, &new.parts).await?,
        };
        let (b, c) = (business.id.clone(), new.customer.clone());
        let (note, decision) = match credit_note::issue(new.id.clone(), b, c, draft, now) {
            Ok(issued) => issued,
            // Told again, it finds its invoices covered: by itself.
            Err(refusal) => return known_or_taken(context, business, &new).await?.ok_or(refusal.into()),
        };
        match commit(context, &decision).await? {
            CommitOutcome::Committed => return Ok(note),
            CommitOutcome::AlreadyDone => return held(context, business, &new.id).await,
            CommitOutcome::Conflict(contested) => {
                if contested.contains(&Conflict::Taken(Unique::CreditNoteNumber)) {
                    return known_or_taken(context, business, &new).await?.ok_or(OperationError::Conflict);
                }
            }
        }
    }
    Err(OperationError::Conflict)
}

/// Where the number is there: the same credit note told again, or another's number.
async fn known_or_taken(
    context: &Context,
    business: &Business,
    new: &NewCreditNote,
) -> Result<Option<CreditNote>, OperationError> {
    let known = context.store.credit_note_by_number(&business.id, new.number.as_str()).await?;
    let Some(known) = known else { return Ok(None) };
    let known = held(context, business, &known).await?;
    let same = known.customer == new.customer && known.amount == new.amount && known.issued_on == new.issued_on;
    if same { Ok(Some(known)) } else { Err(IssueRefusal::NumberTaken.into()) }
}

/// Applies what is left of a credit note.
pub async fn apply_credit_note(
    context: &Context,
    business: &Business,
    id: &CreditNoteId,
    parts: &[CashPart],
    now: Timestamp,
) -> Result<CreditNote, OperationError> {
    let parts = || parts_of(context, business, parts);
    for _ in 0..TRIES_MAX {
        let note = with_current_invoices(context, held(context, business, id).await?).await?;
        if is_already_done(context, &business.id).await? {
            return Ok(note);
        }
        if let Some(note) = written(context, &business.id, credit_note::apply(&note, &parts().await?, now)).await? {
            return Ok(note);
        }
    }
    Err(OperationError::Conflict)
}

/// Takes an allocation of a credit note back, all of it or a part.
pub async fn unapply_credit_note(
    context: &Context,
    business: &Business,
    id: &CreditNoteId,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<CreditNote, OperationError> {
    for _ in 0..TRIES_MAX {
        let note = with_current_invoices(context, held(context, business, id).await?).await?;
        if is_already_done(context, &business.id).await? {
            return Ok(note);
        }
        if let Some(note) = written(context, &business.id, credit_note::unapply(&note, invoice, amount, now)).await? {
            return Ok(note);
        }
    }
    Err(OperationError::Conflict)
}

async fn held(context: &Context, business: &Business, id: &CreditNoteId) -> Result<CreditNote, OperationError> {
    context.store.credit_note(&business.id, id).await?.ok_or(OperationError::NotFound)
}

async fn with_current_invoices(context: &Context, mut note: CreditNote) -> Result<CreditNote, OperationError> {
    let ids: Vec<InvoiceId> = note.allocations.iter().map(|part| part.invoice.clone()).collect();
    let fresh = context.store.balances(&note.business, &ids).await?;
    for allocation in &mut note.allocations {
        if let Some(balance) = fresh.get(&allocation.invoice) {
            allocation.balance = balance.clone();
        }
    }
    Ok(note)
}
