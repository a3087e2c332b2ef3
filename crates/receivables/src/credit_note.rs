//! Credit notes: documents that reduce what is owed, applied like cash, in part or whole, to one invoice or several.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

mod issue;

pub use issue::{IssueRefusal, apply, issue, unapply};
pub(crate) use issue::{is_as_folded, issue_with_refund, with_paid_out};

use crate::allocation::{ALLOCATIONS_PER_STEP, Allocation};
use crate::ids::{BusinessId, CreditNoteId, CustomerId, InvoiceId};
use crate::invoice::InvoiceHead;
use crate::money::Money;
use crate::text::{Description, InvoiceNumber};

/// Invoices to which one credit note may be applied.
pub const ALLOCATIONS_PER_CREDIT_NOTE_MAX: usize = ALLOCATIONS_PER_STEP;

/// A credit note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditNote {
    /// Our id, unique over all businesses.
    pub id: CreditNoteId,
    /// The business that it belongs to.
    pub business: BusinessId,
    /// The customer on whose account it stands.
    pub customer: CustomerId,
    /// The number printed on it, unique among the business's invoices and credit notes.
    pub number: InvoiceNumber,
    /// How much it reduces what is owed.
    pub amount: Money,
    /// The reason given for it.
    pub reason: Description,
    /// The civil date printed on it.
    pub issued_on: Date,
    /// The invoices that it covers, and how much of each.
    pub allocations: Vec<Allocation>,
    /// What of it covers no invoice.
    pub unapplied: Money,
    /// What of it was paid out to the customer.
    pub paid_out: Money,
    /// The instant at which it was recorded here.
    pub recorded_at: Timestamp,
    /// Rises by one with each change; a change is written only over the version that it was decided on.
    pub version: u64,
}

impl CreditNote {
    /// The credit note with its invoices as they stand now, for deciding again after another's change came first.
    #[must_use]
    pub fn with_current_invoices(mut self, fresh: &BTreeMap<InvoiceId, InvoiceHead>) -> Self {
        for allocation in &mut self.allocations {
            allocation.refresh(fresh, None);
        }
        self
    }
}

/// What the business asks us to credit.
#[derive(Clone, Debug)]
pub struct CreditNoteDraft {
    /// The number printed on it.
    pub number: InvoiceNumber,
    /// The amount in its one currency; more than zero.
    pub amount: Money,
    /// The reason given for it.
    pub reason: Description,
    /// The civil date printed on it.
    pub issued_on: Date,
    /// The invoices it is for, and how much for each; none where it is kept for later.
    pub parts: Vec<(InvoiceHead, Money)>,
}
