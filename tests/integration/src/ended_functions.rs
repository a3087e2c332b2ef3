//! A function that is ended in the middle, at any of its calls to the tables, leaves nothing that is not taken up again.

use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::Value;
use testing::{Ending, World};

/// More calls than any invocation makes here.
const CALLS_MAX: usize = 60;

/// At rest the books hold, the invoice is paid, and no receipt is sent twice.
async fn comes_to_rest(world: &World, invoice: &Value, ending: Ending) {
    world.invocations.mend();
    world.chaos(serde_json::json!({})).await;
    for _ in 0..3 {
        world.advance(SignedDuration::from_hours(2));
        world.drain().await;
    }
    world.verify().await;
    assert_eq!(world.invoice_now(invoice).await["status"], "paid", "{ending:?}");
    let receipts = world.mails().await.len();
    assert!(receipts <= 1, "{receipts} receipts, {ending:?}");
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

/// Polls a payment that nobody told of, while the timer is ended in the middle. Says whether it was.
async fn timer_is_ended(ending: Ending) -> bool {
    let world = World::new().await;
    let (_, invoice) = world.paid_unheard().await;
    world.advance(SignedDuration::from_hours(2));
    let run = world.invocations.run_timer(&world.local, ending).await;
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
    let state = &world.local.state;
    let (one, other) = tokio::join!(due_worker::handle(state), due_worker::handle(state));
    let (one, other) = (one.unwrap(), other.unwrap());
    assert!(one.done + other.done >= 1, "{one:?} {other:?}");
    comes_to_rest(&world, &invoice, Ending { after: 0, carried_out: false }).await;
    assert_eq!(world.mails().await.len(), 1);
}
