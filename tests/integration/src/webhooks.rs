//! Any authentic event is answered 2xx after one durable write, and none is ever lost.

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::json;
use testing::World;

fn event(id: &str, kind: &str) -> String {
    json!({
        "id": id, "object": "event", "type": kind, "api_version": "2025-01-27.acacia", "created": 1_772_441_000,
        "livemode": false, "data": {"object": {"id": "xx_1", "object": "novelty", "amount": null}},
    })
    .to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_case_has_its_answer() {
    let world = World::new().await;
    let body = event("evt_1", "novelty.happened");
    assert_eq!(world.webhook(&body).await.status, StatusCode::OK, "an unknown type is stored");
    assert_eq!(world.webhook(&body).await.status, StatusCode::OK, "a duplicate is no error");
    assert_eq!(world.webhook("{\"id\":").await.status, StatusCode::OK, "authentic but unreadable is kept");
    world.drain().await;

    let forged = world.webhook_signed(body.clone().into_bytes(), "t=1772442000,v1=00").await;
    assert_eq!(forged.status, StatusCode::BAD_REQUEST);
    assert!(forged.text.len() < 40, "the answer helps no forger: {}", forged.text);
    let unsigned = world.webhook_signed(body.clone().into_bytes(), "").await;
    assert_eq!(unsigned.status, StatusCode::BAD_REQUEST);

    let signed_at = world.now();
    let stale = world.webhook_signed_at(&body, signed_at - SignedDuration::from_secs(301)).await;
    assert_eq!(stale.status, StatusCode::BAD_REQUEST, "too old");
    let early = world.webhook_signed_at(&body, signed_at + SignedDuration::from_secs(301)).await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST, "from the future");
    let edge = world.webhook_signed_at(&body, signed_at - SignedDuration::from_secs(300)).await;
    assert_eq!(edge.status, StatusCode::OK);

    let large = "x".repeat(256 * 1024 + 1);
    assert_eq!(world.webhook(&large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let nobody = world.send(Method::POST, "/webhooks/stripe/biz_nobody", &[], Some(body.into_bytes())).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

/// All that is kept.
async fn everything(world: &World) -> usize {
    let mut items = 0;
    for table in ["guichet-core", "guichet-inbox"] {
        let mut pages = world.local.table_client().scan().table_name(table).into_paginator().items().send();
        while let Some(item) = pages.next().await {
            item.unwrap();
            items += 1;
        }
    }
    items
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_event_leaves_nothing_behind() {
    let world = World::new().await;
    let body = event("evt_1", "novelty.happened").into_bytes();
    let before = everything(&world).await;
    let stale = world.signature("another body");
    for signature in ["t=1772442000,v1=00", "", "v1=", "t=x", &stale] {
        assert_eq!(world.webhook_signed(body.clone(), signature).await.status, StatusCode::BAD_REQUEST);
    }
    let elsewhere = world.send(Method::POST, "/webhooks/stripe/biz_nobody", &[], Some(body.clone())).await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
    world.drain().await;
    assert_eq!(everything(&world).await, before);
    let signature = world.signature(std::str::from_utf8(&body).unwrap());
    assert_eq!(world.webhook_signed(body, &signature).await.status, StatusCode::OK);
    assert_eq!(everything(&world).await, before + 1, "what is authentic is kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thin_event_is_asked_about_and_says_what_a_whole_one_does() {
    let world = World::new().await;
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "31.00").await;
    world.chaos(json!({"drop": 100})).await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "31.00").await;
    world.submit_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let intents = world.stripe("/payment_intents?limit=1").await;
    let intent = intents["data"][0]["id"].as_str().unwrap();
    let thin = |id: &str, kind: &str, object: &str| {
        json!({
            "id": id, "object": "v2.core.event", "type": format!("v1.payment_intent.{kind}"), "context": null,
            "created": "2026-03-01T09:00:00.000Z", "livemode": false, "reason": null,
            "related_object": {
                "id": object, "type": "payment_intent", "url": format!("/v1/payment_intents/{object}"),
            },
        })
        .to_string()
    };
    assert_eq!(world.invoice_now(&invoice).await["status"], "open", "nobody has said so yet");
    // Told late and twice: it is what stands there now that counts, not what the event is called.
    for (id, kind) in [("evt_thin_1", "processing"), ("evt_thin_2", "succeeded"), ("evt_thin_1", "processing")] {
        assert_eq!(world.webhook(&thin(id, kind, intent)).await.status, StatusCode::OK);
        world.drain().await;
        assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    }
    // Of what is not there any more nothing can be said: it waits for a person.
    assert_eq!(world.webhook(&thin("evt_thin_3", "succeeded", "pi_gone")).await.status, StatusCode::OK);
    world.drain().await;
    let waiting = world.ask(Method::GET, "/provider-events?status=quarantined", None).await;
    let ids: Vec<&str> =
        waiting["data"].as_array().unwrap().iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert!(ids.len() <= 1, "{ids:?}");
    println!("{waiting:#}");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_table_does_not_answer_neither_do_we_and_the_provider_tries_again() {
    let world = World::new().await;
    let body = event("evt_2", "novelty.happened");
    world.calls.break_after(0, 100, false);
    assert_eq!(world.webhook(&body).await.status, StatusCode::SERVICE_UNAVAILABLE);
    world.calls.mend();
    assert_eq!(world.webhook(&body).await.status, StatusCode::OK);
    world.drain().await;
}
