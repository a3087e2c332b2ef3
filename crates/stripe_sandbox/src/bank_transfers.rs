//! Payments by bank transfer: the customer is told where to send the money, and it arrives in one part or in several.
//!
//! A control of the sandbox plays the customer's bank. Money comes to the customer's cash balance and is used from there at once, so that
//! what is beyond the amount stays there (`cash_balances`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::cash_balances::{self, CashMove};
use super::charges::{self, Attempt};
use super::confirmation;
use super::database::{Record, Transaction};
use super::payment_intents::{self, Terms};
use super::payment_methods::{self, Instrument};
use super::{checkout_sessions, customers, money};

/// An intent to be paid by transfer: of an open session, or without one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    session: Option<String>,
    amount: Option<i64>,
    currency: Option<String>,
    customer: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
    /// The amount that arrives at once.
    #[serde(default)]
    funded: i64,
}

pub(super) fn begin(transaction: &mut Transaction<'_>, order: &Order) -> Result<Value, ApiError> {
    let (mut intent, session) = match &order.session {
        Some(id) => {
            let mut session = transaction.need("checkout.session", id, "session")?;
            if session.text("status") != "open" || session.text("mode") != "payment" {
                return Err(ApiError::invalid("session", "Only an open session can be paid."));
            }
            (confirmation::intent_of(transaction, &mut session)?, Some(session))
        }
        None => (intent_of_its_own(transaction, order)?, None),
    };
    let method = payment_methods::create(transaction, &Instrument::BankTransfer, None, None)?;
    let amount = intent.integer("amount");
    intent.body["status"] = json!("requires_action");
    intent.body["payment_method"] = method.body["id"].clone();
    intent.body["next_action"] = instructions(transaction, &intent, amount)?;
    transaction.put(&intent)?;
    transaction.emit("payment_intent.requires_action", &intent.body)?;
    if let Some(mut session) = session {
        let details = session.body["customer_details"].clone();
        checkout_sessions::complete(transaction, &mut session, "unpaid", details)?;
    }
    if order.funded == 0 { Ok(intent.body) } else { fund(transaction, intent.text("id"), order.funded) }
}

fn intent_of_its_own(transaction: &mut Transaction<'_>, order: &Order) -> Result<Record, ApiError> {
    let amount = order.amount.ok_or_else(|| ApiError::missing_param("amount"))?;
    let currency = money::currency(order.currency.as_deref().unwrap_or("eur"), "currency")?;
    money::check_charge(amount, &currency, "amount")?;
    if let Some(customer) = &order.customer {
        customers::need_live(transaction, customer)?;
    }
    let terms = Terms {
        amount: json!(amount),
        currency: json!(currency),
        customer: json!(order.customer),
        description: Value::Null,
        metadata: json!(order.metadata),
        payment_method_types: json!(["customer_balance"]),
        receipt_email: Value::Null,
        setup_future_usage: Value::Null,
        internal: json!({}),
    };
    payment_intents::open(transaction, terms)
}

fn instructions(transaction: &Transaction<'_>, intent: &Record, remaining: i64) -> Result<Value, ApiError> {
    let address = json!({
        "city": null, "country": "DE", "line1": null, "line2": null, "postal_code": null, "state": null
    });
    Ok(json!({
        "display_bank_transfer_instructions": {
            "amount_remaining": remaining,
            "currency": intent.body["currency"],
            "financial_addresses": [{
                "iban": {
                    "account_holder_address": address, "account_holder_name": "Sandbox", "bank_address": address,
                    "bic": "COBADEFFXXX", "country": "DE", "iban": "DE89370400440532013000",
                },
                "supported_networks": ["sepa"],
                "type": "iban",
            }],
            "hosted_instructions_url": null,
            "reference": transaction.new_id("", 8)?.to_ascii_uppercase(),
            "type": "eu_bank_transfer",
        },
        "type": "display_bank_transfer_instructions",
    }))
}

/// What an intent still waits for.
fn awaited(intent: &Record) -> Result<i64, ApiError> {
    let waits = &intent.body["next_action"]["display_bank_transfer_instructions"]["amount_remaining"];
    let waits = waits.as_i64().filter(|_| intent.text("status") == "requires_action");
    waits.ok_or_else(|| ApiError::invalid("intent", "This payment intent does not wait for a bank transfer."))
}

/// Some of the money arrives; what is more than is waited for stays on the customer's cash balance.
pub(super) fn fund(transaction: &mut Transaction<'_>, intent: &str, amount: i64) -> Result<Value, ApiError> {
    let intent = transaction.need("payment_intent", intent, "intent")?;
    let remaining = awaited(&intent)?;
    let Some(customer) = intent.body["customer"].as_str().map(str::to_owned) else {
        if !(1..=remaining).contains(&amount) {
            let message = format!("Between 1 and {remaining} can arrive, since the intent has no customer.");
            return Err(ApiError::invalid("amount", message));
        }
        return apply_to(transaction, intent, amount);
    };
    if amount < 1 {
        return Err(ApiError::invalid("amount", "At least 1 can arrive."));
    }
    let currency = intent.text("currency").to_owned();
    cash_balances::record(transaction, &customer, (amount, &currency), &CashMove::Funded)?;
    let intent = apply_cash(transaction, intent, amount.min(remaining))?;
    if amount > remaining {
        cash_balances::tell_what_is_left(transaction, &customer)?;
    }
    Ok(intent)
}

/// The intent that money of a cash balance is used for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CashUse {
    intent: String,
}

/// The business uses what lies on a customer's cash balance for an intent that waits for a transfer.
pub(super) fn use_cash(transaction: &mut Transaction<'_>, customer: &str, used: &CashUse) -> Result<Value, ApiError> {
    let intent = transaction.need("payment_intent", &used.intent, "intent")?;
    if intent.body["customer"] != customer {
        return Err(ApiError::invalid("intent", "The intent is of another customer."));
    }
    let there = cash_balances::there(transaction, customer, intent.text("currency"))?;
    let amount = there.min(awaited(&intent)?);
    apply_cash(transaction, intent, amount)
}

/// Money of the customer's cash balance is used for the intent.
fn apply_cash(transaction: &mut Transaction<'_>, intent: Record, amount: i64) -> Result<Value, ApiError> {
    let currency = intent.text("currency").to_owned();
    if let Some(customer) = intent.body["customer"].as_str() {
        let applied = CashMove::Applied { intent: intent.text("id").to_owned() };
        cash_balances::record(transaction, customer, (amount.saturating_neg(), &currency), &applied)?;
    }
    apply_to(transaction, intent, amount)
}

/// The intent has succeeded when all of its money is there.
fn apply_to(transaction: &mut Transaction<'_>, mut intent: Record, amount: i64) -> Result<Value, ApiError> {
    let remaining = awaited(&intent)?;
    if amount < remaining {
        intent.body["next_action"]["display_bank_transfer_instructions"]["amount_remaining"] =
            json!(remaining - amount);
        transaction.put(&intent)?;
        transaction.emit("payment_intent.partially_funded", &intent.body)?;
        return Ok(intent.body);
    }
    let method = transaction.need("payment_method", intent.text("payment_method"), "payment_method")?;
    let charge = charges::create(transaction, &intent, &method, Attempt::Succeeded, None)?;
    transaction.emit("charge.succeeded", &charge.body)?;
    intent.body["latest_charge"] = charge.body["id"].clone();
    intent.body["next_action"] = Value::Null;
    confirmation::receive(transaction, &mut intent)?;
    confirmation::tell_session(transaction, &intent, "checkout.session.async_payment_succeeded")?;
    Ok(intent.body)
}
