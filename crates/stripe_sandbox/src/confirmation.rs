//! What follows when a customer confirms a payment: money, a decline, a question of the bank, or a wait.
//!
//! Each function is called inside one transaction and leaves session, intent, charge and events agreeing.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::charges::{self, Attempt};
use super::checkout_sessions;
use super::confirmation_outcome::Outcome;
use super::database::{Record, Transaction};
use super::follow_ups;
use super::payment_methods::{self, Behaviour, Instrument};
use super::test_numbers::{CardBehaviour, Decline, TestIban};
use super::{payment_intents, setup_intents};

/// The transition by which a bank answers.
pub(super) const SETTLEMENT: &str = "debit_settlement";

/// The customer's entries on the hosted page.
#[derive(Clone, Debug)]
pub(super) struct Confirmation {
    pub(super) instrument: Instrument,
    pub(super) email: Option<String>,
    pub(super) name: Option<String>,
    /// Whether the customer wants to save the method for next time.
    pub(super) save: bool,
}

/// Confirms an open session with the customer's entries.
pub(super) fn confirm(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    given: &Confirmation,
) -> Result<Outcome, ApiError> {
    if session.text("mode") == "setup" {
        return set_up(transaction, session, given);
    }
    let mut intent = intent_of(transaction, session)?;
    let mut method =
        payment_methods::create(transaction, &given.instrument, given.email.as_deref(), given.name.as_deref())?;
    intent.internal["email"] = json!(given.email);
    intent.internal["name"] = json!(given.name);
    intent.internal["save"] = json!(given.save);
    intent.internal["authenticated"] = json!(false);
    match payment_methods::behaviour(&method) {
        Behaviour::Card(CardBehaviour::Succeeds) => succeed(transaction, session, &mut intent, &mut method),
        Behaviour::Card(CardBehaviour::Declines(decline)) => decline_card(transaction, &mut intent, &method, decline),
        Behaviour::Card(CardBehaviour::Authenticates(_)) => ask(transaction, session, &mut intent, &method),
        Behaviour::Debit(account) => debit(transaction, session, &mut intent, &mut method, account),
    }
}

/// The intent of a session, created now if there is none yet.
pub(super) fn intent_of(transaction: &mut Transaction<'_>, session: &mut Record) -> Result<Record, ApiError> {
    if let Some(intent) = transaction.find("payment_intent", session.text("payment_intent"))? {
        return Ok(intent);
    }
    let intent = payment_intents::create(transaction, session)?;
    session.body["payment_intent"] = intent.body["id"].clone();
    transaction.put(session)?;
    Ok(intent)
}

/// Continues after the customer has passed or failed the issuer's authentication.
pub(super) fn authenticate(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    mut intent: Record,
    passed: bool,
) -> Result<Outcome, ApiError> {
    if intent.text("object") == "setup_intent" {
        let outcome = setup_intents::authenticated(transaction, &mut intent, passed)?;
        return conclude_setup(transaction, session, &intent, outcome);
    }
    let mut method = transaction.need("payment_method", intent.text("payment_method"), "payment_method")?;
    intent.body["next_action"] = Value::Null;
    if !passed {
        fail_authentication(transaction, &mut intent, &method)?;
        return Ok(Outcome::AuthenticationFailed);
    }
    intent.internal["authenticated"] = json!(true);
    match payment_methods::behaviour(&method) {
        Behaviour::Card(CardBehaviour::Authenticates(Some(decline)) | CardBehaviour::Declines(decline)) => {
            decline_card(transaction, &mut intent, &method, decline)
        }
        Behaviour::Card(CardBehaviour::Authenticates(None) | CardBehaviour::Succeeds) | Behaviour::Debit(_) => {
            succeed(transaction, session, &mut intent, &mut method)
        }
    }
}

pub(super) fn fail_authentication(
    transaction: &mut Transaction<'_>,
    intent: &mut Record,
    method: &Record,
) -> Result<(), ApiError> {
    let message = "The customer's bank could not authenticate them. Choose another way to pay and try again.";
    let error = json!({
        "code": "payment_intent_authentication_failure",
        "message": message,
        "type": "invalid_request_error",
    });
    fail(transaction, intent, method, error)
}

/// Saves the method that the customer entered on the page of a session in setup mode.
fn set_up(transaction: &mut Transaction<'_>, session: &mut Record, given: &Confirmation) -> Result<Outcome, ApiError> {
    let mut setup = transaction.need("setup_intent", session.text("setup_intent"), "setup_intent")?;
    let (email, name) = (given.email.as_deref(), given.name.as_deref());
    let mut method = payment_methods::create(transaction, &given.instrument, email, name)?;
    setup.internal["email"] = json!(email);
    setup.internal["name"] = json!(name);
    let question = redirection(session);
    let outcome = setup_intents::confirm_with(transaction, &mut setup, &mut method, question)?;
    conclude_setup(transaction, session, &setup, outcome)
}

fn conclude_setup(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    setup: &Record,
    outcome: Outcome,
) -> Result<Outcome, ApiError> {
    match outcome {
        Outcome::Completed => finish(transaction, session, setup, "no_payment_required"),
        Outcome::AuthenticationNeeded | Outcome::Declined(_) | Outcome::AuthenticationFailed => Ok(outcome),
    }
}

/// The address at which the customer of a session authenticates.
fn redirection(session: &Record) -> Value {
    json!({
        "redirect_to_url": { "return_url": session.body["success_url"], "url": session.body["url"] },
        "type": "redirect_to_url",
    })
}

fn succeed(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    intent: &mut Record,
    method: &mut Record,
) -> Result<Outcome, ApiError> {
    keep_method(transaction, session, intent, method)?;
    take_money(transaction, intent, method)?;
    finish(transaction, session, intent, "paid")
}

/// Charges a method that can be charged.
pub(super) fn take_money(
    transaction: &mut Transaction<'_>,
    intent: &mut Record,
    method: &Record,
) -> Result<(), ApiError> {
    let charge = charges::create(transaction, intent, method, Attempt::Succeeded, None)?;
    transaction.emit("charge.succeeded", &charge.body)?;
    intent.body["payment_method"] = method.body["id"].clone();
    intent.body["latest_charge"] = charge.body["id"].clone();
    intent.body["next_action"] = Value::Null;
    receive(transaction, intent)
}

/// Records that the money of an intent has come.
pub(super) fn receive(transaction: &mut Transaction<'_>, intent: &mut Record) -> Result<(), ApiError> {
    intent.body["status"] = json!("succeeded");
    intent.body["amount_received"] = intent.body["amount"].clone();
    intent.body["last_payment_error"] = Value::Null;
    intent.body["processing"] = Value::Null;
    transaction.put(intent)?;
    transaction.emit("payment_intent.succeeded", &intent.body)?;
    follow_ups::schedule(transaction, intent)
}

fn finish(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    intent: &Record,
    payment_status: &str,
) -> Result<Outcome, ApiError> {
    let known = session.body["customer_details"]["email"].as_str();
    let email = intent.internal["email"].as_str().or(known);
    let details = checkout_sessions::customer_details(email, intent.internal["name"].as_str());
    checkout_sessions::complete(transaction, session, payment_status, details)?;
    Ok(Outcome::Completed)
}

/// Attaches the method to the session's customer, if the customer or the merchant wants that.
fn keep_method(
    transaction: &mut Transaction<'_>,
    session: &Record,
    intent: &Record,
    method: &mut Record,
) -> Result<(), ApiError> {
    let Some(customer) = session.body["customer"].as_str() else { return Ok(()) };
    if intent.internal["authenticated"] == true {
        method.internal["set_up"] = json!(true);
    }
    let offered = session.body["saved_payment_method_options"]["payment_method_save"] == "enabled";
    if offered && intent.internal["save"] == true {
        payment_methods::attach(transaction, method, customer, "always")
    } else if intent.body["setup_future_usage"].is_string() {
        payment_methods::attach(transaction, method, customer, "limited")
    } else {
        Ok(())
    }
}

pub(super) fn decline_card(
    transaction: &mut Transaction<'_>,
    intent: &mut Record,
    method: &Record,
    decline: Decline,
) -> Result<Outcome, ApiError> {
    let charge = charges::create(transaction, intent, method, Attempt::Declined(decline), None)?;
    transaction.emit("charge.failed", &charge.body)?;
    intent.body["latest_charge"] = charge.body["id"].clone();
    let mut error = json!({
        "charge": charge.body["id"],
        "code": decline.code,
        "decline_code": decline.decline_code,
        "message": decline.message,
        "type": "card_error",
    });
    if let Some(advice_code) = decline.advice_code {
        error["advice_code"] = json!(advice_code);
    }
    fail(transaction, intent, method, error)?;
    Ok(Outcome::Declined(decline))
}

/// Sends the intent back to the start, with the reason.
fn fail(
    transaction: &mut Transaction<'_>,
    intent: &mut Record,
    method: &Record,
    mut error: Value,
) -> Result<(), ApiError> {
    let code = error["code"].as_str().unwrap_or_default().replace('_', "-");
    error["doc_url"] = json!(format!("https://docs.stripe.com/error-codes#{code}"));
    error["payment_method"] = method.body.clone();
    intent.body["status"] = json!("requires_payment_method");
    intent.body["payment_method"] = Value::Null;
    intent.body["processing"] = Value::Null;
    intent.body["last_payment_error"] = error;
    transaction.put(intent)?;
    transaction.emit("payment_intent.payment_failed", &intent.body)
}

fn ask(
    transaction: &mut Transaction<'_>,
    session: &Record,
    intent: &mut Record,
    method: &Record,
) -> Result<Outcome, ApiError> {
    intent.body["status"] = json!("requires_action");
    intent.body["payment_method"] = method.body["id"].clone();
    intent.body["last_payment_error"] = Value::Null;
    intent.body["next_action"] = redirection(session);
    transaction.put(intent)?;
    transaction.emit("payment_intent.requires_action", &intent.body)?;
    Ok(Outcome::AuthenticationNeeded)
}

fn debit(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    intent: &mut Record,
    method: &mut Record,
    account: &TestIban,
) -> Result<Outcome, ApiError> {
    keep_method(transaction, session, intent, method)?;
    let only_for = Some(&*intent).filter(|_| method.body["customer"].is_null());
    let mandate = payment_methods::create_mandate(transaction, method, only_for)?;
    debit_account(transaction, intent, method, account, &mandate)?;
    finish(transaction, session, intent, "unpaid")
}

/// Asks the bank of an account, which answers later.
pub(super) fn debit_account(
    transaction: &mut Transaction<'_>,
    intent: &mut Record,
    method: &Record,
    account: &TestIban,
    mandate: &str,
) -> Result<(), ApiError> {
    intent.body["status"] = json!("processing");
    intent.body["payment_method"] = method.body["id"].clone();
    intent.body["last_payment_error"] = Value::Null;
    let charge = charges::create(transaction, intent, method, Attempt::Pending, Some(mandate))?;
    intent.body["latest_charge"] = charge.body["id"].clone();
    transaction.put(intent)?;
    transaction.emit("payment_intent.processing", &intent.body)?;
    transaction.emit("charge.pending", &charge.body)?;
    transaction.later(SETTLEMENT, intent.text("id"), account.after_s)
}

/// The bank's answer to a debit: money, or none.
pub(super) fn settle_debit(transaction: &mut Transaction<'_>, intent: &str) -> Result<(), ApiError> {
    let mut intent = transaction.need("payment_intent", intent, "intent")?;
    if intent.text("status") != "processing" {
        return Ok(());
    }
    let method = transaction.need("payment_method", intent.text("payment_method"), "payment_method")?;
    let mut charge = transaction.need("charge", intent.text("latest_charge"), "charge")?;
    let failure = match payment_methods::behaviour(&method) {
        Behaviour::Debit(account) => account.failure,
        Behaviour::Card(_) => None,
    };
    charges::settle(transaction, &mut charge, failure)?;
    let event = if let Some(code) = failure {
        let error = json!({
            "charge": charge.body["id"],
            "code": "payment_intent_payment_attempt_failed",
            "decline_code": code,
            "message": "The payment failed.",
            "type": "invalid_request_error",
        });
        fail(transaction, &mut intent, &method, error)?;
        "checkout.session.async_payment_failed"
    } else {
        receive(transaction, &mut intent)?;
        "checkout.session.async_payment_succeeded"
    };
    tell_session(transaction, &intent, event)
}

/// Updates the session of an intent, if it has one, once the money has come late or will not come.
pub(super) fn tell_session(transaction: &mut Transaction<'_>, intent: &Record, event: &str) -> Result<(), ApiError> {
    let session = intent.internal["session"].as_str().unwrap_or_default();
    let Some(mut session) = transaction.find("checkout.session", session)? else { return Ok(()) };
    if intent.text("status") == "succeeded" {
        session.body["payment_status"] = json!("paid");
    }
    transaction.put(&session)?;
    transaction.emit(event, &session.body)
}
