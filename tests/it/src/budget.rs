//! What each flow costs in calls to the tables.

use kit::World;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_one_write() {
    let world = World::new().await;
    world.calls.forget();
    let body = json!({"id": "evt_1", "object": "event", "type": "novelty", "livemode": false, "data": {"object": {"id": "x_1"}}});
    assert_eq!(world.webhook(&body.to_string()).await.status, StatusCode::OK);
    assert_eq!(world.calls.made().first().map(String::as_str), Some("PutItem"));
    let writes = world.calls.made().iter().filter(|call| *call == "PutItem").count();
    assert_eq!(writes, 1, "{:?}", world.calls.made());
    world.settle().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applying_is_one_read_and_one_transaction() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.settle().await;
    world.chaos(json!({"drop": 100})).await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    world.submit_hosted(pressed.location(), "4242424242424242").await;
    let events = world.stripe("/events?type=payment_intent.succeeded&limit=1").await;
    let event = &events["data"][0];
    assert_eq!(event["type"], "payment_intent.succeeded", "{events:#}");
    let calls = world.apply_alone(event).await;
    let reads = calls.iter().filter(|call| matches!(call.as_str(), "Query" | "GetItem" | "BatchGetItem")).count();
    let transactions = calls.iter().filter(|call| *call == "TransactWriteItems").count();
    assert_eq!((reads, transactions, calls.len()), (1, 1, 2), "{calls:?}");
    world.settle().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pay_page_is_at_most_two_round_trips() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    world.settle().await;
    world.get(pay_url).await;
    world.calls.forget();
    world.get(pay_url).await;
    let calls = world.calls.made();
    assert!(calls.len() <= 3, "the link, then at once the invoice and the customer: {calls:?}");
}
