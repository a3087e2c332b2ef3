//! Provider events are seen, and heard again: as often as anyone likes, and nothing is told twice.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

async fn events(world: &World, query: &str) -> Vec<Value> {
    let page = world.ask(Method::GET, &format!("/provider-events?limit=100&{query}"), None).await;
    page["data"].as_array().unwrap().clone()
}

async fn replay(world: &World, body: Value) -> Value {
    let replayed = world.ask(Method::POST, "/provider-events/replay", Some(body)).await;
    world.drain().await;
    world.verify().await;
    replayed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_heard_is_heard_again_and_changes_nothing() {
    let world = &World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "70.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "70.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let (mails, audit) = (world.mails().await, world.ask(Method::GET, "/audit?limit=100", None).await);

    let heard = events(world, "").await;
    assert!(heard.iter().all(|event| event["status"] == "applied"), "{heard:#?}");
    let mut paged = Vec::new();
    let mut path = "/provider-events?limit=2".to_owned();
    loop {
        let page = world.ask(Method::GET, &path, None).await;
        paged.extend(page["data"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/provider-events?limit=2&cursor={cursor}");
    }
    assert_eq!(paged, heard, "page by page it is the same list");
    let succeeded = events(world, "type=payment_intent.succeeded&status=applied").await;
    assert_eq!(succeeded.len(), 1);
    assert!(events(world, "since=2026-03-02T09:00:01Z").await.is_empty());
    let path = format!("/provider-events/{}", succeeded[0]["id"].as_str().unwrap());
    let shown = world.ask(Method::GET, &path, None).await;
    assert_eq!(shown["body"]["id"], succeeded[0]["event"]);

    let one = world.ask(Method::POST, &format!("{path}/replay"), Some(json!({}))).await;
    assert_eq!((&one["replayed"], &one["in_the_books"]), (&json!(1), &json!(1)), "{one:#}");
    let key = [("idempotency-key", "replay-1")];
    let since = json!({"since": "2026-03-02T09:00:00Z"});
    let first = world.api_with(Method::POST, "/provider-events/replay", Some(since.clone()), &key).await;
    let again = world.api_with(Method::POST, "/provider-events/replay", Some(since.clone()), &key).await;
    assert_eq!((first.status, &first.text), (StatusCode::OK, &again.text));
    let all = replay(world, since).await;
    assert_eq!(all["replayed"], heard.len(), "{all:#}");
    assert_eq!((&all["quarantined"], &all["failed"], &all["next_cursor"]), (&json!(0), &json!(0), &Value::Null));
    assert_eq!(world.mails().await, mails);
    assert_eq!(world.ask(Method::GET, "/audit?limit=100", None).await, audit, "nothing was decided");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_nobodys_is_heard_again_once_its_customer_is_known() {
    let world = &World::new().await;
    let theirs = world.stripe_post("/customers", "name=Martin").await.json()["id"].clone();
    let charge = json!({"amount": 4200, "currency": "eur", "customer": theirs});
    world.stripe_control("/foreign_charge", &charge).await;
    world.drain().await;
    world.verify().await;
    let unmatched = events(world, "status=unmatched").await;
    assert!(!unmatched.is_empty());
    assert!(unmatched.iter().all(|event| event["reason"].is_string()), "{unmatched:#?}");
    let money = world.ask(Method::GET, "/unidentified", None).await;
    assert_eq!(money["data"][0]["provider_customer"], theirs);

    world.advance(SignedDuration::from_hours(24 * 5));
    let body = json!({"external_id": "C-M", "name": "Martin", "provider_ids": {"stripe": theirs}});
    let customer = world.ask(Method::POST, "/customers", Some(body)).await;
    assert!(events(world, "").await.is_empty(), "the last day's alone, where nothing is said");
    let replayed = replay(world, json!({"since": "2026-03-01T00:00:00Z"})).await;
    assert!(replayed["in_the_books"].as_u64().unwrap() > 0, "{replayed:#}");
    assert_eq!(world.ask(Method::GET, "/unidentified", None).await["data"], json!([]));
    let unapplied = world.ask(Method::GET, "/unapplied", None).await;
    assert_eq!(unapplied["data"][0]["customer"], customer["id"], "{unapplied:#}");
    assert_eq!(unapplied["data"][0]["amount"]["amount"], "42.00");
    let applied = events(world, "since=2026-03-01T00:00:00Z&status=applied").await;
    assert!(applied.iter().all(|event| event["reason"].is_null()), "{applied:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_understood_is_kept_shown_and_tried_again() {
    let world = &World::new().await;
    assert_eq!(world.webhook("{\"id\":").await.status, StatusCode::OK);
    let novelty = json!({"id": "evt_1", "object": "event", "type": "novelty", "livemode": false, "data": {"object": {"id": "x_1"}}});
    world.webhook(&novelty.to_string()).await;
    world.drain().await;
    let kept = events(world, "status=quarantined").await;
    assert_eq!((kept.len(), &kept[0]["type"], &kept[0]["object"]), (1, &json!("unreadable"), &Value::Null));
    assert!(kept[0]["reason"].is_string(), "{kept:#?}");
    let path = format!("/provider-events/{}", kept[0]["id"].as_str().unwrap());
    assert_eq!(world.ask(Method::GET, &path, None).await["body"], "{\"id\":");
    let one = world.ask(Method::POST, &format!("{path}/replay"), Some(json!({}))).await;
    assert_eq!((&one["replayed"], &one["quarantined"]), (&json!(1), &json!(1)));
    let failed = replay(world, json!({"all_failed": true})).await;
    assert_eq!((&failed["replayed"], &failed["quarantined"]), (&json!(1), &json!(1)));
    let all = replay(world, json!({"since": "2026-01-01T00:00:00Z"})).await;
    assert_eq!((&all["replayed"], &all["nothing"], &all["quarantined"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(events(world, "status=quarantined").await.len(), 1, "it stays until it is understood");

    for body in [
        json!({}),
        json!({"all_failed": false}),
        json!({"since": "yesterday"}),
        json!({"since": "2026-01-01T00:00:00Z", "all_failed": true}),
        json!({"since": "2026-01-01T00:00:00Z", "cursor": "1"}),
    ] {
        let answer = world.api(Method::POST, "/provider-events/replay", Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.text);
    }
    for query in ["status=lost", "since=today", "cursor=1", "object=x_1"] {
        let answer = world.api(Method::GET, &format!("/provider-events?{query}"), None).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    for nobodys in ["evt_2.x_1", "evt_1", "evt_1.x_2"] {
        let answer = world.api(Method::POST, &format!("/provider-events/{nobodys}/replay"), None).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{nobodys}");
    }
}
