//! Three days without a worker: the streams have forgotten what came meanwhile, and the timer brings it back.

use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use testing::World;

const INBOX: usize = 0;
const CORE: usize = 1;

/// Switches a stream's worker off, lets something happen, and switches it on when the stream has forgotten that. No timer runs
/// before.
async fn gap(world: &World, stream: usize, meanwhile: impl Future<Output = ()>) {
    let stream = &world.local.streams()[stream];
    stream.faults().switch_off();
    meanwhile.await;
    world.local.sandbox.deliver_due().await;
    world.local.drain_streams().await.unwrap();
    stream.lose_undelivered().unwrap();
    stream.faults().switch_on();
    world.local.drain_streams().await.unwrap();
    assert!(stream.faults().met().lost > 0);
    world.advance(SignedDuration::from_hours(72));
    world.drain().await;
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_no_worker_heard_of_is_applied_by_the_timer() {
    let world = &World::new().await;
    gap(world, INBOX, async {
        world.stripe_control("/foreign_charge", &json!({"amount": 5_000, "currency": "eur"})).await;
    })
    .await;
    let listed = world.ask(Method::GET, "/unidentified", None).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_and_not_published_is_mailed_and_sealed_by_the_timer() {
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
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_fails_every_retry_is_put_aside_and_done_all_the_same() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.drain().await;
    world.local.streams().iter().for_each(|stream| stream.faults().put_aside(2));
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    for _ in 0..2 {
        world.advance(SignedDuration::from_hours(1));
        world.drain().await;
    }
    assert!(world.local.streams().iter().all(|stream| stream.faults().met().put_aside == 2));
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 1);
    world.verify().await;
}
