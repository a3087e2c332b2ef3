//! Bank transfers that lie at the provider for a customer, until they are applied or returned there.

use reqwest::Method;
use serde_json::{Value, json};
use testing::World;

async fn known(world: &World) -> (Value, String) {
    let cus =
        world.stripe_post("/customers", "email=known%40example.com").await.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "Known", "email": "known@example.com", "provider_ids": {"stripe": cus}});
    (world.ask(Method::POST, "/customers", Some(body)).await, cus)
}

async fn wires(world: &World, cus: &str, amount: i64) {
    world.stripe_control(&format!("/cash_balances/{cus}"), &json!({"amount": amount, "currency": "eur"})).await;
    world.drain().await;
}

/// What lies at the provider: whose it is, of our customers and the provider's, and how much.
async fn lies(world: &World) -> Vec<String> {
    let listed = world.ask(Method::GET, "/provider-cash", None).await;
    let told = listed["data"].as_array().unwrap().iter().map(|one| {
        let amounts: Vec<&str> =
            one["amounts"].as_array().unwrap().iter().map(|one| one["amount"].as_str().unwrap()).collect();
        format!("{} {}", one["customer_name"].as_str().unwrap_or("nobody"), amounts.join(" "))
    });
    let mut told: Vec<String> = told.collect();
    told.sort();
    told
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    format!("{} {}", now["status"].as_str().unwrap(), now["open"]["amount"].as_str().unwrap())
}

async fn unapplied(world: &World) -> Value {
    world.ask(Method::GET, "/unapplied", None).await["data"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_names_nothing_is_listed_until_it_is_applied_or_returned() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "40.00").await;
    wires(world, &cus, 5_000).await;
    assert_eq!(lies(world).await, ["Known 50.00"]);
    assert_eq!(
        (balance(world, &invoice).await.as_str(), unapplied(world).await),
        ("open 40.00", json!([])),
        "it is not ours yet"
    );

    // The business uses it at the provider: then it is a payment like any other.
    let order = json!({"amount": 4_000, "currency": "eur", "customer": cus});
    let intent = world.stripe_control("/bank_transfers", &order).await;
    let used = json!({"intent": intent["id"]});
    world.stripe_control(&format!("/cash_balances/{cus}/apply"), &used).await;
    world.drain().await;
    assert_eq!(
        (lies(world).await, balance(world, &invoice).await.as_str()),
        (vec!["Known 10.00".to_owned()], "paid 0.00")
    );

    world.stripe_control(&format!("/cash_balances/{cus}/return"), &json!({"amount": 1_000})).await;
    world.drain().await;
    assert!(lies(world).await.is_empty());
    assert_eq!(unapplied(world).await, json!([]));
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_more_than_was_asked_stays_there_and_strangers_are_listed_without_a_customer() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "40.00").await;
    let sent = json!({"amount": 4_000, "currency": "eur", "customer": cus, "funded": 4_700});
    world.stripe_control("/bank_transfers", &sent).await;
    world.drain().await;
    assert_eq!(
        (lies(world).await, balance(world, &invoice).await.as_str()),
        (vec!["Known 7.00".to_owned()], "paid 0.00")
    );
    let stranger = world.stripe_post("/customers", "email=stranger%40example.com").await.json();
    wires(world, stranger["id"].as_str().unwrap(), 2_000).await;
    assert_eq!(lies(world).await, ["Known 7.00", "nobody 20.00"]);
    // Once they are a customer of ours, the list says so.
    let body =
        json!({"name": "Met later", "email": "stranger@example.com", "provider_ids": {"stripe": stranger["id"]}});
    world.ask(Method::POST, "/customers", Some(body)).await;
    assert_eq!(lies(world).await, ["Known 7.00", "Met later 20.00"]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_does_not_matter_in_which_order_the_changes_are_heard_of() {
    let world = &World::new().await;
    world.chaos(json!({"drop": 100})).await;
    let (_, cus) = known(world).await;
    wires(world, &cus, 5_000).await;
    wires(world, &cus, 1_000).await;
    world.stripe_control(&format!("/cash_balances/{cus}/return"), &json!({"amount": 5_500})).await;
    assert!(lies(world).await.is_empty());
    // The last is listed first, and each comes twice.
    for event in world.stripe("/events?limit=100").await["data"].as_array().unwrap() {
        for _ in 0..2 {
            assert!(world.webhook(&event.to_string()).await.status.is_success());
        }
        world.drain().await;
    }
    assert_eq!(lies(world).await, ["Known 5.00"]);
    world.stripe_control(&format!("/cash_balances/{cus}/return"), &json!({"amount": 500})).await;
    world.advance(jiff::SignedDuration::from_hours(25));
    world.drain().await;
    assert!(lies(world).await.is_empty(), "the sweep has heard of it");
}
