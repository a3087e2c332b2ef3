//! What each flow costs in calls to the tables.

use jiff::SignedDuration;
use operations::{Deadline, Shards};
use reqwest::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use testing::World;

use crate::portal_doors::session_cookie;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_one_write() {
    let world = World::new().await;
    world.calls.forget();
    let body = json!({"id": "evt_1", "object": "event", "type": "novelty", "livemode": false, "data": {"object": {"id": "x_1"}}});
    assert_eq!(world.webhook(&body.to_string()).await.status, StatusCode::OK);
    assert_eq!(world.calls.made().first().map(String::as_str), Some("PutItem"));
    let writes = world.calls.made().iter().filter(|call| *call == "PutItem").count();
    assert_eq!(writes, 1, "{:?}", world.calls.made());
    world.drain().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applying_is_one_read_and_one_transaction() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.drain().await;
    world.chaos(json!({"drop": 100})).await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    world.submit_hosted(pressed.location(), "4242424242424242").await;
    let events = world.stripe("/events?type=payment_intent.succeeded&limit=1").await;
    let event = &events["data"][0];
    assert_eq!(event["type"], "payment_intent.succeeded", "{events:#}");
    let calls = world.apply_alone(event).await.made();
    let reads = calls.iter().filter(|call| matches!(call.as_str(), "Query" | "GetItem" | "BatchGetItem")).count();
    let transactions = calls.iter().filter(|call| *call == "TransactWriteItems").count();
    assert_eq!((reads, transactions, calls.len()), (1, 1, 2), "{calls:?}");
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
}

/// What applying a payment of an invoice of 100 lines used while the lines were part of the item that changes.
const UNITS_WITH_LINES_IN_THE_HEAD: i64 = 131;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applying_costs_the_same_however_long_the_invoice_is() {
    let mut used = Vec::new();
    for lines in [1, 100] {
        let world = World::new().await;
        let customer = world.customer("en").await;
        let line =
            |place: usize| json!({"description": format!("{place:0100}"), "quantity": "1", "unit_price": "31.00"});
        let invoice = json!({
            "number": "F-100", "customer": customer["id"], "currency": "EUR", "issued_on": "2026-03-01",
            "due_on": "2026-03-31", "lines": (0..lines).map(line).collect::<Vec<_>>(),
        });
        let invoice = world.ask(Method::POST, "/invoices", Some(invoice)).await;
        world.drain().await;
        world.chaos(json!({"drop": 100})).await;
        let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), &format!("{}.00", 31 * lines)).await;
        world.submit_hosted(pressed.location(), "4242424242424242").await;
        let events = world.stripe("/events?type=payment_intent.succeeded&limit=1").await;
        used.push(world.apply_alone(&events["data"][0]).await.units());
        world.drain().await;
        world.verify().await;
        let paid = world.invoice_now(&invoice).await;
        assert_eq!((&paid["status"], paid["lines"].as_array().unwrap().len()), (&json!("paid"), lines));
    }
    let [short, long] = used[..] else { panic!("{used:?}") };
    assert_eq!(short, long);
    let most = Decimal::new(UNITS_WITH_LINES_IN_THE_HEAD * 3, 1);
    assert!(long <= most, "{long} units, at most {most}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_of_invoices_costs_the_same_however_many_they_are() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let (mut numbers, mut urls) = (Vec::new(), Vec::new());
    for _ in 0..30 {
        let invoice = world.invoice(&customer, "EUR", "31.00").await;
        numbers.push(invoice["number"].clone());
        urls.push(invoice["pay_url"].clone());
    }
    world.drain().await;
    let listed = async || {
        world.ask(Method::GET, "/invoices?limit=1", None).await;
        world.calls.forget();
        let listed = world.ask(Method::GET, "/invoices?limit=30", None).await;
        let mut listed = listed["data"].as_array().unwrap().clone();
        listed.sort_by_key(|invoice| numbers.iter().position(|number| *number == invoice["number"]));
        (listed, world.calls.made())
    };
    let (invoices, calls) = listed().await;
    let shown: Vec<Value> = invoices.iter().map(|invoice| invoice["pay_url"].clone()).collect();
    assert_eq!(shown, urls);
    assert!(calls.len() <= 5, "the key, the list, then of all how they stand, their lines, their links: {calls:?}");

    // A further link is the one that is shown; one that is revoked is not.
    world.advance(SignedDuration::from_mins(1));
    let further = json!({"invoices": [invoices[0]["id"]]});
    let further = world.ask(Method::POST, "/pay-links", Some(further)).await;
    let revoked = world.ask(Method::POST, "/pay-links", Some(json!({"invoices": [invoices[1]["id"]]}))).await;
    let revoke = format!("/pay-links/{}/revoke", revoked["id"].as_str().unwrap());
    world.ask(Method::POST, &revoke, Some(json!({}))).await;
    world.drain().await;
    let (again, calls) = listed().await;
    assert_eq!(again[0]["pay_url"], further["url"]);
    assert_eq!(again[1]["pay_url"], urls[1], "the one before it");
    for (place, invoice) in again.iter().enumerate() {
        let path = format!("/invoices/{}", invoice["id"].as_str().unwrap());
        assert_eq!(world.ask(Method::GET, &path, None).await, *invoice, "{place}");
    }
    assert!(calls.len() <= 7, "two more for the one that was revoked, its links and how they are now: {calls:?}");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pay_page_is_at_most_two_round_trips() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    let pay_url = invoice["pay_url"].as_str().unwrap();
    world.drain().await;
    world.get(pay_url).await;
    world.calls.forget();
    world.get(pay_url).await;
    let calls = world.calls.made();
    assert!(calls.len() <= 3, "the link, then at once the invoice and the customer: {calls:?}");
    assert!(world.calls.round_trips() <= 2, "{calls:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_the_account_is_at_most_two_round_trips() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let mut invoice = Value::Null;
    for amount in ["31.00", "32.00", "33.00"] {
        invoice = world.invoice(&customer, "EUR", amount).await;
    }
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "33.00").await;
    let submitted = world.submit_hosted(pressed.location(), "4242424242424242").await;
    let payment = submitted.location().split(['?', '/']).find(|part| part.starts_with("pay_")).unwrap().to_owned();
    world.drain().await;
    let payment = format!("/payments/{payment}");
    let cookie = session_cookie(&world, &customer).await;
    let paid = format!("/invoices/{}", invoice["id"].as_str().unwrap());
    let open = format!("/invoices/{}", world.invoice(&customer, "EUR", "34.00").await["id"].as_str().unwrap());
    // Of a paid one its payments are looked up, for the day.
    let most = |page: &str| if page == paid { 3 } else { 2 };
    for page in ["/", "/invoices", &open, &paid, &payment, "/statement", "/statement.csv"] {
        world.send(Method::GET, page, &[("cookie", &cookie)], None).await;
        world.calls.forget();
        let shown = world.send(Method::GET, page, &[("cookie", &cookie)], None).await;
        assert_eq!(shown.status.as_u16(), 200, "{page}");
        assert!(
            world.calls.round_trips() <= most(page),
            "{page}: {} of {:?}",
            world.calls.round_trips(),
            world.calls.made()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_of_the_timer_that_finds_nothing_asks_each_list_once() {
    let world = World::new().await;
    world.customer("en").await;
    world.drain().await;
    for turn in 0..4 {
        world.calls.forget();
        let context = &world.local.state.context;
        let run = operations::run_due(context, || world.now(), Shards::Turn(turn), Deadline::default()).await.unwrap();
        assert_eq!(run, operations::DueRun::default());
        assert_eq!(world.calls.made(), ["Query"; 5]);
    }
}
