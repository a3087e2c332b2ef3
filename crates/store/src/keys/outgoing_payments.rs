//! Keys of outgoing payments.

use jiff::Timestamp;
use receivables::{BusinessId, OutgoingPaymentId};

use super::Key;

pub(crate) fn outgoing_payment(b: &BusinessId, id: &OutgoingPaymentId) -> Key {
    Key::new(format!("OP#{b}#{id}"), "OP")
}

pub(crate) const OUTGOING_PAYMENT: &str = "OP#";

pub(crate) fn outgoing_payment_in_account(at: Timestamp, id: &OutgoingPaymentId) -> String {
    format!("{OUTGOING_PAYMENT}{at:.3}#{id}")
}
