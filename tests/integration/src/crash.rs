//! A crash between any two steps of settling ends in the right books.
//!
//! The calls to the tables are broken one by one: the n-th and what follows is lost, once before it is carried out and once
//! after, for as long as the client would try again. Then all goes well again, and what was left must be taken up.

use reqwest::StatusCode;
use testing::World;

/// More calls than settling one payment makes.
const CALLS_MAX: usize = 60;
/// Calls lost in a row: more than the client tries.
const LOST: usize = 5;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settling_survives_the_loss_of_any_call() {
    survives(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settling_survives_the_loss_of_any_answer() {
    survives(true).await;
}

async fn survives(carried_out: bool) {
    let mut broke = true;
    let mut after = 0;
    while broke {
        broke = settles_in_spite_of(after, carried_out).await;
        after += 1;
        assert!(after < CALLS_MAX, "settling does not end");
    }
    assert!(after > 4, "only {after} calls were broken");
}

/// Pays an invoice while the calls after the first `after` are lost. Says whether any was.
async fn settles_in_spite_of(after: usize, carried_out: bool) -> bool {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.drain().await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    let submitted = world.submit_hosted(pressed.location(), "4242424242424242").await;
    assert_eq!(submitted.status, StatusCode::SEE_OTHER);
    world.calls.break_after(after, LOST, carried_out);
    // It may not settle while calls are lost; what matters is what comes of it afterwards.
    world.local.sandbox.deliver_due().await;
    let _ = world.local.drain_streams().await;
    let broke = world.calls.broke();
    world.calls.mend();
    for _ in 0..3 {
        world.advance(jiff::SignedDuration::from_hours(2));
        world.drain().await;
    }
    world.verify().await;
    let now = world.invoice_now(&invoice).await;
    assert_eq!(now["status"], "paid", "after {after} calls, carried out: {carried_out}");
    let receipts = world.mails().await.len();
    // A receipt whose fate is unknown is sent again.
    assert!((1..=2).contains(&receipts), "{receipts} receipts after {after} calls, carried out: {carried_out}");
    broke
}
