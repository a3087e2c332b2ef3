//! Credit notes: documents that reduce what is owed, applied like cash, in part or whole, to one invoice or several.

use jiff::Timestamp;
use jiff::civil::Date;

mod issue;

pub(crate) use issue::is_as_folded;
pub use issue::{IssueRefusal, apply, issue, unapply};

use crate::allocation::{ALLOCATIONS_PER_STEP, Allocation};
use crate::ids::{BusinessId, CreditNoteId, CustomerId};
use crate::invoice::Invoice;
use crate::money::Money;
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
