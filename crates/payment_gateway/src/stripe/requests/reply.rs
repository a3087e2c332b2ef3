//! Reading answers: the few fields that `reports` does not read.

use jiff::Timestamp;
use receivables::{ObjectId, Report};
use serde::Deserialize;

use super::PayableObject;
use crate::orders::OpenedCheckout;
use crate::request_error::RequestError;
use crate::stripe::field::{Field, document};
use crate::stripe::reports::{checkout_session_reports, payment_intent_reports};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    url: Field<'a>,
    status: Field<'a>,
    expires_at: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Failure<'a> {
    #[serde(borrow)]
    error: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Error<'a> {
    #[serde(borrow)]
    r#type: Field<'a>,
    code: Field<'a>,
    decline_code: Field<'a>,
    message: Field<'a>,
    param: Field<'a>,
    payment_intent: Field<'a>,
}

fn missing(what: &str) -> RequestError {
    RequestError::Unreadable { reason: format!("the checkout has no {what}") }
}

pub(super) fn opened(json: &[u8]) -> Result<OpenedCheckout, RequestError> {
    let object: Object<'_> = document(json)?;
    let id: ObjectId = object.id.id().ok_or_else(|| missing("id"))?;
    let url = object.url.text().ok_or_else(|| missing("address"))?.into_owned();
    let expires_at = object.expires_at.whole().and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(OpenedCheckout {
        id,
        url,
        expires_at: expires_at.ok_or_else(|| missing("end"))?,
        reports: checkout_session_reports(json)?,
    })
}

pub(super) fn checkout(json: &[u8]) -> Result<PayableObject, RequestError> {
    let object: Object<'_> = document(json)?;
    let open = object.status.text().as_deref() == Some("open");
    Ok(PayableObject {
        reports: checkout_session_reports(json)?,
        url: object.url.text().filter(|_| open).map(Into::into),
        open,
    })
}

pub(super) fn intent(json: &[u8]) -> Result<PayableObject, RequestError> {
    let object: Object<'_> = document(json)?;
    let open = object.status.text().is_some_and(|status| {
        matches!(&*status, "requires_payment_method" | "requires_confirmation" | "requires_action")
    });
    Ok(PayableObject { reports: payment_intent_reports(json)?, url: None, open })
}

/// Why a charge was declined, and the reports of its intent where the refusal includes it. The decline is certain even if the
/// intent cannot be read; the intent's own event reports the rest.
pub(super) fn declined(json: &[u8]) -> (String, Vec<Report>) {
    let failure: Failure<'_> = document(json).unwrap_or_default();
    let error: Error<'_> = failure.error.record().unwrap_or_default();
    let word = error.decline_code.word().or(error.code.word()).or(error.r#type.word());
    let intent = error.payment_intent.raw().map(|raw| payment_intent_reports(raw.get().as_bytes()));
    (word.unwrap_or("without a code".to_owned()), intent.and_then(Result::ok).unwrap_or_default())
}

/// Reads Stripe's error object.
pub(super) fn refusal(json: &[u8]) -> RequestError {
    let failure: Failure<'_> = document(json).unwrap_or_default();
    let error: Error<'_> = failure.error.record().unwrap_or_default();
    let code = error.code.text().or(error.r#type.text()).unwrap_or("without a code".into());
    RequestError::Refused {
        code: code.into_owned(),
        message: error.message.text().unwrap_or_default().into_owned(),
        param: error.param.text().map(Into::into),
    }
}
