//! Shapes that several answers share.

use receivables::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount: a decimal number as text, with its currency.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Amount {
    /// As many digits after the point as the currency has.
    #[schema(example = "120.50")]
    amount: String,
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { amount: money.to_plain(), currency: money.currency().to_string() }
    }
}
