//! Finding open invoices for money that is to be placed.

use jiff::civil::Date;
use receivables::invoice::OpenDays;
use receivables::{BusinessId, CustomerId, InvoiceHead, InvoiceId, Money};
use store::Page;

use crate::context::Context;
use crate::error::OperationError;

/// Invoices listed at a time.
const PAGE: usize = 100;

/// The open invoices of an account on which there is room for an amount, in its currency and the next due first: as many as take
/// it all by the days on which they are due, but at most `most`. Every page of the list is looked at until then, so that what
/// stands before an invoice and has no room, however much it is, hides none. The list may be behind; how the invoices stand is as
/// stored now.
pub(crate) async fn open_invoices(
    context: &Context,
    b: &BusinessId,
    c: &CustomerId,
    amount: Money,
    most: usize,
    room: impl Fn(&InvoiceHead) -> OpenDays,
) -> Result<Vec<InvoiceHead>, OperationError> {
    let (mut found, mut due, mut page) = (Vec::new(), Vec::new(), Page::first(PAGE));
    loop {
        let listed = context.store.open_invoices_in(b, c, amount.currency(), &page).await?;
        for head in listed.items {
            let days = room(&head);
            let Some(first) = days.first_day() else { continue };
            if found.len() == most || due_before(&due, (first, &head.id), amount) {
                return Ok(found);
            }
            due.extend(days.days().iter().map(|day| (day.on, head.id.clone(), day.amount)));
            found.push(head);
        }
        match listed.next_cursor {
            Some(cursor) => page.cursor = Some(cursor),
            None => return Ok(found),
        }
    }
}

/// Whether what is due before a place comes to an amount.
fn due_before(due: &[(Date, InvoiceId, Money)], place: (Date, &InvoiceId), amount: Money) -> bool {
    let before = due.iter().filter(|(on, id, _)| (*on, id) < place).map(|(_, _, part)| *part);
    Money::sum(amount.currency(), before).is_ok_and(|sum| amount.less(sum).is_zero())
}
