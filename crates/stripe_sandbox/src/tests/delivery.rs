use axum::http::StatusCode;

use super::{Receiver, Shop, WEBHOOK_SECRET, webhooks};

const CARD_EVENTS: [&str; 4] =
    ["payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "checkout.session.completed"];

async fn paid_shop() -> (Shop, Receiver) {
    let shop = Shop::open();
    let receiver = Receiver::listen().await;
    shop.sandbox.subscribe(receiver.url.clone());
    let session = shop.session().await;
    assert_eq!(shop.pay_by_card(&session, "4242424242424242").await.status, 303);
    (shop, receiver)
}

#[test]
fn the_signature_is_stripes() {
    let body = r#"{"id":"evt_test_webhook","object":"event"}"#;
    let expected = "t=1700000000,v1=d95c6b7477fbd7e9f90b1b0ef5f9c7ac25abca5382460e0d988c2b2a5b71b990";
    assert_eq!(webhooks::signature(WEBHOOK_SECRET, 1_700_000_000, body), expected);
}

#[tokio::test]
async fn webhooks_are_signed_snapshots_in_order() {
    let (shop, receiver) = paid_shop().await;
    assert_eq!(shop.sandbox.pending(), 4);
    let (one, two) = tokio::join!(shop.sandbox.deliver_due(), shop.sandbox.deliver_due());
    assert_eq!(one + two, 4, "two callers share the work");
    assert_eq!(shop.sandbox.pending(), 0);
    assert_eq!(receiver.types(), CARD_EVENTS);
    for (headers, body) in receiver.received.lock().unwrap().iter() {
        let signature = headers["stripe-signature"].to_str().unwrap();
        assert_eq!(signature, webhooks::signature(WEBHOOK_SECRET, shop.clock.now().as_second(), body));
        assert!(body.starts_with("{\n  \""), "pretty-printed by two spaces");
    }
    let created = &receiver.events()[0];
    assert_eq!(created["data"]["object"]["status"], "requires_payment_method", "as it was then");
    let event = shop.ok("GET", &format!("events/{}", created["id"].as_str().unwrap()), "").await;
    assert_eq!(event["pending_webhooks"], 0);
}

#[tokio::test]
async fn a_refused_webhook_comes_again_freshly_signed() {
    let (shop, receiver) = paid_shop().await;
    for status in [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND] {
        receiver.answer_with(status);
        assert_eq!(shop.sandbox.deliver_due().await, 4);
        assert_eq!(shop.sandbox.pending(), 0, "re-timed");
        shop.advance(60);
    }
    receiver.answer_with(StatusCode::NO_CONTENT);
    assert_eq!(shop.sandbox.deliver_due().await, 4);
    let posted = receiver.received.lock().unwrap().clone();
    assert_eq!(posted.len(), 12, "a redirect is not followed");
    let attempts: Vec<_> = posted.iter().filter(|(_, body)| *body == posted[0].1).collect();
    assert_eq!(attempts.len(), 3);
    assert_ne!(attempts[0].0["stripe-signature"], attempts[2].0["stripe-signature"]);
}

#[tokio::test]
async fn after_three_days_it_is_given_up() {
    let (shop, receiver) = paid_shop().await;
    receiver.answer_with(StatusCode::SERVICE_UNAVAILABLE);
    let mut attempts = 0;
    for _ in 0..40 {
        attempts += shop.sandbox.deliver_due().await;
        shop.advance(2 * 60 * 60);
    }
    // The session does not expire: it was completed.
    assert_eq!(receiver.types().len(), 9 * 4);
    assert_eq!(attempts, 9 * 4 + 1);
    let event = receiver.events()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(shop.ok("GET", &format!("events/{event}"), "").await["pending_webhooks"], 0);
}

#[tokio::test]
async fn chaos_is_the_same_for_the_same_seed() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let shop = Shop::open();
        let receiver = Receiver::listen().await;
        shop.sandbox.subscribe(receiver.url.clone());
        let switch = r#"{"duplicate":50,"drop":20,"delay_ms_max":60000,"reorder":true,"seed":7}"#;
        let json = [("content-type", "application/json")];
        let set = shop.call("POST", "/chaos", &json, switch).await;
        assert_eq!((set.status, set.json()["drop"].clone()), (200, 20.into()));
        for _ in 0..5 {
            let session = shop.session().await;
            shop.pay_by_card(&session, "4242424242424242").await;
        }
        for _ in 0..3 {
            shop.sandbox.deliver_due().await;
            shop.advance(30);
        }
        assert_eq!(shop.ok("GET", "events?limit=100", "").await["data"].as_array().unwrap().len(), 20);
        runs.push(receiver.events().iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    let mut distinct = runs[0].clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert!(distinct.len() < 20, "some were dropped");
    assert!(runs[0].len() > distinct.len(), "some came twice");

    let shop = Shop::open();
    let json = [("content-type", "application/json")];
    assert_eq!(shop.call("POST", "/chaos", &json, r#"{"drop":101}"#).await.status, 400);
    assert_eq!(shop.call("GET", "/chaos", &[], "").await.json()["drop"], 0);
}

#[tokio::test]
async fn a_deliverer_hears_of_something_new() {
    let shop = Shop::open();
    let session = shop.session().await;
    shop.sandbox.changed().await;
    shop.pay_by_card(&session, "4242424242424242").await;
    let heard = tokio::time::timeout(std::time::Duration::from_secs(5), shop.sandbox.changed()).await;
    assert!(heard.is_ok());
    assert_eq!(shop.sandbox.pending(), 0, "without an endpoint nothing can be delivered");
    assert_eq!(shop.sandbox.deliver_due().await, 0);
    let receiver = Receiver::listen().await;
    shop.sandbox.subscribe(receiver.url.clone());
    assert_eq!(shop.sandbox.deliver_due().await, 4, "what waited goes out");
    assert_eq!(receiver.types(), CARD_EVENTS);
}
