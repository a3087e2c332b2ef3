//! An account at a glance.

use receivables::statement::{AccountStanding, AccountSums, AgeingEdges};
use receivables::{Balance, MoneyError};

use super::invoice::InvoiceRow;
use super::payment::PaymentRow;

/// An account at a glance.
#[derive(Clone, Debug)]
pub struct AccountView {
    /// The customer's name.
    pub customer: String,
    /// How it stands, per currency.
    pub standings: Vec<BalanceView>,
    /// The open invoices, by due date.
    pub open: Vec<InvoiceRow>,
    /// The last payments.
    pub payments: Vec<PaymentRow>,
}

/// How an account stands in one currency.
#[derive(Clone, Debug)]
pub struct BalanceView {
    /// What is owed, or is in the customer's favour.
    pub balance: Balance,
    /// Of what it is made.
    pub standing: AccountStanding,
}

/// How an account stands on a day, per currency.
pub fn balances(sums: &AccountSums, today: jiff::civil::Date) -> Result<Vec<BalanceView>, MoneyError> {
    let standings = sums.standing(today, &AgeingEdges::default())?.into_iter();
    standings.map(|standing| Ok(BalanceView { balance: sums.balance(standing.currency)?, standing })).collect()
}
