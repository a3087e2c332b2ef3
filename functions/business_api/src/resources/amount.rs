//! An amount of money, as all answers write it.

use receivables::Money;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount of money.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Amount {
    /// A decimal number with as many digits after the point as the currency has.
    #[schema(example = "120.50")]
    amount: String,
    /// The ISO 4217 code of the currency.
    #[schema(example = "EUR")]
    currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { amount: money.to_plain(), currency: money.currency().to_string() }
    }
}
