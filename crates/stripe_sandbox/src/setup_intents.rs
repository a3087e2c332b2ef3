//! Setup intents: a customer saves a payment method for later, and no money moves.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::confirmation_outcome::Outcome;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::payment_methods::{self, Behaviour};
use super::test_numbers::{CardBehaviour, Decline};
use super::{customers, saved_methods};

/// The terms of a setup intent.
pub(super) struct Terms {
    pub(super) customer: Option<String>,
    pub(super) description: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) payment_method_types: Vec<String>,
    pub(super) usage: &'static str,
    /// The session it belongs to, if any.
    pub(super) session: Option<String>,
}

pub(super) fn create(transaction: &mut Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let customer = params.text("customer")?;
    if let Some(customer) = &customer {
        customers::need_live(transaction, customer)?;
    }
    let mut types = params.texts("payment_method_types")?;
    if types.is_empty() {
        types = vec!["card".to_owned(), "sepa_debit".to_owned()];
    }
    if let Some(mut automatic) = params.tree("automatic_payment_methods")? {
        automatic.flag("enabled")?;
        automatic.choice("allow_redirects", &["always", "never"])?;
        automatic.finish()?;
    }
    let terms = Terms {
        customer,
        description: params.text("description")?,
        metadata: params.metadata()?,
        payment_method_types: types,
        usage: params.choice("usage", &["off_session", "on_session"])?.unwrap_or("off_session"),
        session: None,
    };
    let confirm = params.flag("confirm")?.unwrap_or_default();
    let method = params.text("payment_method")?;
    params.text("return_url")?;
    params.finish()?;
    let method = method.map(|id| saved_methods::resolve(transaction, &id, "payment_method")).transpose()?;
    let mut setup = open(transaction, &terms)?;
    match (method, confirm) {
        (Some(method), true) => confirm_for_server(transaction, setup, method),
        (None, true) => Err(ApiError::missing_param("payment_method")),
        (Some(method), false) => {
            setup.body["payment_method"] = method.body["id"].clone();
            setup.body["status"] = json!("requires_confirmation");
            transaction.put(&setup)?;
            Ok(setup.body)
        }
        (None, false) => Ok(setup.body),
    }
}

pub(super) fn open(transaction: &mut Transaction<'_>, terms: &Terms) -> Result<Record, ApiError> {
    let id = transaction.new_id("seti_1", 23)?;
    let mut body = json!({
        "id": id,
        "object": "setup_intent",
        "client_secret": format!("{id}_secret_{}", transaction.new_id("", 25)?),
        "created": transaction.now.as_second(),
        "customer": terms.customer,
        "description": terms.description,
        "livemode": false,
        "metadata": terms.metadata,
        "payment_method_options": { "card": {
            "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
        } },
        "payment_method_types": terms.payment_method_types,
        "status": "requires_payment_method",
        "usage": terms.usage,
    });
    for field in ABSENT {
        body[*field] = Value::Null;
    }
    let setup = Record { body, internal: json!({ "session": terms.session }) };
    transaction.put(&setup)?;
    transaction.emit("setup_intent.created", &setup.body)?;
    Ok(setup)
}

/// Fields without a value at first, many of which never get one here.
const ABSENT: &[&str] = &[
    "application",
    "automatic_payment_methods",
    "cancellation_reason",
    "customer_account",
    "flow_directions",
    "last_setup_error",
    "latest_attempt",
    "mandate",
    "next_action",
    "on_behalf_of",
    "payment_method",
    "payment_method_configuration_details",
    "single_use_mandate",
];

/// Confirms with a method: it is saved or declined, or the customer's bank wants authentication first.
pub(super) fn confirm_with(
    transaction: &mut Transaction<'_>,
    setup: &mut Record,
    method: &mut Record,
    next_action: Value,
) -> Result<Outcome, ApiError> {
    saved_methods::check_owner(method, setup.body["customer"].as_str())?;
    setup.body["payment_method"] = method.body["id"].clone();
    setup.body["last_setup_error"] = Value::Null;
    match payment_methods::behaviour(method) {
        Behaviour::Card(CardBehaviour::Declines(decline)) if !payment_methods::can_be_kept(method) => {
            let error = card_error(decline);
            fail(transaction, setup, method, error)?;
            Ok(Outcome::Declined(decline))
        }
        Behaviour::Card(CardBehaviour::Authenticates(_)) if method.internal["set_up"] != true => {
            setup.body["status"] = json!("requires_action");
            setup.body["next_action"] = next_action;
            transaction.put(setup)?;
            transaction.emit("setup_intent.requires_action", &setup.body)?;
            Ok(Outcome::AuthenticationNeeded)
        }
        Behaviour::Card(_) => keep(transaction, setup, method),
        Behaviour::Debit(_) => {
            let mandate = payment_methods::create_mandate(transaction, method, None)?;
            setup.body["mandate"] = json!(mandate);
            keep(transaction, setup, method)
        }
    }
}

/// Continues after the customer has passed or failed the authentication.
pub(super) fn authenticated(
    transaction: &mut Transaction<'_>,
    setup: &mut Record,
    passed: bool,
) -> Result<Outcome, ApiError> {
    let mut method = transaction.need("payment_method", setup.text("payment_method"), "payment_method")?;
    setup.body["next_action"] = Value::Null;
    if passed {
        return keep(transaction, setup, &mut method);
    }
    let error = json!({
        "code": "setup_intent_authentication_failure",
        "message": "The customer's bank could not authenticate them.",
        "type": "invalid_request_error",
    });
    fail(transaction, setup, &method, error)?;
    Ok(Outcome::AuthenticationFailed)
}

fn keep(transaction: &mut Transaction<'_>, setup: &mut Record, method: &mut Record) -> Result<Outcome, ApiError> {
    method.internal["set_up"] = json!(true);
    match setup.body["customer"].as_str() {
        Some(customer) if method.body["customer"].is_null() => {
            payment_methods::attach(transaction, method, customer, "limited")?;
        }
        Some(_) | None => transaction.put(method)?,
    }
    setup.body["status"] = json!("succeeded");
    setup.body["latest_attempt"] = json!(transaction.new_id("setatt_1", 23)?);
    transaction.put(setup)?;
    transaction.emit("setup_intent.succeeded", &setup.body)?;
    Ok(Outcome::Completed)
}

fn card_error(decline: Decline) -> Value {
    json!({
        "advice_code": decline.advice_code,
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "type": "card_error",
    })
}

fn fail(
    transaction: &mut Transaction<'_>,
    setup: &mut Record,
    method: &Record,
    mut error: Value,
) -> Result<(), ApiError> {
    error["payment_method"] = method.body.clone();
    setup.body["status"] = json!("requires_payment_method");
    setup.body["payment_method"] = Value::Null;
    setup.body["last_setup_error"] = error;
    transaction.put(setup)?;
    transaction.emit("setup_intent.setup_failed", &setup.body)
}

/// Confirms for the business's server: a decline is answered as Stripe's error, and stored.
fn confirm_for_server(
    transaction: &mut Transaction<'_>,
    mut setup: Record,
    mut method: Record,
) -> Result<Value, ApiError> {
    let question = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect" } });
    match confirm_with(transaction, &mut setup, &mut method, question)? {
        Outcome::Declined(_) => {
            let mut error = setup.body["last_setup_error"].clone();
            error["setup_intent"] = setup.body;
            Ok(json!({ "error": error }))
        }
        Outcome::Completed | Outcome::AuthenticationNeeded | Outcome::AuthenticationFailed => Ok(setup.body),
    }
}

pub(super) fn confirm(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let named = params.text("payment_method")?;
    params.text("return_url")?;
    params.finish()?;
    let setup = need_open(transaction, id, &["requires_payment_method", "requires_confirmation"])?;
    let known = setup.body["payment_method"].as_str().map(str::to_owned);
    let method = named.or(known).ok_or_else(|| ApiError::missing_param("payment_method"))?;
    let method = saved_methods::resolve(transaction, &method, "payment_method")?;
    confirm_for_server(transaction, setup, method)
}

pub(super) fn cancel(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let reason = params.choice("cancellation_reason", &["abandoned", "duplicate", "requested_by_customer"])?;
    params.finish()?;
    let states = ["requires_payment_method", "requires_confirmation", "requires_action"];
    let mut setup = need_open(transaction, id, &states)?;
    setup.body["status"] = json!("canceled");
    setup.body["cancellation_reason"] = json!(reason);
    setup.body["next_action"] = Value::Null;
    transaction.put(&setup)?;
    transaction.emit("setup_intent.canceled", &setup.body)?;
    Ok(setup.body)
}

/// The control by which the customer of a setup without a session authenticates.
pub(super) fn answer(transaction: &mut Transaction<'_>, id: &str, passed: bool) -> Result<Value, ApiError> {
    let mut setup = need_open(transaction, id, &["requires_action"])?;
    authenticated(transaction, &mut setup, passed)?;
    Ok(setup.body)
}

/// A setup intent in one of these states that belongs to no session.
fn need_open(transaction: &Transaction<'_>, id: &str, states: &[&str]) -> Result<Record, ApiError> {
    let setup = transaction.need("setup_intent", id, "intent")?;
    if states.contains(&setup.text("status")) && setup.internal["session"].is_null() {
        return Ok(setup);
    }
    let message = format!(
        "This is not possible with a SetupIntent that has a status of {} or is a Checkout Session's.",
        setup.text("status")
    );
    Err(ApiError::coded("setup_intent_unexpected_state", "", message))
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let (customer, method) = (params.text("customer")?, params.text("payment_method")?);
    params.finish()?;
    listing::list(transaction, "setup_intent", "/v1/setup_intents", &page, |setup| {
        listing::matches(customer.as_deref(), &setup["customer"])
            && listing::matches(method.as_deref(), &setup["payment_method"])
    })
}
