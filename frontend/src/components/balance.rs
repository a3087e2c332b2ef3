//! How an account stands in one currency: what is owed, and of what it is made.

use jiff::civil::Date;
use leptos::prelude::*;
use receivables::statement::{AccountStanding, AccountSums, AgeingEdges};
use receivables::{Balance, Money, MoneyError};

use crate::localizer::Localizer;
use crate::messages::balance::BalanceMessages;

/// How an account stands in one currency.
#[derive(Clone, Debug)]
pub(crate) struct BalanceView {
    /// What is owed, or is in the customer's favour.
    pub(crate) balance: Balance,
    /// Its parts: overdue, pending, disputed, in question, unapplied.
    pub(crate) standing: AccountStanding,
}

/// How an account stands on a day, per currency.
pub(crate) fn balances(sums: &AccountSums, today: Date) -> Result<Vec<BalanceView>, MoneyError> {
    let standings = sums.standing(today, &AgeingEdges::default())?.into_iter();
    standings.map(|standing| Ok(BalanceView { balance: sums.balance(standing.currency)?, standing })).collect()
}

/// The balance of one currency, and of what it is made.
pub(crate) fn balance(localizer: Localizer, view: &BalanceView) -> impl IntoView + use<> {
    let messages = localizer.messages::<BalanceMessages>();
    let standing = &view.standing;
    let (label, sum) = headline(localizer, view.balance);
    let part = |label: &'static str, amount: Money| {
        (!amount.is_zero())
            .then(|| view! { <div><dt>{label}</dt><dd class="amount">{localizer.money(amount)}</dd></div> })
    };
    view! {
        <p class="sum">
            <span>{label}</span>
            <strong class="amount">{sum}</strong>
        </p>
        <dl class="sums">
            {part(messages.overdue, standing.overdue)}
            {part(messages.pending, standing.pending)}
            {part(messages.disputed, standing.disputed)}
            {part(messages.questioned, standing.questioned)}
            {part(messages.unapplied, standing.unapplied)}
        </dl>
    }
}

fn headline(localizer: Localizer, balance: Balance) -> (&'static str, String) {
    let messages = localizer.messages::<BalanceMessages>();
    let label = match balance.minor() {
        0 => messages.nothing_owed,
        1.. => messages.owed,
        _ => messages.in_favour,
    };
    (label, localizer.money(balance.magnitude()))
}
