//! The names under which effects at a provider happen at most once.

use receivables::{BusinessId, PaymentId, RefundId};

/// What is done, in an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A checkout is opened.
    OpenCheckout,
    /// A checkout is closed.
    CloseCheckout,
    /// A saved method is charged.
    ChargeSaved,
}

/// The name under which an effect happens at most once: `{business}:{payment}:{operation}:{attempt}`.
///
/// The same on every retry. A new attempt only for a new decision of a person or of the cadence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of an attempt at an operation for a payment.
    pub fn new(business: &BusinessId, payment: &PaymentId, operation: Operation, attempt: u32) -> Self {
        let operation = match operation {
            Operation::OpenCheckout => "open_checkout",
            Operation::CloseCheckout => "expire_checkout",
            Operation::ChargeSaved => "charge_saved",
        };
        Self(format!("{business}:{payment}:{operation}:{attempt}"))
    }

    /// The key of an order to send money back: the order itself is the attempt, because a person who decides anew gives another.
    pub fn of_refund(business: &BusinessId, payment: &PaymentId, refund: &RefundId) -> Self {
        Self(format!("{business}:{payment}:create_refund:{refund}"))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
