//! What a test number brings about once its money has come.

use super::api_error::Fault;
use super::database::{Record, Transaction};
use super::test_numbers::Aftermath;
use super::{disputes, payment_methods, radar};

/// The transition by which it comes about: due at once, so that its events follow those of the payment.
pub(super) const AFTERMATH: &str = "aftermath";

pub(super) fn foresee(transaction: &mut Transaction<'_>, intent: &Record) -> Result<(), Fault> {
    let Some(method) = transaction.find("payment_method", intent.text("payment_method"))? else { return Ok(()) };
    match payment_methods::aftermath(&method) {
        Aftermath::Dispute(_) | Aftermath::FraudWarning => {
            transaction.later(AFTERMATH, intent.text("latest_charge"), 0)
        }
        Aftermath::Nothing | Aftermath::Available | Aftermath::RefundPends | Aftermath::RefundFails => Ok(()),
    }
}

pub(super) fn bring_about(transaction: &mut Transaction<'_>, charge: &str) -> Result<(), Fault> {
    let mut charge = transaction.need("charge", charge, "charge")?;
    let method = transaction.need("payment_method", charge.text("payment_method"), "payment_method")?;
    match payment_methods::aftermath(&method) {
        Aftermath::Dispute(cause) => {
            let amount = charge.integer("amount");
            disputes::open(transaction, &mut charge, cause.reason, cause.form, amount).map(|_| ())
        }
        Aftermath::FraudWarning => radar::warn(transaction, &charge).map(|_| ()),
        Aftermath::Nothing | Aftermath::Available | Aftermath::RefundPends | Aftermath::RefundFails => Ok(()),
    }
}
