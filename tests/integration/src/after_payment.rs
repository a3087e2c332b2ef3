//! What follows a payment reaches the program as Stripe would send it, in its time, and settling leaves none of it over.

use jiff::SignedDuration;
use serde_json::{Value, json};
use testing::World;

/// The charge of a new invoice, paid from its link.
async fn pay(world: &World, number: &str) -> Value {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    world.pay_hosted(pressed.location(), number).await;
    world.drain().await;
    world.stripe("/charges?limit=1").await["data"][0].clone()
}

/// The types of the events there are, newest first. Every one has been delivered and taken.
async fn events_taken(world: &World) -> Vec<String> {
    let events = world.stripe("/events?limit=100").await;
    let events = events["data"].as_array().unwrap();
    assert!(events.iter().all(|event| event["pending_webhooks"] == 0), "settled means that nothing waits");
    events.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_that_comes_back_is_told_of_in_its_time() {
    let world = World::new().await;
    let charge = pay(&world, "4000000000005126").await;
    let refund = world.stripe_post("/refunds", &format!("charge={}", charge["id"].as_str().unwrap())).await.json();
    world.drain().await;
    assert_eq!(events_taken(&world).await[..2], ["charge.refunded", "refund.created"]);
    world.advance(SignedDuration::from_mins(3));
    world.drain().await;
    world.verify().await;
    assert_eq!(events_taken(&world).await[0], "refund.failed");
    let refund = world.stripe(&format!("/refunds/{}", refund["id"].as_str().unwrap())).await;
    assert_eq!(refund["status"], "failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dispute_follows_its_payment_and_ends_by_the_clock() {
    let world = World::new().await;
    pay(&world, "4000000000000259").await;
    assert_eq!(events_taken(&world).await[..2], ["charge.dispute.funds_withdrawn", "charge.dispute.created"]);
    world.advance(SignedDuration::from_hours(24 * 9));
    world.drain().await;
    world.verify().await;
    assert_eq!(events_taken(&world).await[0], "charge.dispute.closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payout_arrives_after_it_was_made() {
    let world = World::new().await;
    pay(&world, "4000000000000077").await;
    let payout = world.stripe_control("/payouts", &json!({})).await["data"][0].clone();
    // 75.00 less 1.5 % and 0.25.
    assert_eq!(payout["amount"], 7_500 - 113 - 25);
    world.advance(SignedDuration::from_secs(30));
    world.drain().await;
    world.verify().await;
    let expected = ["payout.reconciliation_completed", "payout.paid", "payout.created"];
    assert_eq!(events_taken(&world).await[..3], expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_that_arrives_in_parts_says_what_is_still_to_be_sent() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "75.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "75.00").await;
    let session = pressed.location().rsplit('/').next().unwrap().to_owned();
    world.stripe_control("/bank_transfers", &json!({"session": session, "funded": 3_000})).await;
    world.drain().await;
    let session = world.stripe(&format!("/checkout/sessions/{session}")).await;
    let payment = session["metadata"]["guichet_payment"].as_str().unwrap().parse().unwrap();
    let page = world.get(session["success_url"].as_str().unwrap()).await;
    assert!(page.text.contains("€30.00 of €75.00 has arrived"), "{}", page.text);
    assert!(!page.text.contains("nothing more to do"), "{}", page.text);
    let page = world.get(invoice["pay_url"].as_str().unwrap()).await;
    assert!(page.text.contains("complete when the whole amount has arrived"), "{}", page.text);
    assert_eq!(world.payment_now(&payment).await["arrived"], json!({"amount": "30.00", "currency": "EUR"}));
    let open = world.invoice_now(&invoice).await;
    assert_eq!((&open["open"]["amount"], &open["pending"]["amount"]), (&json!("75.00"), &json!("75.00")), "{open:#}");

    let intent = session["payment_intent"].as_str().unwrap();
    world.stripe_control(&format!("/bank_transfers/{intent}"), &json!({"amount": 4_500})).await;
    world.drain().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert!(world.payment_now(&payment).await["arrived"].is_null());
    let page = world.get(session["success_url"].as_str().unwrap()).await;
    assert!(page.text.contains("Thank you, your payment has arrived"), "{}", page.text);
    world.verify().await;
}
