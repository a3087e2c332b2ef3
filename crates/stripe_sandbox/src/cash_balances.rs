//! Cash balances: what lies at Stripe for a customer who sent more than was asked, or did not say what it is for.
//!
//! The balance is the sum of its transactions. Controls of the sandbox play the customer's bank, and the business in its dashboard.

use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::{customers, money};

/// What moves on a cash balance.
#[derive(Clone, Debug)]
pub(super) enum CashMove {
    /// A transfer has come.
    Funded,
    /// It is used for an intent.
    Applied { intent: String },
    /// It is sent back to the customer's bank.
    Returned,
}

impl CashMove {
    fn word(&self) -> &'static str {
        match self {
            Self::Funded => "funded",
            Self::Applied { .. } => "applied_to_payment",
            Self::Returned => "return_initiated",
        }
    }
}

/// An amount that comes for a customer, or goes back.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CashAmount {
    amount: i64,
    #[serde(default)]
    currency: Option<String>,
}

/// What lies there for a customer, by currency.
fn available(transaction: &Transaction<'_>, customer: &str) -> Result<Vec<(String, i64)>, ApiError> {
    let mut statement = transaction.sql.prepare_cached(
        "SELECT json_extract(body, '$.currency'), sum(json_extract(body, '$.net_amount')) FROM objects
         WHERE object = 'customer_cash_balance_transaction' AND json_extract(body, '$.customer') = ?1
         GROUP BY 1 ORDER BY 1",
    )?;
    let sums = statement.query_map([customer], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(sums.collect::<Result<_, _>>()?)
}

/// What lies there in a currency.
pub(super) fn there(transaction: &Transaction<'_>, customer: &str, currency: &str) -> Result<i64, ApiError> {
    let available = available(transaction, customer)?;
    Ok(available.iter().find(|(code, _)| code == currency).map_or(0, |(_, amount)| *amount))
}

fn body(transaction: &Transaction<'_>, customer: &str) -> Result<Value, ApiError> {
    let available = available(transaction, customer)?;
    let amounts = available.into_iter().map(|(code, amount)| (code, json!(amount))).collect();
    Ok(json!({
        "object": "cash_balance",
        "available": Some(Value::Object(amounts)).filter(|amounts| amounts.as_object().is_some_and(|some| !some.is_empty())),
        "customer": customer,
        "livemode": false,
        "settings": { "reconciliation_mode": "automatic", "using_merchant_default": true },
    }))
}

/// `GET /v1/customers/{customer}/cash_balance`.
pub(super) fn retrieve(transaction: &Transaction<'_>, customer: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    customers::need_live(transaction, customer)?;
    body(transaction, customer)
}

/// Records a movement, and tells of it.
pub(super) fn record(
    transaction: &mut Transaction<'_>,
    customer: &str,
    (amount, currency): (i64, &str),
    cash_move: &CashMove,
) -> Result<(), ApiError> {
    let ending = there(transaction, customer, currency)?.saturating_add(amount);
    let mut moved = json!({
        "id": transaction.new_id("ccsbtxn_1", 23)?,
        "object": "customer_cash_balance_transaction",
        "created": transaction.now.as_second(),
        "currency": currency,
        "customer": customer,
        "customer_account": null,
        "ending_balance": ending,
        "livemode": false,
        "net_amount": amount,
        "type": cash_move.word(),
    });
    match cash_move {
        CashMove::Funded => {
            moved["funded"] = json!({ "bank_transfer": {
                "eu_bank_transfer": { "bic": "COBADEFFXXX", "iban_last4": "3000", "sender_name": "Payer" },
                "reference": null, "type": "eu_bank_transfer",
            } });
        }
        CashMove::Applied { intent } => moved["applied_to_payment"] = json!({ "payment_intent": intent }),
        CashMove::Returned => {}
    }
    transaction.put(&Record { body: moved.clone(), internal: Value::Null })?;
    transaction.emit("customer_cash_balance_transaction.created", &moved)
}

/// Tells that money lies there once Stripe has used what it could.
pub(super) fn tell_what_is_left(transaction: &mut Transaction<'_>, customer: &str) -> Result<(), ApiError> {
    let balance = body(transaction, customer)?;
    transaction.emit("cash_balance.funds_available", &balance)
}

/// A transfer comes for a customer and names nothing.
pub(super) fn fund(transaction: &mut Transaction<'_>, customer: &str, come: &CashAmount) -> Result<Value, ApiError> {
    customers::need_live(transaction, customer)?;
    let currency = money::currency(come.currency.as_deref().unwrap_or("eur"), "currency")?;
    if come.amount < 1 {
        return Err(ApiError::invalid("amount", "At least 1 can arrive."));
    }
    record(transaction, customer, (come.amount, &currency), &CashMove::Funded)?;
    tell_what_is_left(transaction, customer)?;
    body(transaction, customer)
}

/// The business sends what lies there back.
pub(super) fn send_back(
    transaction: &mut Transaction<'_>,
    customer: &str,
    back: &CashAmount,
) -> Result<Value, ApiError> {
    let currency = money::currency(back.currency.as_deref().unwrap_or("eur"), "currency")?;
    if !(1..=there(transaction, customer, &currency)?).contains(&back.amount) {
        return Err(ApiError::invalid("amount", "So much does not lie there."));
    }
    record(transaction, customer, (back.amount.saturating_neg(), &currency), &CashMove::Returned)?;
    body(transaction, customer)
}
