//! A function that is ended in the middle, at any of its calls to the tables, leaves nothing that is not taken up again.

use jiff::SignedDuration;
use operations::Shards;
use reqwest::StatusCode;
use serde_json::Value;
use store::DueList;
use testing::{Ending, World};

/// More calls than any invocation makes here.
const CALLS_MAX: usize = 60;

/// At rest the books hold, the invoice is paid and the receipt is sent.
async fn comes_to_rest(world: &World, invoice: &Value, ending: Ending) {
    world.invocations.mend();
    world.chaos(serde_json::json!({})).await;
    for _ in 0..3 {
        world.advance(SignedDuration::from_hours(2));
        world.drain().await;
    }
    world.verify().await;
    assert_eq!(world.invoice_now(invoice).await["status"], "paid", "{ending:?}");
    // A receipt whose fate is unknown is sent again.
    let receipts = world.mails().await.len();
    assert!((1..=2).contains(&receipts), "{receipts} receipts, {ending:?}");
}

/// Pays while the stream's worker is ended in each of its next invocations. Says whether any was.
async fn worker_is_ended(ending: Ending) -> bool {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.drain().await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    let submitted = world.submit_hosted(pressed.location(), "4242424242424242").await;
    assert_eq!(submitted.status, StatusCode::SEE_OTHER);
    world.invocations.end_workers([ending; 12]);
    world.drain().await;
    let (ended, _) = world.invocations.met();
    comes_to_rest(&world, &invoice, ending).await;
    ended > 0
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

/// Polls a payment that nobody told of, while the timer is ended in the middle. Says whether it was.
async fn timer_is_ended(ending: Ending) -> bool {
    let world = World::new().await;
    let (_, invoice) = world.paid_unheard().await;
    world.advance(SignedDuration::from_hours(2));
    let shard = shard_of_the_payment(&world).await;
    let run = world.invocations.run_timer(&world.local, Shards::Turn(shard), ending).await;
    let (_, ended) = world.invocations.met();
    assert_eq!(run.is_none(), ended == 1);
    comes_to_rest(&world, &invoice, ending).await;
    ended == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_worker_of_the_streams_is_ended_at_any_call() {
    for carried_out in [false, true] {
        let mut after = 0;
        while worker_is_ended(Ending { after, carried_out }).await {
            after += 1;
            assert!(after < CALLS_MAX, "the worker does not end");
        }
        assert!(after > 3, "only {after} calls");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_timer_is_ended_at_any_call_and_two_of_them_run_at_once() {
    for carried_out in [false, true] {
        let mut after = 0;
        while timer_is_ended(Ending { after, carried_out }).await {
            after += 1;
            assert!(after < CALLS_MAX, "the timer does not end");
        }
        assert!(after > 8, "only {after} calls");
    }
    let world = World::new().await;
    let (_, invoice) = world.paid_unheard().await;
    world.advance(SignedDuration::from_hours(2));
    let (one, other) = tokio::join!(world.run_due(), world.run_due());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.done + other.done >= 1, "{one:?} {other:?}");
    // A mail that is on its way while the clock jumps past its lease would be sent again.
    world.drain().await;
    comes_to_rest(&world, &invoice, Ending { after: 0, carried_out: false }).await;
    assert_eq!(world.mails().await.len(), 1);
}
