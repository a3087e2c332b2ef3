//! Checkout sessions in payment and in setup mode.
//!
//! As at Stripe, a session has no payment intent until the customer first confirms, and does not copy its metadata to it. It
//! has a setup intent from the start.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::api_error::ApiError;
use super::checkout_lines::{self, Lines};
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::{customers, money, payment_intents, setup_intents};

/// The transition that ends a session nobody paid.
pub(super) const EXPIRY: &str = "session_expiry";

const EXPIRY_DEFAULT: SignedDuration = SignedDuration::from_hours(24);
const EXPIRY_MIN: SignedDuration = SignedDuration::from_mins(30);
const REFERENCE_CHARS_MAX: usize = 200;

const LOCALES: &[&str] = &[
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr", "fr-CA", "hr", "hu",
    "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt", "pt-BR", "ro", "ru", "sk", "sl", "sv",
    "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];
const SAVE_WORDS: &[&str] = &["enabled", "disabled"];

/// The requested session, without its lines.
struct Terms {
    success_url: String,
    cancel_url: Option<String>,
    client_reference_id: Option<String>,
    customer: Option<String>,
    customer_email: Option<String>,
    locale: Option<&'static str>,
    metadata: BTreeMap<String, String>,
    payment_method_types: Vec<String>,
    submit_type: Option<&'static str>,
    expires_at: i64,
    adaptive_pricing: bool,
    save: Option<&'static str>,
    remove: Option<&'static str>,
    redisplay: Vec<String>,
    intent: Value,
}

pub(super) fn create(transaction: &mut Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    match params.text("mode")?.as_deref() {
        Some("payment") => {}
        Some("setup") => return create_setup(transaction, params),
        Some(other) => {
            return Err(ApiError::invalid("mode", format!("This sandbox has no sessions in {other} mode.")));
        }
        None => return Err(ApiError::missing_param("mode")),
    }
    let terms = Terms::take(transaction, &mut params)?;
    let lines = Lines::take(&mut params)?;
    params.finish()?;
    let types = payment_method_types(&terms.payment_method_types, &lines.currency)?;
    let email = known_email(transaction, &terms)?;
    let id = transaction.new_id("cs_test_a1", 56)?;
    let mut body = terms.body(&id, transaction);
    body["amount_subtotal"] = json!(lines.total);
    body["amount_total"] = json!(lines.total);
    body["currency"] = json!(lines.currency);
    body["payment_method_types"] = json!(types);
    body["customer_details"] = email.map_or(Value::Null, |email| customer_details(Some(&email), None));
    let internal = json!({ "intent": terms.intent, "lines": lines.bodies(transaction)? });
    let session = Record { body, internal };
    transaction.put(&session)?;
    transaction.later(EXPIRY, &id, terms.expires_at.saturating_sub(transaction.now.as_second()))?;
    Ok(session.body)
}

/// A session that saves a method for later, and charges nothing.
fn create_setup(transaction: &mut Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let currency = params.text("currency")?.map(|text| money::currency(&text, "currency")).transpose()?;
    let (mut description, mut metadata) = (None, BTreeMap::new());
    if let Some(mut data) = params.tree("setup_intent_data")? {
        description = data.text("description")?;
        metadata = data.metadata()?;
        data.finish()?;
    }
    let terms = Terms::take(transaction, &mut params)?;
    params.finish()?;
    let types = payment_method_types(&terms.payment_method_types, currency.as_deref().unwrap_or("eur"))?;
    let email = known_email(transaction, &terms)?;
    let id = transaction.new_id("cs_test_c1", 56)?;
    let setup = setup_intents::Terms {
        customer: terms.customer.clone(),
        description,
        metadata,
        payment_method_types: types.clone(),
        usage: "off_session",
        session: Some(id.clone()),
    };
    let setup = setup_intents::open(transaction, &setup)?;
    let mut body = terms.body(&id, transaction);
    body["mode"] = json!("setup");
    body["amount_subtotal"] = Value::Null;
    body["amount_total"] = Value::Null;
    body["currency"] = json!(currency);
    body["payment_method_types"] = json!(types);
    body["payment_status"] = json!("no_payment_required");
    body["setup_intent"] = setup.body["id"].clone();
    body["customer_details"] = email.map_or(Value::Null, |email| customer_details(Some(&email), None));
    let session = Record { body, internal: json!({ "lines": [] }) };
    transaction.put(&session)?;
    transaction.later(EXPIRY, &id, terms.expires_at.saturating_sub(transaction.now.as_second()))?;
    Ok(session.body)
}

impl Terms {
    fn take(transaction: &Transaction<'_>, params: &mut Params) -> Result<Self, ApiError> {
        params.choice("ui_mode", &["hosted", "hosted_page"])?;
        let success_url = params.required_text("success_url")?;
        check_url(&success_url, "success_url")?;
        let cancel_url = params.text("cancel_url")?;
        if let Some(url) = &cancel_url {
            check_url(url, "cancel_url")?;
        }
        let client_reference_id = params.text("client_reference_id")?;
        if client_reference_id.as_ref().is_some_and(|reference| reference.chars().count() > REFERENCE_CHARS_MAX) {
            let message = format!("A reference can have up to {REFERENCE_CHARS_MAX} characters.");
            return Err(ApiError::invalid("client_reference_id", message));
        }
        let (customer, customer_email) = (params.text("customer")?, params.text("customer_email")?);
        if customer.is_some() && customer_email.is_some() {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            return Err(ApiError::invalid("customer_email", message));
        }
        if let Some(address) = customer_email.as_ref().filter(|address| !address.is_ascii() || !address.contains('@')) {
            return Err(ApiError::coded(
                "email_invalid",
                "customer_email",
                format!("Invalid email address: {address}"),
            ));
        }
        let (mut save, mut remove, mut redisplay) = (None, None, Vec::new());
        if let Some(mut options) = params.tree("saved_payment_method_options")? {
            save = options.choice("payment_method_save", SAVE_WORDS)?;
            remove = options.choice("payment_method_remove", SAVE_WORDS)?;
            redisplay = options.texts("allow_redisplay_filters")?;
            options.finish()?;
        }
        let mut adaptive_pricing = false;
        if let Some(mut pricing) = params.tree("adaptive_pricing")? {
            adaptive_pricing = pricing.flag("enabled")?.unwrap_or_default();
            pricing.finish()?;
        }
        Ok(Self {
            success_url,
            cancel_url,
            client_reference_id,
            customer,
            customer_email,
            locale: params.choice("locale", LOCALES)?,
            metadata: params.metadata()?,
            payment_method_types: params.texts("payment_method_types")?,
            submit_type: params.choice("submit_type", &["auto", "book", "donate", "pay"])?,
            expires_at: take_expiry(transaction, params)?,
            adaptive_pricing,
            save,
            remove,
            redisplay,
            intent: take_intent_data(params)?,
        })
    }

    fn body(&self, id: &str, transaction: &Transaction<'_>) -> Value {
        let mut body = json!({
            "id": id,
            "object": "checkout.session",
            "adaptive_pricing": { "enabled": self.adaptive_pricing },
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "created": transaction.now.as_second(),
            "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null
            },
            "customer": self.customer,
            "customer_creation": if self.customer.is_some() { Value::Null } else { json!("if_required") },
            "customer_email": self.customer_email,
            "expires_at": self.expires_at,
            "invoice_creation": { "enabled": false, "invoice_data": {
                "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
                "metadata": {}, "rendering_options": null,
            } },
            "livemode": false,
            "locale": self.locale,
            "metadata": self.metadata,
            "mode": "payment",
            "payment_method_collection": "if_required",
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_status": "unpaid",
            "phone_number_collection": { "enabled": false },
            "saved_payment_method_options": {
                "allow_redisplay_filters": if self.redisplay.is_empty() { json!(["always"]) } else { json!(self.redisplay) },
                "payment_method_remove": self.remove.unwrap_or("disabled"),
                "payment_method_save": self.save,
            },
            "shipping_options": [],
            "status": "open",
            "submit_type": self.submit_type,
            "success_url": self.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page",
            "url": format!("{}/dev/stripe/pay/{id}", transaction.origin),
        });
        for field in ABSENT {
            body[*field] = Value::Null;
        }
        body
    }
}

/// Fields that a session has at Stripe and never here.
const ABSENT: &[&str] = &[
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "customer_account",
    "discounts",
    "integration_identifier",
    "invoice",
    "origin_context",
    "payment_intent",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
    "wallet_options",
];

fn take_intent_data(params: &mut Params) -> Result<Value, ApiError> {
    let Some(mut data) = params.tree("payment_intent_data")? else { return Ok(json!({ "metadata": {} })) };
    let intent = json!({
        "description": data.text("description")?,
        "metadata": data.metadata()?,
        "receipt_email": data.text("receipt_email")?,
        "setup_future_usage": data.choice("setup_future_usage", &["off_session", "on_session"])?,
    });
    data.finish()?;
    Ok(intent)
}

fn take_expiry(transaction: &Transaction<'_>, params: &mut Params) -> Result<i64, ApiError> {
    let now = transaction.now.as_second();
    let latest = now.saturating_add(EXPIRY_DEFAULT.as_secs());
    let earliest = now.saturating_add(EXPIRY_MIN.as_secs());
    let expires_at = params.integer("expires_at")?.unwrap_or(latest);
    if (earliest..=latest).contains(&expires_at) {
        Ok(expires_at)
    } else {
        let message =
            "The `expires_at` timestamp must be between 30 minutes and 24 hours after the session is created.";
        Err(ApiError::invalid("expires_at", message))
    }
}

fn check_url(url: &str, param: &str) -> Result<(), ApiError> {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.is_empty() || url.chars().any(|letter| letter.is_whitespace() || letter.is_control()) {
        return Err(ApiError::coded("url_invalid", param, "Not a valid URL"));
    }
    Ok(())
}

/// The kinds of method to offer: those requested, or all that fit the currency.
fn payment_method_types(wanted: &[String], currency: &str) -> Result<Vec<String>, ApiError> {
    let fitting: &[&str] = if currency == "eur" { &["card", "sepa_debit"] } else { &["card"] };
    if let Some(other) = wanted.iter().find(|kind| !fitting.contains(&kind.as_str())) {
        let message = format!("The payment method type {other} is not available here for {currency}.");
        return Err(ApiError::invalid("payment_method_types", message));
    }
    if wanted.is_empty() { Ok(fitting.iter().map(|kind| (*kind).to_owned()).collect()) } else { Ok(wanted.to_vec()) }
}

fn known_email(transaction: &Transaction<'_>, terms: &Terms) -> Result<Option<String>, ApiError> {
    let Some(customer) = &terms.customer else { return Ok(terms.customer_email.clone()) };
    let customer = customers::need_live(transaction, customer)?;
    Ok(customer.body["email"].as_str().map(str::to_owned))
}

pub(super) fn customer_details(email: Option<&str>, name: Option<&str>) -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null
        },
        "business_name": null,
        "email": email,
        "individual_name": null,
        "name": name,
        "phone": null,
        "tax_exempt": "none",
        "tax_ids": [],
    })
}

pub(super) fn list(transaction: &Transaction<'_>, mut params: Params) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let customer = params.text("customer")?;
    let intent = params.text("payment_intent")?;
    let status = params.choice("status", &["complete", "expired", "open"])?;
    params.finish()?;
    listing::list(transaction, "checkout.session", "/v1/checkout/sessions", &page, |session| {
        listing::matches(customer.as_deref(), &session["customer"])
            && listing::matches(intent.as_deref(), &session["payment_intent"])
            && listing::matches(status, &session["status"])
    })
}

pub(super) fn list_lines(transaction: &Transaction<'_>, id: &str, mut params: Params) -> Result<Value, ApiError> {
    let limit = params.integer("limit")?.unwrap_or(10);
    let limit = usize::try_from(limit).ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| ApiError::invalid("limit", "Limit must be between 1 and 100."))?;
    let starting_after = params.text("starting_after")?;
    params.finish()?;
    checkout_lines::page(transaction, id, limit, starting_after.as_deref())
}

pub(super) fn expire(transaction: &mut Transaction<'_>, id: &str, params: Params) -> Result<Value, ApiError> {
    params.finish()?;
    let session = transaction.need("checkout.session", id, "session")?;
    if session.text("status") != "open" {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of {}.",
            session.text("status")
        );
        return Err(ApiError::invalid("", message));
    }
    Ok(expire_open(transaction, session)?.body)
}

/// Expires a session at its time, unless it was completed meanwhile.
pub(super) fn expire_unpaid(transaction: &mut Transaction<'_>, id: &str) -> Result<(), ApiError> {
    match transaction.find("checkout.session", id)? {
        Some(session) if session.text("status") == "open" => expire_open(transaction, session).map(|_| ()),
        Some(_) | None => Ok(()),
    }
}

fn expire_open(transaction: &mut Transaction<'_>, mut session: Record) -> Result<Record, ApiError> {
    session.body["status"] = json!("expired");
    session.body["url"] = Value::Null;
    transaction.put(&session)?;
    transaction.emit("checkout.session.expired", &session.body)?;
    if let Some(intent) = transaction.find("payment_intent", session.text("payment_intent"))? {
        payment_intents::cancel_open(transaction, intent, "expired")?;
    }
    Ok(session)
}

/// Completes a session, paid or with the money still on its way.
pub(super) fn complete(
    transaction: &mut Transaction<'_>,
    session: &mut Record,
    payment_status: &str,
    customer_details: Value,
) -> Result<(), ApiError> {
    session.body["status"] = json!("complete");
    session.body["payment_status"] = json!(payment_status);
    session.body["url"] = Value::Null;
    session.body["customer_details"] = customer_details;
    transaction.put(session)?;
    transaction.emit("checkout.session.completed", &session.body)
}

/// The address the customer returns to after a session is complete.
pub(super) fn return_address(session: &Record) -> String {
    session.text("success_url").replace("{CHECKOUT_SESSION_ID}", session.text("id"))
}
