//! The keys of invoices: a head and its lines in one partition, and the head's places in two lists.

use receivables::invoice::ListPlace;
use receivables::{BusinessId, Currency, InvoiceId};

use super::Key;

pub(crate) fn invoice_partition(b: &BusinessId, i: &InvoiceId) -> String {
    format!("I#{b}#{i}")
}

pub(crate) const INVOICE_HEAD: &str = "I";
pub(crate) const INVOICE_LINES: &str = "L";

pub(crate) fn invoice(b: &BusinessId, i: &InvoiceId) -> Key {
    Key::new(invoice_partition(b, i), INVOICE_HEAD)
}

pub(crate) fn invoice_lines(b: &BusinessId, i: &InvoiceId) -> Key {
    Key::new(invoice_partition(b, i), INVOICE_LINES)
}

pub(crate) const INVOICE: &str = "I#";
pub(crate) const INVOICE_OPEN: &str = "I#O#";

/// What the open invoices of one currency begin with in their account's list.
pub(crate) fn invoices_open_in(currency: Currency) -> String {
    format!("{INVOICE_OPEN}{currency}#")
}

/// The place of an invoice in its account's list: open ones first, by currency and due date.
pub(crate) fn invoice_in_account(place: ListPlace, currency: Currency, i: &InvoiceId) -> String {
    let ListPlace { open, due_on } = place;
    format!("{INVOICE}{}#{currency}#{due_on}#{i}", open_mark(open))
}

pub(crate) fn invoices(b: &BusinessId) -> String {
    format!("B#{b}#IN")
}

/// The place of an invoice in its business's list: open ones first, by due date.
pub(crate) fn invoice_in_business(place: ListPlace, i: &InvoiceId) -> String {
    let ListPlace { open, due_on } = place;
    format!("{}#{due_on}#{i}", open_mark(open))
}

fn open_mark(open: bool) -> &'static str {
    if open { "O" } else { "Z" }
}
