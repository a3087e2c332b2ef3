//! Payments by bank transfer: the customer is told where to send the money, and it arrives in one part or in several.
//!
//! A control of the sandbox plays the customer's bank. Money beyond the amount would become the customer's cash balance at
//! Stripe; here it is refused.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
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

/// Some of the money arrives. The intent has succeeded when all of it has.
pub(super) fn fund(transaction: &mut Transaction<'_>, intent: &str, amount: i64) -> Result<Value, ApiError> {
    let mut intent = transaction.need("payment_intent", intent, "intent")?;
    let waits = &intent.body["next_action"]["display_bank_transfer_instructions"]["amount_remaining"];
    let Some(remaining) = waits.as_i64().filter(|_| intent.text("status") == "requires_action") else {
        return Err(ApiError::invalid("intent", "This payment intent does not wait for a bank transfer."));
    };
    if !(1..=remaining).contains(&amount) {
        return Err(ApiError::invalid("amount", format!("Between 1 and {remaining} can arrive.")));
    }
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
