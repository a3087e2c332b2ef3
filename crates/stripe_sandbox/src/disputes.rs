//! Disputes: the payer's bank asks about a payment, or takes it back.
//!
//! As in Stripe's test mode the evidence decides: `winning_evidence`, `losing_evidence` or `escalate_inquiry_evidence`. With
//! any other evidence the issuer decides nothing until [`settle_by_hand`].

use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::balance_transactions::{self, Kind, Movement};
use super::database::{Record, Transaction};
use super::dispute_words::{EVIDENCE_FIELDS, network_reason_code};
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

/// What a decision says of the money; nothing where it is about the whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Settlement {
    /// The amount that was decided on, where it is another than was disputed.
    pub(super) amount: Option<i64>,
    /// What moves with the decision. Without any, a dispute that is won brings back the whole.
    pub(super) moves: Vec<DisputeMove>,
}

/// A move of money because of a dispute, in the currency of the payment; negative where it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DisputeMove {
    pub(super) amount: i64,
    /// In the currency of settlement; negative where it is given back.
    #[serde(default)]
    pub(super) fee: i64,
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

/// The issuer takes the money, and Stripe its fee.
fn withdraw(transaction: &Transaction<'_>, dispute: &mut Record) -> Result<(), ApiError> {
    dispute.body["is_charge_refundable"] = json!(false);
    mark_charge(transaction, dispute, true)?;
    let amount = dispute.integer("amount").saturating_neg();
    move_money(transaction, dispute, Kind::Dispute, amount)
}

fn mark_charge(transaction: &Transaction<'_>, dispute: &Record, withdrawn: bool) -> Result<(), ApiError> {
    let mut charge = transaction.need("charge", dispute.text("charge"), "charge")?;
    charge.internal["withdrawn"] = json!(withdrawn);
    transaction.put(&charge)
}

fn move_money(transaction: &Transaction<'_>, dispute: &mut Record, kind: Kind, amount: i64) -> Result<(), ApiError> {
    let charge = dispute.text("charge");
    let word = if amount < 0 { "withdrawal" } else { "reversal" };
    let movement = Movement {
        kind,
        source: dispute.text("id"),
        charge,
        amount,
        currency: dispute.text("currency"),
        description: Some(format!("Chargeback {word} for {charge}")),
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
pub(super) fn settle_by_hand(
    transaction: &mut Transaction<'_>,
    id: &str,
    verdict: Verdict,
    settlement: &Settlement,
) -> Result<Value, ApiError> {
    let dispute = transaction.need("dispute", id, "dispute")?;
    let open = match dispute.text("status") {
        "needs_response" | "under_review" => verdict != Verdict::Escalated,
        "warning_needs_response" | "warning_under_review" => *settlement == Settlement::default(),
        _ => false,
    };
    if !open {
        let message = format!("A dispute with a status of {} does not go that way.", dispute.text("status"));
        return Err(ApiError::invalid("verdict", message));
    }
    Ok(settle(transaction, dispute, verdict, settlement)?.body)
}

/// The sandbox's control: something else moves because of a chargeback, such as a difference between rates of exchange.
pub(super) fn move_by_hand(transaction: &mut Transaction<'_>, id: &str, moved: DisputeMove) -> Result<Value, ApiError> {
    let mut dispute = transaction.need("dispute", id, "dispute")?;
    if dispute.text("status").starts_with("warning_") {
        return Err(ApiError::invalid("dispute", "An inquiry moves no money."));
    }
    move_money(transaction, &mut dispute, Kind::DisputeMove { fee: moved.fee }, moved.amount)?;
    transaction.put(&dispute)?;
    transaction.emit("charge.dispute.updated", &dispute.body)?;
    Ok(dispute.body)
}

/// The whole is settled: what was withdrawn comes back, or stays away.
fn conclude(transaction: &mut Transaction<'_>, dispute: Record, verdict: Verdict) -> Result<Record, ApiError> {
    settle(transaction, dispute, verdict, &Settlement::default())
}

/// An inquiry ends without money moving, whatever the decision.
fn settle(
    transaction: &mut Transaction<'_>,
    mut dispute: Record,
    verdict: Verdict,
    settlement: &Settlement,
) -> Result<Record, ApiError> {
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
        (Verdict::Won | Verdict::Lost | Verdict::Escalated, false) => {
            let won = verdict == Verdict::Won;
            dispute.body["status"] = json!(if won { "won" } else { "lost" });
            if won {
                mark_charge(transaction, &dispute, false)?;
            }
            let all = dispute.integer("amount");
            if won && settlement.moves.is_empty() {
                move_money(transaction, &mut dispute, Kind::DisputeReversal, all)?;
            }
            for moved in &settlement.moves {
                move_money(transaction, &mut dispute, Kind::DisputeMove { fee: moved.fee }, moved.amount)?;
            }
            dispute.body["amount"] = json!(settlement.amount.unwrap_or(all));
            transaction.put(&dispute)?;
            transaction.emit("charge.dispute.closed", &dispute.body)?;
            if won || settlement.moves.iter().any(|moved| moved.amount > 0) {
                transaction.emit("charge.dispute.funds_reinstated", &dispute.body)?;
            }
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
