//! Events that an older version could make nothing of are heard when they are applied again.

use serde_json::json;
use store::EventState;
use testing::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_older_version_passed_over_is_heard_when_it_is_replayed() {
    let world = World::new().await;
    let (customer, invoice) = world.paid_unheard().await;
    // Money of a customer that another program took, too: the event that tells of it makes the payment.
    let known = world.stripe_post("/customers", "name=Known").await.json();
    let told =
        json!({"external_id": customer["external_id"], "name": "Known", "provider_ids": {"stripe": known["id"]}});
    world.ask(reqwest::Method::POST, "/customers", Some(told)).await;
    let foreign = json!({"amount": 700, "currency": "eur", "customer": known["id"]});
    world.stripe_control("/foreign_charge", &foreign).await;
    world.drain().await;
    let events = world.stripe("/events?limit=100").await;
    for event in events["data"].as_array().unwrap() {
        // Marked as applied, and never heard.
        let event = world.received(event, EventState::Applied);
        world.local.state.context.store.record_event(&event).await.unwrap();
        operations::apply_provider_event(&world.local.state.context, &event, world.now()).await.unwrap();
    }
    world.drain().await;
    world.verify().await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    let id = customer["id"].as_str().unwrap();
    let balance = world.ask(reqwest::Method::GET, &format!("/customers/{id}/balance"), None).await;
    assert_eq!(balance["currencies"][0]["unapplied"], "7.00", "{balance:#}");
}
