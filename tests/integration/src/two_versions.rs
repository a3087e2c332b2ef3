//! An older version of the program beside a newer one: what the newer one wrote is left to it, waits without harm, and holds up
//! nothing else.

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use operations::{Deadline, Shards};
use receivables::{InvoiceId, PaymentId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::DueList;
use testing::World;

const TABLE: &str = "guichet-core";

/// Pays an invoice of 64.00 EUR with a card, by its link. Nobody returns from the hosted page.
async fn pay(world: &World) -> (Value, PaymentId) {
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "64.00").await;
    let pressed = world.press_pay(invoice["pay_url"].as_str().unwrap(), "64.00").await;
    let submitted = world.submit_hosted(pressed.location(), "4242424242424242").await;
    assert_eq!(submitted.status, StatusCode::SEE_OTHER, "{}", submitted.text);
    let id: InvoiceId = invoice["id"].as_str().unwrap().parse().unwrap();
    let payments = world.local.state.context.store.payments_of_invoice(&world.local.business, &id).await.unwrap();
    (invoice, payments[0].clone())
}

/// Writes an attribute of an item, as the newer version would.
async fn set(world: &World, pk: &str, sk: &str, name: &str, value: AttributeValue) {
    let update = world.local.table_client().update_item().table_name(TABLE);
    let update = update.key("pk", AttributeValue::S(pk.to_owned())).key("sk", AttributeValue::S(sk.to_owned()));
    let update = update.update_expression("SET #name = :value").expression_attribute_names("#name", name);
    let update = update.condition_expression("attribute_exists(pk)").expression_attribute_values(":value", value);
    update.send().await.unwrap();
}

fn version(number: u8) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

async fn minutes_pass(world: &World, minutes: u64) {
    let context = world.local.state.context.clone();
    for minute in 0..minutes {
        world.advance(SignedDuration::from_mins(1));
        world.local.sandbox.deliver_due().await;
        operations::run_due(&context, || world.now(), Shards::Turn(minute), Deadline::default()).await.unwrap();
    }
}

async fn status(world: &World, invoice: &Value) -> Value {
    world.invoice_now(invoice).await["status"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_about_a_payment_of_a_newer_version_waits_for_that_version() {
    let world = &World::without_streams().await;
    let (theirs, payment) = pay(world).await;
    let (ours, _) = pay(world).await;
    let pk = format!("P#{}#{payment}", world.local.business);
    set(world, &pk, "P", "v", version(2)).await;
    set(world, &pk, "P", "whim", version(7)).await;

    minutes_pass(world, 20).await;
    assert_eq!(status(world, &ours).await, "paid", "it holds up nobody else");
    assert_eq!(status(world, &theirs).await, "open");
    let events = world.ask(Method::GET, "/provider-events?status=quarantined", None).await;
    assert_eq!(events["data"], json!([]), "nothing is wrong with the event");
    let store = &world.local.state.context.store;
    assert!(!store.everything_due(DueList::Events).await.unwrap().is_empty(), "it stays due");
    // A person who asks meanwhile is told to come back.
    let refund = json!({"amount": "1.00", "reason": "Too much"});
    let answer = world.api(Method::POST, &format!("/payments/{payment}/refunds"), Some(refund)).await;
    assert!(answer.status.is_client_error() || answer.status == StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");

    // This program is brought up to date.
    set(world, &pk, "P", "v", version(1)).await;
    minutes_pass(world, 130).await;
    assert_eq!(status(world, &theirs).await, "paid");
    assert!(store.everything_due(DueList::Events).await.unwrap().is_empty());
    let key = [("pk".to_owned(), AttributeValue::S(pk)), ("sk".to_owned(), AttributeValue::S("P".to_owned()))];
    let get = world.local.table_client().get_item().table_name(TABLE).set_key(Some(key.into()));
    let item = get.send().await.unwrap().item.unwrap();
    assert_eq!(item["whim"], version(7), "what is not known of it stays");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fact_that_this_version_does_not_know_is_sealed_and_left_to_the_one_that_does() {
    let world = &World::without_streams().await;
    let (invoice, _) = pay(world).await;
    let store = &world.local.state.context.store;
    // The decision that issued the invoice announces one thing more.
    let due = store.everything_due(DueList::Records).await.unwrap();
    let issued = invoice["id"].as_str().unwrap();
    let record = due.iter().filter_map(store::DueItem::record).find(|record| record.source == issued).unwrap().clone();
    let (pk, sk) = (format!("O#{}#{issued}", world.local.business), record.version.clone());
    let key = [("pk".to_owned(), AttributeValue::S(pk.clone())), ("sk".to_owned(), AttributeValue::S(sk.clone()))];
    let get = world.local.table_client().get_item().table_name(TABLE).set_key(Some(key.into()));
    let item = get.send().await.unwrap().item.unwrap();
    let mut facts = item["facts"].as_l().unwrap().clone();
    let mut novelty = facts[0].as_m().unwrap().clone();
    novelty.insert("kind".to_owned(), AttributeValue::S("invoice.novelty".to_owned()));
    facts.push(AttributeValue::M(novelty));
    set(world, &pk, &sk, "facts", AttributeValue::L(facts)).await;

    minutes_pass(world, 20).await;
    assert_eq!(status(world, &invoice).await, "paid");
    assert_eq!(world.mails().await.len(), 1, "the receipt goes out");
    let audit = world.ask(Method::GET, "/audit", None).await;
    let sealed = audit["data"].as_array().unwrap().iter().any(|seal| seal.to_string().contains("invoice.novelty"));
    assert!(sealed, "{audit:#}");
    let left: Vec<_> = store.everything_due(DueList::Records).await.unwrap();
    let left: Vec<_> = left.iter().filter_map(store::DueItem::record).map(|record| record.source.clone()).collect();
    assert_eq!(left, [issued], "its record stays due for the version that knows it");
    world.verify().await;
}
