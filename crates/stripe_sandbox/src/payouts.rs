//! Payouts: available money, sent to the business's bank. A control of the sandbox creates them, not a calendar.
//!
//! A payout made by hand has an amount and no transactions of its own: its movement goes into the next automatic one. One that is
//! made at once is the same, and Stripe keeps a fee beside its amount.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::balance_transactions::{self, Kind, Movement};
use super::database::{Record, Transaction};
use super::exchange;
use super::form::Params;
use super::listing::{self, Page};
use super::test_numbers::PROMPT_S;

/// The transition by which a payout reaches the bank.
pub(super) const ARRIVAL: &str = "payout_arrival";

/// How a payout is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// By the calendar, of all that is available.
    Automatic,
    /// An amount that a person names.
    ByHand,
    /// The same, within minutes and for a fee.
    Instant,
}

/// How a payout ends that does not stay at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending<'a> {
    /// The bank sends it back, with Stripe's code for why.
    Failed(&'a str),
    /// The business calls it off before it is there.
    Cancelled,
}

/// Pays out everything that is available and in no payout yet, each currency by itself. A currency in which the business owes
/// Stripe is not paid out.
pub(super) fn create_all(transaction: &mut Transaction<'_>) -> Result<Vec<Value>, ApiError> {
    let mut payouts = Vec::new();
    for (currency, amount) in balance_transactions::available(transaction)? {
        if amount > 0 {
            payouts.push(create(transaction, &currency, amount, Form::Automatic)?.body);
        }
    }
    Ok(payouts)
}

/// Pays out an amount that a person names.
pub(super) fn create_by_hand(
    transaction: &mut Transaction<'_>,
    currency: &str,
    amount: i64,
    form: Form,
) -> Result<Vec<Value>, ApiError> {
    let available = balance_transactions::available(transaction)?;
    let there = available.iter().find(|(code, _)| code == currency).map_or(0, |(_, there)| *there);
    if amount < 1 || amount.saturating_add(fee(form, amount, currency)) > there {
        let message = "You have insufficient funds in your Stripe account for this payout.";
        return Err(ApiError::coded("balance_insufficient", "amount", message));
    }
    Ok(vec![create(transaction, currency, amount, form)?.body])
}

/// What Stripe keeps beside the amount.
fn fee(form: Form, amount: i64, currency: &str) -> i64 {
    match form {
        Form::Automatic | Form::ByHand => 0,
        Form::Instant => exchange::instant_payout_fee(amount, currency),
    }
}

fn create(transaction: &mut Transaction<'_>, currency: &str, amount: i64, form: Form) -> Result<Record, ApiError> {
    let automatic = form == Form::Automatic;
    let id = transaction.new_id("po_1", 23)?;
    let movement = Movement {
        kind: Kind::Payout { fee: fee(form, amount, currency) },
        source: &id,
        charge: "",
        amount: -amount,
        currency,
        description: Some("STRIPE PAYOUT".to_owned()),
        at_once: true,
    };
    let movement = balance_transactions::record(transaction, &movement)?;
    if automatic {
        balance_transactions::pay_out(transaction, currency, &id)?;
    }
    let now = transaction.now.as_second();
    let body = json!({
        "id": id,
        "object": "payout",
        "amount": amount,
        "application_fee": null,
        "application_fee_amount": null,
        "arrival_date": now.saturating_add(PROMPT_S),
        "automatic": automatic,
        "balance_transaction": movement.body["id"],
        "created": now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": "ba_1SandboxBankAccount00000",
        "failure_balance_transaction": null,
        "failure_code": null,
        "failure_message": null,
        "livemode": false,
        "metadata": {},
        "method": if form == Form::Instant { "instant" } else { "standard" },
        "original_payout": null,
        "payout_method": null,
        "reconciliation_status": if automatic { "in_progress" } else { "not_applicable" },
        "reversed_by": null,
        "source_type": "card",
        "statement_descriptor": null,
        "status": "in_transit",
        "trace_id": { "status": "pending", "value": null },
        "type": "bank_account",
    });
    let payout = Record { body, internal: Value::Null };
    transaction.put(&payout)?;
    transaction.emit("payout.created", &payout.body)?;
    transaction.later(ARRIVAL, &id, PROMPT_S)?;
    Ok(payout)
}

/// The bank has the money, and Stripe has listed the payout's transactions.
pub(super) fn arrive(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    let mut payout = transaction.need("payout", id, "payout")?;
    if payout.text("status") != "in_transit" {
        return Ok(());
    }
    payout.body["status"] = json!("paid");
    payout.body["trace_id"] = json!({ "status": "supported", "value": transaction.new_id("", 12)? });
    transaction.put(&payout)?;
    transaction.emit("payout.paid", &payout.body)?;
    if payout.body["automatic"] != true {
        return Ok(());
    }
    payout.body["reconciliation_status"] = json!("completed");
    transaction.put(&payout)?;
    transaction.emit("payout.reconciliation_completed", &payout.body)
}

/// The bank sends a payout back, even one that it had accepted, or the business calls off one that is not there yet: its amount is
/// available again, for the next.
pub(super) fn end(transaction: &mut Transaction<'_>, id: &str, ending: Ending<'_>) -> Result<Value, ApiError> {
    let mut payout = transaction.need("payout", id, "payout")?;
    let ended = ["failed", "canceled"].contains(&payout.text("status"));
    if ended || (ending == Ending::Cancelled && payout.text("status") != "in_transit") {
        return Err(ApiError::invalid("payout", format!("Payout {id} is {} already.", payout.text("status"))));
    }
    let (kind, description) = match ending {
        Ending::Failed(_) => (Kind::PayoutFailure, "STRIPE PAYOUT FAILURE"),
        Ending::Cancelled => (Kind::PayoutCancel, "STRIPE PAYOUT CANCEL"),
    };
    let movement = Movement {
        kind,
        source: id,
        charge: "",
        amount: payout.integer("amount"),
        currency: payout.text("currency"),
        description: Some(description.to_owned()),
        at_once: true,
    };
    let movement = balance_transactions::record(transaction, &movement)?;
    payout.body["failure_balance_transaction"] = movement.body["id"].clone();
    let event = match ending {
        Ending::Failed(code) => {
            payout.body["status"] = json!("failed");
            payout.body["failure_code"] = json!(code);
            payout.body["failure_message"] = json!("The bank did not accept the payout.");
            "payout.failed"
        }
        Ending::Cancelled => {
            payout.body["status"] = json!("canceled");
            "payout.canceled"
        }
    };
    transaction.put(&payout)?;
    transaction.emit(event, &payout.body)?;
    Ok(payout.body)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let status = params.choice("status", &["canceled", "failed", "in_transit", "paid", "pending"])?;
    params.finish()?;
    listing::list(transaction, "payout", "/v1/payouts", &page, |payout| listing::matches(status, &payout["status"]))
}
