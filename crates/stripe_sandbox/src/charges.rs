//! Charges: each is one attempt to take the money.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::test_numbers::{Decline, FollowUp};
use super::{balance_transactions, payment_methods};

/// The outcome of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) enum Attempt {
    Succeeded,
    Declined(Decline),
    /// The bank was asked and will answer later.
    Pending,
}

/// Writes the charge. The caller emits its event, in the right order among the others.
pub(super) fn create(
    transaction: &Transaction<'_>,
    intent: &Record,
    method: &Record,
    attempt: Attempt,
    mandate: Option<&str>,
) -> Result<Record, ApiError> {
    // Stripe names the charges of banks differently from those of cards.
    let prefix = if method.text("type") == "card" { "ch_3" } else { "py_3" };
    let status = match attempt {
        Attempt::Succeeded => "succeeded",
        Attempt::Declined(_) => "failed",
        Attempt::Pending => "pending",
    };
    let taken = !matches!(attempt, Attempt::Declined(_));
    let mut body = json!({
        "id": transaction.new_id(prefix, 23)?,
        "object": "charge",
        "amount": intent.body["amount"],
        "amount_captured": if taken { intent.integer("amount") } else { 0 },
        "amount_refunded": 0,
        "billing_details": method.body["billing_details"],
        "calculated_statement_descriptor": "SANDBOX",
        "captured": taken,
        "created": transaction.now.as_second(),
        "currency": intent.body["currency"],
        "customer": intent.body["customer"],
        "description": intent.body["description"],
        "disputed": false,
        "fraud_details": {},
        "livemode": false,
        "metadata": intent.body["metadata"],
        "outcome": outcome(attempt),
        "paid": matches!(attempt, Attempt::Succeeded),
        "payment_intent": intent.body["id"],
        "payment_method": method.body["id"],
        "payment_method_details": payment_methods::details(transaction, intent, method, mandate),
        "radar_options": {},
        "receipt_email": intent.body["receipt_email"],
        "refunded": false,
        "status": status,
    });
    for field in ABSENT {
        body[*field] = Value::Null;
    }
    let mut charge = Record { body, internal: json!({}) };
    match attempt {
        Attempt::Declined(decline) => {
            charge.body["failure_code"] = json!(decline.code);
            charge.body["failure_message"] = json!(decline.message);
        }
        Attempt::Succeeded => {
            let at_once = payment_methods::follow_up(method) == FollowUp::Available;
            balance_transactions::of_charge(transaction, &mut charge, at_once)?;
        }
        Attempt::Pending => {}
    }
    transaction.put(&charge)?;
    Ok(charge)
}

/// Fields without a value at first, many of which never get one here.
const ABSENT: &[&str] = &[
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "destination",
    "dispute",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "on_behalf_of",
    "order",
    "presentment_details",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
];

fn outcome(attempt: Attempt) -> Value {
    match attempt {
        Attempt::Declined(decline) => json!({
            "advice_code": decline.advice_code, "network_advice_code": null, "network_decline_code": null,
            "network_status": "declined_by_network", "reason": decline.decline_code, "risk_level": "normal",
            "risk_score": 20, "seller_message": "The bank did not accept the payment.", "type": "issuer_declined",
        }),
        Attempt::Succeeded | Attempt::Pending => json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": "approved_by_network", "reason": null, "risk_level": "normal",
            "risk_score": 20, "seller_message": "Payment complete.", "type": "authorized",
        }),
    }
}

/// The bank's answer to a debit that was pending.
pub(super) fn settle(
    transaction: &mut Transaction<'_>,
    charge: &mut Record,
    failure: Option<&str>,
) -> Result<(), ApiError> {
    let event = if let Some(code) = failure {
        charge.body["status"] = json!("failed");
        charge.body["failure_code"] = json!(code);
        charge.body["failure_message"] = json!("The bank did not carry out the debit.");
        charge.body["amount_captured"] = json!(0);
        charge.body["captured"] = json!(false);
        "charge.failed"
    } else {
        charge.body["status"] = json!("succeeded");
        charge.body["paid"] = json!(true);
        balance_transactions::of_charge(transaction, charge, false)?;
        "charge.succeeded"
    };
    transaction.put(charge)?;
    transaction.emit(event, &charge.body)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let customer = params.text("customer")?;
    let intent = params.text("payment_intent")?;
    params.finish()?;
    listing::list(transaction, "charge", "/v1/charges", &page, |charge| {
        listing::matches(customer.as_deref(), &charge["customer"])
            && listing::matches(intent.as_deref(), &charge["payment_intent"])
    })
}
