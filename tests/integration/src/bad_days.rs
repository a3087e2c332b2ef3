//! Three days without a worker: the streams have forgotten what came meanwhile.
//!
//! No simulated world draws this yet. Each test says what is lost today, and what brings it back.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use testing::World;

const INBOX: usize = 0;
const CORE: usize = 1;

/// Switches a stream's worker off, lets something happen, and switches it on when the stream has forgotten that.
async fn gap(world: &World, stream: usize, meanwhile: impl Future<Output = ()>) {
    let stream = &world.local.streams()[stream];
    stream.faults().switch_off();
    meanwhile.await;
    world.drain().await;
    world.advance(SignedDuration::from_hours(72));
    stream.lose_undelivered().unwrap();
    stream.faults().switch_on();
    for _ in 0..3 {
        world.advance(SignedDuration::from_hours(2));
        world.drain().await;
    }
    assert!(stream.faults().met().lost > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_taken_elsewhere_that_no_worker_heard_of_is_in_the_books_after_a_replay() {
    let world = &World::new().await;
    gap(world, INBOX, async {
        world.stripe_control("/foreign_charge", &json!({"amount": 5_000, "currency": "eur"})).await;
    })
    .await;
    let listed = async || world.ask(Method::GET, "/unidentified", None).await["data"].as_array().unwrap().len();
    assert_eq!(listed().await, 0, "the event is stored, and nothing reads it");
    world.ask(Method::POST, "/provider-events/replay", Some(json!({"since": "2026-03-02T09:00:00Z"}))).await;
    world.drain().await;
    assert_eq!(listed().await, 1);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_started_here_is_found_by_the_timer_whatever_the_inbox_forgot() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.drain().await;
    gap(world, INBOX, async {
        let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
        world.submit_hosted(pressed.location(), "4242424242424242").await;
    })
    .await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 1);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_and_not_published_is_never_mailed_and_never_sealed() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.drain().await;
    gap(world, CORE, async {
        let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
        world.pay_hosted(pressed.location(), "4242424242424242").await;
    })
    .await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    // The receipt and the seal hang on the record that is gone.
    assert_eq!(world.mails().await, Vec::<Value>::new());
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await;
    let told = audit["data"].as_array().unwrap().iter().any(|record| record.to_string().contains("payment.settled"));
    assert!(!told, "{audit:#}");
}
