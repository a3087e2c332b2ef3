//! What an invoice demands and how it stands: dates, lines and sums.

use leptos::prelude::*;
use receivables::Money;
use receivables::invoice::Line;

use crate::invoices::view::InvoiceView;
use crate::localizer::Reader;

/// Dates, then the lines and what they come to.
pub(crate) fn invoice_details(reader: Reader, view: &InvoiceView) -> impl IntoView + use<> {
    let words = &reader.words.invoice;
    let order =
        view.purchase_order.clone().map(|order| view! { <div><dt>{words.order_label}</dt><dd>{order}</dd></div> });
    view! {
        <section>
            <h2>{words.summary}</h2>
            <dl>
                <div><dt>{words.issued_label}</dt><dd>{reader.date(view.issued_on)}</dd></div>
                <div><dt>{words.due_label}</dt><dd>{reader.date(view.due_on)}</dd></div>
                {order}
            </dl>
        </section>
        <section>
            {lines(reader, &view.lines)}
            {sums(reader, view)}
        </section>
    }
}

fn sums(reader: Reader, view: &InvoiceView) -> impl IntoView + use<> {
    let words = &reader.words.invoice;
    let row = |label: String, amount: Money| {
        view! { <div><dt>{label}</dt><dd class="amount">{reader.money(amount)}</dd></div> }
    };
    let some = |label: &str, amount: Money| (!amount.is_zero()).then(|| row(label.to_owned(), amount));
    let taxes =
        view.totals.taxes.iter().map(|tax| row((words.tax_at)(&reader.percent(tax.rate)), tax.amount)).collect_view();
    let net = (!view.totals.taxes.is_empty()).then(|| row(words.net_total.to_owned(), view.totals.net));
    view! {
        <dl class="sums">
            {net}
            {taxes}
            {row(words.total.to_owned(), view.totals.gross)}
            {some(words.paid_so_far, view.applied)}
            {some(words.written_off, view.written_off)}
            {(!view.applied.is_zero() || !view.written_off.is_zero()).then(|| row(words.open.to_owned(), view.open))}
            {some(words.pending, view.pending)}
            {some(words.disputed, view.disputed)}
            {some(words.charged_back, view.charged_back)}
        </dl>
    }
}

fn lines(reader: Reader, lines: &[Line]) -> impl IntoView + use<> {
    let words = &reader.words.invoice;
    let rows = lines.iter().map(|line| {
        let rate = reader.percent(line.tax_rate);
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">{line.description.as_str().to_owned()}</th>
                <td role="cell" class="amount" data-label=words.quantity>{reader.number(line.quantity)}</td>
                <td role="cell" class="amount" data-label=words.unit_price>{reader.money(line.unit_price)}</td>
                <td role="cell" class="amount" data-label=words.tax_rate>{rate}</td>
                <td role="cell" class="amount" data-label=words.net>{reader.money(line.net)}</td>
            </tr>
        }
    });
    view! {
        <table role="table" class="cards wraps">
            <caption>{words.lines}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.description}</th>
                    <th role="columnheader" scope="col" class="amount">{words.quantity}</th>
                    <th role="columnheader" scope="col" class="amount">{words.unit_price}</th>
                    <th role="columnheader" scope="col" class="amount">{words.tax_rate}</th>
                    <th role="columnheader" scope="col" class="amount">{words.net}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
}
