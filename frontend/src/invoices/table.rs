//! Invoices in a list, each with its way to pay.

use leptos::prelude::*;

use crate::invoices::messages::InvoiceMessages;
use crate::invoices::state::invoice_state;
use crate::invoices::view::InvoiceRow;
use crate::localizer::Localizer;

/// A table of invoices, or nothing where there is none.
pub(crate) fn invoice_table(
    localizer: Localizer,
    caption: &'static str,
    rows: &[InvoiceRow],
) -> Option<impl IntoView + use<>> {
    if rows.is_empty() {
        return None;
    }
    let messages = localizer.messages::<InvoiceMessages>();
    let rows = rows.iter().map(|row| invoice_row(localizer, row)).collect_view();
    Some(view! {
        <table role="table" class="cards">
            <caption>{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.number_column}</th>
                    <th role="columnheader" scope="col">{messages.status_column}</th>
                    <th role="columnheader" scope="col">{messages.due_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.total_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.open}</th>
                    <th role="columnheader" scope="col">{messages.pay_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    })
}

fn invoice_row(localizer: Localizer, row: &InvoiceRow) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let address = format!("/invoices/{}", row.id);
    let pay = row.can_be_paid.then(|| {
        view! { <a class="pay-link" href=address.clone() aria-label=(messages.pay_named)(&row.number)>{messages.pay}</a> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><a href=address.clone()>{row.number.clone()}</a></th>
            <td role="cell" data-label=messages.status_column>{invoice_state(localizer, row.state)}</td>
            <td role="cell" data-label=messages.due_column>{localizer.date(row.due_on)}</td>
            <td role="cell" class="amount" data-label=messages.total_column>{localizer.money(row.total)}</td>
            <td role="cell" class="amount" data-label=messages.open>{localizer.money(row.open)}</td>
            <td role="cell">{pay}</td>
        </tr>
    }
}
