//! Saved methods: a business attaches, changes and detaches them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::payment_methods::{self, Behaviour, Instrument};
use super::test_numbers::CardBehaviour;
use super::{customers, test_methods, test_numbers};

/// The expiry of Stripe's named test methods: the end of a year well ahead.
const TEST_METHOD_EXPIRY: (i8, i16) = (12, 2040);

/// The method with an id: an existing one, or a new one of Stripe's published names.
pub(super) fn resolve(transaction: &Transaction<'_>, id: &str, param: &str) -> Result<Record, ApiError> {
    if let Some(method) = transaction.find("payment_method", id)? {
        return Ok(method);
    }
    let number = test_methods::number(id).ok_or_else(|| ApiError::no_such_in(param, "PaymentMethod", id))?;
    let (exp_month, exp_year) = TEST_METHOD_EXPIRY;
    payment_methods::create(
        transaction,
        &Instrument::Card { number: number.to_owned(), exp_month, exp_year },
        None,
        None,
    )
}

/// Refuses a method of another customer, or a detached one.
pub(super) fn check_owner(method: &Record, customer: Option<&str>) -> Result<(), ApiError> {
    let owner = method.body["customer"].as_str();
    let usable = method.internal["detached"] != true && owner.is_none_or(|owner| Some(owner) == customer);
    if usable {
        return Ok(());
    }
    let message = if owner.is_some() {
        "The payment method belongs to a customer; name that customer to use it."
    } else {
        "The provided PaymentMethod was detached from a Customer. It may not be used again."
    };
    Err(ApiError::invalid("payment_method", message))
}

pub(super) fn attach(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let customer = params.required_text("customer")?;
    params.finish()?;
    customers::need_live(transaction, &customer)?;
    let mut method = resolve(transaction, id, "payment_method")?;
    check_owner(&method, Some(&customer))?;
    match payment_methods::behaviour(&method) {
        Behaviour::Card(CardBehaviour::Declines(decline)) if !payment_methods::can_be_kept(&method) => {
            return Err(ApiError::card_declined(decline.code, decline.message));
        }
        Behaviour::Card(_) | Behaviour::Debit(_) => {}
    }
    payment_methods::attach(transaction, &mut method, &customer, "unspecified")?;
    Ok(method.body)
}

pub(super) fn detach(transaction: &mut Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let method = transaction.need("payment_method", id, "payment_method")?;
    if method.body["customer"].is_null() {
        return Err(ApiError::invalid("", "The payment method you provided is not attached to a customer."));
    }
    Ok(payment_methods::detach(transaction, method)?.body)
}

pub(super) fn update(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let mut method = transaction.need("payment_method", id, "payment_method")?;
    let mut before = json!({});
    if let Some(mut details) = params.tree("billing_details")? {
        before["billing_details"] = method.body["billing_details"].clone();
        for field in ["email", "name", "phone"] {
            if let Some(text) = details.text(field)? {
                method.body["billing_details"][field] = json!(text);
            }
        }
        details.finish()?;
    }
    if let Some(mut card) = params.tree("card")? {
        before["card"] = method.body["card"].clone();
        for field in ["exp_month", "exp_year"] {
            if let Some(number) = card.integer(field)? {
                method.body["card"][field] = json!(number);
            }
        }
        card.finish()?;
    }
    if let Some(redisplay) = params.choice("allow_redisplay", &["always", "limited", "unspecified"])? {
        before["allow_redisplay"] = method.body["allow_redisplay"].clone();
        method.body["allow_redisplay"] = json!(redisplay);
    }
    for (key, value) in params.metadata()? {
        method.body["metadata"][key] = json!(value);
    }
    params.finish()?;
    transaction.put(&method)?;
    transaction.emit_change("payment_method.updated", &method.body, &before)?;
    Ok(method.body)
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let customer = params.text("customer")?;
    let kind = params.text("type")?;
    params.finish()?;
    listing::list(transaction, "payment_method", "/v1/payment_methods", &page, |method| {
        method["customer"].is_string()
            && listing::matches(customer.as_deref(), &method["customer"])
            && listing::matches(kind.as_deref(), &method["type"])
    })
}

/// The active mandate under which a method may be debited, if there is one.
pub(super) fn live_mandate(transaction: &Transaction<'_>, method: &Record) -> Result<Option<Record>, ApiError> {
    for id in transaction.ids_where("mandate", "payment_method", method.text("id"))? {
        let mandate = transaction.need("mandate", &id, "mandate")?;
        if mandate.text("status") == "active" && mandate.text("type") == "multi_use" {
            return Ok(Some(mandate));
        }
    }
    Ok(None)
}

/// The test card as which a saved one is to behave.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CardBehind {
    pub(super) number: String,
}

/// The card behind a saved method is not what it was: its issuer answers as for another test card.
pub(super) fn behave_as(transaction: &Transaction<'_>, id: &str, number: &str) -> Result<Value, ApiError> {
    let mut method = transaction.need("payment_method", id, "payment_method")?;
    if method.text("type") != "card" || test_numbers::test_card(number).is_none() {
        return Err(ApiError::invalid("number", "Only a card can behave as another test card."));
    }
    method.internal["number"] = json!(number);
    transaction.put(&method)?;
    Ok(method.body)
}

/// The customer's bank no longer honours a mandate, or honours it again.
pub(super) fn set_mandate(transaction: &mut Transaction<'_>, id: &str, status: &str) -> Result<Value, ApiError> {
    let mut mandate = transaction.need("mandate", id, "mandate")?;
    let before = json!({ "status": mandate.body["status"] });
    mandate.body["status"] = json!(status);
    transaction.put(&mandate)?;
    transaction.emit_change("mandate.updated", &mandate.body, &before)?;
    Ok(mandate.body)
}
