//! The stored form of a payment's instrument: its word, and a map of its own for each kind that has more, so that what a newer version
//! writes into one stays.

use jiff::Timestamp;
use receivables::payment::{
    Charge, Checkout, Decline, DeclineReason, HostedPage, Instead, Instrument, PageRefusal, Remedy,
};
use receivables::{ObjectId, PaymentId};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// An instrument's word, and what else is kept of it.
pub(super) type InstrumentParts = (String, Option<PageRecord>, Option<ChargeRecord>);

#[derive(Serialize, Deserialize)]
pub(super) struct PageRecord {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    checkout: Option<CheckoutRecord>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    refusals: Vec<PageRefusalRecord>,
}

#[derive(Serialize, Deserialize)]
struct CheckoutRecord {
    id: ObjectId,
    url: String,
    expires_at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PageRefusalRecord {
    Customer(ObjectId),
    EmailAddress(bool),
    Page(String),
}

#[derive(Serialize, Deserialize)]
pub(super) struct ChargeRecord {
    method: ObjectId,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    kind: Option<String>,
    customer: ObjectId,
    attempt: u32,
    requested_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    intent: Option<ObjectId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    decline: Option<DeclineRecord>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    instead: Option<InsteadRecord>,
}

#[derive(Serialize, Deserialize)]
struct DeclineRecord {
    reason: String,
    remedy: String,
    word: String,
    ends_method: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum InsteadRecord {
    Page(PaymentId),
    Nothing(bool),
}

pub(super) fn of_instrument(instrument: &Instrument) -> InstrumentParts {
    let (page, charge) = match instrument {
        Instrument::Page(page) => {
            let checkout = page.checkout.as_ref().map(|checkout| CheckoutRecord {
                id: checkout.id.clone(),
                url: checkout.url.clone(),
                expires_at: checkout.expires_at,
            });
            let kept = checkout.is_some() || !page.refusals.is_empty();
            let refusals = page.refusals.iter().map(of_page_refusal).collect();
            (kept.then_some(PageRecord { checkout, refusals }), None)
        }
        Instrument::Charge(charge) => (None, Some(of_charge(charge))),
        Instrument::Outside => (None, None),
    };
    (instrument.as_str().to_owned(), page, charge)
}

pub(super) fn instrument((word, page, kept): InstrumentParts) -> Result<Instrument, StoreError> {
    match (word.as_str(), page, kept) {
        ("page", page, _) => Ok(Instrument::Page(page.map(hosted_page).unwrap_or_default())),
        ("payment_method", _, Some(kept)) => Ok(Instrument::Charge(charge(kept)?)),
        ("outside", _, _) => Ok(Instrument::Outside),
        (_, _, _) => Err(StoreError::Defect(format!("instrument {word}"))),
    }
}

fn hosted_page(page: PageRecord) -> HostedPage {
    let checkout = |record: CheckoutRecord| Checkout { id: record.id, url: record.url, expires_at: record.expires_at };
    HostedPage {
        checkout: page.checkout.map(checkout),
        refusals: page.refusals.into_iter().map(page_refusal).collect(),
    }
}

fn of_page_refusal(refusal: &PageRefusal) -> PageRefusalRecord {
    match refusal {
        PageRefusal::Customer(id) => PageRefusalRecord::Customer(id.clone()),
        PageRefusal::EmailAddress => PageRefusalRecord::EmailAddress(true),
        PageRefusal::Page(code) => PageRefusalRecord::Page(code.clone()),
    }
}

fn page_refusal(record: PageRefusalRecord) -> PageRefusal {
    match record {
        PageRefusalRecord::Customer(id) => PageRefusal::Customer(id),
        PageRefusalRecord::EmailAddress(_) => PageRefusal::EmailAddress,
        PageRefusalRecord::Page(code) => PageRefusal::Page(code),
    }
}

fn of_charge(charge: &Charge) -> ChargeRecord {
    ChargeRecord {
        method: charge.method.clone(),
        kind: charge.kind.clone(),
        customer: charge.customer.clone(),
        attempt: charge.attempt,
        requested_at: charge.requested_at,
        intent: charge.intent.clone(),
        decline: charge.decline.as_ref().map(|decline| DeclineRecord {
            reason: decline.reason.as_str().to_owned(),
            remedy: decline.remedy.as_str().to_owned(),
            word: decline.word.clone(),
            ends_method: decline.ends_method,
        }),
        instead: charge.instead.as_ref().map(|instead| match instead {
            Instead::Page(payment) => InsteadRecord::Page(payment.clone()),
            Instead::Nothing => InsteadRecord::Nothing(true),
        }),
    }
}

fn charge(record: ChargeRecord) -> Result<Charge, StoreError> {
    Ok(Charge {
        method: record.method,
        kind: record.kind,
        customer: record.customer,
        attempt: record.attempt,
        requested_at: record.requested_at,
        intent: record.intent,
        decline: record.decline.map(decline).transpose()?,
        instead: record.instead.map(|instead| match instead {
            InsteadRecord::Page(payment) => Instead::Page(payment),
            InsteadRecord::Nothing(_) => Instead::Nothing,
        }),
    })
}

fn decline(record: DeclineRecord) -> Result<Decline, StoreError> {
    let remedy = Remedy::named(&record.remedy);
    Ok(Decline {
        reason: decline_reason(&record.reason)?,
        remedy: remedy.ok_or_else(|| StoreError::Defect(format!("remedy {}", record.remedy)))?,
        word: record.word,
        ends_method: record.ends_method,
    })
}

/// The reason of a decline by its word.
pub(super) fn decline_reason(word: &str) -> Result<DeclineReason, StoreError> {
    DeclineReason::named(word).ok_or_else(|| StoreError::Defect(format!("reason of a decline {word}")))
}
