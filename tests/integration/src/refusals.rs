//! What the provider refuses is heard: the payment goes on without it, the payer or the business is asked, or it is tried again.
//! Nobody who wants to pay sees a defect of ours.

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use stripe_sandbox::Refusal;
use testing::World;

use crate::alarms::{take_alarms, watch_for_alarms};

/// A refusal of every page that is to be opened.
const PAGE: Refusal = Refusal {
    request: "POST checkout/sessions",
    having: "",
    status: 400,
    kind: "invalid_request_error",
    code: "",
    param: "",
};

fn begin(world: &World, refusal: Refusal) {
    world.local.sandbox.refusal().begin(refusal, Timestamp::MAX);
}

async fn session(world: &World, hosted: &str) -> Value {
    world.stripe(&format!("/checkout/sessions/{}", hosted.rsplit('/').next().unwrap())).await
}

/// The reasons of the open reviews, each with what it is about.
async fn reviews(world: &World) -> Vec<(String, Value)> {
    let listed = world.ask(Method::GET, "/reviews", None).await["data"].as_array().unwrap().clone();
    listed.iter().map(|one| (one["reason"].as_str().unwrap().to_owned(), one["provider_object"].clone())).collect()
}

async fn customer(world: &World, email: &str, stripe: &str) -> Value {
    let body = json!({"name": "Ada", "email": email, "locale": "en", "provider_ids": {"stripe": stripe}});
    world.ask(Method::POST, "/customers", Some(body)).await
}

fn payment_of(customer: &Value, invoice: &Value, amount: &str) -> Value {
    let allocations = json!([{"invoice": invoice["id"], "amount": amount}]);
    json!({"customer": customer["id"], "currency": "EUR", "allocations": allocations})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_id_that_stripe_does_not_know_keeps_nobody_from_paying() {
    let world = &World::new().await;
    let ada = customer(world, "ada@example.com", "cus_gone").await;
    let invoice = world.invoice(&ada, "EUR", "75.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let pressed = world.press_pay(pay_url, "75.00").await;
    let opened = session(world, pressed.location()).await;
    assert_eq!((&opened["customer"], &opened["customer_email"]), (&Value::Null, &json!("ada@example.com")));
    assert_eq!(reviews(world).await, [("customer_refused".to_owned(), json!("cus_gone"))]);

    let page = world.pay_hosted(pressed.location(), "4242424242424242").await;
    assert!(page.text.contains("Thank you, your payment has arrived"), "{}", page.text);
    world.drain().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    world.drain().await;
    world.verify().await;
    let review = world.ask(Method::GET, "/reviews", None).await["data"][0].clone();
    assert_eq!((&review["amount"]["amount"], &review["customer"]), (&json!("75.00"), &ada["id"]), "{review:#}");
    let path = format!("/reviews/{}/close", review["id"].as_str().unwrap());
    world.ask(Method::POST, &path, Some(json!({"reason": "The id is corrected"}))).await;
    assert_eq!(reviews(world).await, []);
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_the_business_starts_goes_on_without_the_customer_too() {
    let world = &World::new().await;
    let ada = customer(world, "ada@example.com", "cus_gone").await;
    let invoice = world.invoice(&ada, "EUR", "75.00").await;
    let started = world.ask(Method::POST, "/payments", Some(payment_of(&ada, &invoice, "75.00"))).await;
    assert_eq!(started["status"], "started");
    world.pay_hosted(started["checkout_url"].as_str().unwrap(), "4242424242424242").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(reviews(world).await, [("customer_refused".to_owned(), json!("cus_gone"))]);
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_opened_without_the_customer_is_opened_once() {
    let world = &World::new().await;
    let ada = customer(world, "ada@example.com", "cus_gone").await;
    let invoice = world.invoice(&ada, "EUR", "75.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let form = world.get(pay_url).await.field("payment");
    let press = async || world.post(pay_url, &[("payment", &form), ("amount", "75.00")]).await;
    // The refusal is heard; then the answer to the second order is lost each time.
    let lost = json!({"after": 1, "requests": 3, "carried_out": true, "agent": "guichet/"});
    world.stripe_control("/outage", &lost).await;
    assert_eq!(press().await.status, StatusCode::SERVICE_UNAVAILABLE);
    let pressed = press().await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.text);
    let sessions = world.stripe("/checkout/sessions").await;
    assert_eq!(sessions["data"].as_array().unwrap().len(), 1, "the second order has one key of its own");
    assert_eq!(reviews(world).await.len(), 1);
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_stripe_refuses_keeps_nobody_from_paying() {
    let world = &World::new().await;
    for (ids, expected) in
        [(json!({}), vec!["email_refused"]), (json!({"stripe": "cus_gone"}), vec!["customer_refused", "email_refused"])]
    {
        let body = json!({"name": "Ada", "email": "billing@société.example", "provider_ids": ids});
        let ada = world.ask(Method::POST, "/customers", Some(body)).await;
        let invoice = world.invoice(&ada, "EUR", "75.00").await;
        let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
        let opened = session(world, pressed.location()).await;
        assert_eq!((&opened["customer"], &opened["customer_email"]), (&Value::Null, &Value::Null));
        let listed = world.ask(Method::GET, "/reviews", None).await["data"].as_array().unwrap().clone();
        let mine = listed.iter().filter(|review| review["customer"] == ada["id"]);
        let mut reasons: Vec<&str> = mine.map(|review| review["reason"].as_str().unwrap()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, expected);
    }
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_the_customer_has_at_stripe_is_left_out_with_the_customer() {
    let world = &World::new().await;
    let known = world.stripe_post("/customers", "name=Ada").await.json()["id"].as_str().unwrap().to_owned();
    begin(world, Refusal { having: "customer", code: "email_invalid", ..PAGE });
    let ada = customer(world, "ada@example.com", &known).await;
    let invoice = world.invoice(&ada, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    let opened = session(world, pressed.location()).await;
    assert_eq!((&opened["customer"], &opened["customer_email"]), (&Value::Null, &json!("ada@example.com")));
    assert_eq!(reviews(world).await, [("customer_refused".to_owned(), json!(known))]);
    world.drain().await;
    world.verify().await;
}

/// A refusal of a page, and what comes of it: at the pay page the status and a sentence in either language, at the API the status
/// and the type of the problem, and for the business a review.
struct Case {
    refusal: Refusal,
    page: (u16, &'static str, &'static str),
    api: (u16, &'static str),
    review: Option<&'static str>,
    alarm: bool,
}

const TOLD: (u16, &str, &str) = (503, "We have been told", "Nous en avons été informés");
const LATER: (u16, &str, &str) = (503, "not available for a moment", "momentanément indisponible");

fn cases() -> Vec<Case> {
    let refused = (422, "provider_refused");
    let coded = |code| Refusal { code, ..PAGE };
    let case = |refusal, page, api, review, alarm| Case { refusal, page, api, review, alarm };
    let less = (422, "does not take so much at once", "ne prend pas autant en une fois");
    let more = (422, "does not take so little", "ne prend pas si peu");
    let other = (422, "does not take this card or account", "pas cette carte ou ce compte");
    let changed = (409, "has just changed", "vient de changer");
    let later = (503, "unavailable");
    vec![
        case(coded("amount_too_large"), less, refused, None, false),
        case(coded("amount_too_small"), more, refused, None, false),
        case(Refusal { status: 402, kind: "card_error", ..coded("card_declined") }, other, refused, None, false),
        case(coded("currency_not_supported"), TOLD, refused, Some("page_refused#currency_not_supported"), true),
        case(coded("testmode_charges_only"), TOLD, refused, Some("page_refused#testmode_charges_only"), true),
        case(coded("a_code_of_tomorrow"), TOLD, refused, Some("page_refused#a_code_of_tomorrow"), true),
        case(PAGE, TOLD, refused, Some("page_refused#invalid_request_error"), true),
        // Nothing is left that the order could do without.
        case(coded("email_invalid"), TOLD, refused, Some("page_refused#email_invalid"), true),
        case(coded("parameter_unknown"), TOLD, refused, None, true),
        case(coded("url_invalid"), TOLD, (503, "misconfigured"), None, true),
        case(Refusal { status: 401, ..coded("api_key_expired") }, TOLD, (503, "misconfigured"), None, true),
        case(Refusal { status: 403, ..PAGE }, TOLD, (503, "misconfigured"), None, true),
        case(Refusal { kind: "idempotency_error", ..PAGE }, changed, (409, "contended"), None, false),
        case(Refusal { status: 429, ..coded("rate_limit") }, LATER, later, None, false),
        case(Refusal { status: 409, ..coded("idempotency_key_in_use") }, LATER, later, None, false),
        case(coded("lock_timeout"), LATER, later, None, false),
        case(Refusal { status: 503, kind: "api_error", ..PAGE }, LATER, later, None, false),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reaction_is_played_at_the_pay_page() {
    watch_for_alarms();
    let world = &World::new().await;
    for Case { refusal, page: (status, english, french), review, alarm, .. } in cases() {
        for (locale, sentence) in [("en", english), ("fr", french)] {
            let body = json!({"name": "Ada", "locale": locale});
            let payer = world.ask(Method::POST, "/customers", Some(body)).await;
            let invoice = world.invoice(&payer, "EUR", "75.00").await;
            let pay_url = invoice["pay_url"].as_str().unwrap();
            let form = world.get(pay_url).await.field("payment");
            let fields = [("payment", form.as_str()), ("amount", "75.00")];
            let press = async || world.post_with(pay_url, &fields, &[("accept-language", locale)]).await;
            drop(take_alarms());
            begin(world, refusal);
            let answer = press().await;
            assert_eq!(answer.status.as_u16(), status, "{refusal:?}: {}", answer.text);
            assert!(answer.text.contains(sentence), "{refusal:?}: {}", answer.text);
            assert_eq!(!take_alarms().is_empty(), alarm, "{refusal:?}");
            let listed = world.ask(Method::GET, "/reviews", None).await["data"].as_array().unwrap().clone();
            let mine = listed.iter().filter(|one| one["customer"] == payer["id"]);
            let names: Vec<&str> = mine.map(|one| one["name"].as_str().unwrap()).collect();
            assert_eq!(names, Vec::from_iter(review), "{refusal:?}");

            // Once it is mended, the same form leads to the provider's page.
            world.local.sandbox.refusal().end();
            let again = press().await;
            assert_eq!(again.status, StatusCode::SEE_OTHER, "{refusal:?}: {}", again.text);
            assert!(again.location().contains("/dev/stripe/pay/"), "{refusal:?}: {}", again.location());
        }
    }
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reaction_is_played_at_the_api() {
    let world = &World::new().await;
    let payer = world.ask(Method::POST, "/customers", Some(json!({"name": "Ada"}))).await;
    for (number, Case { refusal, api: (status, kind), .. }) in cases().into_iter().enumerate() {
        let invoice = world.invoice(&payer, "EUR", "75.00").await;
        let body = payment_of(&payer, &invoice, "75.00");
        let key = format!("payment-{number}");
        let start =
            async || world.api_with(Method::POST, "/payments", Some(body.clone()), &[("idempotency-key", &key)]).await;
        begin(world, refusal);
        let refused = start().await;
        assert_eq!(refused.status.as_u16(), status, "{refusal:?}: {}", refused.text);
        assert_eq!(refused.json()["type"], format!("urn:guichet:problem:{kind}"), "{refusal:?}");
        world.local.sandbox.refusal().end();
        let again = start().await;
        assert_eq!(again.status, StatusCode::CREATED, "{refusal:?}: {}", again.text);
        assert!(again.json()["checkout_url"].is_string(), "{refusal:?}: {}", again.text);
    }
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_of_a_payment_shows_what_is_known_where_stripe_refuses_to_be_asked() {
    let world = &World::new().await;
    let ada = world.customer("en").await;
    let invoice = world.invoice(&ada, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    let opened = session(world, pressed.location()).await;
    for (status, code) in [(401, "api_key_expired"), (404, "resource_missing"), (429, "rate_limit"), (500, "")] {
        begin(world, Refusal { request: "GET checkout/sessions", status, code, ..PAGE });
        let page = world.get(opened["success_url"].as_str().unwrap()).await;
        assert_eq!(page.status, StatusCode::OK, "{code}: {}", page.text);
        assert!(page.text.contains("Continue to payment"), "{code}: {}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_is_refused_for_good_or_waits() {
    let world = &World::new().await;
    let refund = Refusal { request: "POST refunds", ..PAGE };
    for (refusal, status, expected) in [
        (Refusal { code: "charge_disputed", ..refund }, 201, "refused"),
        (Refusal { code: "balance_insufficient", ..refund }, 201, "refused"),
        (Refusal { code: "parameter_missing", ..refund }, 201, "refused"),
        (Refusal { code: "lock_timeout", ..refund }, 201, "pending"),
        (Refusal { status: 429, code: "rate_limit", ..refund }, 201, "pending"),
        (Refusal { kind: "idempotency_error", ..refund }, 422, "pending"),
        (Refusal { status: 401, code: "api_key_expired", ..refund }, 503, "pending"),
    ] {
        let customer = world.customer("en").await;
        let invoice = world.invoice(&customer, "EUR", "75.00").await;
        let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
        let payment = session(world, pressed.location()).await["metadata"]["guichet_payment"].clone();
        world.pay_hosted(pressed.location(), "4242424242424242").await;
        begin(world, refusal);
        let path = format!("/payments/{}", payment.as_str().unwrap());
        let body = json!({"amount": "30.00", "reason": "Returned goods"});
        let ordered = world.api(Method::POST, &format!("{path}/refunds"), Some(body)).await;
        assert_eq!(ordered.status.as_u16(), status, "{refusal:?}: {}", ordered.text);
        let now = world.ask(Method::GET, &path, None).await;
        assert_eq!(now["refunds"][0]["status"], expected, "{refusal:?}: {now:#}");
        world.local.sandbox.refusal().end();
    }
    let refused = reviews(world).await.iter().filter(|(reason, _)| reason == "refund_refused").count();
    assert_eq!(refused, 3);
    world.drain().await;
    world.verify().await;
}
