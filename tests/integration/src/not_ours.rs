//! Money on the account at the provider that is no matter of the portal: by hand and by rules, in the lists and in the journal.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use testing::World;

/// An order of a web shop on the same account.
async fn order(world: &World, amount: i64, more: Value) {
    let mut order = json!({"amount": amount, "currency": "eur"});
    for (name, value) in more.as_object().unwrap() {
        order[name] = value.clone();
    }
    world.stripe_control("/foreign_charge", &order).await;
    world.drain().await;
    // The lists are in the order of the instants.
    world.advance(SignedDuration::from_mins(1));
}

async fn listed(world: &World, status: &str) -> Vec<Value> {
    world.ask(Method::GET, &format!("/unidentified?status={status}"), None).await["data"].as_array().unwrap().clone()
}

fn amounts(listed: &[Value]) -> Vec<&str> {
    listed.iter().map(|one| one["amount"]["amount"].as_str().unwrap()).collect()
}

async fn act(world: &World, money: &Value, act: &str) {
    let path = format!("/unidentified/{}/{act}", money["id"].as_str().unwrap());
    let done = world.api(Method::POST, &path, Some(json!({"reason": "It is the shop's"}))).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
}

async fn rules(world: &World, rules: Value) -> Value {
    world
        .ask(Method::PATCH, "/business", Some(json!({"not_ours": rules, "reason": "The shop has its own books"})))
        .await
}

async fn days_pass(world: &World, days: i64) {
    for _ in 0..days {
        world.advance(SignedDuration::from_hours(24));
        world.drain().await;
    }
}

async fn paid_out(world: &World) {
    days_pass(world, 3).await;
    world.stripe_control("/payouts", &json!({})).await;
    world.advance(SignedDuration::from_mins(1));
    world.drain().await;
}

/// What the journal holds with money of nobody and with what is not ours, up to a day of March.
async fn journal(world: &World, to: u8) -> (i64, i64) {
    let journal = world.ask(Method::GET, &format!("/exports/journal?from=2026-03-01&to=2026-03-{to:02}"), None).await;
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    let mut sources: BTreeMap<String, i64> = BTreeMap::new();
    for line in journal["lines"].as_array().unwrap() {
        let minor: i64 = line["amount"].as_str().unwrap().replace('.', "").parse().unwrap();
        *sums.entry(line["account"].as_str().unwrap().to_owned()).or_default() += minor;
        *sources.entry(line["source"].as_str().unwrap().to_owned()).or_default() += minor;
    }
    assert!(sources.values().all(|sum| *sum == 0), "{sources:?}");
    let of = |account: &str| sums.get(account).copied().unwrap_or_default();
    assert_eq!(of("suspense"), 0);
    (of("unidentified"), of("not_ours"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_rule_means_floods_no_list_and_stands_apart_in_the_journal() {
    let world = &World::new().await;
    let set = rules(world, json!([{"metadata": {"key": "order_id"}}, {"description_contains": "shop order"}])).await;
    assert_eq!(set["not_ours"][0], json!({"metadata": {"key": "order_id"}}), "{set:#}");
    order(world, 4_000, json!({"metadata": {"order_id": "7"}})).await;
    order(world, 3_000, json!({"description": "Shop order 8"})).await;
    order(world, 2_000, json!({"description": "Who knows"})).await;
    assert_eq!(amounts(&listed(world, "unidentified").await), ["20.00"]);
    let not_ours = listed(world, "not_ours").await;
    assert_eq!(amounts(&not_ours), ["40.00", "30.00"]);
    assert_eq!(not_ours[0]["not_ours_by_rule"], "metadata order_id");

    // What names an invoice is never caught, whatever else it says.
    let customer = world.customer("en").await;
    let invoice = world.invoice(&customer, "EUR", "10.00").await;
    let ours = json!({"metadata": {"order_id": "9", "guichet_invoice": invoice["number"]}});
    order(world, 1_000, ours).await;
    assert_eq!(world.invoice_now(&invoice).await["status"], "paid");
    paid_out(world).await;
    assert_eq!(journal(world, 31).await, (-2_000, -7_000));

    // Other rules move nothing that came before.
    rules(world, json!([])).await;
    order(world, 500, json!({"metadata": {"order_id": "10"}})).await;
    assert_eq!(amounts(&listed(world, "unidentified").await), ["20.00", "5.00"]);
    assert_eq!(amounts(&listed(world, "not_ours").await), ["40.00", "30.00"]);
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await.to_string();
    assert!(audit.contains("metadata order_id, description contains shop order"), "{audit}");
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_person_dismisses_moves_on_that_day_and_back_when_it_is_restored_or_identified() {
    let world = &World::new().await;
    order(world, 4_000, json!({})).await;
    order(world, 3_000, json!({})).await;
    paid_out(world).await;
    assert_eq!(journal(world, 31).await, (-7_000, 0));
    let first = listed(world, "unidentified").await[0].clone();
    assert_eq!(first["amount"]["amount"], "40.00");
    for _ in 0..2 {
        act(world, &first, "dismiss").await;
    }
    assert_eq!(amounts(&listed(world, "unidentified").await), ["30.00"]);
    let dismissed = listed(world, "not_ours").await;
    assert_eq!((amounts(&dismissed), &dismissed[0]["not_ours_because"]), (vec!["40.00"], &json!("It is the shop's")));
    let on = u8::try_from(world.now().to_zoned(jiff::tz::TimeZone::UTC).date().day()).unwrap();
    days_pass(world, 2).await;
    assert_eq!(journal(world, on - 1).await, (-7_000, 0), "what was exported stays what it was");
    assert_eq!(journal(world, on).await, (-3_000, -4_000), "it moved on that day");

    act(world, &first, "restore").await;
    assert_eq!(listed(world, "unidentified").await.len(), 2);
    days_pass(world, 2).await;
    assert_eq!(journal(world, on + 1).await, (-3_000, -4_000));
    assert_eq!(journal(world, 31).await, (-7_000, 0));

    // Dismissed again, it can still be identified.
    act(world, &first, "dismiss").await;
    days_pass(world, 2).await;
    assert_eq!(journal(world, 31).await, (-3_000, -4_000));
    let customer = world.customer("en").await;
    let path = format!("/unidentified/{}/apply", first["id"].as_str().unwrap());
    let known = json!({"customer": customer["id"], "reason": "They called"});
    world.ask(Method::POST, &path, Some(known)).await;
    days_pass(world, 2).await;
    assert_eq!(journal(world, 31).await, (-3_000, 0));
    assert!(listed(world, "not_ours").await.is_empty());
    let audit = world.ask(Method::GET, "/audit?limit=100", None).await.to_string();
    assert!(audit.contains("It is the shop's") && audit.contains("not_ours"), "{audit}");
    let gone = world
        .api(
            Method::POST,
            &format!("/unidentified/{}/dismiss", first["id"].as_str().unwrap()),
            Some(json!({"reason": "No"})),
        )
        .await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND, "a customer has it: {}", gone.text);
    world.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_is_one_thing_that_an_object_says() {
    let world = &World::new().await;
    for wrong in [
        json!([{}]),
        json!([{"description_contains": "  "}]),
        json!([{"description_contains": "a", "statement_descriptor": "b"}]),
        json!([{"metadata": {"key": "x".repeat(101)}}]),
        json!(vec![json!({"description_contains": "a"}); 21]),
    ] {
        let body = json!({"not_ours": wrong, "reason": "Try"});
        let refused = world.api(Method::PATCH, "/business", Some(body)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
        assert!(refused.text.contains("not_ours"), "{}", refused.text);
    }
}
