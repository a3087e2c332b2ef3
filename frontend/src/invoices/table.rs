//! Invoices in a list, each with its way to pay.

use leptos::prelude::*;

use crate::components::state::invoice_state;
use crate::invoices::view::InvoiceRow;
use crate::localizer::Reader;

/// A table of invoices, or nothing where there is none.
pub(crate) fn invoice_table(
    reader: Reader,
    caption: &'static str,
    rows: &[InvoiceRow],
) -> Option<impl IntoView + use<>> {
    if rows.is_empty() {
        return None;
    }
    let words = &reader.words.invoice;
    let rows = rows.iter().map(|row| invoice_row(reader, row)).collect_view();
    Some(view! {
        <table role="table" class="cards">
            <caption>{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.number_column}</th>
                    <th role="columnheader" scope="col">{words.status_column}</th>
                    <th role="columnheader" scope="col">{words.due_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.total_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.open}</th>
                    <th role="columnheader" scope="col">{words.pay_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    })
}

fn invoice_row(reader: Reader, row: &InvoiceRow) -> impl IntoView + use<> {
    let words = &reader.words.invoice;
    let address = format!("/invoices/{}", row.id);
    let pay = row.can_be_paid.then(|| {
        view! { <a class="pay-link" href=address.clone() aria-label=(words.pay_named)(&row.number)>{words.pay}</a> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><a href=address.clone()>{row.number.clone()}</a></th>
            <td role="cell" data-label=words.status_column>{invoice_state(reader, row.state)}</td>
            <td role="cell" data-label=words.due_column>{reader.date(row.due_on)}</td>
            <td role="cell" class="amount" data-label=words.total_column>{reader.money(row.total)}</td>
            <td role="cell" class="amount" data-label=words.open>{reader.money(row.open)}</td>
            <td role="cell">{pay}</td>
        </tr>
    }
}
