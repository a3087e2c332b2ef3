//! Payments in a list, and how one stands, in a word that colour only underlines.

use leptos::prelude::*;
use receivables::payment::State;

use super::messages::PaymentMessages;
use super::view::PaymentRow;
use crate::localizer::Localizer;

/// A table of payments, or nothing where there is none.
pub(crate) fn payment_table(
    localizer: Localizer,
    caption: &'static str,
    rows: &[PaymentRow],
) -> Option<impl IntoView + use<>> {
    if rows.is_empty() {
        return None;
    }
    let messages = localizer.messages::<PaymentMessages>();
    let rows = rows.iter().map(|row| {
        view! {
            <tr role="row">
                <th role="rowheader" scope="row"><a href=format!("/payments/{}", row.id)>{localizer.date(row.on)}</a></th>
                <td role="cell" data-label=messages.status_column>{payment_state(localizer, row.state)}</td>
                <td role="cell" class="amount" data-label=messages.amount_column>{localizer.money(row.amount)}</td>
            </tr>
        }
    });
    Some(view! {
        <table role="table" class="cards">
            <caption>{caption}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.date_column}</th>
                    <th role="columnheader" scope="col">{messages.status_column}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.amount_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    })
}
fn payment_state(localizer: Localizer, state: State) -> impl IntoView + use<> {
    let messages = localizer.messages::<PaymentMessages>();
    let (class, text) = match state {
        State::Started => ("state", messages.state_started),
        State::NeedsAction => ("state late", messages.state_needs_action),
        State::Processing => ("state moving", messages.state_processing),
        State::Settled => ("state good", messages.state_settled),
        State::Failed => ("state late", messages.state_failed),
        State::Cancelled => ("state", messages.state_cancelled),
    };
    view! { <span class=class>{text}</span> }
}
