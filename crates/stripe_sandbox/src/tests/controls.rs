use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Receiver, Shop};
use crate::{Condition, Refusal};

#[tokio::test]
async fn a_transfer_arrives_in_parts() {
    let shop = Shop::open();
    let begun = json!({ "amount": 10_000, "currency": "eur", "metadata": { "order": "7" }, "funded": 4_000 });
    let intent = shop.control("/bank_transfers", &begun).await;
    let instructions = &intent["next_action"]["display_bank_transfer_instructions"];
    assert_eq!((&intent["status"], &instructions["amount_remaining"]), (&json!("requires_action"), &json!(6_000)));
    assert_eq!((&intent["amount_received"], &intent["metadata"]["order"]), (&json!(0), &json!("7")));
    let path = format!("/bank_transfers/{}", intent["id"].as_str().unwrap());
    let json = [("content-type", "application/json")];
    assert_eq!(shop.call("POST", &path, &json, r#"{"amount":6001}"#).await.status, 400);
    let done = shop.control(&path, &json!({ "amount": 6_000 })).await;
    assert_eq!(
        (&done["status"], &done["amount_received"], &done["next_action"]),
        (&json!("succeeded"), &json!(10_000), &Value::Null)
    );
    assert_eq!(
        shop.event_types().await,
        [
            "payment_intent.created",
            "payment_intent.requires_action",
            "payment_intent.partially_funded",
            "charge.succeeded",
            "payment_intent.succeeded",
        ]
    );
    assert_eq!(shop.call("POST", &path, &json, r#"{"amount":1}"#).await.status, 400);
}

#[tokio::test]
async fn a_session_can_be_paid_by_transfer() {
    let shop = Shop::open();
    let session = shop.session().await;
    let intent = shop.control("/bank_transfers", &json!({ "session": session, "funded": 50 })).await;
    assert_eq!(intent["metadata"], json!({ "guichet_payment": "pay_1" }));
    let seen = shop.ok("GET", &format!("checkout/sessions/{session}"), "").await;
    assert_eq!((&seen["status"], &seen["payment_status"]), (&json!("complete"), &json!("unpaid")));
    let path = format!("/bank_transfers/{}", intent["id"].as_str().unwrap());
    shop.control(&path, &json!({ "amount": 12_000 })).await;
    let seen = shop.ok("GET", &format!("checkout/sessions/{session}"), "").await;
    assert_eq!(seen["payment_status"], "paid");
    assert_eq!(shop.event_types().await.last().unwrap(), "checkout.session.async_payment_succeeded");
    assert_eq!(shop.charge_of(&session).await["payment_method_details"]["type"], "customer_balance");
}

#[tokio::test]
async fn money_comes_from_elsewhere() {
    let shop = Shop::open();
    let intent = shop.control("/foreign_charge", &json!({ "amount": 700, "currency": "EUR" })).await;
    assert_eq!(
        (&intent["object"], &intent["status"], &intent["metadata"]),
        (&json!("payment_intent"), &json!("succeeded"), &json!({}))
    );
    let customer = shop.ok("POST", "customers", "name=Ada").await["id"].clone();
    let asked = json!({ "amount": 800, "currency": "gbp", "customer": customer, "with_intent": false });
    let charge = shop.control("/foreign_charge", &asked).await;
    assert_eq!(
        (&charge["object"], &charge["payment_intent"], &charge["customer"]),
        (&json!("charge"), &Value::Null, &customer)
    );
    assert_eq!(
        shop.event_types().await,
        [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "customer.created",
            "charge.succeeded"
        ]
    );
    shop.ok("POST", "refunds", &format!("charge={}", charge["id"].as_str().unwrap())).await;
}

#[tokio::test]
async fn the_list_of_events_has_those_no_webhook_told_of() {
    let shop = Shop::open();
    let receiver = Receiver::listen().await;
    shop.sandbox.subscribe(receiver.url.clone());
    shop.control("/chaos", &json!({ "drop": 100 })).await;
    let charge = shop.charge("4242424242424242").await;
    let since = shop.clock.now().as_second() + 10;
    shop.advance(10);
    shop.ok("POST", "refunds", &format!("charge={}&amount=1", charge["id"].as_str().unwrap())).await;
    assert_eq!(shop.sandbox.deliver_due().await, 0);
    assert!(receiver.events().is_empty());
    let recent = shop.ok("GET", &format!("events?created[gte]={since}"), "").await;
    let types: Vec<_> = recent["data"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(types, ["charge.refunded", "refund.created"], "newest first");
    let newest = recent["data"][0]["id"].as_str().unwrap();
    let older = shop.ok("GET", &format!("events?limit=2&starting_after={newest}"), "").await;
    assert_eq!((&older["data"][0]["type"], &older["has_more"]), (&json!("refund.created"), &json!(true)));
    let oldest = older["data"][1]["id"].as_str().unwrap();
    let newer = shop.ok("GET", &format!("events?ending_before={oldest}&type=charge.refunded"), "").await;
    assert_eq!(newer["data"][0]["id"], newest);
}

#[tokio::test]
async fn events_can_come_in_an_older_shape() {
    let shop = Shop::open();
    let receiver = Receiver::listen().await;
    shop.sandbox.subscribe(receiver.url.clone());
    shop.control("/shape", &json!({ "older": true })).await;
    let charge = shop.charge("4242424242424242").await;
    shop.ok("POST", "refunds", &format!("charge={}&amount=1", charge["id"].as_str().unwrap())).await;
    shop.sandbox.deliver_due().await;
    let events = receiver.events();
    let last = events.last().unwrap();
    assert_eq!((&last["type"], &last["api_version"]), (&json!("charge.refunded"), &json!("2020-08-27")));
    assert_eq!(last["data"]["object"]["refunds"]["data"][0]["amount"], 1);
    assert!(!receiver.types().contains(&"refund.created".to_owned()), "it was never subscribed to that");
    assert!(shop.event_types().await.contains(&"refund.created".to_owned()));
    let intent = &events.iter().find(|event| event["type"] == "payment_intent.succeeded").unwrap()["data"]["object"];
    assert_eq!((&intent["latest_charge"], &intent["charges"]["data"][0]["id"]), (&Value::Null, &charge["id"]));

    shop.control("/shape", &json!({ "older": false })).await;
    shop.ok("POST", "refunds", &format!("charge={}&amount=1", charge["id"].as_str().unwrap())).await;
    shop.sandbox.deliver_due().await;
    assert!(receiver.types().contains(&"refund.created".to_owned()));
}

#[tokio::test]
async fn an_outage_refuses_or_loses_the_next_requests() {
    let shop = Shop::open();
    let refusing = json!({ "after": 1, "requests": 1, "status": 429 });
    shop.control("/outage", &refusing).await;
    assert_eq!(shop.api("POST", "customers", "name=Ada").await.status, 200);
    let refused = shop.api("POST", "customers", "name=Ben").await;
    assert_eq!((refused.status, &refused.json()["error"]["type"]), (429, &json!("rate_limit_error")));
    assert_eq!(shop.api("GET", "customers", "").await.json()["data"].as_array().unwrap().len(), 1);
    // Requests of other programs are not affected.
    let ended = shop.control("/outage", &json!({ "requests": 1, "agent": "guichet/" })).await;
    assert_eq!(ended["met"], 1);
    assert_eq!(shop.api("GET", "customers", "").await.status, 200);
}

/// A request of the business's own program: its status, or `None` where no answer came.
async fn own_request(shop: &Shop, name: &str) -> Option<u16> {
    let bearer = format!("Bearer {}", super::SECRET_KEY);
    let request = Request::builder().method("POST").uri("/v1/customers").header("authorization", bearer);
    let request = request.header("user-agent", "guichet/1").body(Body::from(format!("name={name}"))).unwrap();
    let response = shop.sandbox.router().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    response.into_body().collect().await.ok().map(|_| status)
}

#[tokio::test]
async fn in_each_condition_the_business_is_refused_or_hears_nothing_and_others_are_answered() {
    let shop = Shop::open();
    let hour = SignedDuration::from_hours(1);
    let expected = [
        (Condition::KeyRefused, Some(401), false),
        (Condition::RateLimited, Some(429), false),
        (Condition::Unavailable, Some(503), false),
        (Condition::TimesOut, None, false),
        (Condition::TimesOutAfterwards, None, true),
    ];
    assert_eq!(expected.map(|(condition, ..)| condition), Condition::ALL);
    let mut made = 0;
    for (condition, status, carried_out) in expected {
        shop.sandbox.condition().begin(condition, shop.clock.now().checked_add(hour).unwrap());
        assert_eq!(own_request(&shop, "Ada").await, status, "{condition:?}");
        made += usize::from(carried_out);
        let customers = shop.ok("GET", "customers?limit=100", "").await["data"].as_array().unwrap().len();
        assert_eq!(customers, made, "{condition:?}");
        shop.advance(3_600);
        assert_eq!(own_request(&shop, "Ben").await, Some(200), "{condition:?}");
        made += 1;
    }
    assert!(Condition::ALL.iter().all(|condition| shop.sandbox.condition().met()[condition] == 1));
}

#[tokio::test]
async fn a_refusal_in_stripes_words_meets_the_requests_that_it_concerns() {
    let shop = Shop::open();
    let refusal = Refusal {
        request: "POST customers",
        having: "name",
        status: 400,
        kind: "invalid_request_error",
        code: "account_invalid",
        param: "name",
    };
    let hour = SignedDuration::from_hours(1);
    shop.sandbox.refusal().begin(refusal, shop.clock.now().checked_add(hour).unwrap());
    assert_eq!(own_request(&shop, "Ada").await, Some(400));
    assert_eq!(shop.api("POST", "customers", "name=Ada").await.status, 200, "it is another program's");
    shop.sandbox.refusal().begin(Refusal { having: "email", ..refusal }, shop.clock.now().checked_add(hour).unwrap());
    assert_eq!(own_request(&shop, "Ada").await, Some(200));
    assert_eq!(shop.sandbox.refusal().met().values().sum::<u64>(), 1);
    let error = refusal.error().body();
    let named = [&error["error"]["type"], &error["error"]["code"], &error["error"]["param"]];
    assert_eq!(named, ["invalid_request_error", "account_invalid", "name"]);
}
