//! Any authentic event is answered 2xx after one durable write, and none is ever lost.

use jiff::SignedDuration;
use kit::World;
use reqwest::{Method, StatusCode};
use serde_json::json;

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
    world.settle().await;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_table_does_not_answer_neither_do_we_and_the_provider_tries_again() {
    let world = World::new().await;
    let body = event("evt_2", "novelty.happened");
    world.calls.break_after(0, 100, false);
    assert_eq!(world.webhook(&body).await.status, StatusCode::SERVICE_UNAVAILABLE);
    world.calls.mend();
    assert_eq!(world.webhook(&body).await.status, StatusCode::OK);
    world.settle().await;
}
