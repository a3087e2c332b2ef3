//! Saved methods, and the setup intents and mandates that report about them.
//!
//! A removed method no longer names its customer, so only the event's type says that it was removed. A mandate for a single
//! payment ends with that payment, and says nothing of the method.

use std::collections::BTreeMap;

use jiff::civil::Date;
use receivables::ObjectId;
use receivables::saved_method::{MethodLook, MethodReport, MethodState};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::meaning::Unreadable;
use crate::stripe::field::{Field, record};

pub(super) const OBJECT: &str = "payment_method";
pub(super) const ATTACHED: &str = "payment_method.attached";
pub(super) const DETACHED: &str = "payment_method.detached";
pub(super) const UPDATED: &str = "payment_method.updated";
pub(super) const AUTOMATICALLY_UPDATED: &str = "payment_method.automatically_updated";
/// The name of `payment_method.automatically_updated` until 2020.
pub(super) const CARD_AUTOMATICALLY_UPDATED: &str = "payment_method.card_automatically_updated";
pub(super) const SETUP: &str = "setup_intent";
pub(super) const SETUP_SUCCEEDED: &str = "setup_intent.succeeded";
pub(super) const MANDATE: &str = "mandate";
pub(super) const MANDATE_UPDATED: &str = "mandate.updated";
pub(super) const CUSTOMER: &str = "customer";
pub(super) const CUSTOMER_DELETED: &str = "customer.deleted";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Method<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    r#type: Field<'a>,
    customer: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    brand: Field<'a>,
    bank_name: Field<'a>,
    bank: Field<'a>,
    last4: Field<'a>,
    exp_month: Field<'a>,
    exp_year: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Setup<'a> {
    #[serde(borrow)]
    status: Field<'a>,
    customer: Field<'a>,
    payment_method: Field<'a>,
    mandate: Field<'a>,
    usage: Field<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Paid<'a> {
    #[serde(borrow)]
    status: Field<'a>,
    customer: Field<'a>,
    payment_method: Field<'a>,
    setup_future_usage: Field<'a>,
}

/// The word by which a payer agrees to be charged while they are away. `on_session`, and a method that is only shown again
/// (`saved_payment_method_options`), are no such consent.
const OFF_SESSION: &str = "off_session";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Mandate<'a> {
    #[serde(borrow)]
    id: Field<'a>,
    r#type: Field<'a>,
    status: Field<'a>,
    payment_method: Field<'a>,
}

/// The report of a method.
pub(super) fn read(object: &RawValue, kind: Option<&str>) -> Result<MethodReport, Unreadable> {
    let method: Method<'_> = record(object)?;
    let id = method.id.id().ok_or(Unreadable::because("the method has no id"))?;
    let word = method.r#type.word();
    let customer = method.customer.id();
    let detached = kind == Some(DETACHED);
    let state = MethodState {
        look: word.as_deref().and_then(|word| look(object, word)),
        kind: word,
        attached: !detached && (kind == Some(ATTACHED) || customer.is_some()),
        customer,
        detached,
        ..MethodState::default()
    };
    Ok(MethodReport { method: id, state })
}

/// The report that a method was removed.
pub(super) fn detached(method: ObjectId) -> MethodReport {
    MethodReport { method, state: MethodState { detached: true, ..MethodState::default() } }
}

/// The report of a setup intent about the method it saved; none before it has succeeded, or where it saved it for no customer.
pub(super) fn setup(object: &RawValue, kind: Option<&str>) -> Result<Option<MethodReport>, Unreadable> {
    let setup: Setup<'_> = record(object)?;
    let succeeded = match setup.status.text() {
        Some(word) => word == "succeeded",
        None => kind == Some(SETUP_SUCCEEDED),
    };
    let (true, Some(customer)) = (succeeded, setup.customer.id()) else {
        return Ok(None);
    };
    let method = setup.payment_method.id().ok_or(Unreadable::because("the setup intent has saved no method"))?;
    let expanded = setup.payment_method.raw().filter(|raw| raw.get().starts_with('{'));
    let known = expanded.and_then(|raw| read(raw, None).ok()).map(|report| report.state).unwrap_or_default();
    let off_session = setup.usage.text().as_deref() == Some(OFF_SESSION);
    let mandate = setup.mandate.id();
    let state = MethodState { customer: Some(customer), attached: true, mandate, off_session, ..known };
    Ok(Some(MethodReport { method, state }))
}

/// The report of an intent about the method that was saved with its money, for charges while its owner is away; none where it saved
/// none for that.
pub(super) fn kept_with_money(object: &RawValue) -> Result<Option<MethodReport>, Unreadable> {
    let paid: Paid<'_> = record(object)?;
    let agreed = paid.setup_future_usage.text().as_deref() == Some(OFF_SESSION);
    let came = matches!(paid.status.text().as_deref(), Some("succeeded" | "processing"));
    let (true, true, Some(customer), Some(method)) = (agreed, came, paid.customer.id(), paid.payment_method.id())
    else {
        return Ok(None);
    };
    let state = MethodState { customer: Some(customer), attached: true, off_session: true, ..MethodState::default() };
    Ok(Some(MethodReport { method, state }))
}

/// The report of a mandate about its method.
pub(super) fn mandate(object: &RawValue) -> Result<Option<MethodReport>, Unreadable> {
    let mandate: Mandate<'_> = record(object)?;
    if mandate.r#type.text().as_deref() == Some("single_use") {
        return Ok(None);
    }
    let id = mandate.id.id().ok_or(Unreadable::because("the mandate has no id"))?;
    let method = mandate.payment_method.id().ok_or(Unreadable::because("the mandate has no method"))?;
    let mandate_ended = mandate.status.text().as_deref() == Some("inactive");
    Ok(Some(MethodReport { method, state: MethodState { mandate: Some(id), mandate_ended, ..MethodState::default() } }))
}

/// How a method looks is in the field that its type names.
fn look(object: &RawValue, word: &str) -> Option<MethodLook> {
    let fields: BTreeMap<String, Field<'_>> = record(object).ok()?;
    let details: Details<'_> = fields.get(word)?.record()?;
    let look = MethodLook {
        good_until: details.good_until(),
        brand: details.brand.label().or(details.bank_name.label()).or(details.bank.label()),
        last4: details.last4.word().filter(|last4| last4.len() <= 4),
    };
    (look.good_until.is_some() || look.brand.is_some() || look.last4.is_some()).then_some(look)
}

impl Details<'_> {
    /// A card is good until the end of the month that is written on it.
    fn good_until(&self) -> Option<Date> {
        let year = i16::try_from(self.exp_year.whole()?).ok()?;
        let month = i8::try_from(self.exp_month.whole()?).ok()?;
        Date::new(year, month, 1).ok().map(Date::last_of_month)
    }
}
