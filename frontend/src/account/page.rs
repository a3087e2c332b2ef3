//! The account at a glance: what is owed, what can be paid, what was paid.

use leptos::prelude::*;

use super::messages::AccountMessages;
use super::view::AccountView;
use crate::components::Body;
use crate::components::balance::balance;
use crate::invoices::table::invoice_table;
use crate::localizer::Localizer;
use crate::messages::balance::BalanceMessages;
use crate::payments::table::payment_table;

pub(crate) fn overview_page(localizer: Localizer, view: &AccountView) -> Body {
    let messages = localizer.messages::<AccountMessages>();
    let balances = view.balances.iter().map(|view| balance(localizer, view)).collect_view();
    let nothing_owed = view
        .balances
        .is_empty()
        .then(|| view! { <p class="sum"><strong>{localizer.messages::<BalanceMessages>().nothing_owed}</strong></p> });
    let no_open = view.open.is_empty().then(|| view! { <p>{messages.no_open_invoices}</p> });
    let no_payments = view.payments.is_empty().then(|| view! { <p>{messages.no_payments}</p> });
    let content = view! {
        <div class="demand">
            <h1>{messages.title}</h1>
            <p>{view.customer.clone()}</p>
            {balances}
            {nothing_owed}
        </div>
        <section>
            <h2>{messages.open_invoices}</h2>
            {invoice_table(localizer, messages.open_invoices, &view.open)}
            {no_open}
            <p class="links"><a href="/invoices">{messages.all_invoices}</a></p>
        </section>
        <section>
            <h2>{messages.payments}</h2>
            {payment_table(localizer, messages.payments, &view.payments)}
            {no_payments}
        </section>
    };
    Body { title: messages.title.to_owned(), content: content.into_any() }
}
