//! The account at a glance: what is owed, what can be paid, what was paid.

use leptos::prelude::*;
use receivables::{Balance, Money};

use crate::account::view::{AccountView, BalanceView};
use crate::components::Body;
use crate::components::state::payment_state;
use crate::invoices::table::invoice_table;
use crate::localizer::Reader;
use crate::payments::view::PaymentRow;

/// The page.
pub(crate) fn overview_page(reader: Reader, view: &AccountView) -> Body {
    let words = &reader.words.account;
    let balances = view.standings.iter().map(|standing| balance(reader, standing)).collect_view();
    let nothing_owed =
        view.standings.is_empty().then(|| view! { <p class="sum"><strong>{words.nothing_owed}</strong></p> });
    let no_open = view.open.is_empty().then(|| view! { <p>{words.no_open_invoices}</p> });
    let no_payments = view.payments.is_empty().then(|| view! { <p>{words.no_payments}</p> });
    let content = view! {
        <div class="demand">
            <h1>{words.title}</h1>
            <p>{view.customer.clone()}</p>
            {balances}
            {nothing_owed}
        </div>
        <section>
            <h2>{words.open_invoices}</h2>
            {invoice_table(reader, words.open_invoices, &view.open)}
            {no_open}
            <p class="links"><a href="/invoices">{words.all_invoices}</a></p>
        </section>
        <section>
            <h2>{words.payments}</h2>
            {payments(reader, &view.payments)}
            {no_payments}
        </section>
    };
    Body { title: words.title.to_owned(), content: content.into_any() }
}

/// The balance of one currency, and of what it is made.
pub(crate) fn balance(reader: Reader, view: &BalanceView) -> impl IntoView + use<> {
    let words = &reader.words.account;
    let standing = &view.standing;
    let (label, sum) = headline(reader, view.balance);
    let part = |label: &'static str, amount: Money| {
        (!amount.is_zero()).then(|| view! { <div><dt>{label}</dt><dd class="amount">{reader.money(amount)}</dd></div> })
    };
    view! {
        <p class="sum">
            <span>{label}</span>
            <strong class="amount">{sum}</strong>
        </p>
        <dl class="sums">
            {part(words.overdue, standing.overdue)}
            {part(words.pending, standing.pending)}
            {part(words.disputed, standing.disputed)}
            {part(words.unapplied, standing.unapplied)}
        </dl>
    }
}

fn headline(reader: Reader, balance: Balance) -> (&'static str, String) {
    let words = &reader.words.account;
    let label = match balance.minor() {
        0 => words.nothing_owed,
        1.. => words.owed,
        _ => words.in_favour,
    };
    (label, reader.money(balance.magnitude()))
}

fn payments(reader: Reader, rows: &[PaymentRow]) -> Option<impl IntoView + use<>> {
    if rows.is_empty() {
        return None;
    }
    let words = &reader.words.payment;
    let rows = rows.iter().map(|row| {
        view! {
            <tr role="row">
                <th role="rowheader" scope="row"><a href=format!("/payments/{}", row.id)>{reader.date(row.on)}</a></th>
                <td role="cell" data-label=words.status_column>{payment_state(reader, row.state)}</td>
                <td role="cell" class="amount" data-label=words.amount_column>{reader.money(row.amount)}</td>
            </tr>
        }
    });
    Some(view! {
        <table role="table" class="cards">
            <caption>{reader.words.account.payments}</caption>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">{words.date_column}</th>
                    <th role="columnheader" scope="col">{words.status_column}</th>
                    <th role="columnheader" scope="col" class="amount">{words.amount_column}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    })
}
