//! The cash balance: bank transfers that lie at Stripe for a customer, since nothing there says what they are for, or they are more
//! than was asked.
//!
//! Its events say that it changed, in any order, and a second may hold several. So only whose it is is read of them, and how much lies
//! there is asked of Stripe.

use std::collections::BTreeMap;

use receivables::{Money, ObjectId};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{currency_named, unreadable, whole};
use crate::meaning::Unreadable;
use crate::stripe::currency::from_stripe;
use crate::stripe::field::{Field, record};

pub(super) const FUNDS_AVAILABLE: &str = "cash_balance.funds_available";
pub(super) const TRANSACTION_CREATED: &str = "customer_cash_balance_transaction.created";

#[derive(Default, Deserialize)]
#[serde(default)]
struct CashBalance<'a> {
    #[serde(borrow)]
    customer: Field<'a>,
    available: Field<'a>,
}

/// Stripe's name of the object that events of a type are about; none for other types.
pub(super) fn object_of(kind: &str) -> Option<&'static str> {
    match kind {
        FUNDS_AVAILABLE => Some("cash_balance"),
        TRANSACTION_CREATED => Some("customer_cash_balance_transaction"),
        _ => None,
    }
}

/// Whose balance it is, of the balance itself or of a movement of it.
pub(super) fn customer(object: &RawValue) -> Result<ObjectId, Unreadable> {
    let balance: CashBalance<'_> = record(object)?;
    balance.customer.id().ok_or(Unreadable::because("the cash balance names no customer"))
}

/// What lies there, by currency: `available` has the whole numbers of their smallest units, and is null where nothing ever came.
pub(crate) fn amounts(json: &[u8]) -> Result<Vec<Money>, Unreadable> {
    let balance: CashBalance<'_> = record(whole(json)?)?;
    let Some(available) = balance.available.raw() else { return Ok(Vec::new()) };
    let available: BTreeMap<String, i64> = serde_json::from_str(available.get())
        .map_err(|_| Unreadable::because("what lies on the cash balance cannot be read"))?;
    // What was overdrawn is not there to be used.
    let there = available.into_iter().filter(|(_, number)| *number > 0);
    there.map(|(code, number)| from_stripe(number, currency_named(&code)?).map_err(unreadable)).collect()
}
