//! Idempotency keys: the names under which effects at a provider happen at most once.

use receivables::{BusinessId, PaymentId, RefundId};

/// The effect that an idempotency key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    OpenCheckout,
    CloseCheckout,
    /// A saved method is charged.
    ChargeSaved,
    /// The charge of a saved method that needs its owner is given up.
    CancelCharge,
}

/// The name under which an effect happens at most once: `{business}:{payment}:{operation}:{attempt}`.
///
/// Every retry has the same key. Only a new decision, of a person or of the schedule, makes a new attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of an attempt at an operation for a payment.
    pub fn new(business: &BusinessId, payment: &PaymentId, operation: Operation, attempt: u32) -> Self {
        let operation = match operation {
            Operation::OpenCheckout => "open_checkout",
            Operation::CloseCheckout => "expire_checkout",
            Operation::ChargeSaved => "charge_saved",
            Operation::CancelCharge => "cancel_charge",
        };
        Self(format!("{business}:{payment}:{operation}:{attempt}"))
    }

    /// The key of a refund order. The order itself is the attempt: a person who decides again makes another order.
    pub fn of_refund(business: &BusinessId, payment: &PaymentId, refund: &RefundId) -> Self {
        Self(format!("{business}:{payment}:create_refund:{refund}"))
    }

    /// The key as it is sent to the provider.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
