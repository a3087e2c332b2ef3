//! Stripe's fraud prevention: warnings of the issuer, and reviews. No money moves here.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};

const WARNING: &str = "radar.early_fraud_warning";

/// The issuer believes that a payment is fraudulent; often a dispute follows.
pub(super) fn warn(transaction: &mut Transaction<'_>, charge: &Record) -> Result<Value, ApiError> {
    let body = json!({
        "id": transaction.new_id("issfr_1", 23)?,
        "object": WARNING,
        "actionable": true,
        "charge": charge.body["id"],
        "created": transaction.now.as_second(),
        "fraud_type": "unauthorized_use_of_card",
        "livemode": false,
        "payment_intent": charge.body["payment_intent"],
    });
    let warning = Record { body, internal: Value::Null };
    transaction.put(&warning)?;
    transaction.emit("radar.early_fraud_warning.created", &warning.body)?;
    Ok(warning.body)
}

pub(super) fn list_warnings(transaction: &Transaction<'_>, params: Params) -> Result<Value, ApiError> {
    list(transaction, WARNING, "/v1/radar/early_fraud_warnings", params)
}

pub(super) fn list_reviews(transaction: &Transaction<'_>, params: Params) -> Result<Value, ApiError> {
    list(transaction, "review", "/v1/reviews", params)
}

fn list(transaction: &Transaction<'_>, object: &str, url: &str, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    params.finish()?;
    listing::list(transaction, object, url, &page, |body| {
        listing::matches(charge.as_deref(), &body["charge"])
            && listing::matches(intent.as_deref(), &body["payment_intent"])
    })
}

/// Asks a person of the business to review a payment.
pub(super) fn open_review(transaction: &mut Transaction<'_>, charge: &mut Record) -> Result<Value, ApiError> {
    if charge.body["review"].is_string() {
        return Err(ApiError::invalid("charge", "This charge has been put to review already."));
    }
    let body = json!({
        "id": transaction.new_id("prv_1", 23)?,
        "object": "review",
        "billing_zip": null,
        "charge": charge.body["id"],
        "closed_reason": null,
        "created": transaction.now.as_second(),
        "ip_address": null,
        "ip_address_location": null,
        "livemode": false,
        "open": true,
        "opened_reason": "rule",
        "payment_intent": charge.body["payment_intent"],
        "reason": "rule",
        "session": null,
    });
    let review = Record { body, internal: Value::Null };
    charge.body["review"] = review.body["id"].clone();
    transaction.put(charge)?;
    if let Some(mut intent) = transaction.find("payment_intent", charge.text("payment_intent"))? {
        intent.body["review"] = review.body["id"].clone();
        transaction.put(&intent)?;
    }
    transaction.put(&review)?;
    transaction.emit("review.opened", &review.body)?;
    Ok(review.body)
}

pub(super) fn approve(transaction: &mut Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    close_review(transaction, id, "approved")
}

pub(super) fn close_review(transaction: &mut Transaction<'_>, id: &str, reason: &str) -> Result<Value, ApiError> {
    let mut review = transaction.need("review", id, "review")?;
    if review.body["open"] != true {
        return Err(ApiError::invalid("review", "This review is already closed."));
    }
    review.body["open"] = json!(false);
    review.body["closed_reason"] = json!(reason);
    review.body["reason"] = json!(reason);
    transaction.put(&review)?;
    transaction.emit("review.closed", &review.body)?;
    Ok(review.body)
}
