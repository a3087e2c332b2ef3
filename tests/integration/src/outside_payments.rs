//! Payments that other programs of the business make on its account at the provider, and money that customers send by themselves.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

/// A customer whom Stripe knows, and Stripe's id of them.
async fn known(world: &World) -> (Value, String) {
    let cus =
        world.stripe_post("/customers", "email=known%40example.com").await.json()["id"].as_str().unwrap().to_owned();
    let body = json!({"name": "Known", "email": "known@example.com", "provider_ids": {"stripe": cus}});
    (world.ask(Method::POST, "/customers", Some(body)).await, cus)
}

/// An order of the business's web shop, paid by card at the same account.
async fn shop_order(world: &World, cus: Option<&str>, amount: i64) {
    let order = json!({"amount": amount, "currency": "eur", "customer": cus, "with_intent": true});
    world.stripe_control("/foreign_charge", &order).await;
    world.drain().await;
}

async fn transfer(world: &World, cus: Option<&str>, amount: i64, metadata: Value) {
    let sent = json!({"amount": amount, "currency": "eur", "customer": cus, "funded": amount, "metadata": metadata});
    world.stripe_control("/bank_transfers", &sent).await;
    world.drain().await;
}

async fn choose(world: &World, choice: &str) {
    let body = json!({"outside_payments": choice, "reason": "The shop has its own books"});
    let business = world.ask(Method::PATCH, "/business", Some(body)).await;
    assert_eq!(business["outside_payments"], choice);
}

async fn balance(world: &World, invoice: &Value) -> String {
    let now = world.invoice_now(invoice).await;
    format!("{} {}", now["status"].as_str().unwrap(), now["open"]["amount"].as_str().unwrap())
}

async fn listed(world: &World, list: &str) -> Vec<Value> {
    world.ask(Method::GET, list, None).await["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_of_the_shop_is_proposed_and_covers_nothing_by_itself() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "40.00").await;
    shop_order(world, Some(&cus), 5_000).await;
    assert_eq!(balance(world, &invoice).await, "open 40.00");
    let unapplied = listed(world, "/unapplied").await;
    assert_eq!(unapplied[0]["amount"]["amount"], "50.00");
    assert_eq!(unapplied[0]["proposals"][0]["amount"], "40.00", "{unapplied:?}");
    assert!(world.mails().await.is_empty(), "no receipt for what was only kept");
    // Nor does it cover what is issued later.
    let later = world.invoice(&customer, "EUR", "5.00").await;
    world.drain().await;
    assert_eq!(balance(world, &later).await, "open 5.00");
    // A person says that it was for the invoice.
    let path = format!("/unapplied/{}/apply", unapplied[0]["id"].as_str().unwrap());
    let parts = json!({"allocations": [{"invoice": invoice["id"], "amount": "40.00"}], "reason": "By phone"});
    world.ask(Method::POST, &path, Some(parts)).await;
    world.drain().await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00");
    assert_eq!(world.mails().await.len(), 1);
    assert_eq!(balance(world, &later).await, "open 5.00", "the rest is left to a person as well");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_covers_what_is_due_first_and_a_named_invoice_comes_before_that() {
    for by_number in [true, false] {
        let world = &World::new().await;
        let (customer, cus) = known(world).await;
        let first = world.invoice(&customer, "EUR", "40.00").await;
        let second = world.invoice(&customer, "EUR", "30.00").await;
        let name = if by_number { second["number"].clone() } else { second["id"].clone() };
        // Whose it is follows from the invoice.
        transfer(world, None, 3_500, json!({"guichet_invoice": name})).await;
        assert_eq!(balance(world, &second).await, "paid 0.00");
        assert_eq!(balance(world, &first).await, "open 40.00", "what the payment does not name");
        assert_eq!(listed(world, "/unapplied").await[0]["amount"]["amount"], "5.00");
        transfer(world, Some(&cus), 4_000, json!({})).await;
        assert_eq!(balance(world, &first).await, "paid 0.00");
        assert_eq!(world.mails().await.len(), 2);
        world.verify().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_names_an_invoice_nobody_owes_is_left_to_a_person() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let paid = world.invoice(&customer, "EUR", "30.00").await;
    transfer(world, Some(&cus), 3_000, json!({})).await;
    let open = world.invoice(&customer, "EUR", "30.00").await;
    let order = json!({"guichet_invoice": paid["number"]});
    transfer(world, None, 3_000, order).await;
    assert_eq!(balance(world, &paid).await, "paid 0.00");
    assert_eq!(balance(world, &open).await, "paid 0.00", "a transfer is for what is due");
    transfer(world, None, 2_000, json!({"guichet_invoice": "no such invoice"})).await;
    assert_eq!(listed(world, "/unidentified").await.len(), 1);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_business_may_have_them_applied_or_leave_them_aside() {
    let world = &World::new().await;
    let (customer, cus) = known(world).await;
    let invoice = world.invoice(&customer, "EUR", "40.00").await;
    choose(world, "apply").await;
    shop_order(world, Some(&cus), 1_000).await;
    assert_eq!(balance(world, &invoice).await, "partly_paid 30.00");
    choose(world, "ignore").await;
    shop_order(world, Some(&cus), 1_000).await;
    shop_order(world, None, 1_000).await;
    assert_eq!(balance(world, &invoice).await, "partly_paid 30.00");
    assert!(listed(world, "/unapplied").await.is_empty() && listed(world, "/unidentified").await.is_empty());
    transfer(world, Some(&cus), 3_000, json!({})).await;
    assert_eq!(balance(world, &invoice).await, "paid 0.00", "a transfer is no order of a shop");
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await.to_string();
    assert!(audit.contains("outside_payments"), "{audit}");
    let wrong = json!({"outside_payments": "sometimes", "reason": "Because"});
    let answer = world.api(Method::PATCH, "/business", Some(wrong)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("expected apply, propose or ignore"), "{}", answer.text);
    world.verify().await;
}
