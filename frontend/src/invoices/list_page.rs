//! All invoices of an account, open ones first.

use leptos::prelude::*;

use crate::components::Body;
use crate::invoices::table::invoice_table;
use crate::invoices::view::InvoiceRow;
use crate::localizer::Reader;

/// One page of the list.
#[derive(Clone, Debug)]
pub(crate) struct InvoiceList {
    /// The rows.
    pub(crate) rows: Vec<InvoiceRow>,
    /// Where the next page is.
    pub(crate) more: Option<String>,
    /// Whether this is not the first page.
    pub(crate) continued: bool,
}

/// The list.
pub(crate) fn invoices_page(reader: Reader, list: &InvoiceList) -> Body {
    let words = &reader.words.invoice;
    let title = reader.words.shell.invoices;
    let none = list.rows.is_empty().then(|| view! { <p>{words.none}</p> });
    let first = list.continued.then(|| view! { <a href="/invoices">{words.first}</a> });
    let more = list.more.clone().map(|address| view! { <a href=address rel="next">{words.more}</a> });
    let content = view! {
        <h1>{title}</h1>
        {invoice_table(reader, title, &list.rows)}
        {none}
        <p class="links">{first} {more}</p>
    };
    Body { title: title.to_owned(), content: content.into_any() }
}
