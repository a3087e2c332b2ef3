//! Credit notes: issuing, applying and unapplying them.

use jiff::Timestamp;
use jiff::civil::Date;
use receivables::credit_note::{self, CreditNoteDraft, IssueRefusal};
use receivables::text::{Description, InvoiceNumber};
use receivables::{Business, CreditNote, CreditNoteId, CustomerId, InvoiceId, Money};
use store::keys::Unique;
use store::{CommitOutcome, Conflict};

use crate::cash_moves::{CashPart, parts_of};
use crate::commit::{RetryOnConflict, commit, commit_once, is_already_done};
use crate::context::Context;
use crate::error::OperationError;

/// A credit note that the business asks for.
#[derive(Clone, Debug)]
pub struct NewCreditNote {
    /// Chosen by the caller: a retry has the same id.
    pub id: CreditNoteId,
    pub customer: CustomerId,
    /// The number printed on it.
    pub number: InvoiceNumber,
    pub amount: Money,
    pub reason: Description,
    pub issued_on: Date,
    /// The invoices it is applied to; none where it is kept for later.
    pub parts: Vec<CashPart>,
}

/// Issues a credit note and applies it to the invoices it names. The same credit note sent again returns the stored one.
pub async fn issue_credit_note(
    context: &Context,
    business: &Business,
    new: NewCreditNote,
    now: Timestamp,
) -> Result<CreditNote, OperationError> {
    context.store.customer(&business.id, &new.customer).await?.ok_or(OperationError::NotFound)?;
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
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
            // Sent again, it finds its invoices covered by itself.
            Err(refusal) => {
                let known = known_or_taken(context, business, &new).await?;
                return known.ok_or(refusal.into());
            }
        };
        match commit(context, &decision).await? {
            CommitOutcome::Committed => return Ok(note),
            CommitOutcome::AlreadyDone => return load(context, business, &new.id).await,
            CommitOutcome::Conflict(conflicts) if conflicts.contains(&Conflict::Taken(Unique::CreditNoteNumber)) => {
                let known = known_or_taken(context, business, &new).await?;
                return known.ok_or(OperationError::Conflict);
            }
            CommitOutcome::Conflict(_) => {}
        }
    }
}

/// The number exists already: the same credit note sent again, or a refusal because another credit note has the number.
async fn known_or_taken(
    context: &Context,
    business: &Business,
    new: &NewCreditNote,
) -> Result<Option<CreditNote>, OperationError> {
    let known = context.store.credit_note_by_number(&business.id, new.number.as_str()).await?;
    let Some(known) = known else { return Ok(None) };
    let known = load(context, business, &known).await?;
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
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let note = with_current_invoices(context, load(context, business, id).await?).await?;
        if is_already_done(context, &business.id).await? {
            return Ok(note);
        }
        let parts = parts_of(context, business, parts).await?;
        if let Some(note) = commit_once(context, &business.id, credit_note::apply(&note, &parts, now)).await? {
            return Ok(note);
        }
    }
}

/// Unapplies an allocation of a credit note, whole or in part.
pub async fn unapply_credit_note(
    context: &Context,
    business: &Business,
    id: &CreditNoteId,
    invoice: &InvoiceId,
    amount: Option<Money>,
    now: Timestamp,
) -> Result<CreditNote, OperationError> {
    let mut retry = RetryOnConflict::new(context);
    loop {
        let now = retry.attempt_at(now).await?;
        let note = with_current_invoices(context, load(context, business, id).await?).await?;
        if is_already_done(context, &business.id).await? {
            return Ok(note);
        }
        let decided = credit_note::unapply(&note, invoice, amount, now);
        if let Some(note) = commit_once(context, &business.id, decided).await? {
            return Ok(note);
        }
    }
}

async fn load(context: &Context, business: &Business, id: &CreditNoteId) -> Result<CreditNote, OperationError> {
    context.store.credit_note(&business.id, id).await?.ok_or(OperationError::NotFound)
}

async fn with_current_invoices(context: &Context, note: CreditNote) -> Result<CreditNote, OperationError> {
    let ids: Vec<InvoiceId> = note.allocations.iter().map(|part| part.invoice.clone()).collect();
    let heads = context.store.invoice_heads(&note.business, &ids).await?;
    Ok(note.with_current_invoices(&heads))
}
