//! Duplicates, reordering and rivals: the same books come of it.

use reqwest::StatusCode;
use serde_json::Value;
use testing::World;

/// Pays an invoice and gives back the events that the sandbox recorded of it, none of them delivered to us.
async fn paid_without_webhooks(world: &World) -> (Value, Vec<Value>) {
    let (_, invoice) = world.paid_unheard().await;
    world.drain().await;
    let events = world.stripe("/events?limit=100").await;
    let events = events["data"].as_array().unwrap().clone();
    assert!(events.len() >= 4, "{events:#?}");
    (invoice, events)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_any_order_and_any_number_of_times_the_books_are_the_same() {
    for seed in 0..6_usize {
        let world = World::seeded(&seed.to_be_bytes()).await;
        let (invoice, events) = paid_without_webhooks(&world).await;
        assert_eq!(world.invoice_now(&invoice).await["status"], "open", "nothing was heard yet");
        let count = events.len();
        for round in 0..3 {
            for place in 0..count {
                // Each seed walks the events in another order; every round says all of it again.
                let event = &events[(place * (2 * seed + 1) + seed + round) % count];
                assert_eq!(world.webhook(&event.to_string()).await.status, StatusCode::OK);
                if (place + seed) % 3 == 0 {
                    world.drain().await;
                    world.verify().await;
                }
            }
        }
        for event in &events {
            world.webhook(&event.to_string()).await;
        }
        world.drain().await;
        world.verify().await;
        let now = world.invoice_now(&invoice).await;
        assert_eq!(
            (now["status"].as_str(), now["open"]["amount"].as_str()),
            (Some("paid"), Some("0.00")),
            "seed {seed}"
        );
        assert_eq!(world.mails().await.len(), 1, "one receipt, seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivals_that_say_the_same_at_once_make_one_payment() {
    let world = World::new().await;
    let (invoice, events) = paid_without_webhooks(&world).await;
    let bodies: Vec<String> = events.iter().chain(&events).map(ToString::to_string).collect();
    let sent = bodies.iter().map(|body| world.webhook(body));
    for answer in futures::future::join_all(sent).await {
        assert_eq!(answer.status, StatusCode::OK);
    }
    // The pay link asks the provider itself, at the same time.
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_that_never_come_are_made_good_by_looking() {
    let world = World::new().await;
    let (invoice, _) = paid_without_webhooks(&world).await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "open");
    world.advance(jiff::SignedDuration::from_mins(16));
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    assert_eq!(world.mails().await.len(), 1);
}
