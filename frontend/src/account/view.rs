//! An account at a glance.

use receivables::statement::{AccountStanding, AccountSums, AgeingEdges};
use receivables::{Balance, MoneyError};

use crate::invoices::view::InvoiceRow;
use crate::payments::view::PaymentRow;

/// An account at a glance.
#[derive(Clone, Debug)]
pub(crate) struct AccountView {
    /// The customer's name.
    pub(crate) customer: String,
    /// How it stands, per currency.
    pub(crate) standings: Vec<BalanceView>,
    /// The open invoices, by due date.
    pub(crate) open: Vec<InvoiceRow>,
    /// The last payments.
    pub(crate) payments: Vec<PaymentRow>,
}

/// How an account stands in one currency.
#[derive(Clone, Debug)]
pub(crate) struct BalanceView {
    /// What is owed, or is in the customer's favour.
    pub(crate) balance: Balance,
    /// Of what it is made.
    pub(crate) standing: AccountStanding,
}

/// How an account stands on a day, per currency.
pub(crate) fn balances(sums: &AccountSums, today: jiff::civil::Date) -> Result<Vec<BalanceView>, MoneyError> {
    let standings = sums.standing(today, &AgeingEdges::default())?.into_iter();
    standings.map(|standing| Ok(BalanceView { balance: sums.balance(standing.currency)?, standing })).collect()
}
