//! Finding open invoices for money that is to be placed.

use receivables::{BusinessId, CustomerId, InvoiceHead, Money};
use store::Page;

use crate::context::Context;
use crate::error::OperationError;

/// Invoices listed at a time.
const PAGE: usize = 100;

/// The open invoices of an account on which there is room for an amount, in its currency and the oldest due first: as many as
/// take it all, but at most `most`. Every page of the list is looked at until then, so that what stands before an invoice and
/// has no room, however much it is, hides none. The list may be behind; how the invoices stand is as stored now.
pub(crate) async fn open_invoices(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    amount: Money,
    most: usize,
    room: impl Fn(&InvoiceHead) -> Money,
) -> Result<Vec<InvoiceHead>, OperationError> {
    let (mut found, mut left, mut page) = (Vec::new(), amount, Page::first(PAGE));
    while !left.is_zero() && found.len() < most {
        let listed = context.store.open_invoices_in(b, c, amount.currency(), &page).await?;
        for head in listed.items {
            let part = room(&head).min(left);
            if !part.is_zero() && found.len() < most {
                left = left.less(part);
                found.push(head);
            }
        }
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => break,
        }
    }
    Ok(found)
}
