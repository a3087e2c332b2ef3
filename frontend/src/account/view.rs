//! What the account at a glance shows.

use crate::components::balance::BalanceView;
use crate::invoices::view::InvoiceRow;
use crate::payments::view::PaymentRow;

#[derive(Clone, Debug)]
pub(crate) struct AccountView {
    /// The customer's name.
    pub(crate) customer: String,
    /// One for each currency.
    pub(crate) balances: Vec<BalanceView>,
    /// The open invoices, by due date.
    pub(crate) open: Vec<InvoiceRow>,
    /// The last payments.
    pub(crate) payments: Vec<PaymentRow>,
}
