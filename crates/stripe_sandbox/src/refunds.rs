//! Refunds: they may take time, and the payer's bank may send them back.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::balance_transactions::{self, Kind, Movement};
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::test_numbers::{DELAYED_S, FollowUp, PROMPT_S};
use super::{disputes, money, payment_methods};

/// The transition by which a pending refund arrives.
pub(super) const ARRIVAL: &str = "refund_arrival";
/// The transition by which a successful refund is sent back.
pub(super) const RETURN: &str = "refund_return";

const REASONS: &[&str] = &["duplicate", "fraudulent", "requested_by_customer"];

pub(super) fn create(transaction: &mut Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    let amount = params.integer("amount")?;
    let reason = params.choice("reason", REASONS)?;
    let metadata = params.metadata()?;
    params.finish()?;
    let mut charge = find_charge(transaction, charge.as_deref(), intent.as_deref())?;
    let amount = check(&charge, amount)?;
    let method = transaction.need("payment_method", charge.text("payment_method"), "payment_method")?;
    let bank = method.text("type") != "card";
    let follow_up = payment_methods::follow_up(&method);
    let pends = bank || follow_up == FollowUp::RefundPends;
    let id = transaction.new_id(if bank { "pyr_1" } else { "re_3" }, 23)?;
    let movement = Movement {
        kind: Kind::Refund,
        source: &id,
        charge: charge.text("id"),
        amount: -amount,
        currency: charge.text("currency"),
        description: Some(format!("REFUND FOR CHARGE {}", charge.text("id"))),
        at_once: true,
    };
    let movement = balance_transactions::record(transaction, &movement)?;
    let refund = Record {
        body: json!({
            "id": id,
            "object": "refund",
            "amount": amount,
            "balance_transaction": movement.body["id"],
            "charge": charge.body["id"],
            "created": transaction.now.as_second(),
            "currency": charge.body["currency"],
            "destination_details": destination(method.text("type")),
            "metadata": metadata,
            "payment_intent": charge.body["payment_intent"],
            "reason": reason,
            "receipt_number": null,
            "source_transfer_reversal": null,
            "status": if pends { "pending" } else { "succeeded" },
            "transfer_reversal": null,
        }),
        internal: Value::Null,
    };
    transaction.put(&refund)?;
    let refunded = charge.integer("amount_refunded").saturating_add(amount);
    set_refunded(&mut charge, refunded);
    transaction.put(&charge)?;
    transaction.emit("refund.created", &refund.body)?;
    transaction.emit("charge.refunded", &charge.body)?;
    if pends {
        transaction.later(ARRIVAL, &id, PROMPT_S)?;
    } else if follow_up == FollowUp::RefundFails {
        transaction.later(RETURN, &id, DELAYED_S)?;
    }
    if charge.body["refunded"] == true {
        disputes::answer_by_refund(transaction, &charge)?;
    }
    Ok(refund.body)
}

/// The charge to refund, by its own id or as the successful one of its intent.
pub(super) fn find_charge(
    transaction: &Transaction<'_>,
    charge: Option<&str>,
    intent: Option<&str>,
) -> Result<Record, ApiError> {
    match (charge, intent) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: charge, payment_intent.";
            Err(ApiError::invalid("payment_intent", message))
        }
        (Some(id), None) => transaction.find("charge", id)?.ok_or_else(|| ApiError::no_such_in("charge", "charge", id)),
        (None, Some(id)) => {
            let found = transaction.find("payment_intent", id)?;
            let intent = found.ok_or_else(|| ApiError::no_such_in("payment_intent", "payment_intent", id))?;
            let charge = transaction.find("charge", intent.text("latest_charge"))?;
            charge.filter(|charge| charge.body["paid"] == true).ok_or_else(|| {
                let message = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
                ApiError::invalid("payment_intent", message)
            })
        }
        (None, None) => Err(ApiError::missing_param("charge")),
    }
}

/// The amount to refund, if it can be refunded.
fn check(charge: &Record, amount: Option<i64>) -> Result<i64, ApiError> {
    let (id, currency) = (charge.text("id"), charge.text("currency"));
    if charge.body["paid"] != true {
        let message = format!("Charge {id} cannot be refunded: its status is {}.", charge.text("status"));
        return Err(ApiError::invalid("charge", message));
    }
    if charge.internal["withdrawn"] == true {
        let message = format!("Charge {id} has been charged back; cannot issue a refund.");
        return Err(ApiError::coded("charge_disputed", "", message));
    }
    let left = charge.integer("amount").saturating_sub(charge.integer("amount_refunded"));
    if left <= 0 {
        return Err(ApiError::coded("charge_already_refunded", "", format!("Charge {id} has already been refunded.")));
    }
    let amount = amount.unwrap_or(left);
    if amount < 1 {
        return Err(ApiError::coded("parameter_invalid_integer", "amount", "Invalid positive integer"));
    }
    money::check_step(amount, currency, "amount")?;
    if amount > left {
        let message = format!(
            "Refund amount ({} {currency}) is greater than unrefunded amount on charge ({} {currency})",
            money::plain(amount, currency),
            money::plain(left, currency)
        );
        return Err(ApiError::invalid("amount", message));
    }
    Ok(amount)
}

fn destination(method: &str) -> Value {
    if method == "card" {
        json!({
            "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" },
            "type": "card",
        })
    } else {
        json!({ method: {}, "type": method })
    }
}

fn set_refunded(charge: &mut Record, amount: i64) {
    charge.body["amount_refunded"] = json!(amount);
    charge.body["refunded"] = json!(amount >= charge.integer("amount"));
}

/// A pending refund has reached the payer.
pub(super) fn arrive(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    let mut refund = transaction.need("refund", id, "refund")?;
    if refund.text("status") != "pending" {
        return Ok(());
    }
    refund.body["status"] = json!("succeeded");
    transaction.put(&refund)?;
    transaction.emit("refund.updated", &refund.body)?;
    transaction.emit("charge.refund.updated", &refund.body)
}

/// The payer's bank sends a refund back: the money is the business's again, and can be refunded again.
pub(super) fn come_back(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    let mut refund = transaction.need("refund", id, "refund")?;
    if refund.text("status") == "failed" {
        return Ok(());
    }
    let mut charge = transaction.need("charge", refund.text("charge"), "charge")?;
    let amount = refund.integer("amount");
    let movement = Movement {
        kind: Kind::RefundFailure,
        source: id,
        charge: charge.text("id"),
        amount,
        currency: refund.text("currency"),
        description: Some(format!("REFUND FAILURE FOR CHARGE {}", charge.text("id"))),
        at_once: true,
    };
    let movement = balance_transactions::record(transaction, &movement)?;
    refund.body["status"] = json!("failed");
    refund.body["failure_reason"] = json!("expired_or_canceled_card");
    refund.body["failure_balance_transaction"] = movement.body["id"].clone();
    transaction.put(&refund)?;
    let refunded = charge.integer("amount_refunded").saturating_sub(amount);
    set_refunded(&mut charge, refunded);
    transaction.put(&charge)?;
    transaction.emit("refund.updated", &refund.body)?;
    transaction.emit("charge.refund.updated", &refund.body)?;
    transaction.emit("refund.failed", &refund.body)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    params.finish()?;
    listing::list(transaction, "refund", "/v1/refunds", &page, |refund| {
        listing::matches(charge.as_deref(), &refund["charge"])
            && listing::matches(intent.as_deref(), &refund["payment_intent"])
    })
}
