//! `guichet verify` finds whatever is changed behind the books' back: each number of each item, and each item that is taken away.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::json;
use testing::World;

type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "guichet-core";

/// Numbers that are no part of the books: how an item is written, and how often it was.
const NOT_OF_THE_BOOKS: [&str; 3] = ["v", "version", "ttl"];

/// What was wanted, which nothing else repeats; and the head of money of nobody known, without which nothing says that it was
/// ever there but the provider.
const TOLD_ONCE: [&str; 5] = ["P amount", "P kept", "P on_account", "P refunds.amount", "X taken away"];

/// The version of an invoice that an allocation remembers: where it is not the invoice's, nothing goes by what else it remembers.
const REMEMBERED: [&str; 1] = ["A# seen.version"];

/// Kinds of items, by the beginning of their sort key, from which people learn how an account stands.
const BOOKS: [&str; 11] = ["A#", "BAL", "F#", "I", "L", "L#", "N", "P", "U#", "V#", "X"];

async fn items(world: &World) -> Vec<Item> {
    let client = world.local.table_client();
    let mut pages = client.scan().table_name(TABLE).into_paginator().items().send();
    let mut items = Vec::new();
    while let Some(item) = pages.next().await {
        items.push(item.unwrap());
    }
    items
}

async fn put(world: &World, item: &Item) {
    let client = world.local.table_client();
    client.put_item().table_name(TABLE).set_item(Some(item.clone())).send().await.unwrap();
}

async fn remove(world: &World, item: &Item) {
    let gone = world.local.table_client().delete_item().table_name(TABLE);
    gone.key("pk", item["pk"].clone()).key("sk", item["sk"].clone()).send().await.unwrap();
}

/// Whether the proof notices that something is wrong.
async fn found(world: &World) -> bool {
    let proof = operations::verify_books(&world.local.state.context, &world.local.business).await;
    proof.map_or(true, |proof| !proof.differences.is_empty())
}

/// The kind of an item; nothing of one that is not of the books, such as the addresses of customers.
fn kind_of(item: &Item) -> Option<&'static str> {
    let (pk, sk) = (item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap());
    if pk.contains("#email#") {
        return None;
    }
    BOOKS.into_iter().find(|kind| if kind.ends_with('#') { sk.starts_with(kind) } else { sk == kind })
}

/// Whether an item is what was kept of money while it was nobody's, which nobody goes by since it is somebody's.
fn is_taken_over(item: &Item, named: &BTreeSet<String>) -> bool {
    let (pk, sk) = (item["pk"].as_s().unwrap(), item["sk"].as_s().unwrap());
    named.contains(pk) && sk != "X"
}

/// The value with each number in it changed, one at a time, and the way to it.
fn changed(value: &AttributeValue, way: &str) -> Vec<(String, AttributeValue)> {
    if let AttributeValue::N(number) = value {
        let more = number.parse::<i64>().unwrap() + 1;
        return vec![(way.to_owned(), AttributeValue::N(more.to_string()))];
    }
    let mut others = Vec::new();
    if let AttributeValue::M(map) = value {
        for (name, inner) in map {
            for (way, inner) in changed(inner, &format!("{way}.{name}")) {
                let mut map = map.clone();
                map.insert(name.clone(), inner);
                others.push((way, AttributeValue::M(map)));
            }
        }
    }
    if let AttributeValue::L(list) = value {
        for (place, inner) in list.iter().enumerate() {
            for (way, inner) in changed(inner, way) {
                let mut list = list.clone();
                list[place] = inner;
                others.push((way, AttributeValue::L(list)));
            }
        }
    }
    others
}

/// Accounts on which everything has happened that is kept as a number.
async fn lived(world: &World) {
    let customer = world.customer("en").await;
    let (first, second) =
        (world.invoice(&customer, "EUR", "100.00").await, world.invoice(&customer, "EUR", "60.00").await);
    let pressed = world.press_pay(first["pay_url"].as_str().unwrap(), "80.00").await;
    world.pay_hosted(pressed.location(), "4242424242424242").await;
    world.drain().await;
    let payments =
        world.ask(Method::GET, &format!("/payments?customer={}", customer["id"].as_str().unwrap()), None).await;
    let payment = payments["data"][0]["id"].as_str().unwrap();
    let back = json!({"invoice": first["id"], "amount": "30.00", "reason": "Because"});
    world.ask(Method::POST, &format!("/payments/{payment}/unapply"), Some(back)).await;
    let refund = json!({"amount": "5.00", "reason": "Because"});
    world.ask(Method::POST, &format!("/payments/{payment}/refunds"), Some(refund)).await;
    let note = json!({
        "number": "CN-1", "customer": customer["id"], "currency": "EUR", "amount": "25.00", "reason": "Because",
        "issued_on": "2026-03-02", "allocations": [{"invoice": second["id"], "amount": "20.00"}],
    });
    world.ask(Method::POST, "/credit-notes", Some(note)).await;
    world.drain().await;
    let charge = world.stripe("/charges?limit=1").await["data"][0]["id"].as_str().unwrap().to_owned();
    world.stripe_control("/disputes", &json!({"charge": charge, "amount": 1_000})).await;
    world.stripe_control("/foreign_charge", &json!({"amount": 700, "currency": "eur"})).await;
    world.drain().await;
    // Money that was put on this account by mistake, and what nobody knows.
    let nobodys = world.ask(Method::GET, "/unidentified", None).await;
    let to = |customer: &serde_json::Value| Some(json!({"customer": customer["id"], "reason": "Because"}));
    let path = format!("/unidentified/{}/apply", nobodys["data"][0]["id"].as_str().unwrap());
    let put = world.ask(Method::POST, &path, to(&customer)).await;
    world.drain().await;
    let path = format!("/payments/{}", put["id"].as_str().unwrap());
    let put = world.ask(Method::GET, &path, None).await;
    for part in put["allocations"].as_array().unwrap() {
        let back = json!({"invoice": part["invoice"], "reason": "Because"});
        world.ask(Method::POST, &format!("{path}/unapply"), Some(back)).await;
    }
    let other = world.customer("en").await;
    world.ask(Method::POST, &format!("{path}/hand-over"), to(&other)).await;
    world.stripe_control("/foreign_charge", &json!({"amount": 800, "currency": "eur"})).await;
    world.drain().await;
    // What moved is told a second time by what is paid out.
    world.advance(SignedDuration::from_hours(72));
    world.drain().await;
    world.stripe_control("/payouts", &json!({})).await;
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_number_of_the_books_changes_unnoticed() {
    let world = &World::new().await;
    lived(world).await;
    world.verify().await;
    let (mut unnoticed, mut kinds) = (BTreeSet::new(), BTreeSet::new());
    let items = items(world).await;
    let heads = items.iter().filter(|item| item["sk"].as_s().unwrap() == "X" && item.contains_key("payment"));
    let named: BTreeSet<String> = heads.map(|head| head["pk"].as_s().unwrap().clone()).collect();
    let invoices = items.iter().filter(|item| item["sk"].as_s().unwrap() == "I");
    let versions: HashMap<String, AttributeValue> =
        invoices.map(|item| (item["pk"].as_s().unwrap().clone(), item["version"].clone())).collect();
    for item in items {
        let Some(kind) = kind_of(&item).filter(|_| !is_taken_over(&item, &named)) else { continue };
        kinds.insert(kind);
        let was_waiting = |name: &str| name.starts_with("r#") && named.contains(item["pk"].as_s().unwrap());
        let of_another_version = |name: &str| {
            name == "seen" && item[name].as_m().unwrap()["version"] != versions[item["gsi1pk"].as_s().unwrap()]
        };
        let left_out = |name: &str| NOT_OF_THE_BOOKS.contains(&name) || was_waiting(name) || of_another_version(name);
        for (name, value) in item.iter().filter(|(name, _)| !left_out(name)) {
            for (way, value) in changed(value, name) {
                let mut other = item.clone();
                other.insert(name.clone(), value);
                put(world, &other).await;
                if !found(world).await {
                    unnoticed.insert(format!("{kind} {way}"));
                }
            }
        }
        remove(world, &item).await;
        if !found(world).await {
            unnoticed.insert(format!("{kind} taken away"));
        }
        put(world, &item).await;
    }
    world.verify().await;
    assert_eq!(unnoticed, TOLD_ONCE.into_iter().chain(REMEMBERED).map(str::to_owned).collect());
    assert_eq!(kinds, BTreeSet::from(BOOKS));
}
