//! Payment methods and mandates, as far as Stripe shows them.
//!
//! Only a published test number is stored, because it decides how the method behaves. Of any other number only the last four
//! digits are stored.

use jiff::ToSpan;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::api_error::ApiError;
use super::database::{Record, Transaction};
use super::form::Params;
use super::listing::{self, Page};
use super::test_numbers::{self, CardBehaviour, FollowUp, NOT_A_TEST_CARD, TestIban};

/// The customer's entries, checked.
#[derive(Clone, Debug)]
pub(super) enum Instrument {
    Card {
        number: String,
        exp_month: i8,
        exp_year: i16,
    },
    SepaDebit(&'static TestIban),
    /// The customer sends the money: there is nothing to charge.
    BankTransfer,
}

/// The outcome of a payment with a stored method.
#[derive(Clone, Copy, Debug)]
pub(super) enum Behaviour {
    Card(CardBehaviour),
    Debit(&'static TestIban),
}

pub(super) fn create(
    transaction: &Transaction<'_>,
    instrument: &Instrument,
    email: Option<&str>,
    name: Option<&str>,
) -> Result<Record, ApiError> {
    let mut body = json!({
        "id": transaction.new_id("pm_1", 23)?,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {
            "address": {
                "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null
            },
            "email": email,
            "name": name,
            "phone": null,
            "tax_id": null,
        },
        "created": transaction.now.as_second(),
        "customer": null,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
    });
    let known_number = match instrument {
        Instrument::Card { number, exp_month, exp_year } => {
            body["type"] = json!("card");
            body["card"] = card(number, *exp_month, *exp_year);
            test_numbers::test_card(number).map(|card| card.number)
        }
        Instrument::SepaDebit(account) => {
            body["type"] = json!("sepa_debit");
            body["sepa_debit"] = json!({
                "bank_code": account.iban.get(4..12),
                "branch_code": "",
                "country": account.iban.get(..2),
                "fingerprint": fingerprint(account.iban),
                "generated_from": { "charge": null, "setup_attempt": null },
                "last4": last4(account.iban),
            });
            Some(account.iban)
        }
        Instrument::BankTransfer => {
            body["type"] = json!("customer_balance");
            body["customer_balance"] = json!({});
            None
        }
    };
    let method = Record { body, internal: json!({ "number": known_number }) };
    transaction.put(&method)?;
    Ok(method)
}

fn card(number: &str, exp_month: i8, exp_year: i16) -> Value {
    let known = test_numbers::test_card(number);
    let brand = known.map_or_else(|| guessed_brand(number), |card| card.brand);
    json!({
        "brand": brand,
        "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
        "country": known.map_or("US", |card| card.country),
        "display_brand": brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": fingerprint(number),
        "funding": known.map_or("unknown", |card| card.funding),
        "generated_from": null,
        "last4": last4(number),
        "networks": { "available": [brand], "preferred": null },
        "regulated_status": "unregulated",
        "three_d_secure_usage": { "supported": true },
        "wallet": null,
    })
}

fn guessed_brand(number: &str) -> &'static str {
    match number.as_bytes() {
        [b'4', ..] => "visa",
        [b'5', b'1'..=b'5', ..] | [b'2', b'2'..=b'7', ..] => "mastercard",
        [b'3', b'4' | b'7', ..] => "amex",
        _ => "unknown",
    }
}

fn last4(number: &str) -> &str {
    number.get(number.len().saturating_sub(4)..).unwrap_or_default()
}

fn fingerprint(number: &str) -> String {
    let digest = Sha256::digest(format!("sandbox fingerprint|{number}"));
    hex::encode(digest.get(..8).unwrap_or_default())
}

pub(super) fn behaviour(method: &Record) -> Behaviour {
    let number = method.internal["number"].as_str().unwrap_or_default();
    match (test_numbers::test_card(number), test_numbers::test_iban(number)) {
        (Some(card), _) => Behaviour::Card(card.behaviour),
        (None, Some(account)) => Behaviour::Debit(account),
        (None, None) => Behaviour::Card(CardBehaviour::Declines(NOT_A_TEST_CARD)),
    }
}

/// What a payment with a stored method causes afterwards.
pub(super) fn follow_up(method: &Record) -> FollowUp {
    let number = method.internal["number"].as_str().unwrap_or_default();
    match (test_numbers::test_card(number), test_numbers::test_iban(number)) {
        (Some(card), _) => card.follow_up,
        (None, Some(account)) => account.follow_up,
        (None, None) => FollowUp::Nothing,
    }
}

/// Whether the issuer wants authentication when the method is charged without the customer.
pub(super) fn asks_again(method: &Record) -> bool {
    match method.internal["number"].as_str().unwrap_or_default() {
        test_numbers::ASKS_ON_SETUP => method.internal["set_up"] != true,
        test_numbers::ALREADY_SET_UP => false,
        _ => true,
    }
}

/// Whether a method that is declined when charged can be saved all the same.
pub(super) fn can_be_kept(method: &Record) -> bool {
    method.internal["number"] == test_numbers::DECLINES_ONLY_CHARGES
}

/// Saves a method for a customer's next payments.
pub(super) fn attach(
    transaction: &mut Transaction<'_>,
    method: &mut Record,
    customer: &str,
    allow_redisplay: &str,
) -> Result<(), ApiError> {
    method.body["customer"] = json!(customer);
    method.body["allow_redisplay"] = json!(allow_redisplay);
    transaction.put(method)?;
    transaction.emit("payment_method.attached", &method.body)
}

/// The customer's authority for direct debits, or for the one of this intent.
pub(super) fn create_mandate(
    transaction: &Transaction<'_>,
    method: &Record,
    only_for: Option<&Record>,
) -> Result<String, ApiError> {
    let multi_use = only_for.is_none();
    let id = transaction.new_id("mandate_1", 23)?;
    let reference = transaction.new_id("", 16)?.to_ascii_uppercase();
    let body = json!({
        "id": id,
        "object": "mandate",
        "customer_acceptance": {
            "accepted_at": transaction.now.as_second(),
            "online": { "ip_address": "127.0.0.1", "user_agent": null },
            "type": "online",
        },
        "livemode": false,
        "multi_use": if multi_use { json!({}) } else { Value::Null },
        "payment_method": method.text("id"),
        "payment_method_details": {
            "sepa_debit": { "reference": reference, "url": format!("{}/dev/stripe/v1/mandates/{id}", transaction.origin) },
            "type": "sepa_debit",
        },
        "single_use": only_for.map(|intent| json!({
            "amount": intent.body["amount"], "currency": intent.body["currency"],
        })),
        "status": "active",
        "type": if multi_use { "multi_use" } else { "single_use" },
    });
    transaction.put(&Record { body, internal: Value::Null })?;
    Ok(id)
}

/// A charge's description of its method.
pub(super) fn details(transaction: &Transaction<'_>, intent: &Record, method: &Record, mandate: Option<&str>) -> Value {
    if method.text("type") == "sepa_debit" {
        let debited_on = transaction.now.to_zoned(TimeZone::UTC).date().saturating_add(5.days());
        let mut debit = method.body["sepa_debit"].clone();
        debit["mandate"] = json!(mandate);
        debit["expected_debit_date"] = json!(debited_on.to_string());
        if let Some(debit) = debit.as_object_mut() {
            debit.remove("generated_from");
        }
        return json!({ "sepa_debit": debit, "type": "sepa_debit" });
    }
    if method.text("type") != "card" {
        let kind = method.text("type");
        return json!({ kind: {}, "type": kind });
    }
    let mut card = method.body["card"].clone();
    card["network"] = card["brand"].clone();
    card["amount_authorized"] = intent.body["amount"].clone();
    card["authorization_code"] = Value::Null;
    card["installments"] = Value::Null;
    card["mandate"] = Value::Null;
    card["network_token"] = json!({ "used": false });
    card["network_transaction_id"] = Value::Null;
    card["three_d_secure"] = if intent.internal["authenticated"] == true {
        json!({
            "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": null,
            "result": "authenticated", "result_reason": null, "transaction_id": null, "version": "2.2.0",
        })
    } else {
        Value::Null
    };
    if let Some(card) = card.as_object_mut() {
        for field in ["display_brand", "generated_from", "networks", "three_d_secure_usage"] {
            card.remove(field);
        }
    }
    json!({ "card": card, "type": "card" })
}

pub(super) fn list_of_customer(
    transaction: &Transaction<'_>,
    customer: &str,
    mut params: Params,
) -> Result<Value, ApiError> {
    let page = Page::take(&mut params)?;
    let kind = params.text("type")?;
    let allow_redisplay = params.choice("allow_redisplay", &["always", "limited", "unspecified"])?;
    params.finish()?;
    transaction.need("customer", customer, "customer")?;
    let url = format!("/v1/customers/{customer}/payment_methods");
    listing::list(transaction, "payment_method", &url, &page, |method| {
        method["customer"] == customer
            && listing::matches(kind.as_deref(), &method["type"])
            && listing::matches(allow_redisplay, &method["allow_redisplay"])
    })
}

/// Detaches a method from its customer. It cannot be used again.
pub(super) fn detach(transaction: &mut Transaction<'_>, mut method: Record) -> Result<Record, ApiError> {
    let before = json!({ "customer": method.body["customer"] });
    method.body["customer"] = Value::Null;
    method.internal["detached"] = json!(true);
    transaction.put(&method)?;
    transaction.emit_change("payment_method.detached", &method.body, &before)?;
    Ok(method)
}

/// Detaches all methods of a customer.
pub(super) fn detach_all(transaction: &mut Transaction<'_>, customer: &str) -> Result<(), ApiError> {
    for id in transaction.ids_where("payment_method", "customer", customer)? {
        let method = transaction.need("payment_method", &id, "payment_method")?;
        detach(transaction, method)?;
    }
    Ok(())
}
