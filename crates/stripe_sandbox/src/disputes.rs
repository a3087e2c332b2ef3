//! Disputes: the payer's bank asks about a payment, or takes it back.
//!
//! As in Stripe's test mode the evidence decides: `winning_evidence`, `losing_evidence` or `escalate_inquiry_evidence`. With
//! any other evidence the issuer decides nothing until [`settle_by_hand`].

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::balance_transactions::{self, Kind, Movement};
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::test_numbers::{DisputeForm, PROMPT_S};

/// The transition by which an issuer decides on the evidence.
pub(super) const DECISION: &str = "dispute_decision";
/// The transition at which the time for evidence ends.
pub(super) const DEADLINE: &str = "dispute_deadline";

const EVIDENCE_S: i64 = 9 * 24 * 60 * 60;
/// How long an inquiry stays open without an answer.
const INQUIRY_S: i64 = 120 * 24 * 60 * 60;

pub(super) const REASONS: &[&str] = &[
    "bank_cannot_process",
    "check_returned",
    "credit_not_processed",
    "customer_initiated",
    "debit_not_authorized",
    "duplicate",
    "fraudulent",
    "general",
    "incorrect_account_details",
    "insufficient_funds",
    "noncompliant",
    "product_not_received",
    "product_unacceptable",
    "subscription_canceled",
    "unrecognized",
];

const EVIDENCE_FIELDS: &[&str] = &[
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
];

/// The decision on a dispute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Won,
    Lost,
    /// An inquiry becomes a chargeback.
    Escalated,
}

impl Verdict {
    fn of_evidence(evidence: &Value) -> Option<Self> {
        match evidence["uncategorized_text"].as_str()? {
            "winning_evidence" => Some(Self::Won),
            "losing_evidence" => Some(Self::Lost),
            "escalate_inquiry_evidence" => Some(Self::Escalated),
            _ => None,
        }
    }
}

/// Opens a dispute about a charge that has succeeded.
pub(super) fn open(
    transaction: &mut Transaction<'_>,
    charge: &mut Record,
    reason: &str,
    form: DisputeForm,
    amount: i64,
) -> Result<Record, ApiError> {
    if charge.body["paid"] != true || charge.body["disputed"] == true {
        return Err(ApiError::invalid("charge", "Only a charge that is paid and not disputed can be disputed."));
    }
    if !(1..=charge.integer("amount")).contains(&amount) {
        return Err(ApiError::invalid("amount", "A dispute is about the whole charge or a part of it."));
    }
    let mut dispute = Record { body: body(transaction, charge, reason, form, amount)?, internal: json!({}) };
    let id = dispute.text("id").to_owned();
    charge.body["disputed"] = json!(true);
    charge.body["dispute"] = json!(id);
    transaction.put(charge)?;
    if form != DisputeForm::Inquiry {
        withdraw(transaction, &mut dispute)?;
    }
    transaction.put(&dispute)?;
    transaction.emit("charge.dispute.created", &dispute.body)?;
    match form {
        DisputeForm::Contestable => {
            transaction.emit("charge.dispute.funds_withdrawn", &dispute.body)?;
            transaction.later(DEADLINE, &id, EVIDENCE_S)?;
        }
        DisputeForm::Inquiry => transaction.later(DEADLINE, &id, INQUIRY_S)?,
        DisputeForm::Final => {
            transaction.emit("charge.dispute.funds_withdrawn", &dispute.body)?;
            transaction.emit("charge.dispute.closed", &dispute.body)?;
        }
    }
    Ok(dispute)
}

fn body(
    transaction: &Transaction<'_>,
    charge: &Record,
    reason: &str,
    form: DisputeForm,
    amount: i64,
) -> Result<Value, ApiError> {
    let now = transaction.now.as_second();
    let (status, due_by) = match form {
        DisputeForm::Contestable => ("needs_response", Some(now.saturating_add(EVIDENCE_S))),
        DisputeForm::Inquiry => ("warning_needs_response", Some(now.saturating_add(INQUIRY_S))),
        DisputeForm::Final => ("lost", None),
    };
    let method = charge.body["payment_method_details"]["type"].as_str().unwrap_or("card");
    let details = if method == "card" {
        json!({ "card": {
            "brand": charge.body["payment_method_details"]["card"]["brand"],
            "network": charge.body["payment_method_details"]["card"]["network"],
            "case_type": if form == DisputeForm::Inquiry { "inquiry" } else { "chargeback" },
            "network_reason_code": network_reason_code(reason),
        }, "type": "card" })
    } else {
        json!({ method: {}, "type": method })
    };
    let mut evidence = json!({ "enhanced_evidence": {} });
    for field in EVIDENCE_FIELDS {
        evidence[*field] = Value::Null;
    }
    Ok(json!({
        "id": transaction.new_id("du_1", 23)?,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge.body["id"],
        "created": now,
        "currency": charge.body["currency"],
        "enhanced_eligibility_types": [],
        "evidence": evidence,
        "evidence_details": {
            "due_by": due_by, "enhanced_eligibility": {}, "has_evidence": false, "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": form == DisputeForm::Inquiry && charge.body["refunded"] == false,
        "livemode": false,
        "metadata": {},
        "payment_intent": charge.body["payment_intent"],
        "payment_method_details": details,
        "reason": reason,
        "status": status,
    }))
}

/// Visa's code for the reason.
fn network_reason_code(reason: &str) -> &'static str {
    match reason {
        "fraudulent" | "unrecognized" => "10.4",
        "product_not_received" => "13.1",
        "product_unacceptable" => "13.3",
        "subscription_canceled" => "13.2",
        "credit_not_processed" => "13.6",
        "duplicate" => "12.6",
        _ => "12.5",
    }
}

/// The issuer takes the money, and Stripe its fee.
fn withdraw(transaction: &Transaction<'_>, dispute: &mut Record) -> Result<(), ApiError> {
    dispute.body["is_charge_refundable"] = json!(false);
    move_money(transaction, dispute, true)
}

fn move_money(transaction: &Transaction<'_>, dispute: &mut Record, out: bool) -> Result<(), ApiError> {
    let mut charge = transaction.need("charge", dispute.text("charge"), "charge")?;
    charge.internal["withdrawn"] = json!(out);
    transaction.put(&charge)?;
    let (kind, amount, word) = if out {
        (Kind::Dispute, -dispute.integer("amount"), "withdrawal")
    } else {
        (Kind::DisputeReversal, dispute.integer("amount"), "reversal")
    };
    let movement = Movement {
        kind,
        source: dispute.text("id"),
        charge: charge.text("id"),
        amount,
        currency: dispute.text("currency"),
        description: Some(format!("Chargeback {word} for {}", charge.text("id"))),
        at_once: true,
    };
    let movement = balance_transactions::record(transaction, &movement)?;
    if let Some(movements) = dispute.body["balance_transactions"].as_array_mut() {
        movements.push(movement.body);
    }
    Ok(())
}

/// Stores evidence, and submits it to the issuer unless the request says otherwise.
pub(super) fn update(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let evidence = params.tree("evidence")?;
    let metadata = params.metadata()?;
    let submit = params.flag("submit")?.unwrap_or(true);
    params.finish()?;
    let mut dispute = transaction.need("dispute", id, "dispute")?;
    for (key, value) in metadata {
        dispute.body["metadata"][key] = json!(value);
    }
    let inquiry = match dispute.text("status") {
        "needs_response" => Some(false),
        "warning_needs_response" => Some(true),
        _ => None,
    };
    match (evidence, inquiry) {
        (Some(_), None) => {
            let message = "Evidence can no longer be added to this dispute.";
            return Err(ApiError::invalid("evidence", message));
        }
        (None, _) => {}
        (Some(mut evidence), Some(inquiry)) => {
            for field in EVIDENCE_FIELDS {
                if let Some(text) = evidence.text(field)? {
                    dispute.body["evidence"][*field] = json!(text);
                }
            }
            evidence.finish()?;
            dispute.body["evidence_details"]["has_evidence"] = json!(true);
            if submit {
                dispute.body["status"] = json!(if inquiry { "warning_under_review" } else { "under_review" });
                dispute.body["evidence_details"]["submission_count"] = json!(1);
                if Verdict::of_evidence(&dispute.body["evidence"]).is_some() {
                    transaction.later(DECISION, id, PROMPT_S)?;
                }
            }
        }
    }
    transaction.put(&dispute)?;
    transaction.emit("charge.dispute.updated", &dispute.body)?;
    Ok(dispute.body)
}

/// The business accepts the dispute.
pub(super) fn close(transaction: &mut Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let dispute = transaction.need("dispute", id, "dispute")?;
    if dispute.text("status") != "needs_response" {
        let message = format!("This dispute cannot be closed: its status is {}.", dispute.text("status"));
        return Err(ApiError::invalid("dispute", message));
    }
    Ok(conclude(transaction, dispute, Verdict::Lost)?.body)
}

/// The issuer decides on the evidence it has.
pub(super) fn decide(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    let dispute = transaction.need("dispute", id, "dispute")?;
    let waiting = matches!(dispute.text("status"), "under_review" | "warning_under_review");
    match Verdict::of_evidence(&dispute.body["evidence"]) {
        Some(verdict) if waiting => conclude(transaction, dispute, verdict).map(|_| ()),
        Some(_) | None => Ok(()),
    }
}

/// Without an answer in time a chargeback is lost, and an inquiry is closed.
pub(super) fn run_out(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    let mut dispute = transaction.need("dispute", id, "dispute")?;
    let due_by = dispute.body["evidence_details"]["due_by"].as_i64();
    if due_by.is_some_and(|due_by| due_by > transaction.now.as_second()) {
        // It was escalated meanwhile and has a later deadline.
        return Ok(());
    }
    dispute.body["evidence_details"]["past_due"] = json!(true);
    match dispute.text("status") {
        "needs_response" | "warning_needs_response" | "warning_under_review" => {
            conclude(transaction, dispute, Verdict::Lost).map(|_| ())
        }
        _ => Ok(()),
    }
}

/// A full refund answers an inquiry.
pub(super) fn answer_by_refund(transaction: &mut Transaction<'_>, charge: &Record) -> Result<(), ApiError> {
    match transaction.find("dispute", charge.text("dispute"))? {
        Some(dispute)
            if dispute.text("status").starts_with("warning_") && dispute.text("status") != "warning_closed" =>
        {
            conclude(transaction, dispute, Verdict::Won).map(|_| ())
        }
        Some(_) | None => Ok(()),
    }
}

/// The sandbox's control: ends a dispute that is still open, or makes an inquiry a chargeback.
pub(super) fn settle_by_hand(transaction: &mut Transaction<'_>, id: &str, verdict: Verdict) -> Result<Value, ApiError> {
    let dispute = transaction.need("dispute", id, "dispute")?;
    let open = match dispute.text("status") {
        "needs_response" | "under_review" => verdict != Verdict::Escalated,
        "warning_needs_response" | "warning_under_review" => true,
        _ => false,
    };
    if !open {
        let message = format!("A dispute with a status of {} does not go that way.", dispute.text("status"));
        return Err(ApiError::invalid("verdict", message));
    }
    Ok(conclude(transaction, dispute, verdict)?.body)
}

/// An inquiry ends without money moving, whatever the decision.
fn conclude(transaction: &mut Transaction<'_>, mut dispute: Record, verdict: Verdict) -> Result<Record, ApiError> {
    let inquiry = dispute.text("status").starts_with("warning_");
    match (verdict, inquiry) {
        (Verdict::Escalated, true) => {
            dispute.body["status"] = json!("needs_response");
            dispute.body["evidence_details"]["due_by"] = json!(transaction.now.as_second().saturating_add(EVIDENCE_S));
            dispute.body["payment_method_details"]["card"]["case_type"] = json!("chargeback");
            withdraw(transaction, &mut dispute)?;
            transaction.put(&dispute)?;
            transaction.emit("charge.dispute.updated", &dispute.body)?;
            transaction.emit("charge.dispute.funds_withdrawn", &dispute.body)?;
            transaction.later(DEADLINE, dispute.text("id"), EVIDENCE_S)?;
        }
        (Verdict::Won | Verdict::Lost, true) => {
            dispute.body["status"] = json!("warning_closed");
            transaction.put(&dispute)?;
            transaction.emit("charge.dispute.closed", &dispute.body)?;
        }
        (Verdict::Won, false) => {
            dispute.body["status"] = json!("won");
            move_money(transaction, &mut dispute, false)?;
            transaction.put(&dispute)?;
            transaction.emit("charge.dispute.closed", &dispute.body)?;
            transaction.emit("charge.dispute.funds_reinstated", &dispute.body)?;
        }
        (Verdict::Lost | Verdict::Escalated, false) => {
            dispute.body["status"] = json!("lost");
            transaction.put(&dispute)?;
            transaction.emit("charge.dispute.closed", &dispute.body)?;
        }
    }
    Ok(dispute)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    params.finish()?;
    listing::list(transaction, "dispute", "/v1/disputes", &page, |dispute| {
        listing::matches(charge.as_deref(), &dispute["charge"])
            && listing::matches(intent.as_deref(), &dispute["payment_intent"])
    })
}
