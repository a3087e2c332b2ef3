//! Reading answers: the few fields that `reports` does not read.

use jiff::Timestamp;
use receivables::ObjectId;
use serde::Deserialize;

use super::PayableObject;
use crate::orders::{ChargeOutcome, OpenedCheckout};
use crate::reaction::{Alarm, Reaction};
use crate::request_error::RequestError;
use crate::stripe::declines::{Failed, decline_of};
use crate::stripe::field::{Field, document};
use crate::stripe::refusals;
use crate::stripe::reports::{checkout_session_reports, payment_intent_reports};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    url: Field<'a>,
    status: Field<'a>,
    expires_at: Field<'a>,
    last_payment_error: Field<'a>,
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
    advice_code: Field<'a>,
    message: Field<'a>,
    param: Field<'a>,
    payment_intent: Field<'a>,
}

impl Error<'_> {
    /// What it says of a charge that was declined.
    fn failed(&self) -> Failed {
        Failed {
            kind: self.r#type.word(),
            code: self.code.word(),
            decline_code: self.decline_code.word(),
            advice_code: self.advice_code.word(),
            param: self.param.text().map(Into::into),
        }
    }
}

fn missing(what: &str) -> RequestError {
    RequestError::Unreadable { reason: format!("the checkout has no {what}") }
}

pub(super) fn opened(json: &[u8], is_repeated: bool) -> Result<OpenedCheckout, RequestError> {
    let object: Object<'_> = document(json)?;
    let id: ObjectId = object.id.id().ok_or_else(|| missing("id"))?;
    let closed = matches!(object.status.text().as_deref(), Some("complete" | "expired"));
    let expires_at = object.expires_at.whole().and_then(|seconds| Timestamp::from_second(seconds).ok());
    Ok(OpenedCheckout {
        id,
        url: object.url.text().filter(|_| !closed).map(Into::into),
        is_repeated,
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

/// How a charge stands by its intent. One that waits for its owner, who is away, is declined like one that was.
pub(super) fn charge(json: &[u8]) -> Result<ChargeOutcome, RequestError> {
    let object: Object<'_> = document(json)?;
    let no_id = || RequestError::Unreadable { reason: "the charge has no id".to_owned() };
    let id: ObjectId = object.id.id().ok_or_else(no_id)?;
    let reports = payment_intent_reports(json)?;
    let failed = object.last_payment_error.record::<Error<'_>>();
    let status = object.status.word();
    let decline = match (status.as_deref(), &failed) {
        (Some("requires_action"), _) => decline_of(&Failed { code: status, ..Failed::default() }),
        (Some("requires_payment_method" | "canceled"), Some(error)) => decline_of(&error.failed()),
        (Some(_) | None, _) => return Ok(ChargeOutcome::Made { intent: id, reports }),
    };
    Ok(ChargeOutcome::Declined { intent: Some(id), decline, reports })
}

/// Why a charge was declined, and the reports of its intent where the refusal includes it. The decline is certain even if the
/// intent cannot be read; the intent's own event reports the rest.
pub(super) fn declined(json: &[u8]) -> ChargeOutcome {
    let failure: Failure<'_> = document(json).unwrap_or_default();
    let error: Error<'_> = failure.error.record().unwrap_or_default();
    let decline = decline_of(&error.failed());
    let reports = error.payment_intent.raw().map(|raw| payment_intent_reports(raw.get().as_bytes()));
    ChargeOutcome::Declined {
        intent: error.payment_intent.id(),
        decline,
        reports: reports.and_then(Result::ok).unwrap_or_default(),
    }
}

/// Reads Stripe's error object, of an answer with a status that is none of success.
pub(super) fn refusal(status: u16, json: &[u8]) -> RequestError {
    let failure: Failure<'_> = document(json).unwrap_or_default();
    let error: Error<'_> = failure.error.record().unwrap_or_default();
    let (kind, code, param) = (error.r#type.word(), error.code.word(), error.param.text());
    let reaction = refusals::reaction(status, kind.as_deref(), code.as_deref(), param.as_deref());
    let code = code.or(kind).unwrap_or_else(|| "without_a_code".to_owned());
    match reaction {
        Reaction::Wait if status == 429 => RequestError::RateLimited,
        Reaction::Wait => RequestError::Unavailable { status },
        Reaction::Alarm(Alarm::Settings) => RequestError::Misconfigured { status, code },
        reaction @ (Reaction::GoOnWithout(_)
        | Reaction::AskPayer(_)
        | Reaction::AskBusiness
        | Reaction::Alarm(Alarm::Request | Alarm::KeyReused | Alarm::Answer)) => RequestError::Refused {
            code,
            reaction,
            message: error.message.text().unwrap_or_default().into_owned(),
            param: param.map(Into::into),
        },
    }
}
