//! Payments that the business's own server requests and confirms, with a method the customer saved earlier.
//!
//! A decline is an answer with status 402 and is stored, as at Stripe: the intent stays and can be confirmed again.

use serde_json::{Value, json};

use super::api_error::ApiError;
use super::confirmation;
use super::database::{Record, Transaction};
use super::form::Params;
use super::payment_intents::{self, Terms};
use super::payment_methods::{self, Behaviour};
use super::test_numbers::{AUTHENTICATION_REQUIRED, CardBehaviour, Decline, TestIban};
use super::{customers, money, saved_methods};

pub(super) fn create(transaction: &mut Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let amount = params.integer("amount")?.ok_or_else(|| ApiError::missing_param("amount"))?;
    let currency = money::currency(&params.required_text("currency")?, "currency")?;
    money::check_charge(amount, &currency, "amount")?;
    let customer = params.text("customer")?;
    if let Some(customer) = &customer {
        customers::need_live(transaction, customer)?;
    }
    let types = take_types(&mut params)?;
    let terms = Terms {
        amount: json!(amount),
        currency: json!(currency),
        customer: json!(customer),
        description: json!(params.text("description")?),
        metadata: json!(params.metadata()?),
        payment_method_types: json!(types),
        receipt_email: json!(params.text("receipt_email")?),
        setup_future_usage: json!(params.choice("setup_future_usage", &["off_session", "on_session"])?),
        internal: json!({}),
    };
    let confirm = params.flag("confirm")?.unwrap_or_default();
    let method = params.text("payment_method")?;
    let confirmation = Confirmation::take(&mut params)?;
    params.finish()?;
    if !confirm && confirmation.off_session {
        return Err(ApiError::invalid("off_session", "off_session can only be given together with confirm."));
    }
    let method = match method {
        Some(id) => Some(saved_methods::resolve(transaction, &id, "payment_method")?),
        None => None,
    };
    if let Some(method) = &method {
        saved_methods::check_owner(method, customer.as_deref())?;
    }
    let mut intent = payment_intents::open(transaction, terms)?;
    match (method, confirm) {
        (Some(method), true) => confirmation.carry_out(transaction, intent, method),
        (None, true) => Err(ApiError::missing_param("payment_method")),
        (Some(method), false) => {
            intent.body["payment_method"] = method.body["id"].clone();
            intent.body["status"] = json!("requires_confirmation");
            transaction.put(&intent)?;
            Ok(intent.body)
        }
        (None, false) => Ok(intent.body),
    }
}

/// The kinds of method that are named, or all that a server can confirm with.
fn take_types(params: &mut Params) -> Result<Vec<String>, ApiError> {
    let types = params.texts("payment_method_types")?;
    if let Some(mut automatic) = params.tree("automatic_payment_methods")? {
        automatic.flag("enabled")?;
        automatic.choice("allow_redirects", &["always", "never"])?;
        automatic.finish()?;
    }
    if let Some(other) = types.iter().find(|kind| !matches!(kind.as_str(), "card" | "sepa_debit")) {
        let message = format!("The payment method type {other} is not available here.");
        return Err(ApiError::invalid("payment_method_types", message));
    }
    let automatic = || ["card", "sepa_debit"].map(str::to_owned).to_vec();
    Ok(if types.is_empty() { automatic() } else { types })
}

pub(super) fn confirm(transaction: &mut Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let named = params.text("payment_method")?;
    let confirmation = Confirmation::take(&mut params)?;
    params.finish()?;
    let intent = transaction.need("payment_intent", id, "intent")?;
    let confirmable = matches!(intent.text("status"), "requires_payment_method" | "requires_confirmation");
    if !confirmable || intent.internal["session"].is_string() {
        let message = format!(
            "You cannot confirm this PaymentIntent because it has a status of {}, or is a Checkout Session's.",
            intent.text("status")
        );
        return Err(ApiError::coded("payment_intent_unexpected_state", "", message));
    }
    let known = intent.body["payment_method"].as_str().map(str::to_owned);
    let method = named.or(known).ok_or_else(|| ApiError::missing_param("payment_method"))?;
    let method = saved_methods::resolve(transaction, &method, "payment_method")?;
    saved_methods::check_owner(&method, intent.body["customer"].as_str())?;
    confirmation.carry_out(transaction, intent, method)
}

struct Confirmation {
    off_session: bool,
    mandate: Option<String>,
}

impl Confirmation {
    fn take(params: &mut Params) -> Result<Self, ApiError> {
        params.text("return_url")?;
        Ok(Self { off_session: params.flag("off_session")?.unwrap_or_default(), mandate: params.text("mandate")? })
    }

    fn carry_out(
        &self,
        transaction: &mut Transaction<'_>,
        mut intent: Record,
        method: Record,
    ) -> Result<Value, ApiError> {
        let types = intent.body["payment_method_types"].as_array();
        if !types.is_some_and(|types| types.iter().any(|kind| *kind == method.body["type"])) {
            let message = format!("The payment method type {} is not allowed here.", method.text("type"));
            return Err(ApiError::invalid("payment_method", message));
        }
        intent.internal["authenticated"] = json!(false);
        match payment_methods::behaviour(&method) {
            Behaviour::Card(CardBehaviour::Succeeds) => take_money(transaction, intent, method),
            Behaviour::Card(CardBehaviour::Declines(decline)) => refuse(transaction, intent, &method, decline),
            Behaviour::Card(CardBehaviour::Authenticates(then)) => {
                if !self.off_session || payment_methods::asks_again(&method) {
                    if self.off_session {
                        return refuse(transaction, intent, &method, AUTHENTICATION_REQUIRED);
                    }
                    return ask(transaction, intent, &method);
                }
                match then {
                    Some(decline) => refuse(transaction, intent, &method, decline),
                    None => take_money(transaction, intent, method),
                }
            }
            Behaviour::Debit(account) => self.debit(transaction, intent, &method, account),
        }
    }

    fn debit(
        &self,
        transaction: &mut Transaction<'_>,
        mut intent: Record,
        method: &Record,
        account: &TestIban,
    ) -> Result<Value, ApiError> {
        if intent.text("currency") != "eur" {
            return Err(ApiError::invalid("currency", "A SEPA direct debit is in eur."));
        }
        let mandate = match &self.mandate {
            Some(id) => Some(transaction.need("mandate", id, "mandate")?),
            None => saved_methods::live_mandate(transaction, method)?,
        };
        let mandate = mandate.filter(|mandate| {
            mandate.text("status") == "active" && mandate.body["payment_method"] == method.body["id"]
        });
        let Some(mandate) = mandate else {
            let message = "The mandate is invalid: the customer has to give a new one.";
            return Err(ApiError::coded("payment_intent_mandate_invalid", "payment_method", message));
        };
        confirmation::debit_account(transaction, &mut intent, method, account, mandate.text("id"))?;
        Ok(intent.body)
    }
}

fn take_money(transaction: &mut Transaction<'_>, mut intent: Record, mut method: Record) -> Result<Value, ApiError> {
    if let (true, Some(customer), true) = (
        intent.body["setup_future_usage"].is_string(),
        intent.body["customer"].as_str(),
        method.body["customer"].is_null(),
    ) {
        payment_methods::attach(transaction, &mut method, customer, "limited")?;
    }
    confirmation::take_money(transaction, &mut intent, &method)?;
    Ok(intent.body)
}

fn ask(transaction: &mut Transaction<'_>, mut intent: Record, method: &Record) -> Result<Value, ApiError> {
    intent.body["status"] = json!("requires_action");
    intent.body["payment_method"] = method.body["id"].clone();
    intent.body["last_payment_error"] = Value::Null;
    intent.body["next_action"] =
        json!({ "type": "use_stripe_sdk", "use_stripe_sdk": { "type": "three_d_secure_redirect" } });
    transaction.put(&intent)?;
    transaction.emit("payment_intent.requires_action", &intent.body)?;
    Ok(intent.body)
}

/// The customer passes or fails the bank's authentication.
pub(super) fn authenticate(transaction: &mut Transaction<'_>, id: &str, passed: bool) -> Result<Value, ApiError> {
    let mut intent = transaction.need("payment_intent", id, "intent")?;
    if intent.text("status") != "requires_action" || intent.body["next_action"]["type"] != "use_stripe_sdk" {
        return Err(ApiError::invalid("intent", "This payment intent asks nothing of its customer here."));
    }
    let method = transaction.need("payment_method", intent.text("payment_method"), "payment_method")?;
    intent.body["next_action"] = Value::Null;
    if !passed {
        confirmation::fail_authentication(transaction, &mut intent, &method)?;
        return Ok(intent.body);
    }
    intent.internal["authenticated"] = json!(true);
    match payment_methods::behaviour(&method) {
        Behaviour::Card(CardBehaviour::Authenticates(Some(decline)) | CardBehaviour::Declines(decline)) => {
            confirmation::decline_card(transaction, &mut intent, &method, decline)?;
            Ok(intent.body)
        }
        Behaviour::Card(CardBehaviour::Authenticates(None) | CardBehaviour::Succeeds) | Behaviour::Debit(_) => {
            take_money(transaction, intent, method)
        }
    }
}

/// The answer to the server's request: Stripe's error, with the intent that stays.
fn refuse(
    transaction: &mut Transaction<'_>,
    mut intent: Record,
    method: &Record,
    decline: Decline,
) -> Result<Value, ApiError> {
    confirmation::decline_card(transaction, &mut intent, method, decline)?;
    let mut error = intent.body["last_payment_error"].clone();
    error["payment_intent"] = intent.body;
    Ok(json!({ "error": error }))
}
