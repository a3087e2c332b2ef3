//! Recovery is the same path as normal running: with every stream record lost the timer brings books, mails and audit to the
//! same end, and an outage of one service holds up nothing that does not need it.

use jiff::SignedDuration;
use operations::{Deadline, Shards};
use reqwest::Method;
use serde_json::{Value, json};
use store::{DueList, Page};
use testing::World;

/// Pays an invoice of 64.00 EUR with a card, by its link. Nobody returns from the hosted page.
async fn pay(world: &World, customer: &Value) -> Value {
    let invoice = world.invoice(customer, "EUR", "64.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "64.00").await;
    let submitted = world.submit_hosted(pressed.location(), "4242424242424242").await;
    assert_eq!(submitted.status.as_u16(), 303, "{}", submitted.text);
    invoice
}

async fn statuses(world: &World, invoices: &[Value]) -> Vec<String> {
    let mut statuses = Vec::new();
    for invoice in invoices {
        statuses.push(world.invoice_now(invoice).await["status"].as_str().unwrap().to_owned());
    }
    statuses
}

/// Lets minutes pass, with a run of the timer in each, which reads one shard of each list.
async fn minutes_pass(world: &World, minutes: u64) {
    let context = world.local.state.context.clone();
    for minute in 0..minutes {
        world.advance(SignedDuration::from_mins(1));
        world.local.sandbox.deliver_due().await;
        operations::run_due(&context, || world.now(), Shards::Turn(minute), Deadline::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fridays_deploy_loses_three_days_of_stream_records_and_nothing_else() {
    let world = World::without_streams().await;
    let mut invoices = Vec::new();
    for _ in 0..3 {
        let customer = world.customer("en").await;
        invoices.push(pay(&world, &customer).await);
        // Money that was not started here, of a customer whom nobody knows.
        world.stripe_control("/foreign_charge", &json!({"amount": 900, "currency": "eur"})).await;
        world.local.sandbox.deliver_due().await;
        world.advance(SignedDuration::from_hours(24));
    }
    assert!(statuses(&world, &invoices).await.iter().all(|status| status == "open"));
    assert_eq!(world.mails().await.len(), 0);

    minutes_pass(&world, 24).await;
    assert_eq!(statuses(&world, &invoices).await, ["paid"; 3]);
    assert_eq!(world.mails().await.len(), 3, "a receipt each");
    world.verify().await;
    let (store, b) = (&world.local.state.context.store, &world.local.business);
    for list in [DueList::Events, DueList::Records, DueList::Payments, DueList::Sends] {
        assert_eq!(store.everything_due(list).await.unwrap(), [], "{list:?}");
    }
    assert_eq!(store.unidentified(b, &Page::first(10)).await.unwrap().items.len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_not_applied_never_expires() {
    let world = World::without_streams().await;
    let invoice = pay(&world, &world.customer("en").await).await;
    world.local.sandbox.deliver_due().await;
    world.advance(SignedDuration::from_hours(24 * 100));
    world.local.sweep_expired().await.unwrap();
    minutes_pass(&world, 16).await;
    assert_eq!(statuses(&world, &[invoice]).await, ["paid"]);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_mail_is_paused_books_and_audit_go_on_and_afterwards_every_receipt_goes_out() {
    let world = World::new().await;
    let outage = json!({"requests": 1_000_000, "status": 403});
    let json = [("content-type", "application/json")];
    world.send(Method::POST, "/dev/mail/outage", &json, Some(outage.to_string().into_bytes())).await;
    let mut invoices = Vec::new();
    for _ in 0..7 {
        invoices.push(pay(&world, &world.customer("en").await).await);
        world.drain().await;
        // Everything but the mail is done.
        world.verify().await;
        world.advance(SignedDuration::from_hours(24));
    }
    assert_eq!(statuses(&world, &invoices).await, ["paid"; 7]);
    assert_eq!(world.mails().await.len(), 0);
    let failing = world.ask(Method::GET, "/effects", None).await;
    assert_eq!(failing["data"].as_array().unwrap().len(), 7, "{failing}");
    assert_eq!((&failing["data"][0]["status"], &failing["data"][0]["type"]), (&json!("failing"), &json!("receipt")));

    world.send(Method::POST, "/dev/mail/outage", &json, Some(b"{}".to_vec())).await;
    world.advance(SignedDuration::from_hours(2));
    world.drain().await;
    assert_eq!(world.mails().await.len(), 7);
    assert_eq!(world.ask(Method::GET, "/effects", None).await["data"], json!([]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failing_effect_is_tried_at_once_when_a_person_asks_for_it() {
    let world = World::new().await;
    let json = [("content-type", "application/json")];
    let outage = json!({"requests": 2, "status": 403}).to_string().into_bytes();
    world.send(Method::POST, "/dev/mail/outage", &json, Some(outage)).await;
    pay(&world, &world.customer("en").await).await;
    world.drain().await;
    world.advance(SignedDuration::from_mins(3));
    world.drain().await;
    let effect = world.ask(Method::GET, "/effects", None).await["data"][0].clone();
    assert_eq!((&effect["tries"], &effect["status"]), (&json!(2), &json!("failing")), "{effect}");
    let path = format!("/effects/{}/retry", effect["id"].as_str().unwrap());
    let retried = world.ask(Method::POST, &path, Some(json!({}))).await;
    assert_eq!(retried["next_try_at"], json!(world.now().to_string()));
    world.drain().await;
    assert_eq!(world.mails().await.len(), 1);
    // What is done stays done.
    assert_eq!(world.ask(Method::POST, &path, Some(json!({}))).await["status"], "done");
    world.drain().await;
    assert_eq!(world.mails().await.len(), 1);
    let unknown = world.api(Method::POST, "/effects/pay_1.2.3:nothing/retry", Some(json!({}))).await;
    assert_eq!(unknown.status.as_u16(), 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waited_for_a_month_in_which_nothing_ran_is_still_tried_for_days() {
    let world = World::new().await;
    let json = [("content-type", "application/json")];
    let outage = json!({"requests": 1_000_000, "status": 403}).to_string().into_bytes();
    world.send(Method::POST, "/dev/mail/outage", &json, Some(outage)).await;
    pay(&world, &world.customer("en").await).await;
    world.drain().await;
    // For a month no timer runs, and the mail is refused for four days more.
    world.advance(SignedDuration::from_hours(24 * 31));
    for _ in 0..4 {
        world.drain().await;
        world.advance(SignedDuration::from_hours(24));
    }
    let failing = world.ask(Method::GET, "/effects", None).await;
    assert_eq!(failing["data"][0]["status"], "failing", "{failing}");

    world.send(Method::POST, "/dev/mail/outage", &json, Some(b"{}".to_vec())).await;
    world.drain().await;
    assert_eq!(world.mails().await.len(), 1);
}
