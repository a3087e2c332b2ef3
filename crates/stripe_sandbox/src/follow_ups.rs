//! What a test number causes after its money has come.

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::test_numbers::FollowUp;
use super::{disputes, payment_methods, radar};

/// The transition that causes it: due at once, so that its events follow those of the payment.
pub(super) const FOLLOW_UP: &str = "aftermath";

pub(super) fn schedule(transaction: &mut Transaction<'_>, intent: &Record) -> Result<(), ApiError> {
    let Some(method) = transaction.find("payment_method", intent.text("payment_method"))? else { return Ok(()) };
    match payment_methods::follow_up(&method) {
        FollowUp::Dispute(_) | FollowUp::FraudWarning => transaction.later(FOLLOW_UP, intent.text("latest_charge"), 0),
        FollowUp::Nothing | FollowUp::Available | FollowUp::RefundPends | FollowUp::RefundFails => Ok(()),
    }
}

pub(super) fn perform(transaction: &mut Transaction<'_>, charge: &str) -> Result<(), ApiError> {
    let mut charge = transaction.need("charge", charge, "charge")?;
    let method = transaction.need("payment_method", charge.text("payment_method"), "payment_method")?;
    match payment_methods::follow_up(&method) {
        FollowUp::Dispute(cause) => {
            let amount = charge.integer("amount");
            disputes::open(transaction, &mut charge, cause.reason, cause.form, amount).map(|_| ())
        }
        FollowUp::FraudWarning => radar::warn(transaction, &charge).map(|_| ()),
        FollowUp::Nothing | FollowUp::Available | FollowUp::RefundPends | FollowUp::RefundFails => Ok(()),
    }
}
