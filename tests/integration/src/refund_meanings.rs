//! What refunds mean: ordered here, made at the provider, explained by a person, failed.

use jiff::SignedDuration;
use receivables::PaymentId;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

/// An invoice of 75.00, paid from its link.
async fn paid(world: &World, locale: &str, number: &str) -> (Value, Value, String) {
    let customer = world.customer(locale).await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), number).await;
    world.drain().await;
    let store = &world.local.state.context.store;
    let id = invoice["id"].as_str().unwrap().parse().unwrap();
    let payment: PaymentId = store.payments_of_invoice(&world.local.business, &id).await.unwrap().remove(0);
    (customer, invoice, payment.to_string())
}

async fn order(world: &World, payment: &str, body: Value) -> Value {
    world.ask(Method::POST, &format!("/payments/{payment}/refunds"), Some(body)).await
}

/// A refund in the provider's dashboard. Says its id.
async fn refund_at_provider(world: &World, amount: u32) -> String {
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    let made = world.stripe_post("/refunds", &format!("charge={charge}&amount={amount}")).await.json();
    world.drain().await;
    made["id"].as_str().unwrap().to_owned()
}

async fn choose(world: &World, choice: &str) {
    let body = json!({"provider_refunds": choice, "reason": "Our shop does them"});
    assert_eq!(world.ask(Method::PATCH, "/business", Some(body)).await["provider_refunds"], choice);
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    let amount = |name: &str| now[name]["amount"].as_str().unwrap().to_owned();
    let [open, asked, payable] = ["open", "in_question", "payable_online"].map(amount);
    format!("{} {open}, {asked} in question, {payable} payable", now["status"].as_str().unwrap())
}

async fn reviews(world: &World) -> Vec<Value> {
    world.ask(Method::GET, "/reviews", None).await["data"].as_array().unwrap().clone()
}

async fn credit_notes(world: &World, customer: &Value) -> Vec<Value> {
    let path = format!("/credit-notes?customer={}", customer["id"].as_str().unwrap());
    world.ask(Method::GET, &path, None).await["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_credits_unless_it_is_said_to_reopen() {
    let world = &World::new().await;
    let (customer, invoice, payment) = paid(world, "en", "4242424242424242").await;
    let body = json!({"amount": "30.00", "credit_note_number": "CN-7", "reason": "One piece came back"});
    let ordered = order(world, &payment, body).await;
    let refund = &ordered["refunds"][0];
    assert_eq!((&refund["meaning"], &refund["status"]), (&json!("credits"), &json!("succeeded")), "{ordered:#}");
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00, 0.00 in question, 0.00 payable");
    let notes = credit_notes(world, &customer).await;
    assert_eq!((&notes[0]["number"], &notes[0]["amount"]["amount"]), (&json!("CN-7"), &json!("30.00")));
    assert_eq!((&notes[0]["id"], &notes[0]["reason"]), (&refund["credit_note"], &json!("One piece came back")));
    assert_eq!(notes[0]["allocations"][0]["invoice"], invoice["id"], "{notes:#?}");

    // The statement shows both on one day, and they come to nothing.
    let path = format!("/customers/{}/statement", customer["id"].as_str().unwrap());
    let statement = world.ask(Method::GET, &path, None).await;
    let lines = statement["statements"][0]["lines"].as_array().unwrap().clone();
    let told = |line: &Value| format!("{} {}", line["kind"].as_str().unwrap(), line["change"].as_str().unwrap());
    let told: Vec<String> = lines.iter().map(told).collect();
    let expected = [
        "invoice_issued 75.00",
        "payment_applied -75.00",
        "cash_moved 0.00",
        "credit_note_issued -30.00",
        "payment_refunded 30.00",
    ];
    assert_eq!(told, expected, "{statement:#}");
    assert_eq!(lines[3]["on"], lines[4]["on"]);
    assert_eq!(statement["statements"][0]["balance"], "0.00");

    let taken = json!({"amount": "5.00", "credit_note_number": "CN-7", "reason": "More"});
    let taken = world.api(Method::POST, &format!("/payments/{payment}/refunds"), Some(taken)).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", taken.text);
    assert!(taken.text.contains("credit_note_number"), "{}", taken.text);

    order(world, &payment, json!({"amount": "20.00", "meaning": "reopens", "reason": "Paid to the wrong account"}))
        .await;
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "partly_paid 20.00, 0.00 in question, 20.00 payable");
    assert_eq!(credit_notes(world, &customer).await.len(), 1);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_of_a_refund_that_fails_goes_to_what_the_customer_owes() {
    let world = &World::new().await;
    let (customer, invoice, payment) = paid(world, "en", "4000000000005126").await;
    order(world, &payment, json!({"amount": "30.00", "reason": "One piece came back"})).await;
    world.drain().await;
    let other = world.invoice(&customer, "EUR", "50.00").await;
    world.drain().await;
    assert_eq!(balance(world, &other).await, "open 50.00, 0.00 in question, 50.00 payable");
    world.advance(SignedDuration::from_mins(5));
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00, 0.00 in question, 0.00 payable");
    assert_eq!(balance(world, &other).await, "partly_paid 20.00, 0.00 in question, 20.00 payable");
    assert_eq!(reviews(world).await[0]["reason"], "refund_failed");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_of_a_refund_that_is_refused_goes_to_what_the_customer_owes() {
    let world = &World::new().await;
    let (customer, invoice, payment) = paid(world, "en", "4242424242424242").await;
    // What was refunded at the provider meanwhile, and nobody has heard of, cannot be refunded again.
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    world.chaos(json!({"drop": 100})).await;
    world.stripe_post("/refunds", &format!("charge={charge}&amount=7000")).await;
    let other = world.invoice(&customer, "EUR", "10.00").await;
    let ordered = order(world, &payment, json!({"amount": "10.00", "reason": "One piece came back"})).await;
    assert_eq!(ordered["refunds"][0]["status"], "refused", "{ordered:#}");
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00, 0.00 in question, 0.00 payable");
    assert_eq!(balance(world, &other).await, "paid 0.00, 0.00 in question, 0.00 payable");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_made_at_the_provider_asks_nobody_to_pay_until_a_person_has_answered() {
    for locale in ["en", "fr"] {
        let world = &World::new().await;
        let (customer, invoice, payment) = paid(world, locale, "4242424242424242").await;
        let refund = refund_at_provider(world, 2_500).await;
        world.advance(SignedDuration::from_hours(24 * 60));
        world.drain().await;
        assert_eq!(balance(world, &invoice).await, "partly_paid 25.00, 25.00 in question, 0.00 payable");
        assert_eq!(world.invoice_now(&invoice).await["overdue"], false);
        let page = world.get(invoice["pay_url"].as_str().unwrap()).await;
        let words = if locale == "en" { "looking at it" } else { "examinons ce montant" };
        assert!(page.text.contains(words), "{}", page.text);
        assert!(!page.text.contains("name=\"amount\""), "{}", page.text);
        let body = json!({"customer": customer["id"], "currency": "EUR", "allocations": [{"invoice": invoice["id"], "amount": "25.00"}]});
        let started = world.api(Method::POST, "/payments", Some(body)).await;
        assert_eq!(started.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", started.text);

        let review = &reviews(world).await[0];
        assert_eq!((&review["reason"], &review["amount"]["amount"]), (&json!("provider_refund"), &json!("25.00")));
        assert_eq!(review["provider_object"], refund.as_str());
        let close = format!("/reviews/{}/close", review["id"].as_str().unwrap());
        let closed = world.api(Method::POST, &close, Some(json!({"reason": "Seen"}))).await;
        assert!(!closed.status.is_success() && closed.text.contains("what the refund means"), "{}", closed.text);
        world.verify().await;

        let path = format!("/payments/{payment}/refunds/{refund}/meaning");
        let answer = |meaning: &str| Some(json!({"meaning": meaning, "reason": "The goods came back"}));
        let (first, second) = if locale == "en" { ("credits", "reopens") } else { ("reopens", "credits") };
        for _ in 0..2 {
            let answered = world.ask(Method::POST, &path, answer(first)).await;
            assert_eq!(answered["refunds"][0]["meaning"], first, "{answered:#}");
        }
        let other = world.api(Method::POST, &path, answer(second)).await;
        assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.text);
        assert!(other.text.contains(&format!("it was said before that the refund {first}")), "{}", other.text);
        world.drain().await;
        assert!(reviews(world).await.is_empty());
        let notes = credit_notes(world, &customer).await;
        if first == "credits" {
            assert_eq!(balance(world, &invoice).await, "paid 0.00, 0.00 in question, 0.00 payable");
            assert_eq!(notes[0]["amount"]["amount"], "25.00");
        } else {
            assert_eq!(balance(world, &invoice).await, "partly_paid 25.00, 0.00 in question, 25.00 payable");
            assert_eq!(world.invoice_now(&invoice).await["overdue"], true);
            assert!(notes.is_empty());
        }
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_made_at_the_provider_means_what_the_business_has_chosen() {
    for (choice, then) in [
        ("credits", "paid 0.00, 0.00 in question, 0.00 payable"),
        ("reopens", "partly_paid 25.00, 0.00 in question, 25.00 payable"),
    ] {
        let world = &World::new().await;
        choose(world, choice).await;
        let (customer, invoice, _) = paid(world, "en", "4242424242424242").await;
        refund_at_provider(world, 2_500).await;
        assert_eq!(balance(world, &invoice).await, then);
        assert!(reviews(world).await.is_empty());
        assert_eq!(credit_notes(world, &customer).await.len(), usize::from(choice == "credits"));
        world.verify().await;
    }
    let world = &World::new().await;
    let wrong = json!({"provider_refunds": "sometimes", "reason": "Because"});
    let refused = world.api(Method::PATCH, "/business", Some(wrong)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("expected ask, credits or reopens"), "{}", refused.text);
}
