//! Credit notes: one query loads one with its allocations.

use receivables::{BusinessId, CreditNote, CreditNoteId, CustomerId};

use super::accounts::{Page, Paged};
use crate::error::StoreError;
use crate::items::{Index, credit_notes};
use crate::keys::{self, Unique};
use crate::table::{Query, Range, Store};

impl Store {
    /// A credit note and its allocations.
    pub async fn credit_note(&self, b: &BusinessId, n: &CreditNoteId) -> Result<Option<CreditNote>, StoreError> {
        let pk = keys::credit_note_partition(b, n);
        self.assembled(&pk, credit_notes::credit_note).await
    }

    /// The credit note of a number.
    pub async fn credit_note_by_number(
        &self,
        b: &BusinessId,
        number: &str,
    ) -> Result<Option<CreditNoteId>, StoreError> {
        self.target(&keys::unique(b, Unique::CreditNoteNumber, number)).await
    }

    /// The credit notes of a customer, newest first, without their allocations.
    pub async fn credit_notes_of(
        &self,
        b: &BusinessId,
        c: &CustomerId,
        page: &Page,
    ) -> Result<Paged<CreditNote>, StoreError> {
        let pk = keys::account(b, c);
        let query = Query { newest_first: true, ..Query::of(Index::Parent, &pk, Range::Prefix(keys::CREDIT_NOTE)) };
        self.list(query, page, credit_notes::credit_note_head).await
    }

    /// The credit notes of a business, newest first, without their allocations.
    pub async fn credit_notes(&self, b: &BusinessId, page: &Page) -> Result<Paged<CreditNote>, StoreError> {
        let pk = keys::credit_notes(b);
        let query = Query { newest_first: true, ..Query::of(Index::List, &pk, Range::All) };
        self.list(query, page, credit_notes::credit_note_head).await
    }
}
