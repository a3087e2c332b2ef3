//! What an invoice demands and how it stands: dates, lines and sums.

use leptos::prelude::*;
use receivables::Money;
use receivables::invoice::{Due, Line};

use crate::invoices::messages::InvoiceMessages;
use crate::invoices::view::InvoiceView;
use crate::localizer::Localizer;

/// Dates, then the lines and what they come to.
pub(crate) fn invoice_details(localizer: Localizer, view: &InvoiceView) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let order =
        view.purchase_order.clone().map(|order| view! { <div><dt>{messages.order_label}</dt><dd>{order}</dd></div> });
    view! {
        <section>
            <h2>{messages.summary}</h2>
            <dl>
                <div><dt>{messages.issued_label}</dt><dd>{localizer.date(view.issued_on)}</dd></div>
                {due_days(localizer, view)}
                {order}
            </dl>
        </section>
        <section>
            {lines(localizer, &view.lines)}
            {sums(localizer, view)}
        </section>
    }
}

/// The day on which it is due; of several, each with its amount and what of that is open.
fn due_days(localizer: Localizer, view: &InvoiceView) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let row = |text: String| view! { <div><dt>{messages.due_label}</dt><dd>{text}</dd></div> };
    if view.days.is_empty() {
        return vec![row(localizer.date(view.due_on))];
    }
    let text = |(due, open): &(Due, Money)| {
        let (date, amount) = (localizer.date(due.on), localizer.money(due.amount));
        if *open == due.amount {
            format!("{date} · {amount}")
        } else {
            format!("{date} · {amount} · {} {}", messages.open, localizer.money(*open))
        }
    };
    view.days.iter().map(|day| row(text(day))).collect()
}

fn sums(localizer: Localizer, view: &InvoiceView) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let row = |label: String, amount: Money| {
        view! { <div><dt>{label}</dt><dd class="amount">{localizer.money(amount)}</dd></div> }
    };
    let some = |label: &str, amount: Money| (!amount.is_zero()).then(|| row(label.to_owned(), amount));
    let taxes = view
        .totals
        .taxes
        .iter()
        .map(|tax| row((messages.tax_at)(&localizer.percent(tax.rate)), tax.amount))
        .collect_view();
    let net = (!view.totals.taxes.is_empty()).then(|| row(messages.net_total.to_owned(), view.totals.net));
    view! {
        <dl class="sums">
            {net}
            {taxes}
            {row(messages.total.to_owned(), view.totals.gross)}
            {some(messages.paid_so_far, view.applied)}
            {some(messages.written_off, view.written_off)}
            {(!view.applied.is_zero() || !view.written_off.is_zero()).then(|| row(messages.open.to_owned(), view.open))}
            {some(messages.pending, view.pending)}
            {some(messages.disputed, view.disputed)}
            {some(messages.questioned, view.questioned)}
            {some(messages.charged_back, view.charged_back)}
        </dl>
    }
}

fn lines(localizer: Localizer, lines: &[Line]) -> impl IntoView + use<> {
    let messages = localizer.messages::<InvoiceMessages>();
    let rows = lines.iter().map(|line| {
        let rate = localizer.percent(line.tax_rate);
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{line.description.as_str().to_owned()}</th>
                <td role="cell" class="amount" data-label=messages.quantity>{localizer.number(line.quantity)}</td>
                <td role="cell" class="amount" data-label=messages.unit_price>{localizer.money(line.unit_price)}</td>
                <td role="cell" class="amount" data-label=messages.tax_rate>{rate}</td>
                <td role="cell" class="amount" data-label=messages.net>{localizer.money(line.net)}</td>
            </tr>
        }
    });
    view! {
        <table role="table" class="cards wraps">
            <caption>{messages.lines}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{messages.description}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.quantity}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.unit_price}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.tax_rate}</th>
                    <th role="columnheader" scope="col" class="amount">{messages.net}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
}
