//! Proving the books of a business: account by account, everything that is kept is computed again.

use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use receivables::verify::{AccountBooks, Difference, differences};
use receivables::{BusinessId, CustomerId, Invoice, Payment};
use store::Page;

use crate::{OperationError, Rooms};

/// Items read at a time.
const PAGE: usize = 100;
/// Payments read side by side.
const SIDE_BY_SIDE: usize = 8;

/// What was proved, and what disagrees.
#[derive(Clone, Debug, Default)]
pub struct BooksProof {
    /// Accounts looked at.
    pub accounts: usize,
    /// Invoices looked at.
    pub invoices: usize,
    /// Payments looked at.
    pub payments: usize,
    /// Ledger entries looked at.
    pub entries: usize,
    /// What disagrees. None where the books are right.
    pub differences: Vec<Difference>,
}

/// Proves every account of a business. While others write, a difference may be one that is just being made good.
pub async fn verify_books(rooms: &Rooms, b: &BusinessId) -> Result<BooksProof, OperationError> {
    let mut proof = BooksProof::default();
    let mut page = Page::first(PAGE);
    loop {
        let customers = rooms.store.customers(b, &page).await?;
        for customer in &customers.items {
            verify_account(rooms, b, &customer.id, &mut proof).await?;
        }
        match customers.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(proof),
        }
    }
}

async fn verify_account(
    rooms: &Rooms,
    b: &BusinessId,
    c: &CustomerId,
    proof: &mut BooksProof,
) -> Result<(), OperationError> {
    let invoices = invoices_of(rooms, b, c).await?;
    let payments = payments_of(rooms, b, c).await?;
    let entries = rooms.store.entries_since(b, c, Timestamp::UNIX_EPOCH).await?;
    let sums = rooms.store.account(b, c).await?;
    proof.accounts += 1;
    proof.invoices += invoices.len();
    proof.payments += payments.len();
    proof.entries += entries.len();
    let books = AccountBooks { customer: c, invoices: &invoices, payments: &payments, entries: &entries, sums: &sums };
    proof.differences.extend(differences(books));
    Ok(())
}

async fn invoices_of(rooms: &Rooms, b: &BusinessId, c: &CustomerId) -> Result<Vec<Invoice>, OperationError> {
    let (mut all, mut page) = (Vec::new(), Page::first(PAGE));
    loop {
        let found = rooms.store.invoices_of(b, c, &page).await?;
        all.extend(found.items);
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(all),
        }
    }
}

/// The payments whole: the list has only their records.
async fn payments_of(rooms: &Rooms, b: &BusinessId, c: &CustomerId) -> Result<Vec<Payment>, OperationError> {
    let (mut all, mut page) = (Vec::new(), Page::first(PAGE));
    loop {
        let found = rooms.store.payments_of(b, c, &page).await?;
        let whole = stream::iter(found.items)
            .map(|head| async move { rooms.store.payment(b, &head.id).await?.ok_or(OperationError::NotFound) });
        all.extend(whole.buffered(SIDE_BY_SIDE).try_collect::<Vec<_>>().await?);
        match found.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(all),
        }
    }
}
