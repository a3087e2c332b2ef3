//! All invoices of an account, open ones first.

use leptos::prelude::*;

use crate::components::Body;
use crate::invoices::messages::InvoiceMessages;
use crate::invoices::table::invoice_table;
use crate::invoices::view::InvoiceRow;
use crate::localizer::Localizer;

/// One page of the list.
#[derive(Clone, Debug)]
pub(crate) struct InvoiceList {
    pub(crate) rows: Vec<InvoiceRow>,
    /// The address of the next page.
    pub(crate) more: Option<String>,
    /// Whether this is not the first page.
    pub(crate) continued: bool,
}

pub(crate) fn invoices_page(localizer: Localizer, list: &InvoiceList) -> Body {
    let messages = localizer.messages::<InvoiceMessages>();
    let title = messages.list_title;
    let none = list.rows.is_empty().then(|| view! { <p>{messages.none}</p> });
    let first = list.continued.then(|| view! { <a href="/invoices">{messages.first}</a> });
    let more = list.more.clone().map(|address| view! { <a href=address rel="next">{messages.more}</a> });
    let content = view! {
        <h1>{title}</h1>
        {invoice_table(localizer, title, &list.rows)}
        {none}
        <p class="links">{first} {more}</p>
    };
    Body { title: title.to_owned(), content: content.into_any() }
}
