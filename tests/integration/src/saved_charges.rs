//! Saved payment methods that are charged while their owner is away: whatever becomes of the request, its answer or the worker, the money
//! is taken at most once, and the invoice is held for as long as it may have been.

use jiff::{SignedDuration, Timestamp};
use operations::Shards;
use receivables::PaymentId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::DueList;
use stripe_sandbox::{Condition, Refusal};
use testing::{Answer, Ending, World};

/// More calls than any request or invocation makes here.
const CALLS_MAX: usize = 80;
/// Calls lost in a row: more than the client tries.
const LOST: usize = 5;

/// A customer who exists at Stripe too.
async fn customer(world: &World) -> Value {
    let known = world.stripe_post("/customers", "name=Ada").await.json();
    let body =
        json!({"name": "Ada", "email": "ada@example.com", "locale": "en", "provider_ids": {"stripe": known["id"]}});
    world.ask(Method::POST, "/customers", Some(body)).await
}

fn at_stripe(customer: &Value) -> &str {
    customer["provider_ids"]["stripe"].as_str().unwrap()
}

/// A card that the customer has saved for charges while they are away, which from then on behaves as a test number.
async fn card(world: &World, customer: &Value, number: &str) -> String {
    let fields = format!("customer={}&payment_method=pm_card_visa&confirm=true&usage=off_session", at_stripe(customer));
    let setup = world.stripe_post("/setup_intents", &fields).await.json();
    let method = setup["payment_method"].as_str().unwrap_or_else(|| panic!("{setup:#}")).to_owned();
    if number != "4242424242424242" {
        world.stripe_control(&format!("/payment_methods/{method}"), &json!({"number": number})).await;
    }
    world.drain().await;
    method
}

/// An account that the customer has allowed to be debited, and its mandate.
async fn account(world: &World, customer: &Value, iban: &str) -> (String, String) {
    let back = "http%3A%2F%2F127.0.0.1%2Fback";
    let fields = format!("mode=setup&customer={}&success_url={back}&currency=eur", at_stripe(customer));
    let session = world.stripe_post("/checkout/sessions", &fields).await.json();
    world.submit_hosted(session["url"].as_str().unwrap(), iban).await;
    let session = world.stripe(&format!("/checkout/sessions/{}", session["id"].as_str().unwrap())).await;
    let setup = world.stripe(&format!("/setup_intents/{}", session["setup_intent"].as_str().unwrap())).await;
    world.drain().await;
    let text = |name: &str| setup[name].as_str().unwrap().to_owned();
    (text("payment_method"), text("mandate"))
}

fn charge(customer: &Value, invoice: &Value, amount: &str, method: &str) -> Value {
    json!({
        "customer": customer["id"], "currency": invoice["total"]["currency"], "payment_method": method,
        "allocations": [{"invoice": invoice["id"], "amount": amount}],
    })
}

async fn ask(world: &World, body: &Value, key: &str) -> Answer {
    world.api_with(Method::POST, "/payments", Some(body.clone()), &[("idempotency-key", key)]).await
}

/// Charges 31.00 and expects an answer with the payment.
async fn charged(world: &World, customer: &Value, invoice: &Value, method: &str) -> Value {
    let answer = ask(world, &charge(customer, invoice, "31.00", method), "one").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.json()
}

/// The statuses of all intents at Stripe, oldest first.
async fn intents(world: &World) -> Vec<String> {
    let listed = world.stripe("/payment_intents?limit=100").await["data"].as_array().unwrap().clone();
    listed.iter().rev().map(|intent| intent["status"].as_str().unwrap().to_owned()).collect()
}

async fn payment(world: &World, id: &Value) -> Value {
    world.payment_now(&id.as_str().unwrap().parse().unwrap()).await
}

/// Hours go by, and all that is due is done.
async fn comes_to_rest(world: &World) {
    world.chaos(json!({})).await;
    for _ in 0..3 {
        world.advance(SignedDuration::from_hours(2));
        world.drain().await;
    }
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_card_is_charged_once_and_the_invoice_is_paid_at_once() {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4242424242424242").await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    let paid = charged(world, &ada, &invoice, &method).await;
    assert_eq!((&paid["status"], &paid["instrument"]), (&json!("settled"), &json!("payment_method")));
    assert_eq!((&paid["payment_method"], &paid["checkout_url"]), (&json!(method), &Value::Null));
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    let again = ask(world, &charge(&ada, &invoice, "31.00", &method), "one").await;
    assert_eq!((again.json(), again.header("idempotent-replayed")), (paid.clone(), Some("true")));
    let another = ask(world, &charge(&ada, &invoice, "31.00", &method), "two").await;
    assert_eq!(another.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", another.text);
    comes_to_rest(world).await;
    assert_eq!(intents(world).await, ["succeeded"]);
    assert_eq!(world.mails().await.len(), 1, "one receipt");
    let intent = world.stripe("/payment_intents?limit=1").await["data"][0].clone();
    assert_eq!(intent["id"], payment(world, &paid["id"]).await["provider"]["intent"]);
    assert_eq!(intent["metadata"]["guichet_payment"], paid["id"]);
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await.to_string();
    assert!(audit.contains(&format!("\"after\":\"{method}\"")), "the audit says what was charged: {audit}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debit_is_on_its_way_for_days_and_holds_its_invoice() {
    let world = &World::new().await;
    let ada = customer(world).await;
    for (iban, status, open) in
        [("DE89370400440532013000", "settled", "0.00"), ("DE62370400440532013001", "failed", "31.00")]
    {
        let (method, _) = account(world, &ada, iban).await;
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        let answer = ask(world, &charge(&ada, &invoice, "31.00", &method), iban).await.json();
        assert_eq!(answer["status"], "processing", "{answer:#}");
        assert_eq!(world.invoice_now(&invoice).await["pending"]["amount"], "31.00");
        comes_to_rest(world).await;
        let after = payment(world, &answer["id"]).await;
        assert_eq!((&after["status"], after["decline"]["code"].is_null()), (&json!(status), status == "settled"));
        assert_eq!(world.invoice_now(&invoice).await["open"]["amount"], open);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_decline_says_what_to_do_and_a_method_that_is_over_is_not_tried_again() {
    let world = &World::new().await;
    let ada = customer(world).await;
    for (number, code, what_to_do, is_over) in [
        ("4000000000000002", "refused", "try_later", false),
        ("4000000000009995", "insufficient_funds", "try_later", false),
        ("4000000000006975", "over_limit", "try_later", false),
        ("4000000000000119", "bank_unavailable", "try_later", false),
        ("4000000000000127", "wrong_details", "use_another_method", false),
        ("4000000000000069", "expired", "use_another_method", true),
        ("4000000000009987", "barred", "use_another_method", true),
        ("4000000000009979", "barred", "use_another_method", true),
    ] {
        let method = card(world, &ada, number).await;
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        let body = charge(&ada, &invoice, "31.00", &method);
        let answer = ask(world, &body, number).await.json();
        let decline = &answer["decline"];
        assert_eq!((&answer["status"], &decline["code"]), (&json!("failed"), &json!(code)), "{number}: {answer:#}");
        assert_eq!((&decline["what_to_do"], &answer["next_payment"]), (&json!(what_to_do), &Value::Null), "{number}");
        let now = world.invoice_now(&invoice).await;
        assert_eq!((&now["open"]["amount"], &now["pending"]["amount"]), (&json!("31.00"), &json!("0.00")));
        let path = format!("/customers/{}/payment-methods", ada["id"].as_str().unwrap());
        let listed = world.ask(Method::GET, &path, None).await["data"].as_array().unwrap().clone();
        let listed = listed.iter().find(|known| known["id"] == *method).unwrap().clone();
        assert_eq!(listed["chargeable"], json!(!is_over), "{number}: {listed:#}");
        let tried = intents(world).await.len();
        let next = ask(world, &body, &format!("{number}-again")).await;
        if is_over {
            assert_eq!(next.status, StatusCode::UNPROCESSABLE_ENTITY, "{number}: {}", next.text);
            assert_eq!(next.json()["errors"][0]["field"], "payment_method");
            assert_eq!((&listed["declined_because"], intents(world).await.len()), (&json!(code), tried));
        } else {
            assert_eq!((next.status, intents(world).await.len()), (StatusCode::CREATED, tried + 1), "{number}");
        }
    }
    comes_to_rest(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_expired_is_charged_again_once_its_issuer_renewed_it() {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4000000000000069").await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    assert_eq!(charged(world, &ada, &invoice, &method).await["decline"]["code"], "expired");
    world.stripe_control(&format!("/payment_methods/{method}"), &json!({"number": "4242424242424242"})).await;
    world.stripe_post(&format!("/payment_methods/{method}"), "card[exp_year]=2045&card[exp_month]=5").await;
    world.drain().await;
    let paid = ask(world, &charge(&ada, &invoice, "31.00", &method), "renewed").await.json();
    assert_eq!(paid["status"], "settled", "{paid:#}");
    comes_to_rest(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_charge_that_needs_its_owner_is_given_up_and_asked_for_on_a_page() {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4000002760003184").await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    let answer = charged(world, &ada, &invoice, &method).await;
    assert_eq!((&answer["status"], &answer["decline"]["what_to_do"]), (&json!("failed"), &json!("ask_the_customer")));
    assert_eq!(answer["decline"]["code"], "authentication_required");
    assert_eq!(intents(world).await, ["canceled"], "nobody can confirm it behind the page's back");
    let next = payment(world, &answer["next_payment"]).await;
    assert_eq!((&next["status"], &next["checkout_url"]), (&json!("started"), &answer["checkout_url"]));
    assert_eq!(payment(world, &answer["id"]).await["checkout_url"], answer["checkout_url"]);
    world.drain().await;
    world.pay_hosted(answer["checkout_url"].as_str().unwrap(), "4242424242424242").await;
    comes_to_rest(world).await;
    assert_eq!(payment(world, &answer["next_payment"]).await["status"], "settled");
    assert_eq!(payment(world, &answer["id"]).await["status"], "failed");
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(intents(world).await, ["canceled", "succeeded"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn that_the_owner_is_needed_may_be_heard_hours_later_and_by_a_webhook_first() {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4000002760003184").await;
    for drop in [0, 100] {
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        world.chaos(json!({"drop": drop})).await;
        lose_answers(world, true).await;
        let answer = ask(world, &charge(&ada, &invoice, "31.00", &method), &format!("{drop}")).await.json();
        assert_eq!((&answer["status"], &answer["next_payment"]), (&json!("started"), &Value::Null));
        world.advance(SignedDuration::from_mins(10));
        world.drain().await;
        let now = payment(world, &answer["id"]).await;
        assert_eq!(now["decline"]["code"], "authentication_required", "{now:#}");
        let next = payment(world, &now["next_payment"]).await;
        assert_eq!((&next["status"], &next["checkout_url"]), (&json!("started"), &now["checkout_url"]));
        world.pay_hosted(now["checkout_url"].as_str().unwrap(), "4242424242424242").await;
    }
    comes_to_rest(world).await;
    assert_eq!(intents(world).await, ["canceled", "succeeded", "canceled", "succeeded"]);
}

/// The answers to the next requests are lost: so many as one request is tried.
async fn lose_answers(world: &World, carried_out: bool) {
    let lost = json!({"after": 0, "requests": 3, "status": 503, "carried_out": carried_out, "agent": "guichet/"});
    world.stripe_control("/outage", &lost).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_charged_is_refused_before_anything_is_held_or_asked() {
    let world = &World::new().await;
    let (ada, bob) = (customer(world).await, customer(world).await);
    let good = card(world, &ada, "4242424242424242").await;
    let of_bob = card(world, &bob, "4242424242424242").await;
    let shown = world
        .stripe_post("/payment_methods/pm_card_visa/attach", &format!("customer={}", at_stripe(&ada)))
        .await
        .json()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let removed = card(world, &ada, "4242424242424242").await;
    world.stripe_post(&format!("/payment_methods/{removed}/detach"), "").await;
    let (debit, _) = account(world, &ada, "DE89370400440532013000").await;
    let (revoked, mandate) = account(world, &ada, "DE89370400440532013000").await;
    world.stripe_control(&format!("/mandates/{mandate}"), &json!({"status": "inactive"})).await;
    world.drain().await;
    let (euros, dollars) = (world.invoice(&ada, "EUR", "31.00").await, world.invoice(&ada, "USD", "31.00").await);
    world.drain().await;
    for (what, invoice, amount, method, field) in [
        ("unknown", &euros, "31.00", "pm_unknown", "payment_method"),
        ("no id", &euros, "31.00", "a card", "payment_method"),
        ("of another customer", &euros, "31.00", &of_bob, "payment_method"),
        ("only to be shown again", &euros, "31.00", &shown, "payment_method"),
        ("removed", &euros, "31.00", &removed, "payment_method"),
        ("without its mandate", &euros, "31.00", &revoked, "payment_method"),
        ("an account in another currency", &dollars, "31.00", &debit, "payment_method"),
        ("too little", &euros, "0.20", &good, "allocations"),
        ("more than is open", &euros, "31.01", &good, "allocations[0].amount"),
    ] {
        let answer = ask(world, &charge(&ada, invoice, amount, method), &what.replace(' ', "-")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{what}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{what}: {}", answer.text);
        assert_eq!(world.invoice_now(invoice).await["pending"]["amount"], "0.00", "{what}");
    }
    assert_eq!(intents(world).await, Vec::<String>::new());
    let path = format!("/customers/{}/payment-methods", ada["id"].as_str().unwrap());
    let listed = world.ask(Method::GET, &path, None).await["data"].as_array().unwrap().clone();
    let reason = |method: &str| {
        let found = listed.iter().find(|known| known["id"] == *method).unwrap();
        (found["chargeable"].as_bool().unwrap(), found["reason"].as_str().unwrap_or_default().to_owned())
    };
    for (method, expected) in [
        (&good, (true, "")),
        (&debit, (true, "")),
        (&shown, (false, "no_consent")),
        (&removed, (false, "payment_method_removed")),
        (&revoked, (false, "mandate_ended")),
    ] {
        assert_eq!(reason(method), (expected.0, expected.1.to_owned()));
    }
    let look = listed.iter().find(|known| known["id"] == *good).unwrap();
    assert_eq!((&look["brand"], &look["last4"], &look["kind"]), (&json!("visa"), &json!("4242"), &json!("card")));
    comes_to_rest(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_saved_with_a_payment_may_be_charged_only_if_it_was_saved_for_that() {
    let world = &World::new().await;
    let ada = customer(world).await;
    for (usage, status) in [("on_session", StatusCode::UNPROCESSABLE_ENTITY), ("off_session", StatusCode::CREATED)] {
        let fields = format!(
            "amount=500&currency=eur&customer={}&payment_method=pm_card_visa&confirm=true&setup_future_usage={usage}",
            at_stripe(&ada)
        );
        let saved = world.stripe_post("/payment_intents", &fields).await.json();
        let method = saved["payment_method"].as_str().unwrap_or_else(|| panic!("{saved:#}")).to_owned();
        world.drain().await;
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        let answer = ask(world, &charge(&ada, &invoice, "31.00", &method), usage).await;
        assert_eq!(answer.status, status, "{usage}: {}", answer.text);
    }
    comes_to_rest(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_page_is_closed_first_and_a_charge_under_way_lets_nobody_else_pay() {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4242424242424242").await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    let pressed = world.press_pay(pay_url, "31.00").await;
    // The page is closed; then the charge is not answered.
    let lost = json!({"after": 1, "requests": 3, "status": 503, "carried_out": false, "agent": "guichet/"});
    world.stripe_control("/outage", &lost).await;
    let answer = charged(world, &ada, &invoice, &method).await;
    assert_eq!(answer["status"], "started", "{answer:#}");
    let closed = world.submit_hosted(pressed.location(), "4242424242424242").await;
    assert_ne!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text);
    let second = ask(world, &charge(&ada, &invoice, "31.00", &method), "two").await;
    assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", second.text);
    let page = world.get(pay_url).await;
    assert!(!page.text.contains("name=\"amount\""), "nothing is left to pay: {}", page.text);
    let id: PaymentId = answer["id"].as_str().unwrap().parse().unwrap();
    let context = &world.local.state.context;
    let known = context.store.payment(&world.local.business, &id).await.unwrap().unwrap();
    let address = context.links.payment_url(&known);
    let page = world.get(&address).await;
    assert!(page.text.contains("Your saved payment method is being charged"), "{}", page.text);
    assert!(!page.text.contains("Continue to payment") && intents(world).await.is_empty(), "looking charges nothing");
    comes_to_rest(world).await;
    assert_eq!(payment(world, &answer["id"]).await["status"], "settled");
    assert_eq!(intents(world).await, ["succeeded"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_lost_for_hours_is_asked_for_under_the_same_key() {
    for carried_out in [false, true] {
        for drop in [0, 100] {
            let world = &World::new().await;
            let ada = customer(world).await;
            let method = card(world, &ada, "4242424242424242").await;
            let invoice = world.invoice(&ada, "EUR", "31.00").await;
            world.chaos(json!({"drop": drop})).await;
            lose_answers(world, carried_out).await;
            let answer = charged(world, &ada, &invoice, &method).await;
            assert_eq!(answer["status"], "started", "{answer:#}");
            assert_eq!(intents(world).await.len(), usize::from(carried_out));
            world.advance(SignedDuration::from_hours(19));
            world.drain().await;
            let now = payment(world, &answer["id"]).await;
            assert_eq!(now["status"], "settled", "carried out: {carried_out}, webhooks dropped: {drop} %");
            assert_eq!(intents(world).await, ["succeeded"]);
            comes_to_rest(world).await;
            assert_eq!(world.mails().await.len(), 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_key_may_be_forgotten_the_list_says_whether_there_is_a_charge() {
    for carried_out in [false, true] {
        let world = &World::new().await;
        let ada = customer(world).await;
        let method = card(world, &ada, "4242424242424242").await;
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        world.chaos(json!({"drop": 100})).await;
        lose_answers(world, carried_out).await;
        let answer = charged(world, &ada, &invoice, &method).await;
        let id: PaymentId = answer["id"].as_str().unwrap().parse().unwrap();
        let poll = async || {
            world.make_due(&id).await;
            world.run_due().await.unwrap();
            world.payment_now(&id).await["status"].as_str().unwrap().to_owned()
        };
        // The key is not surely known any more, and a late request under it might still be on its way.
        world.advance(SignedDuration::from_mins(20 * 60 + 30));
        assert_eq!(poll().await, if carried_out { "settled" } else { "started" });
        if !carried_out {
            world.advance(SignedDuration::from_hours(1));
            assert_eq!(poll().await, "cancelled", "no charge is in the list, so there is none");
            assert_eq!(world.invoice_now(&invoice).await["pending"]["amount"], "0.00");
        }
        comes_to_rest(world).await;
        let expected: &[&str] = if carried_out { &["succeeded"] } else { &[] };
        assert_eq!(intents(world).await, expected, "it was not requested again");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_may_have_been_charged_is_given_up_while_the_list_is_not_read() {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4242424242424242").await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    world.chaos(json!({"drop": 100})).await;
    world.local.sandbox.condition().begin(Condition::TimesOutAfterwards, Timestamp::MAX);
    let answer = charged(world, &ada, &invoice, &method).await;
    for hours in [1, 10, 30, 72, 24 * 30] {
        world.advance(SignedDuration::from_hours(hours));
        world.run_due().await.unwrap();
        let now = world.invoice_now(&invoice).await;
        assert_eq!(now["pending"]["amount"], "31.00", "after {hours} hours more");
    }
    world.local.sandbox.condition().end();
    comes_to_rest(world).await;
    assert_eq!(payment(world, &answer["id"]).await["status"], "settled");
    assert_eq!(intents(world).await, ["succeeded"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_in_flight_or_turned_away_is_made_again() {
    let in_flight = Refusal {
        request: "POST payment_intents",
        having: "",
        status: 409,
        kind: "invalid_request_error",
        code: "idempotency_key_in_use",
        param: "",
    };
    for (what, condition) in
        [("429", Some(Condition::RateLimited)), ("401", Some(Condition::KeyRefused)), ("409", None)]
    {
        let world = &World::new().await;
        let ada = customer(world).await;
        let method = card(world, &ada, "4242424242424242").await;
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        match condition {
            Some(condition) => world.local.sandbox.condition().begin(condition, Timestamp::MAX),
            None => world.local.sandbox.refusal().begin(in_flight, Timestamp::MAX),
        }
        let answer = charged(world, &ada, &invoice, &method).await;
        assert_eq!(answer["status"], "started", "{what}: {answer:#}");
        world.advance(SignedDuration::from_mins(10));
        world.run_due().await.unwrap();
        assert_eq!(world.invoice_now(&invoice).await["pending"]["amount"], "31.00", "{what}");
        match condition {
            Some(_) => world.local.sandbox.condition().end(),
            None => world.local.sandbox.refusal().end(),
        }
        comes_to_rest(world).await;
        assert_eq!(payment(world, &answer["id"]).await["status"], "settled", "{what}");
        assert_eq!(intents(world).await, ["succeeded"], "{what}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_refuses_of_the_request_is_an_answer_and_never_a_defect_of_ours() {
    for (status, code, param, expected) in [
        (400, "resource_missing", "payment_method", ("method_removed", "use_another_method")),
        (400, "resource_missing", "customer", ("method_removed", "use_another_method")),
        (400, "payment_intent_mandate_invalid", "payment_method", ("not_authorised", "use_another_method")),
        (402, "insufficient_funds", "", ("insufficient_funds", "try_later")),
        (402, "authentication_required", "", ("authentication_required", "ask_the_customer")),
        (400, "capability_not_active", "", ("provider_refused", "check_the_provider_account")),
        (400, "a_code_of_tomorrow", "", ("provider_refused", "check_the_provider_account")),
    ] {
        let world = &World::new().await;
        let ada = customer(world).await;
        let method = card(world, &ada, "4242424242424242").await;
        let invoice = world.invoice(&ada, "EUR", "31.00").await;
        let kind = if status == 402 { "card_error" } else { "invalid_request_error" };
        let refusal = Refusal { request: "POST payment_intents", having: "off_session", status, kind, code, param };
        world.local.sandbox.refusal().begin(refusal, Timestamp::MAX);
        let answer = charged(world, &ada, &invoice, &method).await;
        let decline = (answer["decline"]["code"].as_str().unwrap(), answer["decline"]["what_to_do"].as_str().unwrap());
        assert_eq!((answer["status"].as_str().unwrap(), decline), ("failed", expected), "{code}");
        world.local.sandbox.refusal().end();
        assert_eq!(answer["checkout_url"].is_string(), code == "authentication_required", "{code}");
        world.drain().await;
        world.verify().await;
        let over = ["method_removed", "not_authorised"].contains(&expected.0);
        let other = world.invoice(&ada, "EUR", "31.00").await;
        let next = ask(world, &charge(&ada, &other, "31.00", &method), "next").await;
        assert_eq!(next.status == StatusCode::UNPROCESSABLE_ENTITY, over, "{code}: {}", next.text);
    }
}

/// Requests a charge while the calls after the first `after` are lost, and repeats the request later. Says whether any was lost.
async fn charges_once_in_spite_of(after: usize, carried_out: bool) -> bool {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, "4242424242424242").await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    world.drain().await;
    let body = charge(&ada, &invoice, "31.00", &method);
    world.calls.break_after(after, LOST, carried_out);
    ask(world, &body, "one").await;
    let broke = world.calls.broke();
    world.calls.mend();
    for _ in 0..2 {
        world.advance(SignedDuration::from_hours(2));
        world.drain().await;
    }
    let again = ask(world, &body, "one").await;
    assert_eq!(again.status, StatusCode::CREATED, "after {after}, carried out: {carried_out}: {}", again.text);
    comes_to_rest(world).await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid", "after {after}, carried out: {carried_out}");
    assert_eq!(intents(world).await, ["succeeded"], "after {after}, carried out: {carried_out}");
    assert_eq!(world.invoice_now(&invoice).await["pending"]["amount"], "0.00");
    broke
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_loses_any_of_its_calls_charges_once() {
    for carried_out in [false, true] {
        let mut after = 0;
        while charges_once_in_spite_of(after, carried_out).await {
            after += 1;
            assert!(after < CALLS_MAX, "the request does not end");
        }
        assert!(after > 6, "only {after} calls");
    }
}

/// The shard in which the only payment is due.
async fn shard_of_the_payment(world: &World) -> u64 {
    let store = &world.local.state.context.store;
    for shard in 0..DueList::Payments.shards() {
        if !store.due(DueList::Payments, shard, world.now(), 1).await.unwrap().is_empty() {
            return shard.into();
        }
    }
    panic!("no payment is due")
}

/// Asks about a charge whose answer was lost, while the timer is ended in the middle. Says whether it was.
async fn timer_is_ended(number: &str, ending: Ending) -> bool {
    let world = &World::new().await;
    let ada = customer(world).await;
    let method = card(world, &ada, number).await;
    let invoice = world.invoice(&ada, "EUR", "31.00").await;
    world.drain().await;
    world.chaos(json!({"drop": 100})).await;
    lose_answers(world, true).await;
    let answer = charged(world, &ada, &invoice, &method).await;
    world.advance(SignedDuration::from_mins(10));
    let shard = shard_of_the_payment(world).await;
    let run = world.invocations.run_timer(&world.local, Shards::Turn(shard), ending).await;
    let (_, ended) = world.invocations.met();
    assert_eq!(run.is_none(), ended == 1);
    world.invocations.mend();
    world.advance(SignedDuration::from_hours(1));
    world.drain().await;
    let now = payment(world, &answer["id"]).await;
    if number == "4242424242424242" {
        assert_eq!(now["status"], "settled", "{ending:?}");
    } else {
        assert_eq!(now["decline"]["code"], "authentication_required", "{ending:?}");
        world.pay_hosted(now["checkout_url"].as_str().unwrap(), "4242424242424242").await;
    }
    comes_to_rest(world).await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid", "{ending:?}");
    let taken = intents(world).await.iter().filter(|status| *status == "succeeded").count();
    assert_eq!(taken, 1, "{ending:?}");
    ended == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timer_is_ended_at_any_call_while_it_asks_about_a_charge() {
    for number in ["4242424242424242", "4000002760003184"] {
        for carried_out in [false, true] {
            let mut after = 0;
            while timer_is_ended(number, Ending { after, carried_out }).await {
                after += 1;
                assert!(after < CALLS_MAX, "the timer does not end");
            }
            assert!(after > 4, "only {after} calls");
        }
    }
}
