//! Payment intents: what a payment is for and how far it has come. [`super::confirmation`] moves them on.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};

/// The terms of an intent. Each is a value as Stripe shows it.
pub(super) struct Terms {
    pub(super) amount: Value,
    pub(super) currency: Value,
    pub(super) customer: Value,
    pub(super) description: Value,
    pub(super) metadata: Value,
    pub(super) payment_method_types: Value,
    pub(super) receipt_email: Value,
    pub(super) setup_future_usage: Value,
    /// What Stripe knows of it and does not show.
    pub(super) internal: Value,
}

/// The intent of a session, created when its customer first confirms.
pub(super) fn create(transaction: &mut Transaction<'_>, session: &Record) -> Result<Record, ApiError> {
    let wanted = &session.internal["intent"];
    let terms = Terms {
        amount: session.body["amount_total"].clone(),
        currency: session.body["currency"].clone(),
        customer: session.body["customer"].clone(),
        description: wanted["description"].clone(),
        metadata: wanted["metadata"].clone(),
        payment_method_types: session.body["payment_method_types"].clone(),
        receipt_email: wanted["receipt_email"].clone(),
        setup_future_usage: wanted["setup_future_usage"].clone(),
        internal: json!({ "session": session.body["id"] }),
    };
    open(transaction, terms)
}

pub(super) fn open(transaction: &mut Transaction<'_>, terms: Terms) -> Result<Record, ApiError> {
    let id = transaction.new_id("pi_3", 23)?;
    let mut body = body(&terms);
    body["client_secret"] = json!(format!("{id}_secret_{}", transaction.new_id("", 25)?));
    body["created"] = json!(transaction.now.as_second());
    body["id"] = json!(id);
    let intent = Record { body, internal: terms.internal };
    transaction.put(&intent)?;
    transaction.emit("payment_intent.created", &intent.body)?;
    Ok(intent)
}

/// A new intent's fields, without its id.
pub(super) fn body(terms: &Terms) -> Value {
    let mut body = json!({
        "object": "payment_intent",
        "amount": terms.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": 0,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "currency": terms.currency,
        "customer": terms.customer,
        "description": terms.description,
        "livemode": false,
        "metadata": terms.metadata,
        "payment_method_options": { "card": {
            "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
        } },
        "payment_method_types": terms.payment_method_types,
        "receipt_email": terms.receipt_email,
        "setup_future_usage": terms.setup_future_usage,
        "status": "requires_payment_method",
    });
    for field in ABSENT {
        body[*field] = Value::Null;
    }
    body
}

/// Fields without a value at first, many of which never get one here.
const ABSENT: &[&str] = &[
    "allowed_payment_method_types",
    "application",
    "application_fee_amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "customer_account",
    "excluded_payment_method_types",
    "last_payment_error",
    "latest_charge",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "processing",
    "review",
    "shipping",
    "source",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

/// With the secret key an intent's client secret proves nothing more; it is accepted and not compared.
pub(super) fn retrieve(transaction: &Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    params.text("client_secret")?;
    params.finish()?;
    Ok(transaction.need("payment_intent", id, "intent")?.body)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let customer = params.text("customer")?;
    params.finish()?;
    listing::list(transaction, "payment_intent", "/v1/payment_intents", &page, |intent| {
        listing::matches(customer.as_deref(), &intent["customer"])
    })
}

pub(super) fn cancel(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = params.choice("cancellation_reason", &reasons)?;
    params.finish()?;
    let intent = transaction.need("payment_intent", id, "intent")?;
    let session = transaction.find("checkout.session", intent.internal["session"].as_str().unwrap_or_default())?;
    if session.is_some_and(|session| session.text("status") == "open") {
        let message = "You cannot cancel the PaymentIntent of an open Checkout Session; expire the session instead.";
        return Err(ApiError::invalid("", message));
    }
    if !may_be_cancelled(&intent) {
        let message =
            format!("You cannot cancel this PaymentIntent because it has a status of {}.", intent.text("status"));
        return Err(ApiError::coded("payment_intent_unexpected_state", "", message));
    }
    Ok(cancel_now(transaction, intent, json!(reason))?.body)
}

/// Cancels an intent that still waits for its customer; leaves any other unchanged.
pub(super) fn cancel_open(transaction: &mut Transaction<'_>, intent: Record, reason: &str) -> Result<(), ApiError> {
    if may_be_cancelled(&intent) { cancel_now(transaction, intent, json!(reason)).map(|_| ()) } else { Ok(()) }
}

fn may_be_cancelled(intent: &Record) -> bool {
    matches!(intent.text("status"), "requires_payment_method" | "requires_confirmation" | "requires_action")
}

fn cancel_now(transaction: &mut Transaction<'_>, mut intent: Record, reason: Value) -> Result<Record, ApiError> {
    intent.body["status"] = json!("canceled");
    intent.body["canceled_at"] = json!(transaction.now.as_second());
    intent.body["cancellation_reason"] = reason;
    intent.body["next_action"] = Value::Null;
    transaction.put(&intent)?;
    transaction.emit("payment_intent.canceled", &intent.body)?;
    Ok(intent)
}
