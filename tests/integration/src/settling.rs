//! Money always finds its invoice: at once, or when something of the account becomes payable.

use std::time::Duration;

use jiff::SignedDuration;
use local_aws::table::faults::IndexLag;
use reqwest::Method;
use serde_json::{Value, json};
use stripe_sandbox::Condition;
use testing::World;

/// A customer whom Stripe knows, and Stripe's id of them.
async fn known(world: &World) -> (Value, String) {
    let cus =
        world.stripe_post("/customers", "email=known%40example.com").await.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "Known", "email": "known@example.com", "provider_ids": {"stripe": cus}});
    (world.ask(Method::POST, "/customers", Some(body)).await, cus)
}

/// The customer wires an amount, in cents, that nobody asked for on a page. Returns the intent.
async fn wire(world: &World, cus: &str, amount: i64) -> String {
    let order = json!({"amount": amount, "currency": "eur", "customer": cus, "funded": amount});
    let intent = world.stripe_control("/bank_transfers", &order).await;
    world.drain().await;
    intent["id"].as_str().unwrap().to_owned()
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    format!("{} {}", now["status"].as_str().unwrap(), now["open"]["amount"].as_str().unwrap())
}

/// What is unapplied in the business, by the API.
async fn unapplied(world: &World) -> Vec<String> {
    let listed = world.ask(Method::GET, "/unapplied", None).await;
    let amounts = listed["data"].as_array().unwrap().iter();
    amounts.map(|cash| cash["amount"]["amount"].as_str().unwrap().to_owned()).collect()
}

async fn opened_pages(world: &World) -> Vec<String> {
    let sessions = world.stripe("/checkout/sessions?limit=100").await;
    let mut all: Vec<String> =
        sessions["data"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap().to_owned()).collect();
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payer_who_looked_at_the_card_page_and_then_wired_has_paid() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "100.00").await;
    wire(world, &cus, 10_000).await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00");
    assert_eq!(opened_pages(world).await, ["expired"], "nobody can pay it a second time");
    assert_ne!(world.submit_hosted(pressed.location(), "4242424242424242").await.status, 303);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_cannot_be_closed_keeps_the_wire_waiting_only_until_it_is_over() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    world.press_pay(invoice["pay_url"].as_str().unwrap(), "100.00").await;
    world.drain().await;
    let later = world.now().saturating_add(SignedDuration::from_hours(6)).unwrap();
    world.local.sandbox.condition().begin(Condition::Unavailable, later);
    wire(world, &cus, 10_000).await;
    assert_eq!(balance(world, &invoice).await, "open 100.00");
    assert_eq!(unapplied(world).await, ["100.00"]);
    for _ in 0..3 {
        world.advance(SignedDuration::from_hours(24));
        world.drain().await;
    }
    assert_eq!(balance(world, &invoice).await, "paid 0.00");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_debit_that_fails_leaves_its_invoice_to_the_wire_that_came_meanwhile() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "100.00").await;
    // The sandbox's account from which the money never comes.
    world.pay_hosted(pressed.location(), "DE78370400440532013004").await;
    wire(world, &cus, 10_000).await;
    assert_eq!(unapplied(world).await, ["100.00"], "the invoice waits for the debit");
    for _ in 0..3 {
        world.advance(SignedDuration::from_hours(24 * 7));
        world.drain().await;
    }
    assert_eq!(balance(world, &invoice).await, "paid 0.00");
    assert!(unapplied(world).await.is_empty());
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_the_account_covers_the_next_invoice_unless_an_operator_left_it_there() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    wire(world, &cus, 10_000).await;
    let first = world.invoice(&customer, "EUR", "60.00").await;
    world.drain().await;
    assert_eq!(balance(world, &first).await, "paid 0.00");
    assert_eq!(unapplied(world).await, ["40.00"]);
    // An operator takes it off again: it stays, and only what nobody has decided on goes to the next invoice.
    let payment = world.ask(Method::GET, "/unapplied", None).await["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/payments/{payment}/unapply");
    let body = json!({"invoice": first["id"], "reason": "It is for the deposit"});
    world.ask(Method::POST, &path, Some(body)).await;
    world.drain().await;
    assert_eq!(balance(world, &first).await, "open 60.00");
    let second = world.invoice(&customer, "EUR", "50.00").await;
    world.drain().await;
    assert_eq!(balance(world, &second).await, "partly_paid 10.00");
    assert_eq!(unapplied(world).await, ["60.00"]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invoice_paid_twice_ends_the_same_whichever_payment_was_heard_first() {
    for order in [[10_000, 9_900], [9_900, 10_000]] {
        let world = &World::new().await;
        let (customer, cus) = known(world).await;
        let invoice = world.invoice(&customer, "EUR", "100.00").await;
        let mut less = String::new();
        for amount in order {
            let intent = wire(world, &cus, amount).await;
            if amount == 9_900 {
                less = intent;
            }
        }
        // Whether the refund is explained before it is made, or after it.
        let chosen = json!({"provider_refunds": "reopens", "reason": "The other is for the invoice"});
        world.ask(Method::PATCH, "/business", Some(chosen)).await;
        world.stripe_post("/refunds", &format!("payment_intent={less}")).await;
        world.drain().await;
        assert_eq!(balance(world, &invoice).await, "paid 0.00", "{order:?}");
        assert!(unapplied(world).await.is_empty(), "{order:?}");
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_asks_for_more_than_may_be_paid_is_closed() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "100.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    world.press_pay(pay_url, "100.00").await;
    world.drain().await;
    assert_eq!(opened_pages(world).await, ["open"]);
    let note = json!({"number": "CN-1", "customer": customer["id"], "currency": "EUR", "amount": "60.00", "issued_on": "2026-03-02", "reason": "Returned",
        "allocations": [{"invoice": invoice["id"], "amount": "60.00"}]});
    world.ask(Method::POST, "/credit-notes", Some(note)).await;
    world.drain().await;
    assert_eq!(opened_pages(world).await, ["expired"]);
    assert_eq!(balance(world, &invoice).await, "partly_paid 40.00");
    // A page that asks for no more than that stays.
    world.press_pay(pay_url, "20.00").await;
    world.drain().await;
    let note = json!({"number": "CN-2", "customer": customer["id"], "currency": "EUR", "amount": "10.00", "issued_on": "2026-03-02", "reason": "Returned",
        "allocations": [{"invoice": invoice["id"], "amount": "10.00"}]});
    world.ask(Method::POST, "/credit-notes", Some(note)).await;
    world.drain().await;
    assert_eq!(opened_pages(world).await, ["expired", "open"]);
    world.verify().await;
}

/// The list of open invoices is behind by so many writes that half of each step of the wire still stands in it as open, and the last
/// invoices are not in it yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wire_covers_three_hundred_invoices_on_a_list_that_is_behind() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let faults = world.local.table_faults();
    faults.lag_indexes(Some(IndexLag { writes: 60, at_most: Duration::from_hours(1) }));
    let mut invoices = Vec::new();
    for _ in 0..300 {
        invoices.push(world.invoice(&customer, "EUR", "10.00").await);
    }
    wire(world, &cus, 300_000).await;
    for _ in 0..3 {
        faults.catch_up();
        world.advance(SignedDuration::from_mins(5));
        world.drain().await;
    }
    let open = world.ask(Method::GET, &format!("/customers/{}/balance", customer["id"].as_str().unwrap()), None).await;
    assert_eq!(open["currencies"][0]["open"], "0.00", "{open}");
    assert!(unapplied(world).await.is_empty());
    faults.mend();
    world.verify().await;
}
